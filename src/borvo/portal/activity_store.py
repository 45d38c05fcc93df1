"""The SQL of what clients do, by the day. Every function takes a connection and none commits."""

from collections.abc import Sequence
from datetime import date, datetime

from borvo.kernel.ids import ClientKey
from borvo.storage.database import Connection

Count = tuple[str, date, str, int]
"""A client id, a day of UTC, a kind, and how many."""

Peak = tuple[str, str, datetime, int]
"""A client id, the name of a limit, the start of its window, and the highest count of anybody in it."""


async def add_counts(connection: Connection, counts: Sequence[Count]) -> None:
    """Adds them to what is there. In the order of the keys, so that two workers never wait for each other; clients
    that are not registered are left out."""
    await connection.execute(
        """insert into client_activity as present (client_key, day, kind, count)
           select c.client_key, noted.day, noted.kind, noted.count
           from unnest($1::text[], $2::date[], $3::text[], $4::bigint[]) as noted (client_id, day, kind, count)
           join client c on c.client_id = noted.client_id
           order by c.client_key, noted.day, noted.kind
           on conflict (client_key, day, kind) do update set count = present.count + excluded.count""",
        *(list(column) for column in zip(*counts, strict=True)),
    )


async def list_counts(
    connection: Connection, client_key: ClientKey, first: date
) -> list[tuple[date, str, int]]:
    """By day and kind, from the day `first` on."""
    rows = await connection.fetch(
        "select day, kind, count from client_activity where client_key = $1 and day >= $2", client_key, first
    )
    return [(row["day"], row["kind"], row["count"]) for row in rows]


async def raise_peaks(connection: Connection, peaks: Sequence[Peak]) -> None:
    """Keeps the higher of each and what is there; ordered and chosen as in `add_counts`."""
    await connection.execute(
        """insert into client_limit_peak as present (client_key, limit_name, window_start, attempts)
           select c.client_key, noted.limit_name, noted.window_start, noted.attempts
           from unnest($1::text[], $2::text[], $3::timestamptz[], $4::integer[])
             as noted (client_id, limit_name, window_start, attempts)
           join client c on c.client_id = noted.client_id
           order by c.client_key, noted.limit_name, noted.window_start
           on conflict (client_key, limit_name, window_start) do update set attempts = excluded.attempts
             where present.attempts < excluded.attempts""",
        *(list(column) for column in zip(*peaks, strict=True)),
    )


async def list_peaks(
    connection: Connection, client_key: ClientKey, window: datetime, since: datetime
) -> dict[str, tuple[int, int]]:
    """By the name of the limit, the highest count in the window and in all windows that began `since`."""
    rows = await connection.fetch(
        """select limit_name, coalesce(max(attempts) filter (where window_start = $2), 0) as now,
             max(attempts) as lately
           from client_limit_peak where client_key = $1 and window_start >= $3 group by limit_name""",
        client_key,
        window,
        since,
    )
    return {row["limit_name"]: (row["now"], row["lately"]) for row in rows}


async def delete_old(connection: Connection, day: date, window: datetime) -> None:
    """What was counted before the day, and the peaks of windows that began before `window`."""
    await connection.execute("delete from client_activity where day < $1", day)
    await connection.execute("delete from client_limit_peak where window_start < $1", window)
