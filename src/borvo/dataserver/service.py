"""Who may use the DataServer, and reading samples. `writing` changes them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from borvo.agency.public import Agency
from borvo.dataserver import policy
from borvo.dataserver.model import Page, Query, Selection
from borvo.dataserver.retention import Retention
from borvo.dataserver.shared_reading import read_shared
from borvo.dataserver.store import SampleShelf
from borvo.identity.public import Admission, Caller
from borvo.kernel.clock import Clock
from borvo.kernel.entropy import Entropy
from borvo.kernel.errors import BorvoError, ForbiddenError
from borvo.kernel.ids import PersonId
from borvo.portal.public import Activity, ClientActivity
from borvo.storage.database import Database
from borvo.storage.sealing import Keyring
from borvo.storage.security_events.log import SecurityLog

Verify = Callable[[str | None], Awaitable[Admission]]


@dataclass(frozen=True, slots=True)
class DataServer:
    """What writing and reading samples works with. `verify` reads the access token of an Authorization header,
    or raises `UnauthenticatedError`."""

    database: Database
    clock: Clock
    entropy: Entropy
    verify: Verify
    agency: Agency
    activity: ClientActivity
    keyring: Keyring
    events: SecurityLog
    retention: Retention = field(default_factory=Retention)


@dataclass(frozen=True, slots=True)
class Writer:
    """A caller who is known to be a person writing her own samples."""

    caller: Caller
    person_id: PersonId


async def admit_writer(server: DataServer, authorization: str | None, query_token: str | None) -> Writer:
    """Before the body is read: whoever may not write need not send much."""
    admission = await server.verify(authorization)
    async with server.database.connection() as connection:
        caller = await admission.confirm(connection)
    if query_token is not None:
        # Contract 6, row 16.
        raise ForbiddenError("Samples are written by their owner only, never with an agency-query-token.")
    return Writer(caller, _require_person(caller.person_id))


async def read_for_agency(
    server: DataServer, authorization: str | None, query_token: str, parse: Callable[[], Query]
) -> bytes:
    """What people share with the caller's agency, as `read_shared` answers it."""
    admission = await server.verify(authorization)
    body, count = await read_shared(server.agency, admission, query_token, parse)
    server.activity.note(admission.token.client_id, Activity.SAMPLES_READ, count)
    return body


async def read_samples(
    server: DataServer, authorization: str | None, parse: Callable[[], Query]
) -> tuple[Page, str]:
    """The page, and the subject by whom its reader knows the person. `parse` runs once the token has verified."""
    admission = await server.verify(authorization)
    token = admission.token
    async with server.database.connection() as connection:
        try:
            person_id = _require_person(token.person_id)
            query = parse()
            selection = _select(query, token.scopes)
        except BorvoError:
            # Whose token has ended learns that, and nothing about the request.
            await admission.confirm(connection)
            raise
        page = await SampleShelf(connection, person_id).read_page(query, selection, admission)
    # Contract 7: the request fails rather than show a correlation with children missing.
    if missing := policy.find_missing_child_scopes(page.samples, token.scopes):
        raise refuse_scopes("read all parts of these samples", missing)
    server.activity.note(token.client_id, Activity.SAMPLES_READ, len(page.samples))
    return page, str(person_id)


def _select(query: Query, scopes: frozenset[str]) -> Selection:
    if not query.types:
        selection = policy.select_readable(scopes)
        if not selection.types:
            raise refuse_scopes("read samples", [])
        return selection
    if missing := policy.find_missing_read_scopes(query.types, scopes):
        raise refuse_scopes("read these samples", missing)
    return policy.select_named(query.types)


def _require_person(person_id: PersonId | None) -> PersonId:
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
