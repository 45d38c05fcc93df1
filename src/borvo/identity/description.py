"""What the OpenAPI document says of the protocol endpoints, which read forms and queries by themselves."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
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

from borvo.web.forms import FORM_MEDIA_TYPE
from borvo.web.problems import describe_faults

FIELDS: Mapping[str, str] = {
    "access_token": "The token, where it is not in the Authorization header (RFC 6750 2.2).",
    "claims": "Claims that are asked for one by one, as JSON (OpenID Connect Core 5.5).",
    "client_assertion": "What the client signed to say who it is (RFC 7523).",
    "client_assertion_type": "`urn:ietf:params:oauth:client-assertion-type:jwt-bearer`.",
    "client_id": "The client, where it is not named otherwise.",
    "client_secret": "The client's secret, where it is not in the Authorization header.",
    "code": "The authorization code.",
    "code_challenge": "The challenge of PKCE (RFC 7636).",
    "code_challenge_method": "`S256`.",
    "code_verifier": "What the challenge was made from.",
    "device_code": "The device's own code (RFC 8628).",
    "dpop_jkt": "Thumbprint of the key that the code is bound to (RFC 9449 10).",
    "grant_type": "What is exchanged.",
    "id_token_hint": "An id token of the person that is meant; it may have expired.",
    "login_hint": "The e-mail address to fill in.",
    "max_age": "How many seconds ago the person may have signed in.",
    "nonce": "Comes back in the id token.",
    "post_logout_redirect_uri": "Where the person goes after signing out; registered.",
    "prompt": "`none`, or any of `login`, `consent` and `select_account`.",
    "redirect_uri": "Where the answer goes; registered, and compared exactly.",
    "refresh_token": "The refresh token, which is replaced.",
    "request": "The request as a signed object (RFC 9101).",
    "request_uri": "The name of a request that was pushed (RFC 9126), or where an object is published.",
    "resource": "What the token is for (RFC 8707); may be repeated.",
    "response_mode": "`query`, `fragment` or `form_post`.",
    "response_type": "What is asked for, such as `code`.",
    "scope": "Scopes, separated by spaces.",
    "state": "Comes back unchanged.",
    "token": "The token.",
    "token_type_hint": "Ignored: a token is recognised without it.",
}
"""By name, what a parameter says."""

_CLIENT = ("client_id", "client_secret", "client_assertion_type", "client_assertion")
_ASKED = (
    "response_type", "response_mode", "redirect_uri", "scope", "state", "nonce", "prompt", "max_age", "login_hint",
    "id_token_hint", "claims", "resource", "code_challenge", "code_challenge_method",
    "dpop_jkt", "request",
)  # fmt: skip
_REDEEMED = ("code", "redirect_uri", "code_verifier", "refresh_token", "device_code", "scope", "resource")
_LEAVING = ("id_token_hint", "client_id", "post_logout_redirect_uri", "state")


def _describe_fields(names: tuple[str, ...]) -> dict[str, Schema]:
    return {name: Schema(type=OpenAPIType.STRING, description=FIELDS[name]) for name in names}


def _describe_form(needed: tuple[str, ...], others: tuple[str, ...]) -> RequestBody:
    schema = Schema(
        type=OpenAPIType.OBJECT,
        properties={**_describe_fields(needed + others)},
        required=[*needed] or None,
    )
    return RequestBody(content={FORM_MEDIA_TYPE: OpenAPIMediaType(schema=schema)}, required=bool(needed))


def _describe_query(names: tuple[str, ...]) -> list[Parameter | Reference]:
    return [
        Parameter(name, "query", schema, schema.description)
        for name, schema in _describe_fields(names).items()
    ]


@dataclass
class TokenOperation(Operation):
    """With the form of RFC 6749 and of the grants beside it."""

    def __post_init__(self) -> None:
        self.request_body = _describe_form(("grant_type",), (*_CLIENT, *_REDEEMED))


@dataclass
class TokenStateOperation(Operation):
    """With the form of RFC 7662 and RFC 7009."""

    def __post_init__(self) -> None:
        self.request_body = _describe_form(("token",), ("token_type_hint", *_CLIENT))


@dataclass
class DeviceOperation(Operation):
    """With the form of RFC 8628 3.1."""

    def __post_init__(self) -> None:
        self.request_body = _describe_form((), (*_CLIENT, "scope", "resource"))


@dataclass
class PushOperation(Operation):
    """With the form of RFC 9126 2.1."""

    def __post_init__(self) -> None:
        self.request_body = _describe_form((), (*_CLIENT, *_ASKED))


@dataclass
class UserinfoOperation(Operation):
    """The token in a form, where it comes by POST; a GET has it in the header."""

    def __post_init__(self) -> None:
        if self.operation_id and "Post" in self.operation_id:
            self.request_body = _describe_form((), ("access_token",))


@dataclass
class AuthorizeOperation(Operation):
    """What an app sends a person's browser with."""

    def __post_init__(self) -> None:
        self.parameters = _describe_query(("client_id", *_ASKED, "request_uri"))


