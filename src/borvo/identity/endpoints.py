"""JSON endpoints of the OpenID provider."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any

import msgspec
from litestar import Request, Response, Router, get, post, route
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from litestar.types import ASGIApp, Receive, Scope, Send

from borvo.identity.description import (
    DEVICE_ANSWERS,
    INTROSPECTION_ANSWERS,
    PUSH_ANSWERS,
    REVOCATION_ANSWERS,
    TOKEN_ANSWERS,
    USERINFO_ANSWERS,
    DeviceOperation,
    PushOperation,
    TokenOperation,
    TokenStateOperation,
    UserinfoOperation,
)
from borvo.identity.discovery import build_discovery
from borvo.identity.key_schedule import JWKS_LIFETIME
from borvo.identity.model import FIELD_LIMIT, Parameters
from borvo.identity.service.authentication import ClientRequest, TokenAnswer
from borvo.identity.service.caller import describe_caller
from borvo.identity.service.collaborators import Identity
from borvo.identity.service.devices import begin_device_authorization
from borvo.identity.service.issuance import answer_token_request
from borvo.identity.service.pushing import push_request
from borvo.identity.service.token_state import introspect_token, revoke_token
from borvo.web.addresses import find_address, find_network
from borvo.web.bearer import present_token
from borvo.web.csrf import WITHOUT_CSRF
from borvo.web.forms import FORM_MEDIA_TYPE, is_form, parse_fields
from borvo.web.lanes import raise_fault
from borvo.web.requests import Arrival, read_body

AnyRequest = Request[Any, Any, Any]
Collaborators = NamedDependency[SkipValidation[Identity]]

# RFC 6749 5.1
_UNKEPT = [(b"cache-control", b"no-store"), (b"pragma", b"no-cache")]
_EACH = [(b"content-type", b"application/json"), *_UNKEPT]
# OpenID Connect Core 5.3.2
_SIGNED = [(b"content-type", b"application/jwt"), *_UNKEPT]
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_CACHEABLE = {"Cache-Control": f"public, max-age={int(JWKS_LIFETIME.total_seconds())}"}


async def read_form_parameters(arrival: Arrival) -> Parameters | None:
    """The body's fields, repeated ones included; None when it is no form, or not a readable one."""
    if not is_form(arrival.scope):
        return None
    try:
        return Parameters(tuple(parse_fields(await read_body(arrival), limit=FIELD_LIMIT)))
    except ValueError:
        return None


# RFC 8414 3.1 and 5: the same document, for clients that know OAuth and no OpenID Connect.
@get(
    ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"],
    opt=WITHOUT_CSRF,
    sync_to_thread=False,
)
def show_discovery(identity: Collaborators) -> Response[dict[str, Any]]:
    """The OpenID provider's metadata."""
    return Response(build_discovery(identity.issuer, identity.profile), headers=_CACHEABLE)


@get("/.well-known/openid-configuration/jwks", opt=WITHOUT_CSRF)
async def show_keys(identity: Collaborators) -> Response[dict[str, Any]]:
    """The public keys that verify tokens, as a JWK Set (RFC 7517)."""
    return Response((await identity.cabinet.current()).jwks, headers=_CACHEABLE)


Answering = Callable[[Identity, ClientRequest], Awaitable[TokenAnswer]]


async def _answer(request: AnyRequest, identity: Identity, answer_request: Answering) -> ASGIApp:
    raise_fault(request.scope)
    return await answer_form(Arrival.of_request(request), identity, answer_request)


async def answer_form(arrival: Arrival, identity: Identity, answer_request: Answering) -> ASGIApp:
    """Form-encoded in, JSON out; errors as RFC 6749 5.2 says."""
    parameters = await read_form_parameters(arrival)
    if parameters is None:
        answer = TokenAnswer(
            400,
            {
                "error": "invalid_request",
                "error_description": f"Send a readable body of type {FORM_MEDIA_TYPE}.",
            },
            {},
        )
    else:
        network = find_network(find_address(arrival.scope, identity.trusted_proxies))
        shown = present_token(arrival.scope)
        authorization = shown.authorizations[0] if shown.authorizations else ""
        sent = ClientRequest(parameters, authorization, network, shown.path, shown.proofs)
        answer = await answer_request(identity, sent)
    return _render(answer.body, answer.status, answer.headers)


