"""Where programs register clients and manage them. No cookie counts here, so no form can be forged."""

from typing import Any

import msgspec
import structlog
from litestar import Request, Response, Router, delete, get, post, put

from borvo.kernel.errors import TooManyRequestsError
from borvo.portal.api.bodies import BODY_LIMIT
from borvo.portal.pages import Developing, InPath
from borvo.portal.registration import service
from borvo.portal.registration.description import MetadataOperation, describe_answers
from borvo.portal.registration.flows import refuse
from borvo.portal.registration.judgement import spell
from borvo.portal.registration.metadata import describe_metadata
from borvo.portal.registration.model import RegistrationError, RegistrationFault
from borvo.portal.registration.service import Told
from borvo.portal.service import Portal
from borvo.web.csrf import WITHOUT_CSRF

PATH = "/connect/register"
_CLIENT = "/{client_id:str}"
_UNKEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}

AnyRequest = Request[Any, Any, Any]
log = structlog.get_logger(__name__)


def _render(answer: object, status: int = 200, headers: dict[str, str] | None = None) -> Response[bytes]:
    content = msgspec.json.encode(answer)
    return Response(
        content, status_code=status, media_type="application/json", headers={**_UNKEPT, **(headers or {})}
    )


def _describe(portal: Portal, told: Told) -> dict[str, Any]:
    """RFC 7591 3.2.1, RFC 7592 3."""
    client, issuer = told.sheet.client, portal.accounts.issuer
    secret = {"client_secret": told.secret, "client_secret_expires_at": 0} if told.secret else {}
    return {
        "client_id": client.client_id,
        "client_id_issued_at": int(told.sheet.created_at.timestamp()),
        **secret,
        "registration_access_token": told.token,
        "registration_client_uri": f"{issuer}{PATH}/{client.client_id}",
        **describe_metadata(told.sheet, told.registration, issuer),
    }


def _read_token(request: AnyRequest) -> str | None:
    """No access token, so nothing proves it beside itself."""
    return request.headers.get("authorization")


async def _read_json(request: AnyRequest) -> bytes:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise refuse("Send the metadata as application/json.")
    return await request.body()


@post(
    "/",
    status_code=201,
    request_max_body_size=BODY_LIMIT,
    operation_class=MetadataOperation,
    responses=describe_answers(201, "The client as it is registered, its secret and its token."),
)
async def register_client(request: AnyRequest, portal: Developing) -> Response[bytes]:
    """Registers a client (RFC 7591) with an initial access token, which is made in the portal."""
    told = await service.register(portal, _read_token(request), await _read_json(request))
    return _render(_describe(portal, told), 201)


@get(_CLIENT, responses=describe_answers(200, "The client as it is registered."))
async def read_client(client_id: InPath, request: AnyRequest, portal: Developing) -> Response[bytes]:
    """The client's metadata (RFC 7592), by its registration access token."""
    told = await service.read(portal, _read_token(request), client_id)
    return _render(_describe(portal, told))


@put(
    _CLIENT,
    request_max_body_size=BODY_LIMIT,
    operation_class=MetadataOperation,
    responses=describe_answers(200, "The client as it is registered now, and its next token."),
)
async def replace_client(client_id: InPath, request: AnyRequest, portal: Developing) -> Response[bytes]:
    """Replaces the client's metadata (RFC 7592). The answer has another registration access token."""
    content = await _read_json(request)
    told = await service.replace_metadata(portal, _read_token(request), client_id, content)
    return _render(_describe(portal, told))


@delete(_CLIENT, status_code=204, responses=describe_answers(204, "It is gone.", has_body=False))
async def delete_client(client_id: InPath, request: AnyRequest, portal: Developing) -> Response[None]:
    """Deletes the client (RFC 7592), and ends all its tokens at once."""
    await service.delete(portal, _read_token(request), client_id)
    return Response(None, status_code=204, headers=_UNKEPT)


def answer_refusal(_: AnyRequest, error: RegistrationError) -> Response[Any]:
    """RFC 7591 3.2.2, RFC 6750 3."""
    body = {"error": error.fault.value, "error_description": spell(error.public)}
    headers = {"WWW-Authenticate": error.challenge} if error.challenge else {}
    log.info("registration refused", error=error.fault.value, status=error.status)
    return _render(body, error.status, headers)


def answer_haste(_: AnyRequest, error: TooManyRequestsError) -> Response[Any]:
    body = {"error": RegistrationFault.BUSY.value, "error_description": spell(error.public)}
    return _render(body, error.status, {"Retry-After": str(error.retry_after)})


def build_registration_router() -> Router:
    """What programs call; `assembly` provides `portal`."""
    return Router(
        path=PATH,
        route_handlers=[register_client, read_client, replace_client, delete_client],
        exception_handlers={RegistrationError: answer_refusal, TooManyRequestsError: answer_haste},
        opt=WITHOUT_CSRF,
        tags=["Client registration"],
    )
