"""What a request says, read without the framework's multidict of headers and its stream: for the busiest addresses."""

from typing import Any, NamedTuple

from litestar import Request
from litestar.exceptions import ClientException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.types import Receive, Scope


def find_header(scope: Scope, name: bytes) -> str:
    """The first of that name, which is given in lower case; empty when there is none."""
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


class Arrival(NamedTuple):
    """A request as the HTTP server hands it over; its body may have as many bytes as `limit` says."""

    scope: Scope
    receive: Receive
    limit: int | None

    @classmethod
    def of_request(cls, request: Request[Any, Any, Any]) -> "Arrival":
        """With the limit of the address."""
        return cls(request.scope, request.receive, request.route_handler.resolve_request_max_body_size())


async def read_body(arrival: Arrival) -> bytes:
    """All of it. Raises what the framework raises: `RequestEntityTooLarge` beyond the limit, and `ClientException` when
    the caller goes away in the middle."""
    limit = arrival.limit
    body, has_more = b"", True
    while has_more:
        message = await arrival.receive()
        if message["type"] != "http.request":
            raise ClientException("client disconnected prematurely")
        body += message["body"]
        if limit is not None and len(body) > limit:
            raise RequestEntityTooLarge
        has_more = message.get("more_body", False)
    return body
