"""The SQL of the log of what was read of people. Every function takes a connection and none commits."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from borvo.agency.model import ReadGrant, ReadNote, Subject
from borvo.kernel.ids import PersonId
from borvo.storage.database import Connection, Row

# Greater than any id, so that a list without a beginning starts with the newest.
_NEWEST = UUID(int=2**128 - 1)


async def insert_accesses(
    connection: Connection,
    ids: Sequence[UUID],
    at: datetime,
    reader: PersonId | None,
    client_id: str,
    agent: str,
    client: str,
    noted: Sequence[tuple[ReadGrant, ReadNote]],
) -> None:
    """One row for each person of whom something was asked, whatever was found. `types` travel as text, since
    PostgreSQL has no arrays of arrays of different lengths."""
    await connection.execute(
        """insert into agency_access (person_id, id, at, subject, version, agent_id, agent_name, organisation_name,
             client_id, client_name, types, period_from, period_until, samples)
           select n.person_id, n.id, $1, n.subject, n.version, $2, $3, n.organisation, $4, $5,
                  string_to_array(n.types, ' '), n.period_from, n.period_until, n.samples
           from unnest($6::uuid[], $7::uuid[], $8::uuid[], $9::integer[], $10::text[], $11::text[],
                       $12::timestamptz[], $13::timestamptz[], $14::integer[])
             as n (person_id, id, subject, version, organisation, types, period_from, period_until, samples)""",
        at,
        reader,
        agent,
        client_id,
        client,
        [grant.person_id for grant, _ in noted],
        list(ids),
        [grant.subject for grant, _ in noted],
        [grant.version for grant, _ in noted],
        [grant.organisation for grant, _ in noted],
        [" ".join(note.types) for _, note in noted],
        [note.period_from for _, note in noted],
        [note.period_until for _, note in noted],
        [note.samples for _, note in noted],
    )


async def mark_first_reads(
    connection: Connection, grants: Sequence[ReadGrant], now: datetime
) -> list[Subject]:
    """Those whom this asker reads for the first time, to one caller only."""
    rows = await connection.fetch(
        """update agency_relationship r set first_read_at = $3
           from unnest($1::uuid[], $2::uuid[]) as g (person_id, subject)
           where r.person_id = g.person_id and r.subject = g.subject and r.first_read_at is null
           returning r.subject""",
        [grant.person_id for grant in grants],
        [grant.subject for grant in grants],
        now,
    )
    return [row["subject"] for row in rows]


async def list_accesses(
    connection: Connection, person_id: PersonId, *, before: UUID | None = None, most: int
) -> list[Row]:
    """The person's own log, newest first, from the entry `before` backwards."""
    return await connection.fetch(
        """select id, at, subject, version, agent_name, organisation_name, client_id, client_name, types,
                  period_from, period_until, samples
           from agency_access where person_id = $1 and id < $2 order by id desc limit $3""",
        person_id,
        before or _NEWEST,
        most,
    )


async def count_accesses(connection: Connection, person_id: PersonId) -> dict[Subject, tuple[int, datetime]]:
    """For each agency that read of her: how often, and when last."""
    rows = await connection.fetch(
        """select subject, count(*) as reads, max(at) as last_at from agency_access
           where person_id = $1 group by subject""",
        person_id,
    )
    return {row["subject"]: (row["reads"], row["last_at"]) for row in rows}


async def delete_old_reads(connection: Connection, before: datetime) -> None:
    """Those of before. The database keeps the last year by its own clock, whatever is asked for here, and would refuse
    all if one were too young."""
    await connection.execute(
        "delete from agency_access where at < $1 and at < now() - interval '1 year'", before
    )
