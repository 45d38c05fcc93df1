"""Who may use the DataServer. `reading` answers with samples, `writing` changes them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from borvo.agency.public import Agency
from borvo.dataserver.intake import Intake
from borvo.dataserver.retention import Retention
from borvo.dataserver.totals import TotalMemory
from borvo.dataserver.turns import Turns
from borvo.identity.public import Admission, Caller
from borvo.kernel.clock import Clock
from borvo.kernel.entropy import Entropy
from borvo.kernel.errors import ForbiddenError
from borvo.kernel.ids import PersonId
from borvo.portal.public import ClientActivity
from borvo.storage.database import Database
from borvo.storage.sealing import Keyring
from borvo.storage.security_events.log import SecurityLog
from borvo.web.bearer import PresentedToken

Verify = Callable[[PresentedToken], Awaitable[Admission]]


@dataclass(frozen=True, slots=True)
class DataServer:
    """What writing and reading samples works with. `verify` reads the access token of an Authorization header,
    or raises `UnauthenticatedError`. `cursor_key` authenticates cursors, and `tag_key` hides what entity tags are made
    of. Statistics take `turns`, and so do queries in two steps, which are `making` results."""

    database: Database
    clock: Clock
    entropy: Entropy
    verify: Verify
    cursor_key: bytes
    tag_key: bytes
    agency: Agency
    activity: ClientActivity
    keyring: Keyring
    events: SecurityLog
    intake: Intake = field(default_factory=Intake)
    retention: Retention = field(default_factory=Retention)
    totals: TotalMemory = field(default_factory=TotalMemory)
    turns: Turns = field(default_factory=Turns)
    making: Turns = field(default_factory=lambda: Turns("results that stay", places=3, each=1))


@dataclass(frozen=True, slots=True)
class Writer:
    """A caller who is known to be a person writing her own samples."""

    caller: Caller
    person_id: PersonId


async def admit_writer(
    server: DataServer, presented: PresentedToken, query_token: str | None
) -> tuple[Writer, Admission]:
    """Before the body is read: whoever may not write need not send much."""
    admission = await server.verify(presented)
    async with server.database.connection() as connection:
        caller = await admission.confirm(connection)
    if query_token is not None:
        # Contract 6, row 16.
        raise ForbiddenError("Samples are written by their owner only, never with an agency-query-token.")
    return Writer(caller, require_person(caller.person_id)), admission


async def confirm_again(server: DataServer, admission: Admission) -> None:
    """For a request that took its time: what the token rests on may have ended meanwhile."""
    async with server.database.connection() as connection:
        await admission.confirm_again(connection, server.clock())


def require_person(person_id: PersonId | None) -> PersonId:
    if person_id is None:
        raise ForbiddenError("This access token stands for a program, not for a person who has samples.")
    return person_id


def refuse_scopes(deed: str, missing: list[str]) -> ForbiddenError:
    """`missing` are the scopes that the token lacks, when that is all there is to it."""
    # RFC 6750 3.1
    scopes = " ".join(missing)
    challenge = 'Bearer error="insufficient_scope"' + (f', scope="{scopes}"' if scopes else "")
    named = f"; it lacks {scopes}" if scopes else ""
    return ForbiddenError(f"The access token may not {deed}{named}.", challenge=challenge)
