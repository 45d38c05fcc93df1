"""Holders of keys, who prove it with each request as RFC 9449 says."""

import hashlib
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import httpx
import msgspec
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from borvo.kernel.clock import Clock
from borvo.kernel.entropy import create_token, encode_bytes, read_system_entropy
from tests.functional.identity.aspnet import Handler

ISSUER = "http://localhost:8000"
_ALGORITHMS = ["ES256", "ES384", "EdDSA", "HS256", "PS256", "RS256"]
REGISTRY = JWSRegistry(algorithms=_ALGORITHMS)


def make_key(algorithm: str, number: int = 0) -> Key:
    """The same one whenever it is asked for: an RSA key takes its time."""
    return _make_key(algorithm, number)


@cache
def _make_key(algorithm: str, number: int) -> Key:  # noqa: ARG001
    if algorithm == "ES256":
        return ECKey.generate_key("P-256")
    return OKPKey.generate_key("Ed25519") if algorithm == "EdDSA" else RSAKey.generate_key(2048)


def sign(key: Key, header: dict[str, Any], claims: dict[str, Any]) -> str:
    """Whatever it says; an algorithm that nobody serves is signed as ES256."""
    algorithm = header.get("alg")
    parts = [encode_bytes(msgspec.json.encode(each)) for each in (header, claims)]
    signer = REGISTRY.get_alg(str(algorithm) if algorithm in _ALGORITHMS else "ES256")
    return ".".join([*parts, encode_bytes(signer.sign(".".join(parts).encode(), key))])


@dataclass
class Prover:
    """A program with a key."""

    clock: Clock
    algorithm: str = "ES256"
    number: int = 0
    nonce: str | None = None
    header: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> Key:
        return make_key(self.algorithm, self.number)

    @property
    def thumbprint(self) -> str:
        return self.key.thumbprint()

    def prove(self, method: str, url: str, access_token: str | None = None, **changes: Any) -> str:
        """A proof for one request; a change to None leaves the claim out."""
        claims = {
            "jti": create_token(read_system_entropy),
            "htm": method,
            "htu": url if "://" in url else ISSUER + url,
            "iat": int(self.clock().timestamp()),
            "ath": hash_token(access_token) if access_token else None,
            "nonce": self.nonce,
            **changes,
        }
        header = {"typ": "dpop+jwt", "alg": self.algorithm, "jwk": self.key.as_dict(private=False)}
        given = {name: value for name, value in claims.items() if value is not None}
        return sign(self.key, {**header, **self.header}, given)

    def show(self, method: str, path: str, access_token: str, **changes: Any) -> dict[str, str]:
        """The headers of a request with a bound token."""
        proof = self.prove(method, path, access_token, **changes)
        return {"Authorization": f"DPoP {access_token}", "DPoP": proof}

    async def ask(self, handler: Handler, **fields: str) -> httpx.Response:
        """At the token endpoint, with a proof."""
        return await self.send(handler, "/connect/token", **fields)

    async def send(self, handler: Handler, path: str, **fields: str) -> httpx.Response:
        """With a proof and the client's secret, if it has one; an empty field is left out."""
        given = {"client_id": handler.client_id, "client_secret": handler.secret, **fields}
        sent = {name: value for name, value in given.items() if value}
        return await handler.http.post(path, data=sent, headers={"DPoP": self.prove("POST", path)})


def hash_token(access_token: str) -> str:
    return encode_bytes(hashlib.sha256(access_token.encode()).digest())
