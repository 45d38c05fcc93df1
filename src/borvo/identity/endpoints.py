"""JSON endpoints of the OpenID provider."""

from typing import Any
from urllib.parse import parse_qsl

import msgspec
from litestar import Request, Response, Router, get, post, route
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from borvo.identity.discovery import build_discovery
from borvo.identity.model import Parameters
from borvo.identity.service.caller import describe_caller, read_bearer
from borvo.identity.service.collaborators import Identity
from borvo.identity.service.issuance import TokenAnswer, answer_token_request

AnyRequest = Request[Any, Any, Any]
Collaborators = NamedDependency[SkipValidation[Identity]]

API = {"exclude_from_csrf": True}
_FORM = "application/x-www-form-urlencoded"
_FIELD_LIMIT = 100
# RFC 6749 5.1
_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_CACHEABLE = {"Cache-Control": "public, max-age=300"}


async def read_form_parameters(request: AnyRequest) -> Parameters | None:
    """The body's fields, repeated ones included; None when it is no form, or not a readable one."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        return None
    try:
        text = (await request.body()).decode("utf-8")
        pairs = parse_qsl(
            text, keep_blank_values=True, max_num_fields=_FIELD_LIMIT, encoding="utf-8", errors="strict"
        )
    except ValueError:
        return None
    return None if any("\x00" in value for _, value in pairs) else Parameters(tuple(pairs))


@get("/.well-known/openid-configuration", opt=API, sync_to_thread=False)
def show_discovery(identity: Collaborators) -> Response[dict[str, Any]]:
    """The OpenID provider's metadata."""
    return Response(build_discovery(identity.issuer), headers=_CACHEABLE)


@get("/.well-known/openid-configuration/jwks", opt=API)
async def show_keys(identity: Collaborators) -> Response[dict[str, Any]]:
    """The public keys that verify tokens, as a JWK Set (RFC 7517)."""
    return Response((await identity.cabinet.current()).jwks, headers=_CACHEABLE)


@post("/connect/token", opt=API, status_code=200)
async def issue_token(request: AnyRequest, identity: Collaborators) -> Response[bytes]:
    """Exchanges a grant for tokens. Form-encoded in, JSON out; errors as RFC 6749 5.2 says."""
    parameters = await read_form_parameters(request)
    if parameters is None:
        answer = TokenAnswer(
            400, {"error": "invalid_request", "error_description": f"Send a body of type {_FORM}."}, {}
        )
    else:
        answer = await answer_token_request(identity, parameters, request.headers.get("authorization"))
    return Response(
        msgspec.json.encode(answer.body),
        status_code=answer.status,
        media_type="application/json",
        headers={**_NO_STORE, **answer.headers},
    )


@route("/connect/userinfo", http_method=["GET", "POST"], opt=API, status_code=200)
async def show_userinfo(request: AnyRequest, identity: Collaborators) -> Response[dict[str, object]]:
    """Claims about the person whose access token it is."""
    authorization = request.headers.get("authorization")
    if read_bearer(authorization) is None and request.method == "POST":
        # RFC 6750 2.2: the token may come in a form-encoded body.
        parameters = await read_form_parameters(request)
        token = parameters.get("access_token") if parameters else None
        authorization = f"Bearer {token}" if token else authorization
    claims = await describe_caller(identity, authorization)
    return Response(claims, media_type="application/json", headers=_NO_STORE)


def build_api_router() -> Router:
    """What programs call; `assembly` provides `identity`."""
    return Router(path="/", route_handlers=[show_discovery, show_keys, issue_token, show_userinfo])
