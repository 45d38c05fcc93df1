"""The SQL of people. Every function takes a connection and none commits."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from borvo.accounts.model import Login, LoginSession, Person, Role
from borvo.kernel.ids import LoginSessionId, PersonId
from borvo.storage.database import Connection, Row

PERSON_COLUMNS = """
    p.id, p.email, p.email_verified_at, p.given_name, p.family_name, p.sign_in_epoch,
    array(select r.role from person_role r where r.person_id = p.id and r.held_until is null) as roles,
    (select o.locale from person_profile o where o.person_id = p.id) as own_locale
"""
RESTING_COLUMN = """
    array(select r.role from person_role r where r.person_id = p.id and r.held_until is not null) as resting
"""


def read_person(row: Row) -> Person:
    """Of a row that `PERSON_COLUMNS` selected from `person p`, whatever else it holds."""
    return Person(
        id=PersonId(row["id"]),
        email=row["email"],
        is_email_verified=row["email_verified_at"] is not None,
        given_name=row["given_name"],
        family_name=row["family_name"],
        roles=frozenset({Role.PATIENT, *(Role(role) for role in row["roles"])}),
        locale=row["own_locale"] or "",
        epoch=row["sign_in_epoch"],
    )


def read_resting(row: Row) -> frozenset[Role]:
    """Of a row that `RESTING_COLUMN` selected from `person p`, whatever else it holds."""
    return frozenset(Role(role) for role in row["resting"])


async def load_person(connection: Connection, person_id: PersonId) -> Person | None:
    """None when there is no such person or the account is closed."""
    row = await connection.fetchrow(
        f"select {PERSON_COLUMNS} from person p where p.id = $1 and p.closed_at is null", person_id
    )
    return read_person(row) if row else None


async def has_people(connection: Connection) -> bool:
    """Whether anybody has an account, stand-ins of test drives aside."""
    found = await connection.fetchval("select exists (select from person where sandbox_tenancy_id is null)")
    return bool(found)


async def find_person(connection: Connection, email: str) -> Person | None:
    """By normalized address; None when there is no such person or the account is closed."""
    row = await connection.fetchrow(
        f"""select {PERSON_COLUMNS} from person p
            where p.id = (select person_id from person_email where email = $1) and p.email = $1
              and p.closed_at is null""",
        email,
    )
    return read_person(row) if row else None


async def load_password_digest(connection: Connection, person_id: PersonId) -> str | None:
    digest: str | None = await connection.fetchval(
        "select digest from person_password where person_id = $1", person_id
    )
    return digest


async def replace_password(connection: Connection, person_id: PersonId, digest: str, now: datetime) -> None:
    """The first one, too, of a person who has none."""
    await connection.execute(
        """insert into person_password (person_id, digest, changed_at) values ($1, $2, $3)
           on conflict (person_id) do update set digest = excluded.digest, changed_at = excluded.changed_at""",
        person_id,
        digest,
        now,
    )


async def delete_password(connection: Connection, person_id: PersonId) -> None:
    """Nobody signs in before she has another one."""
    await connection.execute("delete from person_password where person_id = $1", person_id)


async def insert_person(connection: Connection, person: Person, digest: str, now: datetime) -> bool:
    """False, with nothing written, when the address is taken."""
    claimed = await connection.fetchval(
        """insert into person_email (email, person_id) values ($1, $2)
           on conflict do nothing returning person_id""",
        person.email,
        person.id,
    )
    if claimed is None:
        return False
    await connection.execute(
        """insert into person (id, email, given_name, family_name, created_at, email_verified_at)
           values ($1, $2, $3, $4, $5, $6)""",
        person.id,
        person.email,
        person.given_name,
        person.family_name,
        now,
        now if person.is_email_verified else None,
    )
    await connection.execute(
        "insert into person_password (person_id, digest, changed_at) values ($1, $2, $3)",
        person.id,
        digest,
        now,
    )
    return True


async def renew_session(
    connection: Connection, login: Login, token_digest: bytes, now: datetime, expires_at: datetime
) -> bool:
    """The person has signed in again: the session goes on under a new token, unless it has ended."""
    renewed = await connection.fetchval(
        """update login_session
           set token_digest = $3, authenticated_at = $4, last_seen_at = $4, expires_at = $5, methods = $6
           where person_id = $1 and id = $2 and ended_at is null returning true""",
        login.person.id,
        login.session_id,
        token_digest,
        now,
        expires_at,
        list(login.methods),
    )
    return bool(renewed)


class AskedSession(NamedTuple):
    """A session that counts if it lasts beyond `now` and was seen after `idle_since`."""

    person_id: UUID
    session_id: UUID
    now: datetime
    idle_since: datetime


_SESSIONS = f"""
    select k.number, {PERSON_COLUMNS}, s.id as session_id, s.token_digest, s.authenticated_at, s.last_seen_at,
           s.methods, {RESTING_COLUMN}
    from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::timestamptz[])
         with ordinality as k (person_id, session_id, now, idle_since, number)
    join login_session s on s.person_id = k.person_id and s.id = k.session_id
    join person p on p.id = s.person_id
    where s.ended_at is null and s.expires_at > k.now and s.last_seen_at > k.idle_since and p.closed_at is null"""


async def load_sessions(
    connection: Connection, asked: Sequence[AskedSession]
) -> dict[AskedSession, tuple[Login, bytes, datetime]]:
    """The login, its token's digest and when it was last seen; without those ended, expired, idle or closed."""
    rows = await connection.fetch(_SESSIONS, *map(list, zip(*asked, strict=True)))
    return {asked[row["number"] - 1]: _read_session(row) for row in rows}


