"""The SQL of what people decided. Every function takes a connection and none commits."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from borvo.agency.model import Asker, Choice, Relationship, Standing, Subject
from borvo.kernel.ids import ClientKey, OrganisationId, PersonId
from borvo.organisations.public import SharingCounts
from borvo.storage.database import Connection, Row

_RELATIONSHIP = """r.person_id, r.client_key, r.agency_id, r.is_organisation, r.subject, r.version, r.scopes,
                   r.data_from, r.until, r.standing, r.granted_at, r.changed_at"""
# As `may_reach` of the policy decides.
_REACH = """r.client_key = {client}::uuid and r.agency_id = any({agencies}::uuid[]) and r.standing = 'active'
            and (r.until is null or r.until > {now}::timestamptz)
            and exists (select from person p where p.id = r.person_id and p.closed_at is null)"""
_REACHED = _REACH.format(client="$1", agencies="$2", now="$3")


def compose_reach(asker: Asker, now: datetime, bind: Callable[[object], str]) -> str:
    """A condition in SQL on `r`, a row of `agency_relationship`: whether the asker may reach whose it is. `bind` gives
    a value its placeholder."""
    return _REACH.format(client=bind(asker.client_key), agencies=bind(list(asker.agencies)), now=bind(now))


def _read_relationship(row: Row) -> Relationship:
    return Relationship(
        person_id=PersonId(row["person_id"]),
        client_key=ClientKey(row["client_key"]),
        agency_id=row["agency_id"],
        is_organisation=row["is_organisation"],
        subject=row["subject"],
        version=row["version"],
        choice=Choice(tuple(row["scopes"]), row["data_from"], row["until"]),
        standing=Standing(row["standing"]),
        granted_at=row["granted_at"],
        changed_at=row["changed_at"],
    )


async def lock_relationship(
    connection: Connection, person_id: PersonId, client_key: ClientKey, agency_id: UUID
) -> Relationship | None:
    """Makes changes of one person's consents take turns until the transaction ends, first ones too."""
    await connection.execute("select from person where id = $1 for no key update", person_id)
    row = await connection.fetchrow(
        f"""select {_RELATIONSHIP} from agency_relationship r
            where r.person_id = $1 and r.client_key = $2 and r.agency_id = $3""",
        person_id,
        client_key,
        agency_id,
    )
    return _read_relationship(row) if row else None


async def find_relationship(
    connection: Connection, person_id: PersonId, client_key: ClientKey, agency_id: UUID
) -> Relationship | None:
    row = await connection.fetchrow(
        f"""select {_RELATIONSHIP} from agency_relationship r
            where r.person_id = $1 and r.client_key = $2 and r.agency_id = $3""",
        person_id,
        client_key,
        agency_id,
    )
    return _read_relationship(row) if row else None


async def load_own(connection: Connection, person_id: PersonId, subject: Subject) -> Relationship | None:
    """One of the person's own, in whatever standing."""
    row = await connection.fetchrow(
        f"select {_RELATIONSHIP} from agency_relationship r where r.person_id = $1 and r.subject = $2",
        person_id,
        subject,
    )
    return _read_relationship(row) if row else None


async def list_own(connection: Connection, person_id: PersonId) -> list[Relationship]:
    """All of the person's, those that were changed last first."""
    rows = await connection.fetch(
        f"""select {_RELATIONSHIP} from agency_relationship r where r.person_id = $1
            order by r.changed_at desc, r.subject""",
        person_id,
    )
    return [_read_relationship(row) for row in rows]


