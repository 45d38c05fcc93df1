"""Clients that sign, for tests: their keys, and what they send."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from borvo.assembly import Platform
from borvo.identity.assertions import ASSERTION_TYPE
from borvo.kernel.secret import Secret
from borvo.portal.public import AuthMethod, StoredSecret, load_client
from borvo.portal.secret_format import create_client_secret
from tests.factories.clients import register_client
from tests.functional.conftest import ISSUER

RSA, EC, ED = RSAKey.generate_key(2048), ECKey.generate_key("P-256"), OKPKey.generate_key("Ed25519")
GRANT = {"grant_type": "client_credentials", "scope": "agency_api"}
_EVERY = JWSRegistry(algorithms=list(JWSRegistry.algorithms), strict_check_header=False)


def write_key_set(**keys: Key) -> str:
    """The public halves, by their kids."""
    return json.dumps({"keys": [{**key.as_dict(private=False), "kid": kid} for kid, key in keys.items()]})


@dataclass(frozen=True)
class Signer:
    """A service that proves who it is by signing."""

    platform: Platform
    http: httpx.AsyncClient
    client_id: str
    key: Key
    algorithm: str
    kid: str

    def sign(self, **changes: Any) -> str:
        """An assertion with claims changed; None leaves one out."""
        now = int(self.platform.clock().timestamp())
        usual = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": ISSUER,
            "exp": now + 60,
            "iat": now,
            "jti": str(uuid4()),
        }
        claims = {name: value for name, value in {**usual, **changes}.items() if value is not None}
        header = {"alg": self.algorithm, **({"kid": self.kid} if self.kid else {})}
        return jwt.encode(header, claims, self.key, registry=_EVERY)

    def prove(self, assertion: str = "") -> dict[str, str]:
        """The fields of a form by which the client proves who it is."""
        return {"client_assertion": assertion or self.sign(), "client_assertion_type": ASSERTION_TYPE}

    async def ask(self, assertion: str = "", **fields: str) -> httpx.Response:
        """A token for the client itself."""
        return await self.http.post("/connect/token", data={**GRANT, **self.prove(assertion), **fields})


async def register_signer(
    platform: Platform, http: httpx.AsyncClient, client_id: str = "demo.signer", **settings: Any
) -> Signer:
    """A service with three registered keys: `r` of RSA, `e` on P-256, `d` of Ed25519. The settings are columns."""
    usual = {"token_endpoint_auth_method": "private_key_jwt", "jwks": write_key_set(r=RSA, e=EC, d=ED)}
    chosen = {"grant_types": ["client_credentials"], "scopes": ["agency_api"], **usual, **settings}
    return Signer(platform, http, await register_client(platform, client_id, **chosen), EC, "ES256", "e")


async def seal_secret(platform: Platform, client_id: str, **columns: object) -> str:
    """Another secret for the client, of the kind by which it can sign."""
    secret, number = create_client_secret(platform.entropy), uuid4()
    now = platform.clock()
    async with platform.database.transaction() as connection:
        client = await load_client(connection, client_id)
        assert client is not None
        stored = StoredSecret(number, "hmac-sha256", platform.identity.verifier.digest(secret), now)
        sealed = platform.identity.vault.seal(
            AuthMethod.CLIENT_SECRET_JWT, client.client_key, stored, Secret(secret)
        )
        await connection.execute(
            """insert into client_secret (client_key, id, algorithm, digest, created_by, created_at, sealed)
               values ($1, $2, $3, $4, $2, $5, $6)""",
            client.client_key,
            number,
            stored.algorithm,
            stored.digest,
            now,
            sealed,
        )
        for column, value in columns.items():
            await connection.execute(f"update client_secret set {column} = $2 where id = $1", number, value)
    return secret


async def register_secret_signer(platform: Platform, http: httpx.AsyncClient) -> Signer:
    """A service that signs with its secret."""
    client_id = await register_client(
        platform,
        "demo.signer",
        grant_types=["client_credentials"],
        scopes=["agency_api"],
        token_endpoint_auth_method="client_secret_jwt",
    )
    key = OctKey.import_key(await seal_secret(platform, client_id))
    return Signer(platform, http, client_id, key, "HS256", "")


def assert_refused(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert "access_token" not in answer.text


async def read_reasons(platform: Platform) -> list[tuple[str, str]]:
    """What the developers of all clients are told, with the parameter at fault."""
    await platform.identity.refusals.flush(platform.database)
    async with platform.database.connection() as connection:
        rows = await connection.fetch("select reason, parameter, sent from client_refusal order by id")
    assert not any("eyJ" in value for row in rows for value in row.values())
    return [(row["reason"], row["parameter"]) for row in rows]
