"""The app's key, in the drive of a client whose access tokens are bound to one: RFC 9449."""

import uuid
from collections.abc import Generator

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey

from borvo.kernel.clock import Clock
from borvo.kernel.digests import digest_token
from borvo.kernel.entropy import encode_bytes

SCHEME = "DPoP"
_ALGORITHM = "ES256"
_REFUSED = {400, 401}


class KeyHolder(httpx.Auth):
    """Sends a proof with a request, and repeats the request once when it is handed a nonce."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._key = ECKey.generate_key("P-256")
        self._nonce = ""

    @property
    def thumbprint(self) -> str:
        return self._key.thumbprint()

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        self._prove(request)
        response = yield request
        nonce = response.headers.get("dpop-nonce", self._nonce)
        is_new, self._nonce = nonce != self._nonce, nonce
        if is_new and response.status_code in _REFUSED:
            self._prove(request)
            yield request

    def _prove(self, request: httpx.Request) -> None:
        claims = {
            "jti": str(uuid.uuid4()),
            "iat": int(self._clock().timestamp()),
            "htm": request.method,
            "htu": str(request.url.copy_with(query=None, fragment=None)),
        }
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme == SCHEME:
            claims["ath"] = encode_bytes(digest_token(token))
        if self._nonce:
            claims["nonce"] = self._nonce
        header = {"typ": "dpop+jwt", "alg": _ALGORITHM, "jwk": self._key.as_dict(private=False)}
        request.headers[SCHEME] = jwt.encode(header, claims, self._key)
