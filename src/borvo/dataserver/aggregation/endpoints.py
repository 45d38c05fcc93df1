"""The HTTP face of statistics."""

from dataclasses import dataclass
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIFormat, OpenAPIType, Operation, Parameter, Schema
from litestar.params import SkipValidation

from borvo.catalogue.sample_types import list_sample_types
from borvo.dataserver.aggregation.answer import AggregateAnswer
from borvo.dataserver.aggregation.model import Bucket, Function
from borvo.dataserver.aggregation.service import aggregate_samples
from borvo.dataserver.description import FAULTS
from borvo.dataserver.service import DataServer
from borvo.web.bearer import present_token
from borvo.web.csrf import WITHOUT_CSRF
from borvo.web.problems import describe_faults

_TEXT = Schema(type=OpenAPIType.STRING)
_INSTANT = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.DATE_TIME)


def _choose(choices: list[str], default: str | None = None) -> Schema:
    return Schema(type=OpenAPIType.STRING, enum=choices, default=default)


_PARAMETERS = (
    ("type", _choose([each.name for each in list_sample_types()]), "The type of the samples."),
    ("RangeOfStartDate.LowerBound", _INSTANT, "Earliest moment of the range, which it belongs to."),
    ("RangeOfStartDate.UpperBound", _INSTANT, "Latest moment of the range, which it belongs to."),
    ("bucket", _choose([*Bucket], Bucket.DAY), "By what the samples are gathered."),
    ("timezone", _TEXT, "By whose clocks; without it by the offset at which each sample was written."),
    (
        "functions",
        Schema(type=OpenAPIType.ARRAY, items=_choose([*Function])),
        "What to work out: repeated or comma-separated. All that makes sense for the type by default.",
    ),
    ("percentile", _TEXT, "Which percentiles, from 0 to 100, comma-separated; the median by default."),
    (
        "devices",
        Schema(type=OpenAPIType.ARRAY, items=_TEXT),
        "Which devices count first, in this order; repeated.",
    ),
    ("unit", _TEXT, "UCUM code of the unit of the figures; without it, the type's own."),
)
_NEEDED = {"type", "RangeOfStartDate.LowerBound", "RangeOfStartDate.UpperBound"}


@dataclass
class AggregateOperation(Operation):
    """With the parameters of a request for statistics."""

    def __post_init__(self) -> None:
        self.parameters = [
            Parameter(name, "query", schema, text, required=name in _NEEDED)
            for name, schema, text in _PARAMETERS
        ]


@get(
    "/sample/v1/statistics",
    opt=WITHOUT_CSRF,
    operation_class=AggregateOperation,
    responses={
        200: ResponseSpec(
            AggregateAnswer, generate_examples=False, description="The buckets that hold something."
        ),
        **describe_faults(
            {
                **FAULTS,
                429: "The caller asks for many at once.",
                503: "All together ask for too many at once.",
            }
        ),
    },
)
async def show_statistics(
    request: Request[Any, Any, Any], dataserver: NamedDependency[SkipValidation[DataServer]]
) -> Response[bytes]:
    """Statistics of one type of samples, by hour, day, week or month: of the person whom the access token stands for,
    or with the header `agency-query-token` of the one person whom it opens."""
    text, headers = request.scope["query_string"].decode("latin-1"), request.headers
    body = await aggregate_samples(
        dataserver, present_token(request.scope), headers.get("agency-query-token"), text
    )
    return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})
