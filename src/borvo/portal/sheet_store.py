"""The SQL of all that the portal knows of a client: its details, states and end. Every function takes a connection
and none commits. What a token request loads stands in `store.py`."""

from datetime import datetime

from borvo.kernel.ids import ClientKey
from borvo.portal.model import (
    AuthMethod,
    ClientDetails,
    ClientPresentation,
    ClientSheet,
    ProgramOrigin,
    RegisteredClient,
)
from borvo.portal.store import CLIENT_QUERY, read_client
from borvo.storage.database import Connection, Row

_SHEET = f"""
    select client.*, c.description, c.tos_uri, c.policy_uri, c.version, c.created_at, c.updated_at, c.live_at,
           c.disabled_at, c.deleted_at, l.digest as logo, u.last_used_at,
           r.registered_at, r.initial_label, r.digest is not null as is_open,
           r.contacts, r.software_id, r.software_version
    from ({CLIENT_QUERY} where c.client_key = $1) client join client c on c.client_key = client.client_key
      left join client_logo l on l.client_key = client.client_key
      left join client_usage u on u.client_key = client.client_key
      left join client_registration r on r.client_key = client.client_key"""


async def load_sheet(connection: Connection, client_key: ClientKey) -> ClientSheet | None:
    """All of the client, deleted ones included; None once it is gone for good."""
    row = await connection.fetchrow(_SHEET, client_key)
    if row is None:
        return None
    return ClientSheet(
        client=read_client(row),
        presentation=_read_presentation(row),
        version=row["version"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        live_at=row["live_at"],
        disabled_at=row["disabled_at"],
        deleted_at=row["deleted_at"],
        last_used_at=row["last_used_at"],
        registration=_read_origin(row) if row["registered_at"] else None,
    )


def _read_presentation(row: Row) -> ClientPresentation:
    return ClientPresentation(row["description"], row["tos_uri"], row["policy_uri"], row["logo"] or "")


def _read_origin(row: Row) -> ProgramOrigin:
    return ProgramOrigin(
        row["registered_at"],
        row["initial_label"],
        row["is_open"],
        tuple(row["contacts"]),
        row["software_id"],
        row["software_version"],
    )


async def load_presentation(connection: Connection, client_key: ClientKey) -> ClientPresentation:
    """What the person is shown who is asked for consent; nothing of a client that is gone."""
    row = await connection.fetchrow(
        """select c.description, c.tos_uri, c.policy_uri, l.digest as logo
           from client c left join client_logo l on l.client_key = c.client_key where c.client_key = $1""",
        client_key,
    )
    return _read_presentation(row) if row else ClientPresentation()


_DETAILS = (
    "display_name",
    "client_uri",
    "redirect_uris",
    "grant_types",
    "scopes",
    "require_pkce",
    "is_public",
    "allows_front_channel_tokens",
    "access_token_format",
    "signing_algorithm",
    "post_logout_redirect_uris",
    "frontchannel_logout_uri",
    "backchannel_logout_uri",
    "access_token_minutes",
    "refresh_token_days",
    "refresh_token_idle_days",
    "default_max_age",
    "token_endpoint_auth_method",
    "jwks",
    "jwks_uri",
    "require_pushed_authorization_requests",
    "require_signed_request_object",
    "dpop_bound_access_tokens",
    "subject_type",
    "sector_identifier_uri",
    "userinfo_signed_response_alg",
    "request_uris",
    "description",
    "tos_uri",
    "policy_uri",
)
"""The columns that a developer may change, named as the fields of `ClientDetails`."""


def _number(count: int, first: int) -> str:
    return ", ".join(f"${position}" for position in range(first, first + count))


_INSERT_CLIENT = f"""
    insert into client (client_id, client_key, tenancy_id, suffix, created_at, updated_at, {", ".join(_DETAILS)})
    values ($1, $2, $3, $4, $5, $5, {_number(len(_DETAILS), 6)})
    on conflict do nothing returning true"""
_UPDATE_CLIENT = f"""
    update client set updated_at = $2, version = version + 1, ({", ".join(_DETAILS)}) = ({_number(len(_DETAILS), 3)})
    where client_key = $1"""


def _list_details(details: ClientDetails) -> list[object]:
    return [
        sorted(value) if isinstance(value, frozenset) else value
        for value in (getattr(details, name) for name in _DETAILS)
    ]


async def insert_client(
    connection: Connection, client: RegisteredClient, details: ClientDetails, now: datetime
) -> bool:
    """False, with nothing written, when the tenancy has a client of that suffix, however lately."""
    written = await connection.fetchval(
        _INSERT_CLIENT,
        client.client_id,
        client.client_key,
        client.tenancy_id,
        client.suffix,
        now,
        *_list_details(details),
    )
    return bool(written)


async def lock_client(connection: Connection, client_key: ClientKey) -> None:
    """Makes changes of one client take turns until the transaction ends."""
    await connection.execute("select from client where client_key = $1 for update", client_key)


async def update_client(
    connection: Connection, client_key: ClientKey, details: ClientDetails, now: datetime
) -> None:
    """What could be opened of its secrets goes when the client signs with them no more; where they are sent, they go on
    working."""
    await connection.execute(_UPDATE_CLIENT, client_key, now, *_list_details(details))
    if details.token_endpoint_auth_method is not AuthMethod.CLIENT_SECRET_JWT:
        await connection.execute(
            "update client_secret set sealed = null where client_key = $1 and sealed is not null", client_key
        )


async def set_live(connection: Connection, client_key: ClientKey, live_at: datetime | None) -> None:
    """None takes it back to draft."""
    await connection.execute("update client set live_at = $2 where client_key = $1", client_key, live_at)


async def disable(connection: Connection, client_key: ClientKey, now: datetime) -> None:
    await connection.execute(
        "update client set disabled_at = coalesce(disabled_at, $2) where client_key = $1", client_key, now
    )


async def enable(connection: Connection, client_key: ClientKey, now: datetime) -> None:
    """Access tokens know their second of issue only. Those of the second in which the client was disabled stay dead,
    also when it is enabled within that second."""
    await connection.execute(
        """update client set disabled_at = null,
             tokens_void_before = greatest(date_trunc('second', $2::timestamptz),
                                           date_trunc('second', disabled_at) + interval '1 second')
           where client_key = $1 and deleted_at is null and disabled_at is not null""",
        client_key,
        now,
    )


async def mark_deleted(connection: Connection, client_key: ClientKey, now: datetime) -> None:
    """It is disabled as well, which is what everybody else looks at."""
    await connection.execute(
        """update client set deleted_at = $2, disabled_at = coalesce(disabled_at, $2), live_at = null
           where client_key = $1 and deleted_at is null""",
        client_key,
        now,
    )


async def restore(connection: Connection, client_key: ClientKey) -> None:
    await connection.execute("update client set deleted_at = null where client_key = $1", client_key)


async def delete_for_good(connection: Connection, deleted_before: datetime) -> list[ClientKey]:
    """The clients that were deleted before, with their secrets and logos; who else kept something by their keys has to
    let go of it in the same transaction."""
    rows = await connection.fetch(
        """with gone as (delete from client where deleted_at < $1 returning client_key),
             secrets as (delete from client_secret where client_key in (select client_key from gone)),
             registrations as (delete from client_registration where client_key in (select client_key from gone)),
             logos as (delete from client_logo where client_key in (select client_key from gone)),
             usages as (delete from client_usage where client_key in (select client_key from gone)),
             counts as (delete from client_activity where client_key in (select client_key from gone)),
             peaks as (delete from client_limit_peak where client_key in (select client_key from gone))
           select client_key from gone""",
        deleted_before,
    )
    return [ClientKey(row["client_key"]) for row in rows]
