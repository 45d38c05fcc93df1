"""The SQL of snapshots of what people share. Every function takes a connection and none commits."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from borvo.agency.public import Asker, compose_reach
from borvo.dataserver.composition import Composition
from borvo.dataserver.model import StoredSample
from borvo.dataserver.past import compose_state, find_since
from borvo.dataserver.shared_statements import CORRELATIONS
from borvo.dataserver.snapshots.model import Frame, Holding, Part, SharedSnapshot
from borvo.dataserver.statements import ORDER_COLUMNS, SAMPLE_COLUMNS
from borvo.dataserver.store import read_sample
from borvo.identity.public import Admission
from borvo.kernel.ids import ClientKey, PersonId
from borvo.storage.database import Connection, Row


async def measure_holding(connection: Connection, asker: Asker, now: datetime) -> Holding:
    """What the agent has through the client, or the client by itself."""
    row = await connection.fetchrow(
        """select count(*), coalesce(sum(people), 0)::bigint, min(expires_at) from shared_snapshot
           where client_key = $1 and agent_id is not distinct from $2 and expires_at > $3""",
        asker.client_key,
        asker.agent_id,
        now,
    )
    return Holding(*(row or (0, 0, None)))


async def insert_snapshot(
    connection: Connection, digest: bytes, snapshot: SharedSnapshot, asker: Asker, now: datetime
) -> bool:
    """False, and not to be committed, when one of the consents has been changed meanwhile."""
    await connection.execute(
        """insert into shared_snapshot (key_digest, client_key, agent_id, query, total, people, created_at, expires_at)
           values ($1, $2, $3, $4::text::jsonb, $5, $6, $7, $8)""",
        digest,
        snapshot.client_key,
        snapshot.agent_id,
        msgspec.json.encode(snapshot.frame).decode(),
        snapshot.total,
        len(snapshot.parts),
        now,
        snapshot.expires_at,
    )
    statement = Composition(digest, msgspec.json.encode(snapshot.parts).decode())
    reach = compose_reach(asker, now, statement.bind)
    status = await connection.execute(
        f"""insert into shared_snapshot_part (person_id, key_digest, subject, version, position, since, codes, guarded,
                                              readable)
            select g.person_id, $1, g.subject, g.version, g.position, g.since, g.codes, g.guarded, g.readable
            from jsonb_to_recordset($2::text::jsonb) as g (person_id uuid, subject uuid, version integer,
              position bigint, since timestamptz, codes smallint[], guarded smallint[], readable smallint[])
            join agency_relationship r
              on r.person_id = g.person_id and r.subject = g.subject and r.version = g.version and {reach}""",
        *statement.values,
    )
    return int(status.rpartition(" ")[2]) == len(snapshot.parts)


async def hold_snapshot(
    connection: Connection, digest: bytes, asker: Asker, now: datetime
) -> SharedSnapshot | None:
    """None when the asker has made none under this key, or when it has expired. Nobody erases it until the transaction
    ends."""
    row = await connection.fetchrow(
        """select query::text, total, created_at, expires_at from shared_snapshot
           where key_digest = $1 and client_key = $2 and agent_id is not distinct from $3 and expires_at > $4
           for key share""",
        digest,
        asker.client_key,
        asker.agent_id,
        now,
    )
    if row is None:
        return None
    parts = await connection.fetch(
        """select person_id, subject, version, position, since, codes, guarded, readable
           from shared_snapshot_part where key_digest = $1""",
        digest,
    )
    return SharedSnapshot(
        client_key=ClientKey(asker.client_key),
        agent_id=asker.agent_id,
        frame=msgspec.json.decode(row["query"], type=Frame),
        total=row["total"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        parts=tuple(Part(**{**part, "person_id": PersonId(part["person_id"])}) for part in parts),
    )


class Asking(NamedTuple):
    """One page of the results under a key, for whoever asks, at a moment."""

    digest: bytes
    take: int
    skip: int
    admission: Admission
    asker: Asker
    now: datetime


async def load_page(
    connection: Connection, snapshot: SharedSnapshot, asking: Asking
) -> list[tuple[UUID, StoredSample]] | None:
    """The samples as they were, each with its subject, in the order asked for. Read by the very statement that makes
    sure that every consent stands as it did, and that the token is good: None when one does not; raises
    `UnauthenticatedError`."""
    statement = _compose_page(snapshot, asking)
    rows = await connection.fetch(statement.text, *statement.values)
    if not rows:
        # The first column is always told, so it is the token that has ended.
        await asking.admission.confirm(connection)
    if not rows or not rows[0]["stands"]:
        return None
    found = [row for row in rows if row["id"] is not None]
    return await _attach_children(connection, found, find_since(snapshot.created_at))


def _compose_page(snapshot: SharedSnapshot, asking: Asking) -> Composition:
    frame, statement = snapshot.frame, Composition(asking.digest)
    since = f"{statement.bind(find_since(snapshot.created_at))}::timestamptz"
    reach = compose_reach(asking.asker, asking.now, statement.bind)
    take, skip = (f"{statement.bind(each)}::bigint" for each in (asking.take, asking.skip))
    column, direction = ORDER_COLUMNS[frame.order], "desc" if frame.is_descending else "asc"
    order = f"order by {{0}}.{column} {direction}, {{0}}.id {direction} limit {take} + {skip}"
    state = compose_state(
        f"{SAMPLE_COLUMNS}, s.created_at",
        "o.position",
        since,
        _compose_condition(statement, frame, since),
        order.format("s"),
    )
    # One order over all people: whose a sample is comes before its id.
    overall = f"order by s.{column} {direction}, s.subject, s.id {direction}"
    live = asking.admission.compose(statement.bind)
    statement.text = f"""
