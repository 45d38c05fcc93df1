"""The tokens that programs send with their requests."""

from typing import Final, NamedTuple

from litestar.types import Scope

# The schemes of RFC 6750 2.1 and RFC 9449 7.1.
BEARER: Final = "Bearer"
DPOP: Final = "DPoP"


def read_bearer(authorization: str | None) -> str | None:
    """The token of the Authorization header (RFC 6750 2.1)."""
    scheme, _, token = (authorization or "").strip().partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


class PresentedToken(NamedTuple):
    """All that a request says about its access token: whoever verifies one asks for this, so that no endpoint can pass
    on the token and forget the proof beside it. `path` is as it was sent."""

    authorizations: tuple[str, ...]
    proofs: tuple[str, ...]
    method: str
    path: str

    def add(self, token: str) -> "PresentedToken":
        """With another one that came in the body (RFC 6750 2.2)."""
        return self._replace(authorizations=(*self.authorizations, f"{BEARER} {token}"))


def present_token(scope: Scope) -> PresentedToken:
    """What the headers of the request say."""
    authorizations: list[str] = []
    proofs: list[str] = []
    for name, value in scope["headers"]:
        if name == b"authorization":
            authorizations.append(value.decode("latin-1"))
        elif name == b"dpop":
            proofs.append(value.decode("latin-1"))
    path = scope.get("raw_path", b"").partition(b"?")[0].decode("latin-1")
    return PresentedToken(tuple(authorizations), tuple(proofs), str(scope.get("method", "")), path)


def adapt_challenge(challenge: str, scope: Scope) -> str:
    """A challenge to whoever sent a good token, under the scheme by which it came (RFC 9449 7.1)."""
    for authorization in present_token(scope).authorizations:
        if authorization.partition(" ")[0].lower() == DPOP.lower() and challenge.startswith(f"{BEARER} "):
            return DPOP + challenge.removeprefix(BEARER)
    return challenge
