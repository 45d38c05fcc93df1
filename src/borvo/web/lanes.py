"""A short way for the requests that come most often, past all that the framework can do for others.

A lane answers what the handler of the same address would answer; tests compare the two. What is out of the ordinary
goes to the handler, and so does whatever is raised, since errors become answers in one place only.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

_FAULT = "borvo_fault"
_ORDINARY_HOST = re.compile(rb"[A-Za-z0-9.:\[\]-]+")

Reply = Callable[[HTTPScope, Receive], Awaitable[ASGIApp]]


class Lane(ABC):
    """A layer around the application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    @abstractmethod
    def find(self, scope: HTTPScope) -> Reply | None:
        """What answers the request here; None for one that the handler has to answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or (reply := self.find(scope)) is None:
            await self._app(scope, receive, send)
            return
        try:
            answer = await reply(scope, receive)
        except Exception as fault:  # noqa: BLE001  (it is raised where errors become answers)
            extended: MutableMapping[str, Any] = scope  # type: ignore[assignment]
            extended[_FAULT] = fault
            await self._app(scope, receive, send)
            return
        scope["path_template"] = scope["path"]
        await answer(scope, receive, send)


def raise_fault(scope: Scope) -> None:
    """Raises what a lane met on its way, for nothing is done twice: each handler whose requests a lane answers begins
    with this."""
    fault = scope.get(_FAULT)
    if isinstance(fault, Exception):
        raise fault


def is_ordinary_host(host: bytes) -> bool:
    """Whether the framework would take it as it is spelled."""
    return _ORDINARY_HOST.fullmatch(host) is not None
