"""The keys of the tests' own clients, and what they sign by them."""

import secrets
from functools import cache
from typing import Any

from joserfc import jwt
from joserfc.jwk import Key, RSAKey

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@cache
def _make(number: int) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": f"client-key-{number}", "use": "sig", "alg": "RS256"})


def read_key(number: int) -> Key:
    return _make(number)


def describe_key(number: int) -> dict[str, Any]:
    """The public half, as it is published."""
    return {str(name): value for name, value in _make(number).as_dict(private=False).items()}


def sign_assertion(client_id: str, audience: str, number: int, now: float) -> dict[str, str]:
    """RFC 7523 2.2, 3: the fields that go with a request."""
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "jti": secrets.token_urlsafe(12),
        "iat": int(now),
        "exp": int(now) + 60,
    }
    header = {"alg": "RS256", "kid": f"client-key-{number}"}
    assertion = jwt.encode(header, claims, _make(number))
    return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
