"""The SQL of changes. Takes a connection and never commits."""

from datetime import UTC, datetime
from uuid import UUID

from borvo.dataserver.changes.model import BEGINNING, Bookmark, Changes, Deleted, Place
from borvo.dataserver.composition import Composition
from borvo.dataserver.past import attach_children, compose_state, find_since
from borvo.dataserver.statements import SAMPLE_COLUMNS
from borvo.identity.public import Admission
from borvo.kernel.ids import PersonId
from borvo.storage.database import Connection, Row

# What the reader had: the state at `since`. Only what has ended since then can differ from what is there now.
_HAD = (
    "s.person_id = $1 and s.position = 0 and s.type_code = any($2::smallint[]) "
    "and s.changed_position <= {since} and s.ended_position > {since} and s.ended_at >= {time}"
)


_ERASED = "coalesce((select erased_position from sample_position where person_id = $1), 0)"


async def load_changes(
    connection: Connection,
    person_id: PersonId,
    bookmark: Bookmark,
    take: int,
    now: int,
    admission: Admission,
) -> Changes:
    """The next page of the round, by one statement, which makes sure that the token is good, too; raises
    `UnauthenticatedError`. `now` in seconds of the epoch."""
    times = _list_times(bookmark, now)
    statement = _compose_page(bookmark, person_id, take, times, admission)
    rows = await connection.fetch(statement.text, *statement.values)
    if not rows:
        # The end of the round is always told, so it is the token that has ended.
        await admission.confirm(connection)
    until: int = rows[0]["until"]
    begun = bookmark.begin(until, now)
    found = [row for row in rows if row["id"] is not None]
    page, has_more = found[:take], len(found) > take
    kept = [row for row in page if not row["is_deleted"]]
    samples = await attach_children(connection, person_id, kept, until, times[1])
    news = {row["id"] for row in kept if not row["was_there"]}
    return Changes(
        added=tuple(each for each in samples if each.id in news),
        changed=tuple(each for each in samples if each.id not in news),
        deleted=tuple(_read_deleted(row) for row in page if row["is_deleted"]),
        next=begun.turn(_find_place(page[-1])) if has_more else begun.close(),
        has_more=has_more,
        erased=rows[0]["erased"],
    )


def _read_deleted(row: Row) -> Deleted:
    return Deleted(row["id"], row["type_code"], row["client_assigned_id"])


def _find_place(row: Row) -> Place:
    id_: UUID = row["id"]
    return Place(row["at"], UUID(int=id_.int))


def _list_times(bookmark: Bookmark, now: int) -> tuple[datetime, datetime]:
    """What `find_since` says of the beginning of the round, and of its end. Before all there was nothing."""
    end = now if bookmark.until is None else bookmark.until_at
    start = end if bookmark.since == BEGINNING else bookmark.since_at
    return find_since(datetime.fromtimestamp(start, UTC)), find_since(datetime.fromtimestamp(end, UTC))


def _compose_was_there(had: str) -> str:
    """Not by `exists`, which PostgreSQL may answer by reading all that the reader had and that ended."""
    asked = f"select true from sample_past p where p.id = s.id and {had.replace('s.', 'p.')} limit 1"
    return f"({asked}) is not null"


def _compose_page(
    bookmark: Bookmark, person_id: PersonId, take: int, times: tuple[datetime, datetime], admission: Admission
) -> Composition:
    statement = Composition(person_id, bookmark.types)
    started, ended = (f"{statement.bind(each)}::timestamptz" for each in times)
    since = f"{statement.bind(bookmark.since)}::bigint"
    end = (
        "select coalesce((select position from sample_position where person_id = $1), 0)::bigint"
        if bookmark.until is None
        else f"select {statement.bind(bookmark.until)}::bigint"
    )
    place = bookmark.place
    position, id_ = statement.bind(place.position), statement.bind(place.id)
    most = statement.bind(0 if bookmark.is_silent else take + 1)
    had = _HAD.format(since=since, time=started)
    chosen = "s.person_id = $1 and s.position = 0 and s.type_code = any($2::smallint[])"
    later = f"({{}}, s.id) > ({position}::bigint, {id_}::uuid)"
    there = compose_state(
        f"{SAMPLE_COLUMNS}, s.changed_position as at, {_compose_was_there(had)} as was_there, false as is_deleted",
        "(select until from done)",
        ended,
        f"{chosen} and {later.format('s.changed_position')}",
        f"order by s.changed_position, s.id limit {most}::bigint",
    )
    stays = compose_state("true", "(select until from done)", ended, f"{chosen} and s.id = g.id")
    gone = (
        f"(select {SAMPLE_COLUMNS.replace('s.', 'g.')}, g.ended_position as at, true as was_there, true as is_deleted "
        f"from sample_past g where {had.replace('s.', 'g.')} and g.ended_position <= (select until from done) "
        f"and {later.format('g.ended_position').replace('s.id', 'g.id')} and not exists ({stays}) "
        f"order by g.ended_position, g.id limit {most}::bigint)"
    )
    live = admission.compose(statement.bind)
    statement.text = (
        f"with done as materialized ({end} as until, {_ERASED} as erased) "
        "select c.*, done.until, done.erased from done left join lateral "
        f"(select * from ({there} union all {gone}) u order by u.at, u.id limit {most}::bigint) c on true "
        f"where {live} order by c.at, c.id"
    )
    return statement
