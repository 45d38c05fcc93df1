"""What the OpenAPI document says of registration: read from `Metadata`, so that a member there is described here."""

from dataclasses import dataclass

import msgspec
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema

from borvo.portal.registration.metadata import Metadata
from borvo.web.problems import describe_faults

_TEXT = Schema(type=OpenAPIType.STRING)
_KINDS = {
    "array": Schema(type=OpenAPIType.ARRAY, items=_TEXT),
    "boolean": Schema(type=OpenAPIType.BOOLEAN),
    "object": Schema(type=OpenAPIType.OBJECT),
}


def _describe_members() -> dict[str, Schema]:
    described = msgspec.json.schema(Metadata)["$defs"][Metadata.__name__]["properties"]
    return {name: _KINDS.get(_find_kind(member), _TEXT) for name, member in described.items()}


def _find_kind(member: dict[str, object]) -> str:
    """The kind of a member's value, whether it may be null or not."""
    options = member.get("anyOf")
    first = options[0] if isinstance(options, list) else member
    return str(first["type"])


@dataclass
class MetadataOperation(Operation):
    """With the client's metadata (RFC 7591 2)."""

    def __post_init__(self) -> None:
        schema = Schema(type=OpenAPIType.OBJECT, properties={**_describe_members()})
        self.request_body = RequestBody(
            content={"application/json": OpenAPIMediaType(schema=schema)}, required=True
        )


class RegistrationRefusal(msgspec.Struct):
    """RFC 7591 3.2.2."""

    error: str
    error_description: str


_METADATA = dict[str, object]
_FAULTS = {
    400: "The metadata is refused; `error` says why.",
    401: "No token, or none that opens this.",
    403: "The token opens this no more.",
    429: "Too many attempts; `Retry-After` says when to come again.",
}


def describe_answers(status: int, text: str, *, has_body: bool = True) -> dict[int, ResponseSpec]:
    """One good answer, and those that say no."""
    good = ResponseSpec(_METADATA if has_body else None, generate_examples=False, description=text)
    faults = {
        status: ResponseSpec(RegistrationRefusal, generate_examples=False, description=words)
        for status, words in _FAULTS.items()
    }
    return {status: good, **faults, **describe_faults({413: "The body is too large."})}
