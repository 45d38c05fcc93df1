"""The SQL of tenancies, their members and invitations. Every function takes a connection and none commits."""

from datetime import datetime
from uuid import UUID

from borvo.kernel.ids import PersonId, TenancyId
from borvo.portal.model import Tenancy
from borvo.portal.team.model import Invitation, Member, Membership, TeamRole
from borvo.storage.database import Connection, Row

_TENANCY = "t.id, t.prefix, t.suspended_at is not null as is_suspended"


def read_tenancy(row: Row) -> Tenancy:
    """Of a row that names its columns as every statement here does."""
    return Tenancy(TenancyId(row["id"]), row["prefix"], row["is_suspended"])


def _read_membership(row: Row) -> Membership:
    return Membership(read_tenancy(row), TeamRole(row["role"]))


async def list_memberships(connection: Connection, person_id: PersonId) -> tuple[Membership, ...]:
    """In the order in which the person joined."""
    rows = await connection.fetch(
        f"""select {_TENANCY}, m.role from tenancy_member m join tenancy t on t.id = m.tenancy_id
            where m.person_id = $1 order by m.joined_at, t.prefix""",
        person_id,
    )
    return tuple(_read_membership(row) for row in rows)


async def load_membership(
    connection: Connection, person_id: PersonId, tenancy_id: TenancyId
) -> Membership | None:
    row = await connection.fetchrow(
        f"""select {_TENANCY}, m.role from tenancy_member m join tenancy t on t.id = m.tenancy_id
            where m.person_id = $1 and m.tenancy_id = $2""",
        person_id,
        tenancy_id,
    )
    return _read_membership(row) if row else None


async def is_member_of_client(connection: Connection, person_id: UUID | None, client_id: str) -> bool:
    """Whether the person is in the team that registered the client."""
    return bool(
        await connection.fetchval(
            """select exists (select from client c join tenancy_member m on m.tenancy_id = c.tenancy_id
               where c.client_id = $1 and m.person_id = $2)""",
            client_id,
            person_id,
        )
    )


async def load_tenancy(connection: Connection, tenancy_id: TenancyId) -> Tenancy | None:
    row = await connection.fetchrow(f"select {_TENANCY} from tenancy t where t.id = $1", tenancy_id)
    return read_tenancy(row) if row else None


async def find_tenancy_id(connection: Connection, prefix: str) -> TenancyId | None:
    found = await connection.fetchval("select id from tenancy where prefix = $1", prefix)
    return TenancyId(found) if found else None


async def share_tenancy(connection: Connection, tenancy_id: TenancyId) -> None:
    """Until the transaction ends the team stays as it is; others may share it, too."""
    await connection.execute("select from tenancy where id = $1 for share", tenancy_id)


async def lock_tenancy(connection: Connection, tenancy_id: TenancyId) -> Tenancy | None:
    """Makes changes of one team take turns, and wait for whoever shares the tenancy."""
    await connection.execute("select from tenancy where id = $1 for update", tenancy_id)
    # A statement of its own: the one that waited would show what was there before it waited.
    return await load_tenancy(connection, tenancy_id)


async def insert_tenancy(connection: Connection, tenancy: Tenancy, now: datetime) -> bool:
    """False, with nothing written, when the prefix is taken."""
    written = await connection.fetchval(
        """insert into tenancy (id, prefix, created_at) values ($1, $2, $3)
           on conflict do nothing returning true""",
        tenancy.id,
        tenancy.prefix,
        now,
    )
    return bool(written)


async def count_tenancies(connection: Connection) -> list[Row]:
    """All of them by prefix, with the numbers of their members and clients."""
    return await connection.fetch(
        f"""select {_TENANCY}, t.created_at,
                   (select count(*) from tenancy_member m where m.tenancy_id = t.id) as members,
                   (select count(*) from client c where c.tenancy_id = t.id) as clients
            from tenancy t order by t.prefix"""
    )


async def suspend(connection: Connection, tenancy_id: TenancyId, now: datetime) -> None:
    """With all its clients; those that were disabled already are not marked, and so stay disabled afterwards."""
    await connection.execute("update tenancy set suspended_at = $2 where id = $1", tenancy_id, now)
    await connection.execute(
        """update client set disabled_at = $2, is_suspended = true
           where tenancy_id = $1 and disabled_at is null""",
        tenancy_id,
        now,
    )


async def resume(connection: Connection, tenancy_id: TenancyId) -> None:
    await connection.execute("update tenancy set suspended_at = null where id = $1", tenancy_id)
    await connection.execute(
        "update client set disabled_at = null, is_suspended = false where tenancy_id = $1 and is_suspended",
        tenancy_id,
    )


async def has_clients(connection: Connection, tenancy_id: TenancyId) -> bool:
    return bool(
        await connection.fetchval("select exists (select from client where tenancy_id = $1)", tenancy_id)
    )


async def update_prefix(connection: Connection, tenancy_id: TenancyId, prefix: str) -> None:
    """Raises asyncpg's UniqueViolationError when another tenancy has it."""
    await connection.execute("update tenancy set prefix = $2 where id = $1", tenancy_id, prefix)


