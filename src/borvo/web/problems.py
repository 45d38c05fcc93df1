"""RFC 9457 problem documents, and the one place where errors become responses."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.openapi.datastructures import ResponseSpec

from borvo.kernel.errors import (
    BorvoError,
    ForbiddenError,
    InvalidInputError,
    OverloadedError,
    TooManyRequestsError,
    UnauthenticatedError,
    UnsupportedMediaError,
)
from borvo.kernel.text import say
from borvo.web.bearer import adapt_challenge
from borvo.web.csrf import StaleFormError
from borvo.web.pages import render_error_page, wants_page

MEDIA_TYPE = "application/problem+json"
_RETRY_AFTER = "5"

log = structlog.get_logger(__name__)


class Problem(msgspec.Struct, omit_defaults=True):
    """RFC 9457 section 3. `errors` is the extension that .NET clients read on a 400 (contract 2.4)."""

    title: str
    status: int
    detail: str
    type: str = ""
    instance: str = ""
    errors: dict[str, list[str]] | None = None


def describe_faults(faults: Mapping[int, str]) -> dict[int, ResponseSpec]:
    """For the OpenAPI document: what each status means at an endpoint."""
    return {
        status: ResponseSpec(Problem, generate_examples=False, description=text, media_type=MEDIA_TYPE)
        for status, text in faults.items()
    }


def render_problem(
    request: Request[Any, Any, Any],
    problem: Problem,
    headers: Mapping[str, str] | None = None,
    extensions: Mapping[str, object] | None = None,
) -> Response[bytes]:
    """A response whose body is the problem; `type` and `instance` are filled in when empty."""
    problem.type = problem.type or "about:blank"
    problem.instance = problem.instance or request.scope["path"]
    return Response(
        msgspec.json.encode({**_list_members(problem), **(extensions or {})}),
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def _list_members(problem: Problem) -> dict[str, Any]:
    """In English: programs read it, and those who write them."""
    plain = msgspec.structs.replace(problem, title=str(problem.title), detail=str(problem.detail))
    if problem.errors:
        plain.errors = {name: [str(each) for each in messages] for name, messages in problem.errors.items()}
    members: dict[str, Any] = msgspec.to_builtins(plain)
    return members


def _list_headers(request: Request[Any, Any, Any], error: BorvoError) -> dict[str, str]:
    match error:
        case StaleFormError() if error.expiry:
            return {"Set-Cookie": error.expiry}
        case UnauthenticatedError() if error.challenge:
            return {"WWW-Authenticate": error.challenge}
        case ForbiddenError() if error.challenge:
            return {"WWW-Authenticate": adapt_challenge(error.challenge, request.scope)}
        case TooManyRequestsError() | OverloadedError():
            return {"Retry-After": str(error.retry_after)}
        case UnsupportedMediaError():
            return error.supported
        case _:
            return {}


def _respond(
    request: Request[Any, Any, Any],
    problem: Problem,
    headers: Mapping[str, str],
    extensions: Mapping[str, object] | None = None,
) -> Response[Any]:
    if wants_page(request):
        return render_error_page(request, problem.status, problem.title, problem.detail, headers)
    return render_problem(request, problem, headers, extensions)


def answer_borvo_error(request: Request[Any, Any, Any], error: BorvoError) -> Response[Any]:
    """Public text to the caller, private detail to the log."""
    if error.private:
        log.info("refused", status=error.status, reason=error.private)
    errors = error.errors if isinstance(error, InvalidInputError) and error.errors else None
    problem = Problem(title=error.title, status=error.status, detail=error.public, errors=errors)
    return _respond(request, problem, _list_headers(request, error), error.extensions)


_NOTHING = say("There is nothing at this address.")
_WORDS = {
    HTTPStatus.BAD_REQUEST: (
        say("Bad Request"),
        say("The request cannot be read. Please go back and try again."),
    ),
    HTTPStatus.NOT_FOUND: (say("Not Found"), _NOTHING),
    HTTPStatus.METHOD_NOT_ALLOWED: (
        say("Method Not Allowed"),
        say("This address is not opened in this way. Please go back and try again."),
    ),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (
        say("Too large"),
        say("This is more than can be sent at once. Please go back and send less."),
    ),
    HTTPStatus.TOO_MANY_REQUESTS: (say("Too many requests"), say("Please wait a little, then try again.")),
}
"""What the framework refuses, for people to read; programs get the words of the framework."""
_REFUSED = (
    say("The request is not valid"),
    say("It cannot be answered like this. Please go back and try again."),
)


def answer_http_exception(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """What the framework itself refuses: no such path, wrong method, unreadable or too large body."""
    status = HTTPStatus(error.status_code)
    headers = dict(error.headers or {})
    if wants_page(request):
        title, detail = _WORDS.get(status, _REFUSED)
        return render_error_page(request, status.value, title, detail, headers)
    plain = _NOTHING if status is HTTPStatus.NOT_FOUND else error.detail or status.description
    return render_problem(request, Problem(title=status.phrase, status=status.value, detail=plain), headers)


def answer_unexpected_error(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Nothing of the cause reaches the caller; the request id leads to it in the log. It is not known whether anything
    was changed: it may have come after a commit."""
    log.error("unexpected error", exc_info=error, path=request.scope["path"])
    detail = say(
        "Something went wrong on our side. What you asked for may or may not have been done: please check before "
        "you try again."
    )
    problem = Problem(title=say("Internal error"), status=500, detail=detail)
    return _respond(request, problem, {})


def answer_unavailable(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """For what lies beyond this program and passes. It is not known whether anything was changed: the answer to
    a commit may have been lost."""
    log.error("unavailable", exc_info=error)
    detail = say("The service is interrupted. Please try again in a moment.")
    problem = Problem(title=say("Not available right now"), status=503, detail=detail)
    return _respond(request, problem, {"Retry-After": _RETRY_AFTER})


exception_handlers: dict[Any, Any] = {
    BorvoError: answer_borvo_error,
    HTTPException: answer_http_exception,
    Exception: answer_unexpected_error,
}
