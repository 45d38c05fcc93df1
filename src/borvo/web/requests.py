"""What a request says, read without the framework's multidict of headers and its stream: for the busiest addresses."""

from typing import Any

from litestar import Request
from litestar.exceptions import ClientException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.types import Scope


def find_header(scope: Scope, name: bytes) -> str:
    """The first of that name, which is given in lower case; empty when there is none."""
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


async def read_body(request: Request[Any, Any, Any]) -> bytes:
    """All of it. Raises what the framework raises: `RequestEntityTooLarge` beyond the limit of the address, and
    `ClientException` when the caller goes away in the middle."""
    limit = request.route_handler.resolve_request_max_body_size()
    body, has_more = b"", True
    while has_more:
        message = await request.receive()
        if message["type"] != "http.request":
            raise ClientException("client disconnected prematurely")
        body += message["body"]
        if limit is not None and len(body) > limit:
            raise RequestEntityTooLarge
        has_more = message.get("more_body", False)
    return body
