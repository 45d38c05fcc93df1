"""The SQL of snapshots. Every function takes a connection and none commits."""

from datetime import datetime

import asyncpg
import msgspec

from borvo.dataserver.composition import Composition
from borvo.dataserver.model import StoredSample
from borvo.dataserver.past import attach_children, compose_state, find_since
from borvo.dataserver.snapshots.model import Holding, Snapshot, StoredQuery
from borvo.dataserver.statements import ORDER_COLUMNS, SAMPLE_COLUMNS
from borvo.identity.public import Admission
from borvo.kernel.ids import ClientKey, PersonId
from borvo.storage.database import Connection


async def count_samples(
    connection: Connection, person_id: PersonId, query: StoredQuery, now: datetime
) -> tuple[int, int]:
    """The person's position, and how many samples the query finds as of it: one statement, so one snapshot."""
    statement = Composition(person_id, query.types)
    since = f"{statement.bind(find_since(now))}::timestamptz"
    condition = _compose_condition(statement, query, "n.position", since)
    found = compose_state("true", "n.position", since, condition)
    row = await connection.fetchrow(
        "with n as materialized (select coalesce((select p.position from sample_position p where p.person_id = $1), 0)"
        f"::bigint as position) select n.position, (select count(*) from ({found}) f) as total from n",
        *statement.values,
    )
    if row is None:
        raise RuntimeError("a statement without a condition always returns its row")
    return row["position"], row["total"]


# Whoever makes results holds it with others, whoever erases a person's alone: so none is made of her meanwhile.
_MAKING = "hashtextextended('results of queries', 0)"


_WAIT = "4s"


class MakingHaltedError(Exception):
    """Somebody is being erased, or the maker makes others, for longer than a connection may wait for it."""


async def enter_making(connection: Connection, maker: str) -> None:
    """Makers do not wait for each other, but one maker takes turns with herself, until the transaction ends. Raises
    `MakingHaltedError`, after which the transaction can only be rolled back."""
    try:
        await connection.execute(
            f"set local lock_timeout = '{_WAIT}'; select pg_advisory_xact_lock_shared({_MAKING})"
        )
        await connection.execute(
            "select pg_advisory_xact_lock(hashtextextended('results of ' || $1::text, 0))", maker
        )
        await connection.execute("set local lock_timeout to default")
    except asyncpg.LockNotAvailableError:
        raise MakingHaltedError from None


async def halt_making(connection: Connection) -> None:
    """Nobody makes results until the transaction ends; those who are at it are waited for."""
    await connection.execute(f"select pg_advisory_xact_lock({_MAKING})")


async def measure_holding(
    connection: Connection, person_id: PersonId, client_key: ClientKey, now: datetime
) -> Holding:
    """What the person has through the client."""
    row = await connection.fetchrow(
        """select count(*), 0, min(expires_at) from sample_snapshot
           where person_id = $1 and client_key = $2 and expires_at > $3""",
        person_id,
        client_key,
        now,
    )
    return Holding(*(row or (0, 0, None)))


async def insert_snapshot(connection: Connection, digest: bytes, snapshot: Snapshot, now: datetime) -> None:
    await connection.execute(
        """insert into sample_snapshot (person_id, key_digest, client_key, consent_version, subject_id, position, query,
                                        total, created_at, expires_at)
           values ($1, $2, $3, $4, $5, $6, $7::text::jsonb, $8, $9, $10)""",
        snapshot.maker_id,
        digest,
        snapshot.client_key,
        snapshot.consent_version,
        snapshot.person_id,
        snapshot.position,
        msgspec.json.encode(snapshot.query).decode(),
        snapshot.total,
        now,
        snapshot.expires_at,
    )


async def load_snapshot(
    connection: Connection, maker_id: PersonId, digest: bytes, now: datetime
) -> Snapshot | None:
    """None when the person has made none under this key, or when it has expired."""
    row = await connection.fetchrow(
        """select person_id, client_key, consent_version, subject_id, position, query::text, total, created_at,
                  expires_at
           from sample_snapshot where person_id = $1 and key_digest = $2 and expires_at > $3""",
        maker_id,
        digest,
        now,
    )
    if row is None:
        return None
    return Snapshot(
        maker_id=PersonId(row["person_id"]),
        client_key=ClientKey(row["client_key"]),
        consent_version=row["consent_version"],
        person_id=PersonId(row["subject_id"]),
        position=row["position"],
        query=msgspec.json.decode(row["query"], type=StoredQuery),
        total=row["total"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
    )


async def load_page(
    connection: Connection, snapshot: Snapshot, take: int, skip: int, admission: Admission
) -> list[StoredSample]:
    """The samples as they were, in the order asked for. When there are none, whether the token is good is not known."""
    query = snapshot.query
    statement = Composition(snapshot.person_id, query.types)
    position = f"{statement.bind(snapshot.position)}::bigint"
    earliest = find_since(snapshot.created_at)
    since = f"{statement.bind(earliest)}::timestamptz"
    condition = _compose_condition(statement, query, position, since)
    most, past_over = statement.bind(take), statement.bind(skip)
    column, direction = ORDER_COLUMNS[query.order], "desc" if query.is_descending else "asc"
    order = f"order by {{0}}{column} {direction}, {{0}}id {direction} limit {most}::bigint"
    state = compose_state(
        f"{SAMPLE_COLUMNS}, s.created_at",
        position,
        since,
        condition,
        f"{order.format('s.')} + {past_over}::bigint",
    )
    live = admission.compose(statement.bind)
    rows = await connection.fetch(
        f"select * from ({state}) s where {live} {order.format('s.')} offset {past_over}::bigint",
        *statement.values,
    )
    return await attach_children(connection, snapshot.person_id, rows, snapshot.position, earliest)


def _compose_condition(statement: Composition, query: StoredQuery, position: str, since: str) -> str:
    parts = ["s.person_id = $1 and s.position = 0 and s.type_code = any($2::smallint[])"]
    for column, wanted in (("start_at", query.start), ("end_at", query.end), ("created_at", query.creation)):
        parts += statement.bound(column, wanted)
    if query.devices:
        parts.append(f"s.device = any({statement.bind([*query.devices])}::text[])")
    if query.clients is not None:
        parts.append(f"s.client_key = any({statement.bind([*query.clients])}::uuid[])")
    if query.guarded:
        guarded, readable = statement.bind(query.guarded), statement.bind(query.readable)
        hidden = compose_state(
            "true",
            position,
            since,
            "c.person_id = $1 and c.id = s.id and c.position > 0 "
            f"and not c.type_code = any({readable}::smallint[])",
            name="c",
        )
        parts.append(f"not (s.type_code = any({guarded}::smallint[]) and exists ({hidden}))")
    return " and ".join(parts)


async def delete_expired(connection: Connection, now: datetime) -> None:
    await connection.execute("delete from sample_snapshot where expires_at <= $1", now)


async def delete_snapshots(connection: Connection, person_id: PersonId) -> int:
    """All that she made, and all that show her samples."""
    status = await connection.execute(
        "delete from sample_snapshot where person_id = $1 or subject_id = $1", person_id
    )
    return int(status.rpartition(" ")[2])
