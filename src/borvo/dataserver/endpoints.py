"""The HTTP face of reading samples, under its address and the older ones (contract 2.5)."""

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from litestar.response import Stream

from borvo.dataserver.description import READ_ANSWERS, ReadOperation
from borvo.dataserver.media import Form, choose_form
from borvo.dataserver.queries import render_link
from borvo.dataserver.reading import ReadRequest, open_stream, read_samples
from borvo.dataserver.rendering import render_page, render_stream
from borvo.dataserver.service import DataServer
from borvo.dataserver.shared_reading import read_for_agency
from borvo.dataserver.type_listing import show_types
from borvo.dataserver.wire import PRIVATE, QUERY_TOKEN, READ_PATHS
from borvo.web.bearer import present_token
from borvo.web.csrf import WITHOUT_CSRF
from borvo.web.lanes import raise_fault

AnyRequest = Request[Any, Any, Any]
Collaborators = NamedDependency[SkipValidation[DataServer]]


@get([*READ_PATHS], opt=WITHOUT_CSRF, operation_class=ReadOperation, responses=READ_ANSWERS)
async def show_samples(request: AnyRequest, dataserver: Collaborators) -> Response[Any]:
    """Samples of the person whom the access token stands for, filtered, ordered and paged. As `application/x-ndjson` or
    `text/csv`, which the Accept header may ask for, all of them, or as many as `take` says, one after the other. With
    the header `agency-query-token` a page, in either of the three, of the people whom it opens, each sample with its
    subject."""
    raise_fault(request.scope)
    headers = request.headers
    asked = ReadRequest(
        present_token(request.scope),
        headers.get(QUERY_TOKEN),
        request.scope["query_string"].decode("latin-1"),
        headers.get("if-none-match"),
    )
    form = choose_form(headers.get("accept"))
    if asked.query_token is not None:
        shared = await read_for_agency(dataserver, asked.presented, asked.query_token, asked.query, form)
        told = _lead_on(PRIVATE, request, asked, shared.cursor)
        return Response(shared.body, media_type=form.value, headers=told)
    if form is not Form.JSON:
        found, pages = await open_stream(dataserver, asked)
        return Stream(render_stream(form, found, pages), media_type=form.value, headers=PRIVATE)
    found = await read_samples(dataserver, asked)
    answer = {**PRIVATE, "ETag": found.tag} if found.tag else PRIVATE
    if found.page is None:
        return Response(b"", status_code=304, media_type=form.value, headers=answer)
    told = _lead_on(answer, request, asked, found.cursor)
    return Response(render_page(found, found.page), media_type=form.value, headers=told)


def _lead_on(
    headers: dict[str, str], request: AnyRequest, asked: ReadRequest, cursor: str | None
) -> dict[str, str]:
    """With the link to the next page, when there is one."""
    if not cursor:
        return headers
    return {**headers, "Link": render_link(request.scope["path"], asked.query, cursor)}


READ_HANDLERS = [show_samples, show_types]
