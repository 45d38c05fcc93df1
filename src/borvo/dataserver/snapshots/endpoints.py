"""The HTTP face of the two-step query."""

from dataclasses import dataclass
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, Operation, Parameter, RequestBody, Schema
from litestar.params import SkipValidation

from borvo.dataserver.bodies import SampleAnswer
from borvo.dataserver.description import FAULTS, ReadOperation
from borvo.dataserver.media import choose_form
from borvo.dataserver.service import DataServer
from borvo.dataserver.snapshots.answer import SnapshotAnswer
from borvo.dataserver.snapshots.service import FetchRequest, make_snapshot, read_snapshot
from borvo.web.bearer import present_token
from borvo.web.csrf import WITHOUT_CSRF
from borvo.web.problems import describe_faults

AnyRequest = Request[Any, Any, Any]
Collaborators = NamedDependency[SkipValidation[DataServer]]

PATHS = ["/query/v1", "/api/query"]
_NO_STORE = {"Cache-Control": "no-store"}
_BODY_LIMIT = 100_000


@dataclass
class MakeOperation(ReadOperation):
    """With the parameters of a query, which may come in a body, too."""

    def __post_init__(self) -> None:
        super().__post_init__()
        schema = Schema(type=OpenAPIType.OBJECT, description="The same names as in the query string.")
        self.request_body = RequestBody(content={"application/json": OpenAPIMediaType(schema=schema)})


@dataclass
class FetchOperation(Operation):
    """With the key and the part of the results."""

    def __post_init__(self) -> None:
        number = Schema(type=OpenAPIType.INTEGER, minimum=0)
        described = (
            (
                "querykey",
                Schema(type=OpenAPIType.STRING),
                "The key that the query was answered with; also `key`.",
            ),
            ("take", number, "How many samples to answer at most."),
            ("skip", number, "How many samples to pass over."),
        )
        known = "The ETag of an answer that the reader keeps: answered by 304 while it is there."
        self.parameters = [
            *(Parameter(name, "query", schema, text) for name, schema, text in described),
            Parameter("If-None-Match", "header", Schema(type=OpenAPIType.STRING), known),
        ]


@post(
    PATHS,
    opt=WITHOUT_CSRF,
    status_code=200,
    request_max_body_size=_BODY_LIMIT,
    operation_class=MakeOperation,
    responses={
        200: ResponseSpec(SnapshotAnswer, generate_examples=False, description="The key to the results."),
        **describe_faults(
            {
                **FAULTS,
                429: "The caller holds as many results as it may, or asks for many at once.",
                503: "All together ask for too many at once.",
            }
        ),
    },
)
async def submit_query(request: AnyRequest, dataserver: Collaborators) -> Response[bytes]:
    """Asks a query whose results stay as they are now, whatever is written or deleted later, for their maker alone: of
    one's own samples, or with the header `agency-query-token` of those of the people whom it opens."""
    text, headers = request.scope["query_string"].decode("latin-1"), request.headers
    body = await make_snapshot(
        dataserver,
        present_token(request.scope),
        headers.get("agency-query-token"),
        text,
        await request.body(),
    )
    return Response(body, media_type="application/json", headers=_NO_STORE)


@get(
    PATHS,
    opt=WITHOUT_CSRF,
    operation_class=FetchOperation,
    responses={
        200: ResponseSpec(
            list[SampleAnswer],
            generate_examples=False,
            description="A page of the results. As `application/x-ndjson` a sample a line, as `text/csv` a table.",
        ),
        304: ResponseSpec(None, description="What `If-None-Match` names is still there."),
        **describe_faults({**FAULTS, 404: "No results under this key, or none any more."}),
    },
)
async def show_results(request: AnyRequest, dataserver: Collaborators) -> Response[bytes]:
    """A page of the results of a query that was asked before. Those of other people's samples are there as long as each
    of these people shares what she did."""
    text, headers = request.scope["query_string"].decode("latin-1"), request.headers
    form = choose_form(headers.get("accept"))
    asked = FetchRequest(
        present_token(request.scope),
        headers.get("agency-query-token"),
        text,
        form,
        headers.get("if-none-match"),
    )
    results = await read_snapshot(dataserver, asked)
    told = {**_NO_STORE, "Vary": "Authorization, Accept", **({"ETag": results.tag} if results.tag else {})}
    status = 200 if results.body is not None else 304
    return Response(results.body or b"", status_code=status, media_type=form.value, headers=told)


HANDLERS = [submit_query, show_results]