async def save_relationship(
    connection: Connection, relationship: Relationship, shown: Mapping[str, Any]
) -> None:
    """The latest version, and the record of it, which stays."""
    choice = relationship.choice
    values = (
        relationship.version,
        list(choice.scopes),
        choice.data_from,
        choice.until,
        relationship.standing.value,
    )
    await connection.execute(
        """insert into agency_relationship (person_id, client_key, agency_id, is_organisation, subject, version,
             scopes, data_from, until, standing, granted_at, changed_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
           on conflict (person_id, client_key, agency_id) do update set version = excluded.version,
             scopes = excluded.scopes, data_from = excluded.data_from, until = excluded.until,
             standing = excluded.standing, granted_at = excluded.granted_at, changed_at = excluded.changed_at""",
        relationship.person_id,
        relationship.client_key,
        relationship.agency_id,
        relationship.is_organisation,
        relationship.subject,
        *values,
        relationship.granted_at,
        relationship.changed_at,
    )
    await connection.execute(
        """insert into agency_consent (person_id, subject, at, version, scopes, data_from, until, standing, shown)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
        relationship.person_id,
        relationship.subject,
        relationship.changed_at,
        *values,
        json.dumps(shown),
    )


async def list_versions(connection: Connection, person_id: PersonId, subject: Subject) -> list[Row]:
    """Every version of one consent, the first one first; `shown` is JSON."""
    return await connection.fetch(
        """select version, at, standing, scopes, data_from, until, shown from agency_consent
           where person_id = $1 and subject = $2 order by version""",
        person_id,
        subject,
    )


_CLAIMS = f"""
    select r.subject, p.given_name, p.family_name, p.email, f.birthdate, r.scopes
    from agency_relationship r join person p on p.id = r.person_id
    left join person_profile f on f.person_id = p.id
    where {_REACHED} order by r.granted_at, r.subject"""


async def list_claims(connection: Connection, asker: Asker, now: datetime) -> list[Row]:
    """Of everybody whom the asker may reach."""
    return await connection.fetch(_CLAIMS, asker.client_key, list(asker.agencies), now)


async def list_reached(connection: Connection, asker: Asker, now: datetime) -> list[Relationship]:
    rows = await connection.fetch(
        f"select {_RELATIONSHIP} from agency_relationship r where {_REACHED} order by r.granted_at, r.subject",
        asker.client_key,
        list(asker.agencies),
        now,
    )
    return [_read_relationship(row) for row in rows]


async def find_reached(
    connection: Connection, asker: Asker, subjects: Sequence[Subject], now: datetime
) -> dict[Subject, Relationship]:
    """Those of the subjects whom the asker may reach."""
    rows = await connection.fetch(
        f"select {_RELATIONSHIP} from agency_relationship r where {_REACHED} and r.subject = any($4::uuid[])",
        asker.client_key,
        list(asker.agencies),
        now,
        list(subjects),
    )
    return {row["subject"]: _read_relationship(row) for row in rows}


async def count_sharers(
    connection: Connection, organisation_id: OrganisationId, now: datetime
) -> SharingCounts:
    """Of one organisation, by whatever client."""
    row = await connection.fetchrow(
        """select (select count(distinct r.person_id) from agency_relationship r
                   where r.agency_id = $1 and r.standing = 'active' and (r.until is null or r.until > $2)
                     and exists (select from person p where p.id = r.person_id and p.closed_at is null)) as people,
                  (select count(*) from agency_invite i
                   where i.agency_id = $1 and i.answer = '' and i.expires_at > $2) as invites""",
        organisation_id,
        now,
    )
    return SharingCounts(row["people"], row["invites"]) if row else SharingCounts(0, 0)


async def list_of_agencies(
    connection: Connection, agencies: Collection[UUID], most: int
) -> list[tuple[Relationship, str, str]]:
    """Whoever gave one of the agencies access, by whatever client, in whatever standing; with her name and the
    client's. Those that were changed last come first."""
    rows = await connection.fetch(
        f"""select {_RELATIONSHIP}, p.given_name, p.family_name, c.display_name
            from agency_relationship r join person p on p.id = r.person_id and p.closed_at is null
            join client c on c.client_key = r.client_key
            where r.agency_id = any($1::uuid[]) order by r.changed_at desc, r.subject limit $2""",
        list(agencies),
        most,
    )
    return [
        (
            _read_relationship(row),
            f"{row['given_name']} {row['family_name']}".strip(),
            row["display_name"],
        )
        for row in rows
    ]


async def delete_old_versions(connection: Connection, before: datetime) -> None:
    """Those from before that are not in force and under which nothing was read that is still in the log. As with reads,
    the database keeps the last year."""
    await connection.execute(
        """delete from agency_consent c
           where at < $1 and at < now() - interval '1 year'
             and not exists (select from agency_relationship r
               where r.person_id = c.person_id and r.subject = c.subject and r.version = c.version)
             and not exists (select from agency_access a
               where a.person_id = c.person_id and a.subject = c.subject and a.version = c.version)""",
        before,
    )
