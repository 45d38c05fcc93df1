"""What the management API answers. The members of a client are named as in the file that carries one elsewhere."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from borvo.kernel.ids import ClientId
from borvo.portal.api.saving import Wish
from borvo.portal.audit import Value
from borvo.portal.lifecycle import WAY_BACK
from borvo.portal.listing import ClientList
from borvo.portal.model import (
    ClientDetails,
    ClientSheet,
    ClientState,
    GrantType,
    ProgramOrigin,
    SecretRecord,
    StoredSecret,
)
from borvo.portal.secret_format import ENDING
from borvo.portal.team.model import Membership, TeamRole
from borvo.portal.tokens.bearer import Bearer
from borvo.portal.tokens.model import TokenScope
from borvo.portal.tokens.policy import complete_scopes


class ListedAnswer(msgspec.Struct):
    """A client in the list. `secrets` counts them, expired ones among them; `secret_ends_at` is when the first of those
    that work ends, if that is within thirty days."""

    client_id: ClientId
    display_name: str
    state: ClientState
    grant_types: Sequence[GrantType]
    is_public: bool
    secrets: int
    secret_ends_at: datetime | None
    last_used_at: datetime | None


class ClientListAnswer(msgspec.Struct):
    """One page of the clients that match, by name; `total` counts all that match."""

    clients: Sequence[ListedAnswer]
    total: int
    page: int
    pages: int


class ClientAnswer(msgspec.Struct):
    """A client. `version` goes up with each change of the details, and stands in the ETag as well; `logo` is the
    picture's digest, or empty. A deleted client can be restored until `restorable_until`. `registration` says by which
    initial access token a program registered it, and whether that program can still change it."""

    client_id: ClientId
    suffix: str
    state: ClientState
    version: int
    created_at: datetime
    updated_at: datetime
    last_used_at: datetime | None
    restorable_until: datetime | None
    logo: str
    registration: ProgramOrigin | None
    details: ClientDetails


class SecretAnswer(msgspec.Struct):
    """A secret of a client, and never what it says. `ending` is the last four characters of a generated one."""

    id: UUID
    label: str
    is_generated: bool
    is_live: bool
    ending: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    created_by: str


class SecretListAnswer(msgspec.Struct):
    """Oldest first, expired ones among them."""

    secrets: Sequence[SecretAnswer]


class IssuedSecretAnswer(msgspec.Struct):
    """The only answer in which a secret is told."""

    id: UUID
    secret: str
    label: str
    ending: str
    expires_at: datetime | None


class TenancyAnswer(msgspec.Struct):
    """The tenancy that the token opens, its owner's role in it, and what the token may do."""

    id: UUID
    prefix: str
    is_suspended: bool
    role: TeamRole
    scopes: Sequence[TokenScope]


class TrailAnswer(msgspec.Struct):
    """Changes, newest first. `older` is what to send as `before` for those that came earlier; null at the end."""

    entries: Sequence[dict[str, object]]
    older: UUID | None


def describe_list(found: ClientList) -> ClientListAnswer:
    names = ListedAnswer.__struct_fields__
    listed = [ListedAnswer(**{name: getattr(each, name) for name in names}) for each in found.clients]
    return ClientListAnswer(listed, found.total, found.search.page, found.pages)


def describe_client(sheet: ClientSheet) -> ClientAnswer:
    return ClientAnswer(
        client_id=sheet.client.client_id,
        suffix=sheet.client.suffix,
        state=sheet.state,
        version=sheet.version,
        created_at=sheet.created_at,
        updated_at=sheet.updated_at,
        last_used_at=sheet.last_used_at,
        restorable_until=sheet.deleted_at + WAY_BACK if sheet.deleted_at else None,
        logo=sheet.presentation.logo,
        registration=sheet.registration,
        details=sheet.details,
    )


def describe_secrets(records: Sequence[SecretRecord], now: datetime) -> SecretListAnswer:
    return SecretListAnswer(
        [
            SecretAnswer(
                id=record.id,
                label=record.label,
                is_generated=record.is_generated,
                is_live=record.is_live(now),
                ending=record.ending,
                created_at=record.created_at,
                expires_at=record.expires_at,
                last_used_at=record.last_used_at,
                created_by=record.creator,
            )
            for record in records
        ]
    )


def describe_issued(secret: str, label: str, stored: StoredSecret) -> IssuedSecretAnswer:
    return IssuedSecretAnswer(stored.id, secret, label, secret[-ENDING:], stored.expires_at)


def describe_tenancy(membership: Membership, bearer: Bearer) -> TenancyAnswer:
    tenancy, scopes = membership.tenancy, complete_scopes(bearer.token.scopes)
    return TenancyAnswer(tenancy.id, tenancy.prefix, tenancy.is_suspended, membership.role, scopes)


class PlanAnswer(msgspec.Struct):
    """What saving would do, by member of the details: `outcome` is `register`, `change` or `nothing`."""

    client_id: str
    outcome: str
    before: dict[str, Value]
    after: dict[str, Value]


def describe_plan(client_id: str, wish: Wish) -> PlanAnswer:
    before, after = wish.sides
    outcome = "register" if wish.existing is None else "change" if before or after else "nothing"
    return PlanAnswer(client_id, outcome, before, after)
