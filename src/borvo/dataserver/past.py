"""What a person's samples were at one of her positions: a state that nothing done later changes.

It is the rows of `sample` that were changed at the position or before, and the rows of `sample_past` that were changed
then or before and ended after it. Of each sample at most one of these is there.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from borvo.catalogue.sample_types import list_correlation_codes
from borvo.dataserver.model import StoredSample
from borvo.dataserver.statements import SAMPLE_COLUMNS
from borvo.dataserver.store import read_sample
from borvo.kernel.ids import PersonId
from borvo.storage.database import Connection, Row

SPARE = timedelta(days=1)
"""How much earlier than what they rest on is deleted bookmarks and snapshots end: reading and writing take a while, and
clocks differ."""

_CORRELATIONS = list_correlation_codes()


def find_since(at: datetime) -> datetime:
    """Nothing ended earlier than this that ended after the position that was current at that time."""
    return at - SPARE


def compose_state(
    columns: str, position: str, since: str, condition: str, order: str = "", name: str = "s"
) -> str:
    """Rows of both tables as of the position, which is a placeholder or an expression; the sample goes by the `name`.
    An `order` with a limit holds for each table alone. `since` is the placeholder of what `find_since` says: older
    parts of `sample_past` are not looked at."""
    changed = f"where {name}.changed_position <= {position}"
    ended = f"and {name}.ended_position > {position} and {name}.ended_at >= {since}"
    return (
        f"(select {columns} from sample {name} {changed} and {condition} {order}) union all "
        f"(select {columns} from sample_past {name} {changed} {ended} and {condition} {order})"
    )


_CHILDREN = compose_state(
    f"{SAMPLE_COLUMNS}, s.position",
    "$3::bigint",
    "$4::timestamptz",
    "s.person_id = $1 and s.id = any($2::uuid[]) and s.position > 0",
)


async def attach_children(
    connection: Connection, person_id: PersonId, rows: Sequence[Row], position: int, since: datetime
) -> list[StoredSample]:
    """The samples whose rows begin with `SAMPLE_COLUMNS`, with their parts as of the position; `since` as `find_since`
    says."""
    parents = [row["id"] for row in rows if row["type_code"] in _CORRELATIONS]
    children: dict[UUID, list[StoredSample]] = {}
    if parents:
        statement = f"select * from ({_CHILDREN}) c order by c.id, c.position"
        for row in await connection.fetch(statement, person_id, parents, position, since):
            children.setdefault(row["id"], []).append(read_sample(row, is_part=True))
    return list(_join(rows, children))


def _join(rows: Iterable[Row], children: Mapping[UUID, list[StoredSample]]) -> Iterable[StoredSample]:
    for row in rows:
        yield read_sample(row, tuple(children.get(row["id"], ())))