def _read_session(row: Row) -> tuple[Login, bytes, datetime]:
    login = Login(
        read_person(row),
        LoginSessionId(row["session_id"]),
        row["authenticated_at"],
        tuple(row["methods"]),
        resting=read_resting(row),
    )
    return login, row["token_digest"], row["last_seen_at"]


async def touch_session(connection: Connection, login: Login, now: datetime) -> None:
    await connection.execute(
        "update login_session set last_seen_at = $3 where person_id = $1 and id = $2",
        login.person.id,
        login.session_id,
        now,
    )


async def list_sessions(
    connection: Connection, person_id: PersonId, now: datetime, idle_since: datetime
) -> list[LoginSession]:
    """Those that `load_sessions` would load, the one used last first."""
    rows = await connection.fetch(
        """select id, user_agent, client_address, authenticated_at, last_seen_at from login_session
           where person_id = $1 and ended_at is null and expires_at > $2 and last_seen_at > $3
           order by last_seen_at desc, authenticated_at desc, id""",
        person_id,
        now,
        idle_since,
    )
    return [LoginSession(**row) for row in rows]


async def end_sessions(
    connection: Connection,
    person_id: PersonId,
    now: datetime,
    *,
    only: LoginSessionId | None,
    spared: LoginSessionId | None,
) -> list[LoginSessionId]:
    """Those that this call ended: all that nobody had ended, expired or not, or `only` one, without `spared`."""
    rows = await connection.fetch(
        """update login_session set ended_at = $2
           where person_id = $1 and ended_at is null
             and ($3::uuid is null or id = $3) and ($4::uuid is null or id <> $4)
           returning id""",
        person_id,
        now,
        only,
        spared,
    )
    return [LoginSessionId(row["id"]) for row in rows]


async def add_role(connection: Connection, person_id: PersonId, role: Role, now: datetime) -> bool:
    """Whether the role is new to the person. One that rests goes on to do so."""
    added = await connection.fetchval(
        """insert into person_role (person_id, role, granted_at) values ($1, $2, $3)
           on conflict do nothing returning true""",
        person_id,
        role.value,
        now,
    )
    return bool(added)


async def remove_role(connection: Connection, person_id: PersonId, role: Role) -> bool:
    """Whether the person had the role."""
    removed = await connection.fetchval(
        "delete from person_role where person_id = $1 and role = $2 returning true", person_id, role.value
    )
    return bool(removed)


async def delete_old_sessions(connection: Connection, before: datetime) -> None:
    await connection.execute("delete from login_session where expires_at < $1", before)
