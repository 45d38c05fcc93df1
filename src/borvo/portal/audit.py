"""The audit trail of a tenancy: who changed what, before and after. Rows are added and never changed.

A use case records each change in the transaction that makes it. One more kind of change is one more `Action`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum

from borvo.kernel.ids import PersonId, TenancyId
from borvo.portal.model import ClientDetails
from borvo.portal.scope_choice import order_choice
from borvo.storage.database import Connection

Value = str | bool | int | Sequence[str] | None
Values = Mapping[str, Value]


class Action(StrEnum):
    """What can be done to a tenancy and what it owns."""

    CLIENT_REGISTERED = "client_registered"
    CLIENT_CHANGED = "client_changed"
    CLIENT_LIVE = "client_live"
    CLIENT_DRAFT = "client_draft"
    CLIENT_DISABLED = "client_disabled"
    CLIENT_ENABLED = "client_enabled"
    CLIENT_DELETED = "client_deleted"
    CLIENT_RESTORED = "client_restored"
    CLIENT_DRIVEN = "client_driven"
    LOGO_CHANGED = "logo_changed"
    LOGO_REMOVED = "logo_removed"
    SECRET_ADDED = "secret_added"  # noqa: S105  (a name)
    SECRET_REMOVED = "secret_removed"  # noqa: S105  (a name)
    SECRET_REPORTED = "secret_reported"  # noqa: S105  (a name)
    TOKEN_CREATED = "token_created"  # noqa: S105  (a name)
    TOKEN_REVOKED = "token_revoked"  # noqa: S105  (a name)
    TOKEN_REPORTED = "token_reported"  # noqa: S105  (a name)
    REGISTRATION_ENDED = "registration_ended"
    MEMBER_INVITED = "member_invited"
    INVITATION_SENT_AGAIN = "invitation_sent_again"
    INVITATION_REVOKED = "invitation_revoked"
    MEMBER_JOINED = "member_joined"
    MEMBER_ADDED = "member_added"
    MEMBER_ROLE_CHANGED = "member_role_changed"
    MEMBER_REMOVED = "member_removed"
    MEMBER_LEFT = "member_left"
    TENANCY_CREATED = "tenancy_created"
    TENANCY_SUSPENDED = "tenancy_suspended"
    TENANCY_RESUMED = "tenancy_resumed"
    PREFIX_CHANGED = "prefix_changed"


BY_ITSELF = "its registration token"
"""What a client acts through that manages itself (RFC 7592)."""

BY_ANYBODY = frozenset({Action.SECRET_REPORTED, Action.TOKEN_REPORTED})
"""What strangers do; all else without an actor was the operator."""


@dataclass(frozen=True, slots=True)
class Change:
    """One deed. `actor_id` is None for the operator, who acts by commands, and for strangers, who report; `subject` is
    what was changed: a client id, an address or a token's name. `before` and `after` hold only what differs, and never
    a secret, a digest or a token. `through` names the token that the person acted through, if she did."""

    tenancy_id: TenancyId
    actor_id: PersonId | None
    action: Action
    subject: str
    at: datetime
    before: Values = field(default_factory=dict)
    after: Values = field(default_factory=dict)
    through: str = ""


async def record_change(connection: Connection, change: Change) -> None:
    """Within the transaction of the deed, so that neither is there without the other."""
    await connection.execute(
        """insert into portal_audit (tenancy_id, id, at, actor_id, action, subject, before, after, through)
           values ($1, gen_random_uuid(), $2, $3, $4, $5, $6, $7, $8)""",
        change.tenancy_id,
        change.at,
        change.actor_id,
        change.action.value,
        change.subject,
        json.dumps(dict(change.before)),
        json.dumps(dict(change.after)),
        change.through,
    )


async def delete_old_changes(connection: Connection, before: datetime) -> None:
    """Those of before. The database keeps the last year by its own clock, whatever is asked for here, and would refuse
    all if one were too young."""
    await connection.execute(
        "delete from portal_audit where at < $1 and at < now() - interval '1 year'", before
    )


def compare(before: Values, after: Values) -> tuple[dict[str, Value], dict[str, Value]]:
    """Both without what is the same in both."""
    absent = object()
    differing = {name for name in {**before, **after} if before.get(name, absent) != after.get(name, absent)}
    old = {name: value for name, value in before.items() if name in differing}
    return old, {name: value for name, value in after.items() if name in differing}


def _flatten(value: object) -> Value:
    if isinstance(value, bool | int | str) or value is None:
        return value
    if isinstance(value, frozenset | tuple):
        return sorted(map(str, value)) if isinstance(value, frozenset) else [*map(str, value)]
    return str(value)


def describe_details(details: ClientDetails) -> dict[str, Value]:
    """All that a developer may change about a client."""
    values = {each.name: _flatten(getattr(details, each.name)) for each in fields(ClientDetails)}
    # Their order says nothing, and has changed with the picker's.
    return {**values, "scopes": [*order_choice(details.scopes)]}