@dataclass
class AuthorizeFormOperation(Operation):
    """The same in a form."""

    def __post_init__(self) -> None:
        self.request_body = _describe_form(("client_id",), (*_ASKED, "request_uri"))


@dataclass
class LeaveOperation(Operation):
    """What an app sends a browser with that is to sign out."""

    def __post_init__(self) -> None:
        self.parameters = _describe_query(_LEAVING)


@dataclass
class LeaveFormOperation(Operation):
    """The same in a form."""

    def __post_init__(self) -> None:
        self.request_body = _describe_form((), _LEAVING)


class OAuthFault(msgspec.Struct, omit_defaults=True):
    """RFC 6749 5.2."""

    error: str
    error_description: str = ""


class IssuedTokens(msgspec.Struct, omit_defaults=True):
    """RFC 6749 5.1; which tokens come depends on the grant and the scopes."""

    access_token: str
    token_type: str
    expires_in: int
    scope: str = ""
    refresh_token: str = ""
    id_token: str = ""


class DeviceCodes(msgspec.Struct):
    """RFC 8628 3.2."""

    device_code: str
    user_code: str
    verification_uri: str
    verification_uri_complete: str
    expires_in: int
    interval: int


class PushedName(msgspec.Struct):
    """RFC 9126 2.2."""

    request_uri: str
    expires_in: int


def _answer(status: int, body: Any, text: str) -> dict[int, ResponseSpec]:
    return {status: ResponseSpec(body, generate_examples=False, description=text)}


_OBJECT = dict[str, object]
_FAULTS = {
    **_answer(400, OAuthFault, "The request is refused; `error` says why, for programs."),
    **_answer(401, OAuthFault, "The client did not prove who it is."),
    **_answer(429, OAuthFault, "Too many attempts; `Retry-After` says when to come again."),
    **describe_faults({413: "The body is too large."}),
}
TOKEN_ANSWERS = {**_answer(200, IssuedTokens, "The tokens."), **_FAULTS}
INTROSPECTION_ANSWERS = {**_answer(200, _OBJECT, "What the token says, or that it is not active."), **_FAULTS}
REVOCATION_ANSWERS = {**_answer(200, _OBJECT, "The token has ended, or was none."), **_FAULTS}
DEVICE_ANSWERS = {**_answer(200, DeviceCodes, "A code for the device, and one for the person."), **_FAULTS}
PUSH_ANSWERS = {**_answer(201, PushedName, "The name to send a browser with."), **_FAULTS}
USERINFO_ANSWERS = {
    **_answer(200, _OBJECT, "The claims; signed, as `application/jwt`, for a client that is set to it."),
    **describe_faults(
        {
            401: "No access token, or none that is valid.",
            403: "The token lacks the scope `openid`, or stands for no person.",
            413: "The body is too large.",
        }
    ),
}


def _describe_page(*statuses: int) -> dict[int, ResponseSpec]:
    told = {
        200: "A page: it asks the person something, or posts the answer to the app.",
        303: "On to the app, or to the page that asks next.",
        400: "A page that says what is wrong with the request. Nobody is sent anywhere.",
        413: "The body is too large.",
    }
    return {
        status: ResponseSpec(str, generate_examples=False, media_type="text/html", description=told[status])
        for status in statuses
    }


AUTHORIZE_ANSWERS = _describe_page(200, 303, 400)
AUTHORIZE_FORM_ANSWERS = _describe_page(303, 400, 413)
LEAVE_ANSWERS = _describe_page(200, 303)
LEAVE_FORM_ANSWERS = _describe_page(303, 413)
