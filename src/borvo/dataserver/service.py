"""Writing and reading samples."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

from borvo.dataserver import policy
from borvo.dataserver.batch import Batch, gather_batch, settle
from borvo.dataserver.bodies import parse_samples
from borvo.dataserver.model import Fault, Page, Query, Receipt, Selection
from borvo.dataserver.retention import Retention
from borvo.dataserver.rules import check_samples
from borvo.dataserver.store import SampleShelf
from borvo.identity.public import AccessToken, Admission, Caller
from borvo.kernel.clock import Clock
from borvo.kernel.entropy import Entropy
from borvo.kernel.errors import BorvoError, ForbiddenError, InvalidInputError
from borvo.kernel.ids import PersonId
from borvo.storage.database import Database
from borvo.storage.sealing import Keyring

Verify = Callable[[str | None], Awaitable[Admission]]

_FAULT_LIMIT = 100
# Larger bodies are decoded in a thread, or other requests would wait for them.
_THREAD_FROM = 256_000


@dataclass(frozen=True, slots=True)
class DataServer:
    """What writing and reading samples works with. `verify` reads the access token of an Authorization header,
    or raises `UnauthenticatedError`."""

    database: Database
    clock: Clock
    entropy: Entropy
    verify: Verify
    keyring: Keyring
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


async def write_samples(server: DataServer, writer: Writer, body: bytes) -> list[Receipt]:
    """Stores the whole batch or nothing. Sent again, it changes nothing and the receipts say so."""
    now = server.clock()
    if len(body) > _THREAD_FROM:
        batch = await asyncio.to_thread(_prepare, server, writer, body, now)
    else:
        batch = _prepare(server, writer, body, now)
    if not batch.samples:
        return []
    return await _store(server, writer, batch, now)


def _prepare(server: DataServer, writer: Writer, body: bytes, now: datetime) -> Batch:
    bodies, misread = parse_samples(body)
    # Positions in `bodies` are those of the batch only when every sample could be read.
    samples, faults = ([], misread) if misread else check_samples(bodies)
    if faults:
        raise _refuse(faults)
    missing = policy.find_missing_write_scopes(samples, writer.caller.scopes)
    if missing:
        raise _refuse_scopes("write these samples", missing)
    return gather_batch(samples, now, server.entropy)


async def _store(server: DataServer, writer: Writer, batch: Batch, now: datetime) -> list[Receipt]:
    key = writer.caller.client_key
    async with server.database.transaction() as connection:
        shelf = SampleShelf(connection, writer.person_id)
        added = await shelf.add(batch, key, now)
        present = {} if added == len(batch.samples) else await shelf.find_present(batch, key)
        return settle(batch, present)


async def read_samples(
    server: DataServer, authorization: str | None, query_token: str | None, parse: Callable[[], Query]
) -> tuple[Page, str]:
    """The page, and the subject by whom its reader knows the person. `parse` runs once the token has verified."""
    admission = await server.verify(authorization)
    token = admission.token
    async with server.database.connection() as connection:
        try:
            person_id = _admit_reader(token, query_token)
            query = parse()
            selection = _select(query, token.scopes)
        except BorvoError:
            # Whose token has ended learns that, and nothing about the request.
            await admission.confirm(connection)
            raise
        page = await SampleShelf(connection, person_id).read_page(query, selection, admission)
    # Contract 7: the request fails rather than show a correlation with children missing.
    if missing := policy.find_missing_child_scopes(page.samples, token.scopes):
        raise _refuse_scopes("read all parts of these samples", missing)
    return page, str(person_id)


def _admit_reader(token: AccessToken, query_token: str | None) -> PersonId:
    if query_token is not None:
        raise ForbiddenError("No relationship with a person is known for this agency-query-token.")
    return _require_person(token.person_id)


def _select(query: Query, scopes: frozenset[str]) -> Selection:
    if not query.types:
        selection = policy.select_readable(scopes)
        if not selection.types:
            raise _refuse_scopes("read samples", [])
        return selection
    if missing := policy.find_missing_read_scopes(query.types, scopes):
        raise _refuse_scopes("read these samples", missing)
    return policy.select_named(query.types)


def _require_person(person_id: PersonId | None) -> PersonId:
    if person_id is None:
        raise ForbiddenError("This access token stands for a program, not for a person who has samples.")
    return person_id


def _refuse_scopes(deed: str, missing: list[str]) -> ForbiddenError:
    # RFC 6750 3.1
    scopes = " ".join(missing)
    challenge = 'Bearer error="insufficient_scope"' + (f', scope="{scopes}"' if scopes else "")
    named = f"; it lacks {scopes}" if scopes else ""
    return ForbiddenError(f"The access token may not {deed}{named}.", challenge=challenge)


def _refuse(faults: list[Fault]) -> InvalidInputError:
    errors: dict[str, list[str]] = {}
    for fault in faults[:_FAULT_LIMIT]:
        errors.setdefault(fault.field, []).append(fault.message)
    return InvalidInputError("Nothing was stored: some samples are not valid, see errors.", errors)
