"""The HTTP face of reading samples, under its address and the older ones (contract 2.5)."""

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from borvo.dataserver.bodies import render_page
from borvo.dataserver.description import READ_ANSWERS, ReadOperation
from borvo.dataserver.queries import parse_query
from borvo.dataserver.service import DataServer, read_for_agency, read_samples
from borvo.dataserver.type_listing import show_types
from borvo.web.csrf import WITHOUT_CSRF

AnyRequest = Request[Any, Any, Any]
Collaborators = NamedDependency[SkipValidation[DataServer]]

PATHS = ["/sample/v1", "/api/sample", "/sample"]
NO_STORE = {"Cache-Control": "no-store"}
QUERY_TOKEN = "agency-query-token"  # noqa: S105  (the name of a header)


@get(PATHS, opt=WITHOUT_CSRF, operation_class=ReadOperation, responses=READ_ANSWERS)
async def show_samples(request: AnyRequest, dataserver: Collaborators) -> Response[bytes]:
    """Samples of the person whom the access token stands for, filtered, ordered and paged. With the header
    `agency-query-token` those of the people whom it opens, each with its subject."""
    text = request.scope["query_string"].decode("latin-1")
    authorization, query_token = request.headers.get("authorization"), request.headers.get(QUERY_TOKEN)
    if query_token is not None:
        body = await read_for_agency(dataserver, authorization, query_token, lambda: parse_query(text))
        return Response(body, media_type="application/json", headers=NO_STORE)
    page, subject = await read_samples(dataserver, authorization, lambda: parse_query(text))
    return Response(render_page(page, subject), media_type="application/json", headers=NO_STORE)


READ_HANDLERS = [show_samples, show_types]
