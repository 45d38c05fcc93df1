"""What the OpenAPI document says of the management API beyond what its handlers' signatures do."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import (
    Components,
    OpenAPIFormat,
    OpenAPIType,
    Operation,
    Parameter,
    Schema,
    SecurityRequirement,
    SecurityScheme,
)

from borvo.portal.audit import Action
from borvo.portal.model import ClientState
from borvo.web.problems import MEDIA_TYPE, Problem

_SCHEME = "personalAccessToken"
SECURITY: list[SecurityRequirement] = [{_SCHEME: []}]
API_COMPONENTS = Components(
    security_schemes={
        _SCHEME: SecurityScheme(
            type="http",
            scheme="bearer",
            description="A personal access token, made in the portal under Tokens. It opens one tenancy.",
        )
    }
)

_TEXT = Schema(type=OpenAPIType.STRING)
_DAY = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.DATE)


def _choose(choices: type[ClientState] | type[Action]) -> Schema:
    return Schema(type=OpenAPIType.STRING, enum=[each.value for each in choices])


_LIST = {
    "q": (_TEXT, "Part of a client id, a name or a callback URL."),
    "state": (_choose(ClientState), "Only clients in this state; without it all but deleted ones."),
    "page": (Schema(type=OpenAPIType.INTEGER, minimum=1), "Which page."),
}
_TRAIL = {
    "person": (_TEXT, "The id of who acted, or `operator`."),
    "action": (_choose(Action), "What was done."),
    "subject": (_TEXT, "Part of the client id, the address or the token's name."),
    "since": (_DAY, "The first day, in UTC."),
    "until": (_DAY, "The last day, in UTC."),
    "before": (_TEXT, "`older` of the page before."),
}


def _list_parameters(described: Mapping[str, tuple[Schema, str]]) -> list[Parameter]:
    return [Parameter(name, "query", schema, text) for name, (schema, text) in described.items()]


@dataclass
class ListOperation(Operation):
    """With what clients are looked for by."""

    def __post_init__(self) -> None:
        self.parameters = [*(self.parameters or []), *_list_parameters(_LIST)]


@dataclass
class TrailOperation(Operation):
    """With the filter of the audit trail."""

    def __post_init__(self) -> None:
        self.parameters = [*(self.parameters or []), *_list_parameters(_TRAIL)]


_FAULTS = {
    400: "Something is not valid; `errors` names it.",
    401: "No token, or none that opens anything.",
    403: "The token lacks a scope, or its owner's role does not allow it.",
    404: "There is no such thing in the token's tenancy.",
    429: "Too many tokens from this network opened nothing.",
}


def list_answers(
    answer: type[msgspec.Struct], text: str, status: int = 200, faults: Mapping[int, str] | None = None
) -> dict[int, ResponseSpec]:
    return {
        status: ResponseSpec(answer, generate_examples=False, description=text),
        **{
            code: ResponseSpec(Problem, generate_examples=False, description=words, media_type=MEDIA_TYPE)
            for code, words in {**_FAULTS, **(faults or {})}.items()
        },
    }
