"""What the OpenAPI document says of registration: the handlers read the JSON by themselves."""

from dataclasses import dataclass
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema

from borvo.portal.registration.metadata import Metadata
from borvo.web.problems import describe_faults

_KINDS: dict[object, OpenAPIType] = {
    str: OpenAPIType.STRING,
    bool: OpenAPIType.BOOLEAN,
    int: OpenAPIType.INTEGER,
    dict: OpenAPIType.OBJECT,
}


def _describe_member(hint: Any) -> Schema:
    kind = (
        next((each for each in get_args(hint) if each is not type(None)), hint)
        if _is_optional(hint)
        else hint
    )
    if get_origin(kind) is list:
        return Schema(type=OpenAPIType.ARRAY, items=Schema(type=OpenAPIType.STRING))
    return Schema(type=_KINDS[get_origin(kind) or kind])


def _is_optional(hint: Any) -> bool:
    return type(None) in get_args(hint)


def _describe_body(*needed: str) -> RequestBody:
    members = {name: _describe_member(hint) for name, hint in get_type_hints(Metadata).items()}
    named = {name: Schema(type=OpenAPIType.STRING) for name in needed}
    schema = Schema(
        type=OpenAPIType.OBJECT,
        description="Client metadata of RFC 7591 and OpenID Connect Registration 1.0; other members are passed over.",
        properties={**named, **members},
        required=[*needed] or None,
    )
    return RequestBody(content={"application/json": OpenAPIMediaType(schema=schema)}, required=True)


@dataclass
class RegisterOperation(Operation):
    """With the metadata."""

    def __post_init__(self) -> None:
        self.request_body = _describe_body()


@dataclass
class ReplaceOperation(Operation):
    """With the metadata and the client that they are of."""

    def __post_init__(self) -> None:
        self.request_body = _describe_body("client_id")


class RegistrationFaultAnswer(msgspec.Struct):
    """RFC 7591 3.2.2."""

    error: str
    error_description: str


def _answer(status: int, body: Any, text: str) -> dict[int, ResponseSpec]:
    return {status: ResponseSpec(body, generate_examples=False, description=text)}


_FAULTS = {
    **_answer(401, RegistrationFaultAnswer, "No token, or none that opens this."),
    **_answer(403, RegistrationFaultAnswer, "The client is disabled."),
    **_answer(429, RegistrationFaultAnswer, "Too many attempts; `Retry-After` says when to come again."),
}
_WRITING = {
    **_FAULTS,
    **_answer(400, RegistrationFaultAnswer, "The metadata is refused; `error_description` says why."),
    **describe_faults({413: "The body is too large."}),
}
_TOLD = "All that is registered, and the token that opens it from now on."
_OBJECT = dict[str, object]
REGISTER_ANSWERS = {**_answer(201, _OBJECT, f"{_TOLD} A secret is told this once."), **_WRITING}
READ_ANSWERS = {**_answer(200, _OBJECT, _TOLD), **_FAULTS}
REPLACE_ANSWERS = {
    **_answer(200, _OBJECT, _TOLD),
    **_WRITING,
    **_answer(409, RegistrationFaultAnswer, "Somebody has changed the client in the portal just now."),
}
DELETE_ANSWERS = {**_answer(204, None, "The client is deleted."), **_FAULTS}
