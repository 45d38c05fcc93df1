"""The HTTP face of changes."""

from dataclasses import dataclass
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIType, Operation, Parameter, Schema
from litestar.params import SkipValidation

from borvo.catalogue.sample_types import list_sample_types
from borvo.dataserver.changes.answer import ChangesAnswer
from borvo.dataserver.changes.parameters import TAKE_LIMIT
from borvo.dataserver.changes.service import list_changes
from borvo.dataserver.description import FAULTS
from borvo.dataserver.service import DataServer
from borvo.web.bearer import present_token
from borvo.web.csrf import WITHOUT_CSRF
from borvo.web.problems import describe_faults

_TYPE = Schema(type=OpenAPIType.STRING, enum=[each.name for each in list_sample_types()])


@dataclass
class ChangesOperation(Operation):
    """With the parameters of a request for changes."""

    def __post_init__(self) -> None:
        take = Schema(type=OpenAPIType.INTEGER, minimum=1, maximum=TAKE_LIMIT, default=TAKE_LIMIT)
        parameters = (
            (
                "since",
                Schema(type=OpenAPIType.STRING),
                "The token of the last answer; none for all, `now` for none.",
            ),
            (
                "types",
                Schema(type=OpenAPIType.ARRAY, items=_TYPE),
                "Which types, at the beginning; all by default.",
            ),
            ("take", take, "How many changes to answer at most."),
        )
        self.parameters = [Parameter(name, "query", schema, text) for name, schema, text in parameters]


@get(
    "/sample/v1/changes",
    opt=WITHOUT_CSRF,
    operation_class=ChangesOperation,
    responses={
        200: ResponseSpec(
            ChangesAnswer, generate_examples=False, description="What has changed since the token."
        ),
        **describe_faults({**FAULTS, 410: "The token is too old: begin anew."}),
    },
)
async def show_changes(
    request: Request[Any, Any, Any], dataserver: NamedDependency[SkipValidation[DataServer]]
) -> Response[bytes]:
    """What was added, changed and deleted since the last answer, each once, of the person whom the access token stands
    for."""
    text, headers = request.scope["query_string"].decode("latin-1"), request.headers
    body = await list_changes(
        dataserver, present_token(request.scope), headers.get("agency-query-token"), text
    )
    return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})
