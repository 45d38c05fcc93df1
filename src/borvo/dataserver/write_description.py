"""What the OpenAPI document says of bodies and parameters of the endpoints that write."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import (
    OpenAPIMediaType,
    OpenAPIType,
    Operation,
    Parameter,
    Reference,
    RequestBody,
    Schema,
)

from borvo.dataserver.bodies import ReceiptAnswer, ReceiptsAnswer
from borvo.dataserver.description import FAULTS, describe_sample
from borvo.dataserver.submission import Form
from borvo.web.problems import describe_faults

_TEXT = Schema(type=OpenAPIType.STRING)
_PREFER = Parameter(
    "Prefer", "header", _TEXT, "`handling=lenient` stores what is good and reports what is not."
)
_IF_MATCH = Parameter("If-Match", "header", _TEXT, "The entity tag of the content that is to be changed.")
_NAME = Parameter(
    "clientAssignedId", "query", _TEXT, "Instead of an id in the path: for ids that no path can hold."
)


def _describe_whole() -> Schema:
    return describe_sample(describe_sample(None))


@dataclass
class WriteOperation(Operation):
    """With the batch of samples."""

    def __post_init__(self) -> None:
        batch = Schema(type=OpenAPIType.ARRAY, items=_describe_whole(), max_items=10_000)
        content = {
            Form.ARRAY.value: OpenAPIMediaType(schema=batch),
            Form.LINES.value: OpenAPIMediaType(schema=_describe_whole()),
        }
        self.parameters = [*(self.parameters or []), _PREFER]
        self.request_body = RequestBody(content=content, required=True)


@dataclass
class CorrectOperation(Operation):
    """With the new content of one sample."""

    def __post_init__(self) -> None:
        self.parameters = _describe_name(self.parameters)
        self.request_body = RequestBody(
            content={Form.ARRAY.value: OpenAPIMediaType(schema=_describe_whole())}, required=True
        )


@dataclass
class DeleteOperation(Operation):
    """Of one sample."""

    def __post_init__(self) -> None:
        self.parameters = _describe_name(self.parameters)


def _describe_name(parameters: Sequence[Parameter | Reference] | None) -> list[Parameter | Reference]:
    """The id in the path is any text: Litestar describes what may hold slashes as a URI."""
    in_path = [
        replace(each, schema=_TEXT, description="The id that the caller gave to the sample.")
        for each in parameters or []
        if isinstance(each, Parameter) and each.param_in == "path"
    ]
    return [*in_path, _NAME, _IF_MATCH]


_UNREADABLE = {
    408: "The body did not arrive in time.",
    413: "More than 10,000 samples or 10 MB, measured without compression.",
    415: "Neither JSON nor NDJSON, or compressed by something else than gzip or zstd.",
    503: "More is asked at once than can be done: come back as `Retry-After` says.",
}
_SINGLE = {404: "This client has stored no sample under this id.", 412: "It has other content by now."}

WRITE_ANSWERS = {
    200: ResponseSpec(
        ReceiptsAnswer,
        generate_examples=False,
        description="What became of each sample, in the order submitted.",
    ),
    **describe_faults(
        {
            **FAULTS,
            **_UNREADABLE,
            409: "Other content was sent before under the same `clientAssignedId`, of the same version or none.",
        }
    ),
}
CORRECT_ANSWERS = {
    200: ResponseSpec(ReceiptAnswer, generate_examples=False, description="What became of the sample."),
    **describe_faults(
        {**FAULTS, **_UNREADABLE, **_SINGLE, 409: "The version is not higher than the one stored."}
    ),
}
DELETE_ANSWERS = describe_faults({**FAULTS, **_SINGLE})
