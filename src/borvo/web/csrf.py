"""Cross-site request forgery: every form carries the token that a signed cookie of the browser holds, too.

Litestar's own middleware is not used: it never replaces a cookie that it cannot verify, fails on tokens that are not
ASCII, and keeps the last thousand submitted bodies, passwords included, in a cache.
"""

from typing import Any

from litestar import Request
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from litestar.utils.scope.state import ScopeState

from borvo.kernel.digests import digest_with_key, is_same
from borvo.kernel.entropy import Entropy, create_token, encode_bytes
from borvo.kernel.errors import ForbiddenError
from borvo.kernel.text import say
from borvo.web.cookies import CookiePolicy
from borvo.web.forms import CSRF_FIELD, OPENED_FIELD, read_fields
from borvo.web.pages import note_opened
from borvo.web.requests import find_header

COOKIE = "csrf"
EXCLUDE_OPT = "exclude_from_csrf"
WITHOUT_CSRF = {EXCLUDE_OPT: True}
_HEADER = b"x-csrftoken"
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "TRACE"}


class StaleFormError(ForbiddenError):
    """The form's token and the browser's cookie do not belong together. `expiry` is the Set-Cookie that drops
    the cookie, so that the next page starts afresh; empty when there was none."""

    title: str = say("This form could not be sent")

    def __init__(self, expiry: str) -> None:
        super().__init__(
            say(
                "The page was open for too long, or your browser blocks cookies. "
                "Please go back, reload the page and try again."
            ),
            private="the CSRF token is missing or does not match",
        )
        self.expiry = expiry


def create_csrf_token(key: bytes, entropy: Entropy) -> str:
    """Random, and signed so that a cookie planted from elsewhere is not taken for ours."""
    nonce = create_token(entropy)
    return f"{nonce}.{_sign(key, nonce)}"


def is_own_token(key: bytes, token: str) -> bool:
    nonce, dot, signature = token.partition(".")
    return bool(dot) and is_same(_sign(key, nonce).encode(), signature.encode())


def _sign(key: bytes, nonce: str) -> str:
    return encode_bytes(digest_with_key(key, nonce))


class CsrfGuard:
    """The middleware around every handler but those that are marked with `EXCLUDE_OPT`."""

    def __init__(self, app: ASGIApp, key: bytes, entropy: Entropy, cookies: CookiePolicy) -> None:
        self._app = app
        self._key = key
        self._entropy = entropy
        self._cookies = cookies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["route_handler"].opt.get(EXCLUDE_OPT):
            await self._app(scope, receive, send)
            return
        cookie = self._cookies.find(scope, COOKIE)
        token = cookie if cookie and is_own_token(self._key, cookie) else None
        if scope["method"] in _SAFE_METHODS:
            if token is None:
                token = create_csrf_token(self._key, self._entropy)
                send = self._plant(send, token)
        elif token is None or not is_same((await _read_token(scope, receive)).encode(), token.encode()):
            raise StaleFormError(self._cookies.expire(COOKIE).to_header() if cookie else "")
        ScopeState.from_scope(scope).csrf_token = token
        await self._app(scope, receive, send)

    def _plant(self, send: Send, token: str) -> Send:
        async def add_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                cookie = self._cookies.create(COOKIE, token).to_encoded_header()
                message["headers"] = [*message.get("headers", ()), cookie]
            await send(message)

        return add_cookie


async def _read_token(scope: Scope, receive: Receive) -> str:
    """What the form says, or the header of a script; empty when neither says anything."""
    if header := find_header(scope, _HEADER):
        return header
    request: Request[Any, Any, Any] = scope["litestar_app"].request_class(scope, receive)
    fields = dict(reversed(await read_fields(request)))
    note_opened(request, fields.get(OPENED_FIELD, ""))
    return fields.get(CSRF_FIELD, "")
