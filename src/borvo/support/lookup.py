"""Finding a person: by her exact address or id, for a reason, and written into her log before anything is shown."""

from datetime import timedelta
from uuid import UUID

from borvo.accounts.public import (
    Accounts,
    Holder,
    Intervention,
    Limit,
    find_holder,
    load_holder,
    normalize_email,
)
from borvo.kernel.errors import InvalidInputError, NotFoundError
from borvo.kernel.ids import PersonId, parse_uuid
from borvo.kernel.text import say
from borvo.storage.database import Connection
from borvo.storage.security_events.log import find_last_event
from borvo.storage.security_events.model import INSTANCE, SecurityEvent, SecurityEventKind, by_supporter
from borvo.support.policy import check_reason

LOOKUP_LIFETIME = timedelta(hours=1)
"""How long the reason that was given opens the person's page, to whoever gave it."""
_LOOKUPS = Limit("support-lookup", 60)
_LONGEST = 254


def require_reason(text: str) -> str:
    """Raises `InvalidInputError` beside `reason`."""
    reason = text.strip()
    if fault := check_reason(reason):
        raise InvalidInputError(fault, {"reason": [fault]})
    return reason


async def look_up(accounts: Accounts, whom: str, intervention: Intervention) -> Holder:
    """By address or id, written down as `note_look` says. Raises `NotFoundError`, and `TooManyRequestsError`."""
    person = await note_look(accounts, whom, intervention)
    if person is None:
        raise NotFoundError(say("Nobody has exactly this address or id."))
    return person


async def note_look(accounts: Accounts, whom: str, intervention: Intervention) -> Holder | None:
    """Whoever is asked for by address or id. Who is not there is written down, too: by a digest, in the log of the
    instance. Raises `TooManyRequestsError` for whoever looks around."""
    now = accounts.clock()
    await accounts.limiter.spend(_LOOKUPS, intervention.actor, now)
    async with accounts.database.transaction() as connection:
        person = await _find(connection, accounts, whom)
        detail = {"reason": intervention.reason}
        if person is None:
            detail["email_digest"] = accounts.events.digest(normalize_email(whom[:_LONGEST]))
        event = SecurityEvent(
            SecurityEventKind.SUPPORT_LOOKED,
            person.id if person else INSTANCE,
            intervention.actor,
            None,
            detail,
        )
        await accounts.events.record(connection, event)
    return person


async def _find(connection: Connection, accounts: Accounts, whom: str) -> Holder | None:
    if person_id := parse_uuid(whom):
        return await load_holder(connection, PersonId(person_id), accounts.clock())
    return await find_holder(connection, normalize_email(whom), accounts.clock())


async def find_reason(accounts: Accounts, supporter_id: PersonId, person_id: UUID) -> str | None:
    """Why the supporter looked the person up within the last hour; None when she has not."""
    since = accounts.clock() - LOOKUP_LIFETIME
    async with accounts.database.connection() as connection:
        event = await find_last_event(
            connection, person_id, SecurityEventKind.SUPPORT_LOOKED, by_supporter(supporter_id), since
        )
    return str(event.detail.get("reason", "")) if event else None
