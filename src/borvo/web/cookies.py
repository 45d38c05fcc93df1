"""Cookies: their names and flags follow from whether the site is served over https."""

from dataclasses import dataclass
from typing import Any

from litestar import Request
from litestar.datastructures import Cookie


@dataclass(frozen=True, slots=True)
class CookiePolicy:
    """`__Host-` and Secure on https; neither on loopback http, where browsers would drop such cookies."""

    secure: bool

    def name(self, plain: str) -> str:
        return f"__Host-borvo_{plain}" if self.secure else f"borvo_{plain}"

    def create(self, plain: str, value: str, *, max_age: int | None = None) -> Cookie:
        """HttpOnly and Lax. Without `max_age` the browser drops it when it is closed."""
        return Cookie(
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
        return request.cookies.get(self.name(plain))
