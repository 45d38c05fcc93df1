"""The HTTP face of the DataServer, under its address and the older ones (contract 2.5)."""

from typing import Any

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from borvo.dataserver.aggregation.endpoints import show_statistics
from borvo.dataserver.bodies import render_page, render_receipts
from borvo.dataserver.changes.endpoints import show_changes
from borvo.dataserver.description import READ_ANSWERS, WRITE_ANSWERS, ReadOperation, WriteOperation
from borvo.dataserver.queries import parse_query
from borvo.dataserver.service import DataServer, admit_writer, read_samples, write_samples
from borvo.dataserver.type_listing import show_types
from borvo.web.csrf import WITHOUT_CSRF

AnyRequest = Request[Any, Any, Any]
Collaborators = NamedDependency[SkipValidation[DataServer]]

PATHS = ["/sample/v1", "/api/sample", "/sample"]
BODY_LIMIT = 10 * 2**20
_NO_STORE = {"Cache-Control": "no-store"}
_QUERY_TOKEN = "agency-query-token"  # noqa: S105  (the name of a header)


@get(PATHS, opt=WITHOUT_CSRF, operation_class=ReadOperation, responses=READ_ANSWERS)
async def show_samples(request: AnyRequest, dataserver: Collaborators) -> Response[bytes]:
    """Samples of the person whom the access token stands for, filtered, ordered and paged."""
    text = request.scope["query_string"].decode("latin-1")
    headers = request.headers
    page, subject = await read_samples(
        dataserver, headers.get("authorization"), headers.get(_QUERY_TOKEN), lambda: parse_query(text)
    )
    return Response(render_page(page, subject), media_type="application/json", headers=_NO_STORE)


@post(
    PATHS,
    opt=WITHOUT_CSRF,
    status_code=200,
    request_max_body_size=BODY_LIMIT,
    operation_class=WriteOperation,
    responses=WRITE_ANSWERS,
)
async def submit_samples(request: AnyRequest, dataserver: Collaborators) -> Response[bytes]:
    """Stores a batch of samples of the person whom the access token stands for: all of it or nothing."""
    headers = request.headers
    writer = await admit_writer(dataserver, headers.get("authorization"), headers.get(_QUERY_TOKEN))
    receipts = await write_samples(dataserver, writer, await request.body())
    return Response(render_receipts(receipts), media_type="application/json", headers=_NO_STORE)


def build_router() -> Router:
    """`assembly` provides `dataserver`."""
    return Router(
        path="/",
        route_handlers=[show_samples, submit_samples, show_types, show_statistics, show_changes],
        tags=["DataServer"],
    )
