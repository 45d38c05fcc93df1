"""What the OpenAPI document says of the management API beyond what its handlers' signatures do."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import NoneType
from typing import get_args, get_origin, get_type_hints

import msgspec
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import (
    Components,
    OpenAPIFormat,
    OpenAPIMediaType,
    OpenAPIType,
    Operation,
    Parameter,
    RequestBody,
    Schema,
    SecurityRequirement,
    SecurityScheme,
)

from borvo.portal.api.answers import ClientAnswer, PlanAnswer
from borvo.portal.api.bodies import ClientBody, list_choices
from borvo.portal.api.faults import OvertakenProblem
from borvo.portal.audit import Action
from borvo.portal.expiry import LIFETIMES
from borvo.portal.listing import ENDING
from borvo.portal.model import ClientState
from borvo.portal.policy import LABEL_MAXIMUM
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
    "secrets": (
        Schema(type=OpenAPIType.STRING, enum=[ENDING]),
        "Only clients with a secret that ends within thirty days; not together with `state`.",
    ),
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


def list_faults(faults: Mapping[int, str] | None = None) -> dict[int, ResponseSpec]:
    return {
        code: ResponseSpec(Problem, generate_examples=False, description=words, media_type=MEDIA_TYPE)
        for code, words in {**_FAULTS, **(faults or {})}.items()
    }


def list_answers(answer: type[msgspec.Struct], text: str, status: int = 200) -> dict[int, ResponseSpec]:
    described = ResponseSpec(answer, generate_examples=False, description=text)
    return {status: described, **list_faults()}


_FLAG = Schema(type=OpenAPIType.BOOLEAN, default=False)
_KINDS: dict[object, Schema] = {
    str: _TEXT,
    bool: _FLAG,
    int | None: Schema(type=[OpenAPIType.INTEGER, OpenAPIType.NULL]),
    bool | None: Schema(type=[OpenAPIType.BOOLEAN, OpenAPIType.NULL]),
}


def _describe_member(name: str, kind: object) -> Schema:
    if kind in _KINDS:
        return _KINDS[kind]
    choices = list_choices(ClientBody, name)
    if NoneType in get_args(kind):
        return Schema(type=[OpenAPIType.STRING, OpenAPIType.NULL], enum=[*choices, None])
    word = Schema(type=OpenAPIType.STRING, enum=choices) if choices else _TEXT
    return Schema(type=OpenAPIType.ARRAY, items=word) if get_origin(kind) is list else word


_CLIENT_BODY = Schema(
    type=OpenAPIType.OBJECT,
    description="The details of the client, as answers show them; what is left out is as if it were empty. Without "
    "`require_pkce` the grant types decide. `confirmed_hosts` are hosts of callback URLs that look like others and are "
    "right all the same.",
    properties={name: _describe_member(name, kind) for name, kind in get_type_hints(ClientBody).items()},
    required=["display_name", "grant_types", "scopes"],
)
_SECRET_BODY = Schema(
    type=OpenAPIType.OBJECT,
    properties={
        "label": Schema(type=OpenAPIType.STRING, max_length=LABEL_MAXIMUM),
        "days": Schema(
            type=OpenAPIType.INTEGER, enum=[*LIFETIMES], description="Without it the secret does not expire."
        ),
    },
)
_PICTURE = Schema(type=OpenAPIType.STRING, content_encoding="binary")


def _take_json(schema: Schema, *, is_needed: bool = True) -> RequestBody:
    return RequestBody(content={"application/json": OpenAPIMediaType(schema=schema)}, required=is_needed)


@dataclass
class SaveOperation(Operation):
    """With the details, and what the program knows of the client."""

    def __post_init__(self) -> None:
        self.request_body = _take_json(_CLIENT_BODY)
        self.parameters = [
            *(self.parameters or []),
            Parameter("If-None-Match", "header", _TEXT, "`*` to register a client that is not there yet."),
            Parameter("If-Match", "header", _TEXT, "The ETag of the client as it was read, to change it."),
            Parameter("dry_run", "query", _FLAG, "Say what would be saved, and save nothing."),
        ]


@dataclass
class DeleteOperation(Operation):
    """With the typed confirmation."""

    def __post_init__(self) -> None:
        confirm = Parameter("confirm", "query", _TEXT, "The client id once more.", required=True)
        self.parameters = [*(self.parameters or []), confirm]


@dataclass
class LogoOperation(Operation):
    """With the picture."""

    def __post_init__(self) -> None:
        kinds = ("image/png", "image/jpeg", "image/webp")
        content = {kind: OpenAPIMediaType(schema=_PICTURE) for kind in kinds}
        self.request_body = RequestBody(content=content, required=True)


@dataclass
class SecretOperation(Operation):
    """With what is said about the secret."""

    def __post_init__(self) -> None:
        self.request_body = _take_json(_SECRET_BODY, is_needed=False)


@dataclass
class RevokeOperation(Operation):
    """With the consent to be left without a secret."""

    def __post_init__(self) -> None:
        last = Parameter("last", "query", _FLAG, "Revoke it although no other secret works.")
        self.parameters = [*(self.parameters or []), last]


SAVE_ANSWERS = {
    200: ResponseSpec(
        ClientAnswer | PlanAnswer,
        generate_examples=False,
        description="The client as it is now. With `dry_run` what would be saved.",
    ),
    **list_faults({428: "Neither If-None-Match nor If-Match was sent."}),
    412: ResponseSpec(
        OvertakenProblem,
        generate_examples=False,
        description="It is there already, or somebody else has changed it: `current` and `yours` say what differs.",
        media_type=MEDIA_TYPE,
    ),
    201: ResponseSpec(ClientAnswer, generate_examples=False, description="The client was registered."),
}
