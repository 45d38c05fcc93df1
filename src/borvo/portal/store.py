"""The SQL of tenancies, clients and their secrets. Every function takes a connection and none commits."""

from datetime import datetime
from uuid import UUID

from borvo.accounts.public import COUNTED_ATTEMPTS, Counter
from borvo.kernel.ids import ClientId, ClientKey, PersonId, TenancyId
from borvo.portal.model import ClientDetails, GrantType, RegisteredClient, StoredSecret, Tenancy
from borvo.storage.database import Connection, Row

# One statement, since every token request begins with it. The secrets come as parallel arrays: several rows
# would repeat the client, and composite values cost the driver more. Version 7 ids are in the order of time.
_CLIENT = """
    select c.client_id, c.client_key, c.tenancy_id, c.suffix, c.display_name, c.client_uri, c.redirect_uris,
           c.grant_types, c.scopes, c.require_pkce, c.disabled_at is not null as is_disabled,
           s.ids, s.algorithms, s.digests, s.instants
    from client c cross join lateral (
        select array_agg(id) as ids, array_agg(algorithm) as algorithms,
               array_agg(digest) as digests, array_agg(created_at) as instants
        from (select id, algorithm, digest, created_at from client_secret
              where client_key = c.client_key order by id) each_secret
    ) s
"""
_CLIENT_BY_ID = f"{_CLIENT} where c.client_id = $1"


def _read_secrets(row: Row) -> tuple[StoredSecret, ...]:
    if row["ids"] is None:
        return ()
    columns = zip(row["ids"], row["algorithms"], row["digests"], row["instants"], strict=True)
    return tuple(StoredSecret(*values) for values in columns)


def _read_client(row: Row) -> RegisteredClient:
    return RegisteredClient(
        client_id=ClientId(row["client_id"]),
        client_key=ClientKey(row["client_key"]),
        tenancy_id=TenancyId(row["tenancy_id"]),
        suffix=row["suffix"],
        display_name=row["display_name"],
        client_uri=row["client_uri"],
        redirect_uris=tuple(row["redirect_uris"]),
        grant_types=frozenset(GrantType(grant_type) for grant_type in row["grant_types"]),
        scopes=tuple(row["scopes"]),
        require_pkce=row["require_pkce"],
        is_disabled=row["is_disabled"],
        secrets=_read_secrets(row),
    )


def _is_possible(client_id: str) -> bool:
    # RFC 6749 A.1. PostgreSQL refuses some other texts, such as those with a zero byte, with an error.
    return client_id.isascii() and client_id.isprintable()


async def load_client(connection: Connection, client_id: str) -> RegisteredClient | None:
    """With its live secrets. Disabled clients are found too: the caller decides what that means."""
    if not _is_possible(client_id):
        return None
    row = await connection.fetchrow(_CLIENT_BY_ID, client_id)
    return _read_client(row) if row else None


_COUNTED = COUNTED_ATTEMPTS.format(subject="$2::bytea", window="$3::timestamptz")
_CLIENT_COUNTED = f"select client.*, {_COUNTED} as attempts from ({_CLIENT_BY_ID}) client"


async def load_client_counted(
    connection: Connection, client_id: str, counter: Counter
) -> tuple[RegisteredClient, int] | None:
    """As `load_client`, with the attempts under the counter, in the same statement."""
    if not _is_possible(client_id):
        return None
    row = await connection.fetchrow(_CLIENT_COUNTED, client_id, counter.subject, counter.window)
    return (_read_client(row), row["attempts"] or 0) if row else None


_IS_MEMBER = "exists (select from tenancy_member m where m.person_id = $1 and m.tenancy_id = c.tenancy_id)"
_CLIENT_OF = f"{_CLIENT} where c.client_id = $2 and {_IS_MEMBER}"


async def load_client_of(
    connection: Connection, person_id: PersonId, client_id: str
) -> RegisteredClient | None:
    """None as well when the person is no member of the client's tenancy."""
    if not _is_possible(client_id):
        return None
    row = await connection.fetchrow(_CLIENT_OF, person_id, client_id)
    return _read_client(row) if row else None


async def lock_client_of(connection: Connection, person_id: PersonId, client_id: str) -> bool:
    """Makes changes of one client take turns until the transaction ends; False as `load_client_of`."""
    found = await connection.fetchval(
        f"select true from client c where c.client_id = $2 and {_IS_MEMBER} for update", person_id, client_id
    )
    return bool(found)


async def list_clients_of(connection: Connection, person_id: PersonId) -> tuple[RegisteredClient, ...]:
    """The clients of all the person's tenancies, by name."""
    rows = await connection.fetch(
        f"{_CLIENT} where {_IS_MEMBER} order by lower(c.display_name), c.client_id", person_id
    )
    return tuple(_read_client(row) for row in rows)


async def list_tenancies_of(connection: Connection, person_id: PersonId) -> tuple[Tenancy, ...]:
    """In the order in which the person joined."""
    rows = await connection.fetch(
        """select t.id, t.prefix from tenancy_member m join tenancy t on t.id = m.tenancy_id
           where m.person_id = $1 order by m.joined_at, t.prefix""",
        person_id,
    )
    return tuple(Tenancy(TenancyId(row["id"]), row["prefix"]) for row in rows)


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


async def insert_member(
    connection: Connection, person_id: PersonId, tenancy_id: TenancyId, now: datetime
) -> None:
    await connection.execute(
        """insert into tenancy_member (person_id, tenancy_id, joined_at) values ($1, $2, $3)
           on conflict do nothing""",
        person_id,
        tenancy_id,
        now,
    )


async def insert_client(connection: Connection, client: RegisteredClient, now: datetime) -> bool:
    """False, with nothing written, when the tenancy has a client of that suffix, however lately."""
    written = await connection.fetchval(
        """insert into client (client_id, client_key, tenancy_id, suffix, display_name, client_uri,
                               redirect_uris, grant_types, scopes, require_pkce, created_at, updated_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)
           on conflict do nothing returning true""",
        client.client_id,
        client.client_key,
        client.tenancy_id,
        client.suffix,
        client.display_name,
        client.client_uri,
        client.redirect_uris,
        sorted(client.grant_types),
        client.scopes,
        client.require_pkce,
        now,
    )
    return bool(written)


async def update_client(
    connection: Connection, client_key: ClientKey, details: ClientDetails, now: datetime
) -> None:
    await connection.execute(
        """update client set display_name = $2, client_uri = $3, redirect_uris = $4, grant_types = $5,
                             scopes = $6, require_pkce = $7, updated_at = $8
           where client_key = $1""",
        client_key,
        details.display_name,
        details.client_uri,
        details.redirect_uris,
        sorted(details.grant_types),
        details.scopes,
        details.require_pkce,
        now,
    )


async def insert_secret(
    connection: Connection, client_key: ClientKey, secret: StoredSecret, created_by: PersonId
) -> None:
    await connection.execute(
        """insert into client_secret (client_key, id, algorithm, digest, created_by, created_at)
           values ($1, $2, $3, $4, $5, $6)""",
        client_key,
        secret.id,
        secret.algorithm,
        secret.digest,
        created_by,
        secret.created_at,
    )


async def delete_secret(connection: Connection, client_key: ClientKey, secret_id: UUID) -> bool:
    """Whether it was there."""
    deleted = await connection.fetchval(
        "delete from client_secret where client_key = $1 and id = $2 returning true", client_key, secret_id
    )
    return bool(deleted)