with part as materialized (select p.* from shared_snapshot_part p where p.key_digest = $1),
standing as materialized (
  select (select h.people from shared_snapshot h where h.key_digest = $1) = (
    select count(*) from part p join agency_relationship r
      on r.person_id = p.person_id and r.subject = p.subject and r.version = p.version and {reach}) as stands),
opened as materialized (
  select p.person_id, p.subject, p.position, p.since, p.readable, w.code, w.code = any(p.guarded) as is_guarded
  from part p cross join lateral unnest(p.codes) as w (code) where (select stands from standing))
select s.*, t.stands from standing t left join lateral (
  select {SAMPLE_COLUMNS}, s.created_at, s.subject, s.person_id, s.at from (
    select u.*, o.subject, o.person_id, o.position as at from opened o cross join lateral (
      select * from ({state}) u {order.format("u")}) u) s
  {overall} limit {take} offset {skip}) s on true
where {live} {overall}"""
    return statement


def _compose_condition(statement: Composition, frame: Frame, since: str) -> str:
    """Of a sample `s` that the part `o` may show."""
    correlations = statement.bind(CORRELATIONS)
    child = "c.person_id = s.person_id and c.id = s.id and c.position > 0"
    hidden = compose_state(
        "true", "o.position", since, f"{child} and not c.type_code = any(o.readable)", name="c"
    )
    early = compose_state("true", "o.position", since, f"{child} and c.start_at < o.since", name="c")
    parts = [
        "s.person_id = o.person_id and s.type_code = o.code and s.position = 0",
        "s.start_at >= coalesce(o.since, '-infinity')",
        # Contract 7: never a correlation with children missing.
        f"not (o.is_guarded and exists ({hidden}))",
        # A part has dates of its own: one from before that instant keeps the whole from being found.
        f"not (o.since is not null and s.type_code = any({correlations}::smallint[]) and exists ({early}))",
    ]
    for column, wanted in (("start_at", frame.start), ("end_at", frame.end), ("created_at", frame.creation)):
        parts += statement.bound(column, wanted)
    if frame.devices:
        parts.append(f"s.device = any({statement.bind([*frame.devices])}::text[])")
    return " and ".join(parts)


_CHILDREN = f"""
select c.* from unnest($1::uuid[], $2::uuid[], $3::bigint[]) as p (person_id, id, at) cross join lateral ({
    compose_state(
        f"{SAMPLE_COLUMNS}, s.position, s.person_id",
        "p.at",
        "$4::timestamptz",
        "s.person_id = p.person_id and s.id = p.id and s.position > 0",
    )
}) c order by c.person_id, c.id, c.position"""


async def _attach_children(
    connection: Connection, rows: Sequence[Row], since: datetime
) -> list[tuple[UUID, StoredSample]]:
    parents = [row for row in rows if row["type_code"] in CORRELATIONS]
    # A person whom the asker knows under two subjects comes twice.
    keys = dict.fromkeys((row["person_id"], row["id"], row["at"]) for row in parents)
    children: dict[tuple[UUID, UUID], list[StoredSample]] = {}
    if keys:
        for row in await connection.fetch(_CHILDREN, *zip(*keys, strict=True), since):
            children.setdefault((row["person_id"], row["id"]), []).append(read_sample(row, is_part=True))
    return [
        (row["subject"], read_sample(row, tuple(children.get((row["person_id"], row["id"]), ()))))
        for row in rows
    ]


_DELETE = """with gone as (delete from shared_snapshot h where {} returning h.key_digest),
  parts as (delete from shared_snapshot_part p using gone where p.key_digest = gone.key_digest)
  select count(*) from gone"""


async def delete_expired(connection: Connection, now: datetime) -> None:
    await connection.fetchval(_DELETE.format("h.expires_at <= $1"), now)


async def delete_snapshots(connection: Connection, person_id: PersonId) -> int:
    """All that she made, and all that show her samples, to whomever; how many those were."""
    concern = (
        "exists (select from shared_snapshot_part s where s.person_id = $1 and s.key_digest = h.key_digest)"
    )
    gone: int = await connection.fetchval(_DELETE.format(f"h.agent_id = $1 or {concern}"), person_id)
    return gone