def _render(body: dict[str, Any], status: int = 200, headers: Mapping[str, str] = _NO_HEADERS) -> ASGIApp:
    sent = [*_EACH, *((name.lower().encode(), value.encode()) for name, value in headers.items())]
    return _send(msgspec.json.encode(body), sent, status)


def _send(content: bytes, headers: list[tuple[bytes, bytes]], status: int = 200) -> ASGIApp:
    """What Litestar's Response comes to in the end, without the steps before: these are the busiest addresses."""
    sent = [*headers, (b"content-length", b"%d" % len(content))]

    async def answer(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": status, "headers": sent})
        await send({"type": "http.response.body", "body": content, "more_body": False})

    return answer


@post(
    "/connect/token",
    opt=WITHOUT_CSRF,
    status_code=200,
    operation_class=TokenOperation,
    responses=TOKEN_ANSWERS,
)
async def issue_token(request: AnyRequest, identity: Collaborators) -> ASGIApp:
    """Exchanges a grant for tokens."""
    return await _answer(request, identity, answer_token_request)


@post(
    "/connect/introspect",
    opt=WITHOUT_CSRF,
    status_code=200,
    operation_class=TokenStateOperation,
    responses=INTROSPECTION_ANSWERS,
)
async def introspect(request: AnyRequest, identity: Collaborators) -> ASGIApp:
    """Tells whether a token is good, and what it says (RFC 7662)."""
    return await _answer(request, identity, introspect_token)


@post(
    "/connect/revocation",
    opt=WITHOUT_CSRF,
    status_code=200,
    operation_class=TokenStateOperation,
    responses=REVOCATION_ANSWERS,
)
async def revoke(request: AnyRequest, identity: Collaborators) -> ASGIApp:
    """Ends a token (RFC 7009)."""
    return await _answer(request, identity, revoke_token)


@post(
    "/connect/deviceauthorization",
    opt=WITHOUT_CSRF,
    status_code=200,
    operation_class=DeviceOperation,
    responses=DEVICE_ANSWERS,
)
async def authorize_device(request: AnyRequest, identity: Collaborators) -> ASGIApp:
    """Begins the sign-in of a device without a browser (RFC 8628)."""
    return await _answer(request, identity, begin_device_authorization)


@post(
    "/connect/par", opt=WITHOUT_CSRF, status_code=201, operation_class=PushOperation, responses=PUSH_ANSWERS
)
async def push(request: AnyRequest, identity: Collaborators) -> ASGIApp:
    """Takes an authorization request, and gives it a name for a browser to bring (RFC 9126)."""
    return await _answer(request, identity, push_request)


@route(
    "/connect/userinfo",
    http_method=["GET", "POST"],
    opt=WITHOUT_CSRF,
    status_code=200,
    operation_class=UserinfoOperation,
    responses=USERINFO_ANSWERS,
)
async def show_userinfo(request: AnyRequest, identity: Collaborators) -> ASGIApp:
    """Claims about the person whose access token it is."""
    raise_fault(request.scope)
    return await answer_userinfo(Arrival.of_request(request), identity)


async def answer_userinfo(arrival: Arrival, identity: Identity) -> ASGIApp:
    """Claims as JSON, or signed where the client is set to that. Raises what `describe_caller` raises."""
    presented = present_token(arrival.scope)
    if presented.method == "POST":
        # RFC 6750 2.2: the token may come in a form-encoded body.
        parameters = await read_form_parameters(arrival)
        for token in parameters.list_values("access_token") if parameters else ():
            presented = presented.add(token)
    claims = await describe_caller(identity, presented)
    return _send(claims.encode(), _SIGNED) if isinstance(claims, str) else _render(claims)


_HANDLERS = [
    show_discovery,
    show_keys,
    issue_token,
    introspect,
    revoke,
    authorize_device,
    push,
    show_userinfo,
]


def build_api_router() -> Router:
    """What programs call; `assembly` provides `identity`."""
    return Router(path="/", route_handlers=_HANDLERS, tags=["IdentityServer"])
