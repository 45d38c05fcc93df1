"""Cookies: their names and flags follow from whether the site is served over https."""

import re
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

from litestar import Request
from litestar.datastructures import Cookie
from litestar.types import Scope

from borvo.web.requests import find_header

_PARSED = "borvo_cookies"
# RFC 6265 4.1.1: what needs neither quotes nor an escape, in any reader's opinion.
_PLAIN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~:-]*")


class PlainCookie(Cookie):
    """The framework's, written at once instead of by way of `http.cookies`. Its value is as `_PLAIN` says."""

    def to_header(self, **_options: Any) -> str:
        age = "" if self.max_age is None else f" Max-Age={self.max_age};"
        secure = "; Secure" if self.secure else ""
        written = self.value or '""'
        return f"{self.key}={written}; HttpOnly;{age} Path={self.path}; SameSite={self.samesite}{secure}"

    def to_encoded_header(self) -> tuple[bytes, bytes]:
        return b"set-cookie", self.to_header().encode("latin-1")


def parse_cookies(header: str) -> dict[str, str]:
    """The values as they were sent, since none of ours is ever quoted or escaped; the last of a name."""
    pairs = (pair.partition("=") for pair in header.split(";"))
    return {name.strip(): value.strip() for name, _, value in pairs}


@dataclass(frozen=True, slots=True)
class CookiePolicy:
    """`__Host-` and Secure on https; neither on loopback http, where browsers would drop such cookies."""

    secure: bool

    def name(self, plain: str) -> str:
        return f"__Host-borvo_{plain}" if self.secure else f"borvo_{plain}"

    def create(self, plain: str, value: str, *, max_age: int | None = None) -> Cookie:
        """HttpOnly and Lax. Without `max_age` the browser drops it when it is closed. Raises ValueError for a value
        that would need quotes or could end the header: what is free text is encoded before."""
        if _PLAIN.fullmatch(value) is None:
            raise ValueError(f"the value of the cookie {plain} is not plain; encode it")
        return PlainCookie(
            key=self.name(plain),
            value=value,
            max_age=max_age,
            path="/",
            secure=self.secure,
            httponly=True,
            samesite="lax",
        )

    def expire(self, plain: str) -> Cookie:
        return self.create(plain, "", max_age=0)

    def read(self, request: Request[Any, Any, Any], plain: str) -> str | None:
        return self.find(request.scope, plain)

    def find(self, scope: Scope, plain: str) -> str | None:
        """As `read`, for a layer that has no request yet. They are parsed once for all who ask."""
        extended: MutableMapping[str, Any] = scope  # type: ignore[assignment]
        parsed: dict[str, str] | None = extended.get(_PARSED)
        if parsed is None:
            parsed = extended[_PARSED] = parse_cookies(find_header(scope, b"cookie"))
        return parsed.get(self.name(plain))
