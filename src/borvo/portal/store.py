"""The SQL of tenancies, clients and their secrets. Every function takes a connection and none commits."""

from borvo.kernel.ids import ClientId, ClientKey, TenancyId
from borvo.portal.model import GrantType, RegisteredClient, StoredSecret
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
_CLIENT_BY_KEY = f"{_CLIENT} where c.client_key = $1"


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


async def load_client(connection: Connection, client_id: str) -> RegisteredClient | None:
    """With its live secrets. Disabled clients are found too: the caller decides what that means."""
    row = await connection.fetchrow(_CLIENT_BY_ID, client_id)
    return _read_client(row) if row else None


async def load_client_by_key(connection: Connection, client_key: ClientKey) -> RegisteredClient | None:
    """As `load_client`, by the key that rows in the database refer to."""
    row = await connection.fetchrow(_CLIENT_BY_KEY, client_key)
    return _read_client(row) if row else None
