"""Registered clients, written straight into the tables: the portal's own rules have tests of their own."""

from collections.abc import Iterable
from uuid import uuid4

from borvo.assembly import Platform

REDIRECT_URI = "https://localhost:5001/signin-oidc"
SECRET = "a-secret-that-the-developer-chose"
BLOOD_PRESSURE = (
    "blood_pressure",
    "blood_pressure.blood_pressure_systolic",
    "blood_pressure.blood_pressure_diastolic",
)
MYBP_SCOPES = (
    "openid",
    "profile",
    "email",
    *(f"read.{name}" for name in BLOOD_PRESSURE),
    *(f"write.{name}" for name in BLOOD_PRESSURE),
)


async def register_client(
    platform: Platform,
    client_id: str = "demo.mybp",
    *,
    grant_types: Iterable[str] = ("hybrid",),
    scopes: Iterable[str] = MYBP_SCOPES,
    redirect_uris: Iterable[str] = (REDIRECT_URI,),
    require_pkce: bool = False,
    secret: str = SECRET,
    **settings: object,
) -> str:
    """The client id; its secret is `secret`, stored as one that a developer chose, unless the client is public. The
    settings are columns of the client's table."""
    prefix, _, suffix = client_id.partition(".")
    key, now = uuid4(), platform.clock()
    async with platform.database.transaction() as connection:
        await connection.execute(
            "insert into tenancy (id, prefix, created_at) values ($1, $2, $3) on conflict do nothing",
            uuid4(),
            prefix,
            now,
        )
        await connection.execute(
            """insert into client (client_id, client_key, tenancy_id, suffix, display_name, client_uri,
                 redirect_uris, grant_types, scopes, require_pkce, created_at, updated_at)
               select $1, $2, id, $3, $4, 'https://localhost:5001', $5, $6, $7, $8, $9, $9
               from tenancy where prefix = $10""",
            client_id,
            key,
            suffix,
            f"App {suffix}",
            list(redirect_uris),
            list(grant_types),
            list(scopes),
            require_pkce,
            now,
            prefix,
        )
        for column, value in settings.items():
            await connection.execute(
                f"update client set {column} = $2 where client_id = $1", client_id, value
            )
        if settings.get("is_public"):
            return client_id
        await connection.execute(
            """insert into client_secret (client_key, id, algorithm, digest, created_by, created_at)
               values ($1, $2, 'argon2id', $3, $2, $4)""",
            key,
            uuid4(),
            (await platform.accounts.passwords.hash(secret)).encode(),
            now,
        )
    return client_id
