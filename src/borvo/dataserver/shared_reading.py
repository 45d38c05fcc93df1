"""Reading what people share with agencies: by an agency-query-token, of several people at once."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from borvo.agency.public import Agency, ReadGrant, ReadNote, record_reads, redeem_token
from borvo.catalogue.sample_types import Family, SampleType, map_sample_type_codes
from borvo.dataserver import policy
from borvo.dataserver.bodies import render_shared_page
from borvo.dataserver.model import Query, StoredSample
from borvo.dataserver.shared_statements import (
    CHILDREN,
    Opened,
    Opening,
    compose_shared_count,
    compose_shared_page,
)
from borvo.dataserver.store import read_sample
from borvo.identity.public import Admission
from borvo.kernel.errors import BorvoError, ForbiddenError
from borvo.storage.database import Connection, Row

_SERVER_FAULT = 500


@dataclass(frozen=True, slots=True)
class SharedPage:
    """The samples asked for, each with the subject whose it is, and how many there are of each without paging."""

    samples: tuple[tuple[UUID, StoredSample], ...]
    totals: dict[UUID, int]

    @property
    def total(self) -> int:
        return sum(self.totals.values())


async def read_shared(
    agency: Agency, admission: Admission, query_token: str, parse: Callable[[], Query]
) -> tuple[bytes, int]:
    """The answer as it goes out, and how many samples are in it. It is rendered before anything is committed, so that a
    fault of ours leaves the token as it was. A refusal uses it up. What is read is in the log of each of the people by
    then."""
    refusal: BorvoError
    async with agency.accounts.database.transaction() as connection:
        try:
            return await _read(agency, connection, admission, query_token, parse)
        except BorvoError as error:
            if error.status >= _SERVER_FAULT:
                raise
            refusal = error
    raise refusal


async def _read(
    agency: Agency,
    connection: Connection,
    admission: Admission,
    query_token: str,
    parse: Callable[[], Query],
) -> tuple[bytes, int]:
    asker, grants = await redeem_token(agency, connection, admission, query_token)
    query = parse()
    opening = open_types(grants, query.types)
    page = await _read_page(connection, query, opening)
    try:
        _check_children(grants, page)
    except ForbiddenError:
        # The refusal itself tells something of what is stored: it is a look, though no sample goes out.
        nothing = list_notes(grants, opening, query, SharedPage((), {}))
        await record_reads(agency, connection, asker, nothing)
        raise
    await record_reads(agency, connection, asker, list_notes(grants, opening, query, page))
    return render_shared_page(page.total, page.samples), len(page.samples)


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


async def _read_page(connection: Connection, query: Query, opening: Opening) -> SharedPage:
    counting = compose_shared_count(query, opening)
    counts = await connection.fetch(counting.text, *counting.values)
    paging = compose_shared_page(query, opening)
    rows = await connection.fetch(paging.text, *paging.values)
    children = await _find_children(connection, rows)
    samples = [
        (row["subject"], read_sample(row, tuple(children.get((row["person_id"], row["id"]), ()))))
        for row in rows
    ]
    return SharedPage(tuple(samples), {row["subject"]: row["found"] for row in counts if row["found"]})


async def _find_children(
    connection: Connection, rows: Sequence[Row]
) -> dict[tuple[UUID, UUID], list[StoredSample]]:
    """By person and sample."""
    types = map_sample_type_codes()
    parents = [row for row in rows if types[row["type_code"]].family is Family.CORRELATION]
    found: dict[tuple[UUID, UUID], list[StoredSample]] = {}
    if parents:
        keys = [row["person_id"] for row in parents], [row["id"] for row in parents]
        for row in await connection.fetch(CHILDREN, *keys):
            found.setdefault((row["person_id"], row["id"]), []).append(read_sample(row, is_part=True))
    return found


def _check_children(grants: Sequence[ReadGrant], page: SharedPage) -> None:
    """Contract 7: the request fails rather than show a correlation with children missing."""
    scopes = {grant.subject: grant.scopes for grant in grants}
    missing = {
        scope
        for subject, sample in page.samples
        for scope in policy.find_missing_child_scopes([sample], scopes[subject])
    }
    if missing:
        raise ForbiddenError(
            f"This person does not share all parts of these samples; they need {' '.join(sorted(missing))}."
        )


def list_notes(
    grants: Sequence[ReadGrant], opening: Opening, query: Query, page: SharedPage
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
                max(filter(None, (grant.since, query.start.lower)), default=None),
                query.start.upper,
                counts[grant.subject],
            ),
        )
        for grant in grants
        if grant.subject in asked
    ]
