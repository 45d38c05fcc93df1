"""A short way for the request that comes most often, a page of samples, past all that the framework can do for others.

It answers what the handler of the same address would answer; a test compares the two. What is out of the ordinary, all
that is refused among it, goes to the handler.
"""

import re
from collections.abc import MutableMapping
from typing import Any

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from borvo.dataserver.media import Form
from borvo.dataserver.queries import render_link
from borvo.dataserver.reading import Found, ReadRequest, read_samples
from borvo.dataserver.rendering import render_page
from borvo.dataserver.service import DataServer
from borvo.dataserver.wire import PRIVATE_JSON, QUERY_TOKEN, READ_PATHS
from borvo.web.answers import answer_bytes
from borvo.web.bearer import present_token

_FAULT = "borvo_fault"
_ELSEWHERE = frozenset({QUERY_TOKEN.encode(), b"if-none-match"})
_ORDINARY_FORMS = frozenset({b"*/*", Form.JSON.value.encode()})
_ORDINARY_HOST = re.compile(rb"[A-Za-z0-9.:\[\]-]+")


class PageLane:
    """A layer around the application."""

    def __init__(self, app: ASGIApp, server: DataServer) -> None:
        self._app = app
        self._server = server

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["path"] not in READ_PATHS or not _is_ordinary(scope):
            await self._app(scope, receive, send)
            return
        query = scope["query_string"].decode("latin-1")
        try:
            found = await read_samples(self._server, ReadRequest(present_token(scope), None, query))
            answer = answer_page(found, scope["path"], query)
        except Exception as fault:  # noqa: BLE001  (it is raised where errors become answers)
            extended: MutableMapping[str, Any] = scope  # type: ignore[assignment]
            extended[_FAULT] = fault
            await self._app(scope, receive, send)
            return
        scope["path_template"] = scope["path"]
        await answer(scope, receive, send)


def raise_fault(scope: Scope) -> None:
    """Raises what the lane met on its way, for nothing is done twice."""
    fault = scope.get(_FAULT)
    if isinstance(fault, Exception):
        raise fault


def _is_ordinary(scope: HTTPScope) -> bool:
    if scope["method"] != "GET":
        return False
    for name, value in scope["headers"]:
        if (
            name in _ELSEWHERE
            or (name == b"accept" and value not in _ORDINARY_FORMS)
            or (name == b"host" and not _ORDINARY_HOST.fullmatch(value))
        ):
            return False
    return True


def answer_page(found: Found, path: str, query: str) -> ASGIApp:
    """What the handler answers of a page."""
    if found.page is None:
        raise TypeError("nothing was said of what the reader has already")
    headers = [*PRIVATE_JSON]
    if found.tag:
        headers.append((b"etag", found.tag.encode()))
    if found.cursor:
        headers.append((b"link", render_link(path, query, found.cursor).encode("latin-1")))
    return answer_bytes(render_page(found, found.page), headers)
