"""Tokens that the engine has described, and that are signed once it is known that they will be sent."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec
from authlib.oidc.core.grants.util import create_half_hash

from borvo.identity.keys import SigningKey
from borvo.identity.signatory import Signatory
from borvo.identity.tokens import ACCESS_TOKEN, ID_TOKEN, render_unsigned

Claims = dict[str, Any]


class Statement(NamedTuple):
    """What a token says, and the key that signs it. It is `written` as JSON: what cannot be written is found out before
    a code or a refresh token is spent on it."""

    key: SigningKey
    written: bytes

    @classmethod
    def write(cls, key: SigningKey, claims: Claims) -> "Statement":
        return cls(key, msgspec.json.encode(claims))

    def add(self, claims: Claims) -> "Statement":
        """With these behind its own."""
        if not claims:
            return self
        return self._replace(written=self.written[:-1] + b"," + msgspec.json.encode(claims)[1:])


@dataclass(slots=True)
class Unsigned:
    """What is left to sign of one answer of the token endpoint."""

    access_token: Statement | None = None
    id_token: Statement | None = None

    async def sign(self, signatory: Signatory) -> dict[str, str]:
        """The fields of the answer."""
        signed: dict[str, str] = {}
        if self.access_token is not None:
            signed["access_token"] = await _sign(signatory, ACCESS_TOKEN, self.access_token)
        if self.id_token is not None:
            statement = self.id_token
            if "access_token" in signed:
                statement = statement.add(hash_half(signed["access_token"], statement.key.algorithm))
            signed["id_token"] = await _sign(signatory, ID_TOKEN, statement)
        return signed


async def _sign(signatory: Signatory, kind: str, statement: Statement) -> str:
    text = render_unsigned(statement.key, kind, statement.written)
    return f"{text}.{await signatory.sign(statement.key, text)}"


def hash_half(access_token: str, algorithm: str) -> Claims:
    """The claim that binds an id token to the access token beside it."""
    # OpenID Connect Core 3.1.3.6
    half = create_half_hash(access_token, algorithm)
    return {} if half is None else {"at_hash": half.decode()}
