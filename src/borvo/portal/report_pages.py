"""Where anybody reports a secret that was found in public: people on a page, scanners by JSON."""

from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.response import Redirect, Template

from borvo.accounts.public import Viewer
from borvo.kernel.errors import InvalidInputError
from borvo.kernel.text import Number, say
from borvo.portal.pages import AnyRequest, Developing
from borvo.portal.secret_reports import REPORT_MAXIMUM, report_secrets
from borvo.web.csrf import WITHOUT_CSRF
from borvo.web.forms import Form, read_form
from borvo.web.pages import PAGE_OPT, redirect_to, render_page

PATH = "/secrets/report"
_BODY_LIMIT = 250_000


class SecretReport(msgspec.Struct):
    """`text` is what was found, or the part of it around the secret."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=REPORT_MAXIMUM)]


class ReportAnswer(msgspec.Struct):
    """The same for every report that can be read."""

    status: str = "received"


def _parse_report(content_type: str, body: bytes) -> SecretReport:
    # A form of another site cannot send JSON: it would spend its visitors' limits.
    if content_type.partition(";")[0].strip().lower() == "application/json":
        try:
            return msgspec.json.decode(body, type=SecretReport)
        except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError):
            pass
    fault = f'Send application/json: {{"text": "..."}} with 1 to {REPORT_MAXIMUM:,} characters.'
    raise InvalidInputError(fault, {"text": [fault]})


@post(
    PATH,
    status_code=202,
    opt={**WITHOUT_CSRF, PAGE_OPT: False},
    request_max_body_size=_BODY_LIMIT,
    include_in_schema=True,
)
async def receive_report(request: AnyRequest, portal: Developing) -> Response[ReportAnswer]:
    """Reports a client secret or a personal access token that was found in public. Send `{"text": "..."}`; nobody needs
    to sign in. Every one in the text that works is revoked at once. The answer is the same whether there was one or
    not."""
    report = _parse_report(request.headers.get("content-type", ""), await request.body())
    await report_secrets(portal, report.text)
    return Response(ReportAnswer(), headers={"Cache-Control": "no-store"})


def _render(viewer: Viewer, form: Form, notice: str = "") -> Template:
    return render_page(
        "portal/report.html",
        status=200 if form.is_valid else 400,
        viewer=viewer,
        form=form,
        notice=notice,
    )


@get(PATH)
async def show_report_form(request: AnyRequest, viewer: Viewer) -> Template:
    return _render(viewer, Form(), request.query_params.get("notice", ""))


@post(f"{PATH}/form", status_code=200, request_max_body_size=_BODY_LIMIT)
async def submit_report_form(request: AnyRequest, viewer: Viewer, portal: Developing) -> Template | Redirect:
    form = await read_form(request)
    text = form.text("text")
    if not 0 < len(text) <= REPORT_MAXIMUM:
        form.add_error(
            "text", say("Enter what you found, at most %(most)s characters.", most=Number(REPORT_MAXIMUM))
        )
        return _render(viewer, form)
    await report_secrets(portal, text)
    return redirect_to(f"/portal{PATH}?notice=received")