async def list_members(connection: Connection, tenancy_id: TenancyId) -> tuple[Member, ...]:
    """Those whose account is open, in the order in which they joined."""
    members = await list_all_members(connection, tenancy_id)
    return tuple(member for member in members if not member.is_suspended)


async def list_all_members(connection: Connection, tenancy_id: TenancyId) -> tuple[Member, ...]:
    """As `list_members`, with those whose account support has suspended."""
    rows = await connection.fetch(
        """select m.person_id, p.email, p.given_name, p.family_name, m.role, m.joined_at,
                  p.suspended_at is not null as is_suspended
           from tenancy_member m join person p on p.id = m.person_id
           where m.tenancy_id = $1 and (p.closed_at is null or p.suspended_at is not null)
           order by m.joined_at, p.email""",
        tenancy_id,
    )
    return tuple(
        Member(
            PersonId(row["person_id"]),
            row["email"],
            f"{row['given_name']} {row['family_name']}".strip(),
            TeamRole(row["role"]),
            row["joined_at"],
            row["is_suspended"],
        )
        for row in rows
    )


async def insert_member(
    connection: Connection, person_id: PersonId, tenancy_id: TenancyId, role: TeamRole, now: datetime
) -> bool:
    """False, with nothing written, for whoever is a member already, in whatever role."""
    written = await connection.fetchval(
        """insert into tenancy_member (person_id, tenancy_id, role, joined_at) values ($1, $2, $3, $4)
           on conflict do nothing returning true""",
        person_id,
        tenancy_id,
        role.value,
        now,
    )
    return bool(written)


async def update_role(
    connection: Connection, person_id: PersonId, tenancy_id: TenancyId, role: TeamRole
) -> None:
    await connection.execute(
        "update tenancy_member set role = $3 where person_id = $1 and tenancy_id = $2",
        person_id,
        tenancy_id,
        role.value,
    )


async def delete_member(connection: Connection, person_id: PersonId, tenancy_id: TenancyId) -> None:
    """With her tokens: whoever comes back makes new ones."""
    await connection.execute(
        """with gone as (delete from tenancy_member where person_id = $1 and tenancy_id = $2),
             initial as (delete from initial_token where tenancy_id = $2 and maker_id = $1)
           delete from personal_token where person_id = $1 and tenancy_id = $2""",
        person_id,
        tenancy_id,
    )


_INVITATION = "id, tenancy_id, email, role, sent_at, expires_at"


def _read_invitation(row: Row) -> Invitation:
    return Invitation(
        row["id"],
        TenancyId(row["tenancy_id"]),
        row["email"],
        TeamRole(row["role"]),
        row["sent_at"],
        row["expires_at"],
    )


async def list_invitations(connection: Connection, tenancy_id: TenancyId) -> tuple[Invitation, ...]:
    """The expired ones too, until the clean-up."""
    rows = await connection.fetch(
        f"select {_INVITATION} from tenancy_invitation where tenancy_id = $1 order by sent_at, email",
        tenancy_id,
    )
    return tuple(_read_invitation(row) for row in rows)


async def insert_invitation(
    connection: Connection, invitation: Invitation, token_digest: bytes, invited_by: PersonId
) -> None:
    await connection.execute(
        f"""insert into tenancy_invitation ({_INVITATION}, token_digest, invited_by)
            values ($1, $2, $3, $4, $5, $6, $7, $8)""",
        invitation.id,
        invitation.tenancy_id,
        invitation.email,
        invitation.role.value,
        invitation.sent_at,
        invitation.expires_at,
        token_digest,
        invited_by,
    )


async def renew_invitation(
    connection: Connection, invitation: Invitation, token_digest: bytes, invited_by: PersonId
) -> None:
    """Under a new token; the one before is worth nothing any more."""
    await connection.execute(
        """update tenancy_invitation set sent_at = $3, expires_at = $4, token_digest = $5, invited_by = $6
           where tenancy_id = $1 and id = $2""",
        invitation.tenancy_id,
        invitation.id,
        invitation.sent_at,
        invitation.expires_at,
        token_digest,
        invited_by,
    )


async def find_invitation(connection: Connection, token_digest: bytes, now: datetime) -> Invitation | None:
    """None for one that is expired, too."""
    row = await connection.fetchrow(
        f"select {_INVITATION} from tenancy_invitation where token_digest = $1 and expires_at > $2",
        token_digest,
        now,
    )
    return _read_invitation(row) if row else None


async def delete_invitation(connection: Connection, tenancy_id: TenancyId, invitation_id: UUID) -> bool:
    """Whether it was there: to one caller only."""
    deleted = await connection.fetchval(
        "delete from tenancy_invitation where tenancy_id = $1 and id = $2 returning true",
        tenancy_id,
        invitation_id,
    )
    return bool(deleted)


async def delete_old_invitations(connection: Connection, before: datetime) -> None:
    await connection.execute("delete from tenancy_invitation where expires_at < $1", before)
