"""A short way for the request that comes most often, a page of samples. What is out of the ordinary goes to the
handler, and all that is refused."""

from litestar.types import ASGIApp, HTTPScope, Receive

from borvo.dataserver.media import Form
from borvo.dataserver.queries import render_link
from borvo.dataserver.reading import Found, ReadRequest, read_samples
from borvo.dataserver.rendering import render_page
from borvo.dataserver.service import DataServer
from borvo.dataserver.wire import PRIVATE_JSON, QUERY_TOKEN, READ_PATHS
from borvo.web.answers import answer_bytes
from borvo.web.bearer import present_token
from borvo.web.lanes import Lane, Reply, is_ordinary_host

_ELSEWHERE = frozenset({QUERY_TOKEN.encode(), b"if-none-match"})
_ORDINARY_FORMS = frozenset({b"*/*", Form.JSON.value.encode()})


class PageLane(Lane):
    """A layer around the application."""

    def __init__(self, app: ASGIApp, server: DataServer) -> None:
        super().__init__(app)
        self._server = server

    def find(self, scope: HTTPScope) -> Reply | None:
        return self._reply if scope["path"] in READ_PATHS and _is_ordinary(scope) else None

    async def _reply(self, scope: HTTPScope, receive: Receive) -> ASGIApp:  # noqa: ARG002
        query = scope["query_string"].decode("latin-1")
        found = await read_samples(self._server, ReadRequest(present_token(scope), None, query))
        return answer_page(found, scope["path"], query)


def _is_ordinary(scope: HTTPScope) -> bool:
    if scope["method"] != "GET":
        return False
    for name, value in scope["headers"]:
        if (
            name in _ELSEWHERE
            or (name == b"accept" and value not in _ORDINARY_FORMS)
            or (name == b"host" and not is_ordinary_host(value))
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
