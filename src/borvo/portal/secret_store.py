"""The SQL of client secrets, but for loading them with their client. Every function takes a connection and none
commits."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from borvo.kernel.ids import ClientId, ClientKey, PersonId, TenancyId
from borvo.portal.model import NewSecret, SecretAlgorithm, SecretRecord
from borvo.storage.database import Connection, Row


async def insert_secret(
    connection: Connection, client_key: ClientKey, secret: NewSecret, created_by: PersonId | None
) -> None:
    stored = secret.stored
    await connection.execute(
        """insert into client_secret (client_key, id, algorithm, digest, created_by, created_at, expires_at, label,
             ending, warned_days, sealed)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)""",
        client_key,
        stored.id,
        stored.algorithm,
        stored.digest,
        created_by,
        stored.created_at,
        stored.expires_at,
        secret.label,
        secret.ending,
        secret.warned_days,
        stored.sealed,
    )


async def delete_secret(connection: Connection, client_key: ClientKey, secret_id: UUID) -> bool:
    """Whether it was there."""
    deleted = await connection.fetchval(
        "delete from client_secret where client_key = $1 and id = $2 returning true", client_key, secret_id
    )
    return bool(deleted)


async def list_records(connection: Connection, client_key: ClientKey) -> tuple[SecretRecord, ...]:
    """Oldest first, expired ones among them."""
    rows = await connection.fetch(
        """select s.id, s.algorithm, s.created_at, s.expires_at, s.label, s.ending, s.last_used_at,
             coalesce(p.given_name || ' ' || p.family_name, '') as creator, s.sealed is not null as is_sealed
           from client_secret s left join person p on p.id = s.created_by and p.closed_at is null
           where s.client_key = $1 order by s.created_at, s.id""",
        client_key,
    )
    return tuple(SecretRecord(*row.values()) for row in rows)


async def note_uses(
    connection: Connection, seen: Mapping[tuple[ClientKey, UUID], datetime], granularity: timedelta
) -> None:
    """Leaves alone what was written within the granularity, and what somebody else just changes."""
    await connection.execute(
        """with due as materialized (
             select s.client_key, s.id, seen.at
             from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) as seen (client_key, id, at)
             join client_secret s on s.client_key = seen.client_key and s.id = seen.id
             where s.last_used_at is null or s.last_used_at <= seen.at - $4::interval
             for update of s skip locked)
           update client_secret s set last_used_at = due.at
           from due where s.client_key = due.client_key and s.id = due.id""",
        [client_key for client_key, _ in seen],
        [secret_id for _, secret_id in seen],
        list(seen.values()),
        granularity,
    )


@dataclass(frozen=True, slots=True)
class OwnedSecret:
    """A secret with whose it is, for what concerns all members of the tenancy."""

    id: UUID
    label: str
    ending: str
    expires_at: datetime | None
    client_key: ClientKey
    client_id: ClientId
    tenancy_id: TenancyId
    display_name: str


_OWNED = "s.id, s.label, s.ending, s.expires_at, c.client_key, c.client_id, c.tenancy_id, c.display_name"


def _read_owned(row: Row) -> OwnedSecret:
    return OwnedSecret(*row.values())


async def claim_warnings(connection: Connection, days: int, now: datetime) -> list[OwnedSecret]:
    """Secrets that end within so many days and of which nobody was warned so late: from now on somebody was. Two
    workers take turns, and the second finds none."""
    rows = await connection.fetch(
        f"""with warned as (
              update client_secret s set warned_days = $1
              where s.expires_at > $2 and s.expires_at <= $3 and (s.warned_days is null or s.warned_days > $1)
                and exists (select from client c where c.client_key = s.client_key and c.disabled_at is null)
              returning s.*)
            select {_OWNED} from warned s join client c on c.client_key = s.client_key order by s.expires_at""",
        days,
        now,
        now + timedelta(days=days),
    )
    return [_read_owned(row) for row in rows]


async def delete_expired(connection: Connection, before: datetime) -> None:
    await connection.execute("delete from client_secret where expires_at < $1", before)


_PUBLISHED = (
    f"algorithm = '{SecretAlgorithm.KEYED_DIGEST}' and digest = any($1::bytea[]) "
    "and (expires_at is null or expires_at > $2)"
)


async def delete_published(
    connection: Connection, digests: Collection[bytes], now: datetime
) -> list[OwnedSecret]:
    """Deletes the live generated secrets of these digests, whosever they are, and voids the access tokens of their
    clients: nobody knows which of them were got with it. The clients are locked first, as by those who change them,
    so that the two cannot wait for each other."""
    keys = await connection.fetch(
        f"""select client_key from client
            where client_key in (select client_key from client_secret where {_PUBLISHED})
            order by client_key for update""",
        list(digests),
        now,
    )
    if not keys:
        return []
    await _void_tokens(connection, [row["client_key"] for row in keys], now)
    rows = await connection.fetch(
        f"""with deleted as (delete from client_secret where {_PUBLISHED} returning *)
            select {_OWNED} from deleted s join client c on c.client_key = s.client_key order by s.id""",
        list(digests),
        now,
    )
    return [_read_owned(row) for row in rows]


async def _void_tokens(connection: Connection, client_keys: Collection[ClientKey], now: datetime) -> None:
    """Access tokens know their second of issue only, and a request that is on its way has still seen the secret: those
    of the next second are void as well. An app that gets a 401 for one asks again."""
    await connection.execute(
        """update client set tokens_void_before =
             greatest(tokens_void_before, date_trunc('second', $2::timestamptz) + interval '2 seconds')
           where client_key = any($1::uuid[])""",
        list(client_keys),
        now,
    )


async def list_editors(connection: Connection, tenancy_id: TenancyId) -> list[tuple[PersonId, str]]:
    """The members who may change the tenancy's clients, with their addresses."""
    rows = await connection.fetch(
        """select p.id, p.email from tenancy_member m join person p on p.id = m.person_id
           where m.tenancy_id = $1 and m.role <> 'viewer' and p.closed_at is null
             and exists (select from person_role r where r.person_id = p.id and r.role = 'developer')
           order by m.joined_at, p.id""",
        tenancy_id,
    )
    return [(PersonId(row["id"]), row["email"]) for row in rows]
