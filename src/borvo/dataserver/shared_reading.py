"""Reading what people share with agencies: by an agency-query-token, of several people at once."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from borvo.agency.public import ReadGrant, ReadNote, record_reads
from borvo.catalogue.sample_types import SampleType, list_correlation_codes, map_sample_type_codes
from borvo.dataserver import policy
from borvo.dataserver.cursors import SharedReader, read_cursor, write_cursor
from borvo.dataserver.media import Form
from borvo.dataserver.model import Key, Query, Range, StoredSample
from borvo.dataserver.queries import parse_query
from borvo.dataserver.service import DataServer
from borvo.dataserver.shared_rendering import render_shared
from borvo.dataserver.shared_statements import (
    CHILDREN,
    Opened,
    Opening,
    compose_shared_count,
    compose_shared_page,
)
from borvo.dataserver.statements import ORDER_COLUMNS
from borvo.dataserver.store import read_sample
from borvo.dataserver.unit_choice import prepare_units
from borvo.dataserver.visits import Visit, spend_token
from borvo.kernel.errors import ForbiddenError, InvalidInputError
from borvo.portal.public import Activity
from borvo.storage.database import Connection, Row
from borvo.web.bearer import PresentedToken


@dataclass(frozen=True, slots=True)
class SharedPage:
    """The samples asked for, each with the subject whose it is, how many there are of each without paging, and the key
    of the last sample when more follow."""

    samples: tuple[tuple[UUID, StoredSample], ...]
    totals: dict[UUID, int]
    next: Key | None = None

    @property
    def total(self) -> int:
        return sum(self.totals.values())


class SharedAnswer(NamedTuple):
    """An answer as it goes out, how many samples are in it, and the cursor of the next page."""

    body: bytes
    shown: int
    cursor: str | None


async def read_for_agency(
    server: DataServer, presented: PresentedToken, query_token: str, text: str, form: Form
) -> SharedAnswer:
    """A page of what people share with the caller's agency, to the query string `text`. It is rendered before anything
    is committed, and what is read is in the log of each of the people by then."""
    admission = await server.verify(presented)
    answer = await spend_token(
        server.agency, admission, query_token, lambda visit: _read(server.cursor_key, visit, text, form)
    )
    server.activity.note(admission.token.client_id, Activity.SAMPLES_READ, answer.shown)
    return answer


def check_shared(query: Query) -> Query:
    """Raises `InvalidInputError` for what is not for agencies to ask."""
    if query.clients:
        # Passed over, it would show more than was asked for; heeded, it would tell by which apps people write.
        message = "Leave it out: which client wrote a sample is not among what people share."
        raise InvalidInputError("The query string is not valid: see errors.", {"client": [message]})
    return query


async def _read(cursor_key: bytes, visit: Visit, text: str, form: Form) -> SharedAnswer:
    query = check_shared(parse_query(text))
    units = await prepare_units(query)
    reader = _describe_reader(visit, query)
    after = read_cursor(cursor_key, reader, query.cursor) if query.cursor else None
    opening = open_types(visit.grants, query.types)
    page = await _read_page(visit.connection, query, opening, after)
    await check_parts(visit, opening, query.start, page)
    await log_page(visit, opening, query.start, page)
    body = render_shared(form, page.samples, units, query.fields, page.total)
    cursor = page.next and write_cursor(cursor_key, reader, page.next)
    return SharedAnswer(body, len(page.samples), cursor)


def _describe_reader(visit: Visit, query: Query) -> SharedReader:
    asker = visit.asker
    people = frozenset((each.subject, each.version) for each in visit.grants)
    return SharedReader(asker.agent_id, asker.client_id, people, query)


async def log_page(
    visit: Visit, opening: Opening, wanted: Range, page: SharedPage, *, is_refused: bool = False
) -> None:
    """`wanted` are the dates at which samples were to start."""
    noted = list_notes(visit.grants, opening, wanted, page)
    await record_reads(visit.agency, visit.connection, visit.asker, noted, is_refused=is_refused)


async def check_parts(visit: Visit, opening: Opening, wanted: Range, page: SharedPage) -> None:
    """Raises `ForbiddenError`. The refusal itself tells something of what is stored: it is a look, though no sample
    goes out."""
    try:
        _check_children(visit.grants, page)
    except ForbiddenError:
        await log_page(visit, opening, wanted, SharedPage((), {}), is_refused=True)
        raise


def open_types(grants: Sequence[ReadGrant], named: Sequence[SampleType]) -> Opening:
    """What each consent opens of what is asked for. One person's unticked type takes nothing from the others: it is
    left out for her. Of a single person what is named and not shared is refused, as it is to herself. Raises
    `ForbiddenError`, also when nobody shares any of it."""
    if len(grants) == 1 and (missing := policy.find_missing_read_scopes(named, grants[0].scopes)):
        raise ForbiddenError(f"This person does not share what needs {' '.join(missing)} with you.")
    # Of a single person it is refused after looking at what is stored (contract 7).
    is_guarding = len(grants) > 1 or not named
    opened, readable = [], []
    for grant in grants:
        selection = policy.select_readable(grant.scopes)
        guarded = selection.guarded if is_guarding else frozenset()
        asked = [each.code for each in selection.types if not named or each in named]
        opened += [
            Opened(grant.person_id, grant.subject, code, grant.since, code in guarded) for code in asked
        ]
        if guarded.intersection(asked):
            readable += [(grant.subject, code) for code in selection.readable]
    if grants and not opened:
        raise ForbiddenError("None of these people shares samples of these types with you.")
    return Opening(opened, readable)


async def _read_page(connection: Connection, query: Query, opening: Opening, after: Key | None) -> SharedPage:
    counting = compose_shared_count(query, opening)
    counts = await connection.fetch(counting.text, *counting.values)
    paging = compose_shared_page(query, opening, after)
    rows = await connection.fetch(paging.text, *paging.values)
    following = None
    if len(rows) > query.take:
        rows = rows[:-1]
        last = rows[-1]
        following = Key(last[ORDER_COLUMNS[query.order]], last["id"], last["subject"])
    children = await _find_children(connection, rows)
    samples = [
        (row["subject"], read_sample(row, tuple(children.get((row["person_id"], row["id"]), ()))))
        for row in rows
    ]
    totals = {row["subject"]: row["found"] for row in counts if row["found"]}
    return SharedPage(tuple(samples), totals, following)


async def _find_children(
    connection: Connection, rows: Sequence[Row]
) -> dict[tuple[UUID, UUID], list[StoredSample]]:
    """By person and sample."""
    parents = [row for row in rows if row["type_code"] in list_correlation_codes()]
    found: dict[tuple[UUID, UUID], list[StoredSample]] = {}
    # A person whom the asker knows under two subjects comes twice.
    keys = dict.fromkeys((row["person_id"], row["id"]) for row in parents)
    if keys:
        for row in await connection.fetch(CHILDREN, *zip(*keys, strict=True)):
            found.setdefault((row["person_id"], row["id"]), []).append(read_sample(row, is_part=True))
    return found


def _check_children(grants: Sequence[ReadGrant], page: SharedPage) -> None:
    """Contract 7: the request fails rather than show a correlation with children missing. The children are read after
    their parents, who may have been corrected between: so their dates are looked at once more, too."""
    known = {grant.subject: grant for grant in grants}
    for subject, sample in page.samples:
        first = known[subject].since
        if first and any(child.start < first for child in sample.children):
            raise ForbiddenError("One of these samples was changed while it was read. Ask again.")
    missing = {
        scope
        for subject, sample in page.samples
        for scope in policy.find_missing_child_scopes([sample], known[subject].scopes)
    }
    if missing:
        raise ForbiddenError(
            f"This person does not share all parts of these samples; they need {' '.join(sorted(missing))}."
        )


def list_notes(
    grants: Sequence[ReadGrant], opening: Opening, wanted: Range, page: SharedPage
) -> list[tuple[ReadGrant, ReadNote]]:
    """What goes into the log of each person of whom something was asked, found or not."""
    types = map_sample_type_codes()
    asked: dict[UUID, list[str]] = {}
    for each in opening.opened:
        asked.setdefault(each.subject, []).append(types[each.code].name)
    counts = Counter(subject for subject, _ in page.samples)
    return [
        (
            grant,
            ReadNote(
                tuple(asked[grant.subject]),
                max(filter(None, (grant.since, wanted.lower)), default=None),
                wanted.upper,
                counts[grant.subject],
            ),
        )
        for grant in grants
        if grant.subject in asked
    ]
