"""The SQL of tenancies, clients and their secrets. Every function takes a connection and none commits."""

from collections.abc import Iterable
from typing import NamedTuple

from borvo.accounts.public import COUNTED_ATTEMPTS, Counter
from borvo.kernel.ids import ClientId, ClientKey, PersonId, TenancyId
from borvo.portal.model import (
    AccessTokenFormat,
    AuthMethod,
    GrantType,
    RegisteredClient,
    SigningAlgorithm,
    StoredSecret,
    SubjectType,
)
from borvo.storage.database import Connection, Row

# One statement, since every token request begins with it. The secrets come as parallel arrays: several rows
# would repeat the client, and composite values cost the driver more. Version 7 ids are in the order of time.
CLIENT_QUERY = """
    select c.client_id, c.client_key, c.tenancy_id, c.suffix, c.display_name, c.client_uri, c.redirect_uris,
           c.grant_types, c.scopes, c.require_pkce, c.disabled_at is not null as is_disabled, c.is_public,
           c.allows_front_channel_tokens, c.access_token_format, c.signing_algorithm, c.post_logout_redirect_uris,
           c.frontchannel_logout_uri, c.backchannel_logout_uri,
           c.access_token_minutes, c.refresh_token_days, c.refresh_token_idle_days, c.default_max_age,
           c.token_endpoint_auth_method, c.jwks, c.jwks_uri, c.require_pushed_authorization_requests,
           c.require_signed_request_object, c.dpop_bound_access_tokens, c.subject_type, c.sector_identifier_uri,
           c.userinfo_signed_response_alg, c.request_uris,
           s.ids, s.algorithms, s.digests, s.instants, s.ends, s.seals
    from client c cross join lateral (
        select array_agg(id) as ids, array_agg(algorithm) as algorithms, array_agg(digest) as digests,
               array_agg(created_at) as instants, array_agg(expires_at) as ends,
               array_agg(sealed) as seals
        from (select id, algorithm, digest, created_at, expires_at, sealed from client_secret
              where client_key = c.client_key order by id) each_secret
    ) s
"""
_CLIENT_BY_ID = f"{CLIENT_QUERY} where c.client_id = $1"


def _read_secrets(row: Row) -> tuple[StoredSecret, ...]:
    if row["ids"] is None:
        return ()
    names = ("ids", "algorithms", "digests", "instants", "ends", "seals")
    return tuple(StoredSecret(*values) for values in zip(*(row[name] for name in names), strict=True))


def _read_algorithm(name: str | None) -> SigningAlgorithm | None:
    return SigningAlgorithm(name) if name else None


def read_client(row: Row) -> RegisteredClient:
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
        is_public=row["is_public"],
        allows_front_channel_tokens=row["allows_front_channel_tokens"],
        access_token_format=AccessTokenFormat(row["access_token_format"]),
        signing_algorithm=SigningAlgorithm(row["signing_algorithm"]),
        post_logout_redirect_uris=tuple(row["post_logout_redirect_uris"]),
        frontchannel_logout_uri=row["frontchannel_logout_uri"],
        backchannel_logout_uri=row["backchannel_logout_uri"],
        access_token_minutes=row["access_token_minutes"],
        refresh_token_days=row["refresh_token_days"],
        refresh_token_idle_days=row["refresh_token_idle_days"],
        default_max_age=row["default_max_age"],
        token_endpoint_auth_method=AuthMethod(row["token_endpoint_auth_method"]),
        jwks=row["jwks"],
        jwks_uri=row["jwks_uri"],
        require_pushed_authorization_requests=row["require_pushed_authorization_requests"],
        require_signed_request_object=row["require_signed_request_object"],
        dpop_bound_access_tokens=row["dpop_bound_access_tokens"],
        subject_type=SubjectType(row["subject_type"]),
        sector_identifier_uri=row["sector_identifier_uri"],
        userinfo_signed_response_alg=_read_algorithm(row["userinfo_signed_response_alg"]),
        request_uris=tuple(row["request_uris"]),
    )


def is_possible_id(client_id: str) -> bool:
    """Whether any client can have it."""
    # RFC 6749 A.1. PostgreSQL refuses some other texts, such as those with a zero byte, with an error.
    return client_id.isascii() and client_id.isprintable()


async def load_client(connection: Connection, client_id: str) -> RegisteredClient | None:
    """With its secrets. Disabled clients are found too: the caller decides what that means."""
    if not is_possible_id(client_id):
        return None
    row = await connection.fetchrow(_CLIENT_BY_ID, client_id)
    return read_client(row) if row else None


async def load_clients(connection: Connection, client_ids: Iterable[str]) -> dict[str, RegisteredClient]:
    """As `load_client`, by their ids."""
    possible = [client_id for client_id in client_ids if is_possible_id(client_id)]
    rows = await connection.fetch(f"{CLIENT_QUERY} where c.client_id = any($1::text[])", possible)
    return {row["client_id"]: read_client(row) for row in rows}


async def load_client_by_key(connection: Connection, client_key: ClientKey) -> RegisteredClient | None:
    """As `load_client`, by the key under which other features keep what belongs to a client."""
    row = await connection.fetchrow(f"{CLIENT_QUERY} where c.client_key = $1", client_key)
    return read_client(row) if row else None


class AskedClient(NamedTuple):
    """A client by its id, and the counter that is read along with it."""

    client_id: str
    counter: Counter


class CountedClient(NamedTuple):
    """A client with the attempts under the counter."""

    client: RegisteredClient
    failures: int


_COUNTED = COUNTED_ATTEMPTS.format(subject="asked.subject", window="asked.window_start")
_COUNTED_CLIENTS = f"""
    select client.*, asked.subject, asked.window_start, {_COUNTED} as attempts
    from unnest($1::text[], $2::bytea[], $3::timestamptz[]) as asked (client_id, subject, window_start)
    cross join lateral ({CLIENT_QUERY} where c.client_id = asked.client_id) client"""


async def load_counted_clients(
    connection: Connection, asked: Iterable[AskedClient]
) -> dict[AskedClient, CountedClient]:
    """As `load_client`, for many at once and with their counts; those who are not registered are left out."""
    possible = [each for each in asked if is_possible_id(each.client_id)]
    rows = await connection.fetch(
        _COUNTED_CLIENTS,
        [each.client_id for each in possible],
        [each.counter.subject for each in possible],
        [each.counter.window for each in possible],
    )
    return {
        AskedClient(row["client_id"], Counter(row["subject"], row["window_start"])): CountedClient(
            read_client(row), row["attempts"] or 0
        )
        for row in rows
    }


_IS_MEMBER = "exists (select from tenancy_member m where m.person_id = $1 and m.tenancy_id = c.tenancy_id)"
_CLIENT_OF = f"{CLIENT_QUERY} where c.client_id = $2 and {_IS_MEMBER}"


async def load_client_of(
    connection: Connection, person_id: PersonId, client_id: str
) -> RegisteredClient | None:
    """None as well when the person is no member of the client's tenancy."""
    if not is_possible_id(client_id):
        return None
    row = await connection.fetchrow(_CLIENT_OF, person_id, client_id)
    return read_client(row) if row else None


async def lock_client_of(connection: Connection, person_id: PersonId, client_id: str) -> bool:
    """Makes changes of one client take turns until the transaction ends; False as `load_client_of`."""
    if not is_possible_id(client_id):
        return False
    found = await connection.fetchval(
        f"select true from client c where c.client_id = $2 and {_IS_MEMBER} for update", person_id, client_id
    )
    return bool(found)
