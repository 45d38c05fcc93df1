"""The SQL of organisations. Every function takes a connection and none commits."""

from collections.abc import Iterable
from datetime import datetime

from borvo.kernel.ids import ClientKey, OrganisationId, PersonId
from borvo.organisations.model import (
    Organisation,
    OrganisationCount,
    OrganisationMember,
    OrganisationRole,
    fold_name,
)
from borvo.storage.database import Connection, Row


def _read_organisation(row: Row) -> Organisation:
    return Organisation(OrganisationId(row["id"]), row["name"])


async def insert_organisation(connection: Connection, organisation: Organisation, now: datetime) -> bool:
    """False, with nothing written, when another has the name."""
    written = await connection.fetchval(
        """insert into organisation (id, name, folded_name, created_at) values ($1, $2, $3, $4)
           on conflict do nothing returning true""",
        organisation.id,
        organisation.name,
        fold_name(organisation.name),
        now,
    )
    return bool(written)


async def find_organisation(connection: Connection, name: str) -> Organisation | None:
    """By its name, however it is spelt, or its id."""
    row = await connection.fetchrow(
        "select id, name from organisation where folded_name = $1 or id::text = $2", fold_name(name), name
    )
    return _read_organisation(row) if row else None


async def load_organisation(connection: Connection, organisation_id: OrganisationId) -> Organisation | None:
    row = await connection.fetchrow("select id, name from organisation where id = $1", organisation_id)
    return _read_organisation(row) if row else None


async def lock_organisation(connection: Connection, organisation_id: OrganisationId) -> None:
    """Makes changes of one organisation's members take turns until the transaction ends."""
    await connection.execute("select from organisation where id = $1 for update", organisation_id)


async def lock_person(connection: Connection, person_id: PersonId) -> None:
    """Makes changes of one person's memberships take turns: in each the others are looked at."""
    await connection.execute("select from person where id = $1 for no key update", person_id)


async def count_organisations(connection: Connection) -> list[OrganisationCount]:
    """All of them by name."""
    rows = await connection.fetch(
        """select o.id, o.name, o.created_at,
                  (select count(distinct m.person_id) from organisation_member m where m.organisation_id = o.id)
                    as members,
                  array(select c.client_id from organisation_client a join client c using (client_key)
                        where a.organisation_id = o.id order by c.client_id) as clients
           from organisation o order by o.folded_name"""
    )
    return [
        OrganisationCount(_read_organisation(row), row["members"], tuple(row["clients"]), row["created_at"])
        for row in rows
    ]


async def list_organisations_of(
    connection: Connection, person_id: PersonId, role: OrganisationRole
) -> tuple[Organisation, ...]:
    """Those in which the person has the role, by name; none of a closed account."""
    rows = await connection.fetch(
        """select o.id, o.name from organisation_member m
           join organisation o on o.id = m.organisation_id join person p on p.id = m.person_id
           where m.person_id = $1 and m.role = $2 and p.closed_at is null order by o.folded_name""",
        person_id,
        role.value,
    )
    return tuple(_read_organisation(row) for row in rows)


async def list_memberships(connection: Connection, person_id: PersonId) -> tuple[Organisation, ...]:
    """Those to which the person belongs in any role, by name."""
    rows = await connection.fetch(
        """select o.id, o.name from organisation o
           where o.id in (select organisation_id from organisation_member where person_id = $1)
           order by o.folded_name""",
        person_id,
    )
    return tuple(_read_organisation(row) for row in rows)


async def list_organisations_for(connection: Connection, client_key: ClientKey) -> tuple[Organisation, ...]:
    """Those for which support lets the client act, by name."""
    rows = await connection.fetch(
        """select o.id, o.name from organisation_client a join organisation o on o.id = a.organisation_id
           where a.client_key = $1 order by o.folded_name""",
        client_key,
    )
    return tuple(_read_organisation(row) for row in rows)


async def allow_client(
    connection: Connection, organisation_id: OrganisationId, client_key: ClientKey, now: datetime
) -> bool:
    """Whether it is new."""
    written = await connection.fetchval(
        """insert into organisation_client (organisation_id, client_key, allowed_at) values ($1, $2, $3)
           on conflict do nothing returning true""",
        organisation_id,
        client_key,
        now,
    )
    return bool(written)


async def disallow_client(
    connection: Connection, organisation_id: OrganisationId, client_key: ClientKey
) -> bool:
    """Whether it was allowed."""
    deleted = await connection.fetchval(
        "delete from organisation_client where organisation_id = $1 and client_key = $2 returning true",
        organisation_id,
        client_key,
    )
    return bool(deleted)


async def list_members(
    connection: Connection, organisation_id: OrganisationId
) -> tuple[OrganisationMember, ...]:
    """Those whose account is open, in the order in which they joined."""
    members = await list_all_members(connection, organisation_id)
    return tuple(member for member in members if not member.is_suspended)


async def list_all_members(
    connection: Connection, organisation_id: OrganisationId
) -> tuple[OrganisationMember, ...]:
    """As `list_members`, with those whose account support has suspended."""
    rows = await connection.fetch(
        """select m.person_id, p.email, p.given_name, p.family_name, p.suspended_at is not null as is_suspended,
                  array_agg(m.role) as roles, min(m.joined_at) as joined_at
           from organisation_member m join person p on p.id = m.person_id
           where m.organisation_id = $1 and (p.closed_at is null or p.suspended_at is not null)
           group by m.person_id, p.email, p.given_name, p.family_name, p.suspended_at order by joined_at, p.email""",
        organisation_id,
    )
    return tuple(
        OrganisationMember(
            PersonId(row["person_id"]),
            row["email"],
            f"{row['given_name']} {row['family_name']}".strip(),
            frozenset(OrganisationRole(role) for role in row["roles"]),
            row["joined_at"],
            row["is_suspended"],
        )
        for row in rows
    )


async def insert_role(
    connection: Connection,
    person_id: PersonId,
    organisation_id: OrganisationId,
    role: OrganisationRole,
    now: datetime,
    *,
    brought_role: bool,
) -> bool:
    """False, with nothing written, for whoever has the role in the organisation already."""
    written = await connection.fetchval(
        """insert into organisation_member (person_id, organisation_id, role, joined_at, brought_role)
           values ($1, $2, $3, $4, $5) on conflict do nothing returning true""",
        person_id,
        organisation_id,
        role.value,
        now,
        brought_role,
    )
    return bool(written)


async def delete_roles(
    connection: Connection,
    person_id: PersonId,
    organisation_id: OrganisationId,
    roles: Iterable[OrganisationRole],
) -> dict[OrganisationRole, bool]:
    """The roles that she had, each with whether it had brought the platform's role with it."""
    rows = await connection.fetch(
        """delete from organisation_member
           where person_id = $1 and organisation_id = $2 and role = any($3::text[]) returning role, brought_role""",
        person_id,
        organisation_id,
        [role.value for role in roles],
    )
    return {OrganisationRole(row["role"]): row["brought_role"] for row in rows}


async def has_brought_role(connection: Connection, person_id: PersonId, role: OrganisationRole) -> bool:
    """Whether the platform's role rests on a membership of the person, and not on support's word alone."""
    return bool(
        await connection.fetchval(
            """select exists (select from organisation_member
                              where person_id = $1 and role = $2 and brought_role)""",
            person_id,
            role.value,
        )
    )
