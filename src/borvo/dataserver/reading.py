"""Reading samples: a page, or all that a query finds, one page after the other."""

from collections.abc import AsyncIterator
from typing import NamedTuple

from msgspec import structs

import borvo
from borvo.dataserver import policy
from borvo.dataserver.cursors import Reader, read_cursor, write_cursor
from borvo.dataserver.model import Key, Page, Query, Selection
from borvo.dataserver.queries import parse_query
from borvo.dataserver.service import DataServer, refuse_scopes, require_person
from borvo.dataserver.statements import Asked
from borvo.dataserver.store import SampleShelf
from borvo.dataserver.unit_choice import UnitChoice, prepare_units
from borvo.dataserver.written_rows import WrittenPage
from borvo.identity.public import AccessToken, Admission
from borvo.kernel.errors import BorvoError
from borvo.kernel.ids import ClientKey, PersonId
from borvo.portal.public import Activity, load_client
from borvo.storage.database import Connection
from borvo.web.bearer import PresentedToken
from borvo.web.validators import create_tag, is_known

STREAM_PAGE = 1000
_VERSION = borvo.__version__.encode()


class ReadRequest(NamedTuple):
    """What of a request decides its answer. `known` is its If-None-Match."""

    presented: PresentedToken
    query_token: str | None
    query: str
    known: str | None = None


class Found(NamedTuple):
    """A page, the subject by whom its reader knows the person, the page's entity tag, and the cursor of the next one.
    `page` is None when the reader has it already, and of a stream."""

    query: Query
    units: UnitChoice
    page: WrittenPage | None
    subject: str
    tag: str | None
    cursor: str | None = None


class _Reading(NamedTuple):
    """A request that was understood and may be answered, as far as the token itself says."""

    person_id: PersonId
    query: Query
    selection: Selection
    units: UnitChoice
    reader: Reader
    after: Key | None


async def read_samples(server: DataServer, request: ReadRequest) -> Found:
    """One page. What was changed since the reader's last look is told by the person's position, in the snapshot of the
    page itself."""
    admission = await server.verify(request.presented)
    async with server.database.connection() as connection:
        reading = await _understand(server, connection, admission, request)
        shelf = SampleShelf(connection, reading.person_id)
        if request.known is not None:
            tag = _create_tag(server, admission.token, request, await shelf.find_position(admission))
            if tag and is_known(request.known, tag):
                return Found(reading.query, reading.units, None, "", tag)
        asked = await _ask(connection, reading)
        page = await shelf.read_written_page(asked, admission, server.totals, reading.after)
    if page.children:
        _refuse_missing(policy.find_missing_code_scopes(page.list_child_codes(), admission.token.scopes))
    server.activity.note(admission.token.client_id, Activity.SAMPLES_READ, len(page.rows))
    cursor = page.next and write_cursor(server.cursor_key, reading.reader, page.next)
    tag = _create_tag(server, admission.token, request, page.position)
    return Found(reading.query, reading.units, page, admission.token.known_as, tag, cursor)


async def open_stream(server: DataServer, request: ReadRequest) -> tuple[Found, AsyncIterator[Page]]:
    """All that the query finds, or as many as it says, page by page: no more than one is in memory, and no connection
    is held while the reader takes her time. The first is read at once, so that refusals are answers. Each page makes
    sure anew that the token is good."""
    admission = await server.verify(request.presented)
    async with server.database.connection() as connection:
        reading = await _understand(server, connection, admission, request)
        # A part without scope could show only when most has been sent (contract 7).
        if missing := policy.find_missing_member_scopes(reading.query.types, admission.token.scopes):
            await admission.confirm(connection)
            raise refuse_scopes("read all parts of these samples", missing)
        asked = (await _ask(connection, reading))._replace(has_total=False)
    first = await _read_part(server, admission, reading.person_id, asked, reading.after, reading.query.limit)
    found = Found(reading.query, reading.units, None, admission.token.known_as, None)
    return found, _follow(server, admission, reading.person_id, asked, first)


async def _follow(
    server: DataServer, admission: Admission, person_id: PersonId, asked: Asked, page: Page
) -> AsyncIterator[Page]:
    left = asked.query.limit
    while True:
        yield page
        left = None if left is None else left - len(page.samples)
        if page.next is None or left == 0:
            return
        page = await _read_part(server, admission, person_id, asked, page.next, left)


async def _read_part(
    server: DataServer,
    admission: Admission,
    person_id: PersonId,
    asked: Asked,
    after: Key | None,
    left: int | None,
) -> Page:
    skip = 0 if after else asked.query.skip
    query = structs.replace(asked.query, take=min(STREAM_PAGE, left or STREAM_PAGE), skip=skip)
    part = asked._replace(query=query, is_continued=after is not None)
    async with server.database.connection() as connection:
        page = await SampleShelf(connection, person_id).read_page(part, admission, server.totals, after)
    # Children are read by a statement of their own: a sample may have been replaced between the two.
    _refuse_missing(policy.find_missing_child_scopes(page.samples, admission.token.scopes))
    server.activity.note(admission.token.client_id, Activity.SAMPLES_READ, len(page.samples))
    return page


async def _understand(
    server: DataServer, connection: Connection, admission: Admission, request: ReadRequest
) -> _Reading:
    token = admission.token
    try:
        person_id = require_person(token.person_id)
        query = parse_query(request.query)
        selection = select_types(query, token.scopes)
        units = await prepare_units(query)
        reader = Reader(person_id, token.client_id, token.scopes, query)
        after = read_cursor(server.cursor_key, reader, query.cursor) if query.cursor else None
    except BorvoError:
        # Whose token has ended learns that, and nothing about the request.
        await admission.confirm(connection)
        raise
    return _Reading(person_id, query, selection, units, reader, after)


async def _ask(connection: Connection, reading: _Reading) -> Asked:
    query = reading.query
    return Asked(query, reading.selection, await find_clients(connection, query), reading.after is not None)


async def find_clients(connection: Connection, query: Query) -> tuple[ClientKey, ...]:
    """The keys of those that it names. A client that is not registered has written nothing."""
    clients = [await load_client(connection, each) for each in query.clients]
    return tuple(client.client_key for client in clients if client)


def select_types(query: Query, scopes: frozenset[str]) -> Selection:
    """Raises `ForbiddenError` that names the scopes that are missing."""
    if not query.types:
        selection = policy.select_readable(scopes)
        if not selection.types:
            raise refuse_scopes("read samples", [])
        return selection
    if missing := policy.find_missing_read_scopes(query.types, scopes):
        raise refuse_scopes("read these samples", missing)
    return policy.select_named(query.types)


def _refuse_missing(scopes: list[str]) -> None:
    """Contract 7: the request fails rather than show a correlation with children missing."""
    if scopes:
        raise refuse_scopes("read all parts of these samples", scopes)


def _create_tag(
    server: DataServer, token: AccessToken, request: ReadRequest, position: int | None
) -> str | None:
    """None before the first change."""
    return None if position is None else tag_answer(server, token, request.query, position)


def tag_answer(server: DataServer, token: AccessToken, asked: str, position: int) -> str:
    """Of all that the answer depends on: who reads, through which client and with which scopes, what is asked, and the
    person's position. Keyed, or a client that knows her by a pairwise name could try whose id is in it."""
    scopes = " ".join(sorted(token.scopes)).encode()
    who = token.subject.encode(), token.client_id.encode(), scopes
    return create_tag(_VERSION, *who, asked.encode(), str(position).encode(), key=server.tag_key)
