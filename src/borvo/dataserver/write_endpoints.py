"""The HTTP face of writing samples, under its address and the older ones (contract 2.5)."""

import re
from time import monotonic
from urllib.parse import parse_qs, unquote_to_bytes

from litestar import Response, delete, post, put

from borvo.dataserver.bodies import render_outcome, render_receipt
from borvo.dataserver.endpoints import AnyRequest, Collaborators
from borvo.dataserver.intake import await_body
from borvo.dataserver.preconditions import Condition
from borvo.dataserver.preparation import Submission
from borvo.dataserver.rules import NAME_LIMIT
from borvo.dataserver.service import DataServer, Writer, admit_writer, confirm_again
from borvo.dataserver.submission import BODY_LIMIT, Form, prefers_lenient, read_form
from borvo.dataserver.wire import NO_STORE, PATHS, QUERY_TOKEN
from borvo.dataserver.write_description import (
    CORRECT_ANSWERS,
    DELETE_ANSWERS,
    WRITE_ANSWERS,
    CorrectOperation,
    DeleteOperation,
    WriteOperation,
)
from borvo.dataserver.writing import correct_sample, delete_sample, write_samples
from borvo.identity.public import Admission
from borvo.kernel.errors import NotFoundError, UnsupportedMediaError
from borvo.web.bearer import present_token
from borvo.web.csrf import WITHOUT_CSRF

_SINGLE = ["/sample/v1", "/sample/v1/{client_assigned_id:path}"]
_SOON = 0.5
"""Seconds. A body that takes longer to arrive has its sender looked at once more."""
_NAME = re.compile(rb"/+sample/+v1/+([^?]+)", re.ASCII)


@post(
    [*PATHS],
    opt=WITHOUT_CSRF,
    status_code=200,
    request_max_body_size=BODY_LIMIT,
    operation_class=WriteOperation,
    responses=WRITE_ANSWERS,
)
async def submit_samples(request: AnyRequest, dataserver: Collaborators) -> Response[bytes]:
    """Stores a batch of samples of the person whom the access token stands for: all of it or nothing, unless the caller
    prefers lenient handling."""
    writer, admission = await _admit(request, dataserver)
    with dataserver.intake.hold(_measure(request)):
        submission = await _receive(request, dataserver, admission)
        outcome = await write_samples(dataserver, writer, submission)
    headers = {"Preference-Applied": "handling=lenient"} if submission.is_lenient else {}
    content = render_outcome(outcome, is_lenient=submission.is_lenient)
    return _answer(content, outcome.etag, headers)


@put(
    _SINGLE,
    opt=WITHOUT_CSRF,
    status_code=200,
    request_max_body_size=BODY_LIMIT,
    operation_class=CorrectOperation,
    responses=CORRECT_ANSWERS,
)
async def replace_sample(request: AnyRequest, dataserver: Collaborators) -> Response[bytes]:
    """Corrects a sample that the caller has stored under an id of its own."""
    writer, admission = await _admit(request, dataserver)
    condition = Condition(request.headers.get("if-match"))
    with dataserver.intake.hold(_measure(request)):
        submission = await _receive(request, dataserver, admission)
        if submission.form is not Form.ARRAY:
            raise UnsupportedMediaError("Send application/json.", supported={"Accept": Form.ARRAY.value})
        outcome = await correct_sample(dataserver, writer, _read_name(request), submission, condition)
    return _answer(render_receipt(outcome), outcome.etag)


@delete(
    _SINGLE,
    opt=WITHOUT_CSRF,
    status_code=204,
    operation_class=DeleteOperation,
    responses=DELETE_ANSWERS,
)
async def remove_sample(request: AnyRequest, dataserver: Collaborators) -> None:
    """Deletes a sample that the caller has stored under an id of its own."""
    writer, _ = await _admit(request, dataserver)
    await delete_sample(dataserver, writer, _read_name(request), Condition(request.headers.get("if-match")))


async def _admit(request: AnyRequest, server: DataServer) -> tuple[Writer, Admission]:
    headers = request.headers
    return await admit_writer(server, present_token(request.scope), headers.get(QUERY_TOKEN))


def _measure(request: AnyRequest) -> int:
    """Bytes that the body takes up at most."""
    length = request.headers.get("content-length", "")
    return min(int(length), BODY_LIMIT) if length.isdecimal() else BODY_LIMIT


async def _receive(request: AnyRequest, server: DataServer, admission: Admission) -> Submission:
    headers, began = request.headers, monotonic()
    body = await await_body(request.body())
    if monotonic() - began > _SOON:
        await confirm_again(server, admission)
    return Submission(
        form=read_form(headers.get("content-type", "")),
        codings=headers.get("content-encoding", ""),
        is_lenient=prefers_lenient(headers.getall("prefer", [])),
        body=body,
    )


def _read_name(request: AnyRequest) -> str:
    """Ids are any text: the path is read as it was sent, since `a%2Fb` is one id and not a path of two parts. An id
    that cannot be in a path, such as `..` or one that an address of its own has, comes as a parameter."""
    text = request.scope["query_string"].decode("latin-1")
    if given := parse_qs(text, max_num_fields=100).get("clientAssignedId"):
        name = given[0]
    else:
        match = _NAME.fullmatch(request.scope["raw_path"])
        try:
            name = unquote_to_bytes(match[1]).decode() if match else ""
        except UnicodeDecodeError:
            name = ""
    if not name or len(name) > NAME_LIMIT or "\x00" in name:
        raise NotFoundError("This client has stored no sample under this id.")
    return name


def _answer(content: bytes, etag: str | None, headers: dict[str, str] | None = None) -> Response[bytes]:
    tags = {"ETag": etag} if etag else {}
    return Response(content, media_type="application/json", headers={**NO_STORE, **tags, **(headers or {})})


WRITE_HANDLERS = [submit_samples, replace_sample, remove_sample]
