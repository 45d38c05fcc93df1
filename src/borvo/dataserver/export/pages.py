"""The page on which a person takes all her samples with her."""

from typing import Any

from litestar import Request, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, SkipValidation
from litestar.response import Redirect, Stream, Template

from borvo.accounts.public import Accounts, SignedIn, require_recent
from borvo.dataserver.export import service
from borvo.dataserver.export.model import Format, State
from borvo.dataserver.service import DataServer
from borvo.kernel.ids import parse_uuid
from borvo.web.forms import read_form
from borvo.web.pages import PAGE_OPT, redirect_to, render_page

AnyRequest = Request[Any, Any, Any]
Collaborators = NamedDependency[SkipValidation[DataServer]]
People = NamedDependency[SkipValidation[Accounts]]

PATH = "/account/export"
_MEDIA_TYPES = {Format.JSON: "application/json", Format.CSV: "text/csv; charset=utf-8"}
_FORMATS = {each.value: each for each in Format}


@get(PATH)
async def show_exports(login: SignedIn, dataserver: Collaborators, request: AnyRequest) -> Template:
    return await _render(login, dataserver, notice=request.query_params.get("notice", ""))


async def _render(login: SignedIn, server: DataServer, *, notice: str = "", refusal: str = "") -> Template:
    exports = await service.list_exports(server, login.person.id)
    is_running = any(each.state is State.RUNNING for each in exports)
    return render_page(
        "dataserver/export.html",
        status=409 if refusal else 200,
        # Without a script: the page asks again by itself while something is being made.
        headers={"Refresh": f"5; url={PATH}"} if is_running and not refusal else None,
        viewer=login,
        exports=exports,
        kept_days=server.retention.export.days,
        notice=notice,
        refusal=refusal,
    )


@post(PATH, status_code=200)
async def submit_export(
    request: AnyRequest, login: SignedIn, dataserver: Collaborators
) -> Template | Redirect:
    format_ = _FORMATS.get((await read_form(request)).text("format"))
    if format_ is None:
        return redirect_to(PATH)
    refusal = await service.request_export(dataserver, login, format_)
    return (
        await _render(login, dataserver, refusal=refusal) if refusal else redirect_to(f"{PATH}?notice=begun")
    )


@get(f"{PATH}/{{export_id:str}}/samples")
async def download_export(
    export_id: FromPath[str], login: SignedIn, dataserver: Collaborators, accounts: People
) -> Stream:
    await require_recent(accounts, login, PATH)
    export = await service.open_export(dataserver, login, parse_uuid(export_id))
    name = f"samples-{export.created_at:%Y-%m-%d}.{export.format}"
    return Stream(
        service.stream_export(dataserver, export),
        media_type=_MEDIA_TYPES[export.format],
        headers={
            "Content-Length": str(export.size),
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )


@post(f"{PATH}/delete", status_code=303)
async def submit_export_deletion(request: AnyRequest, login: SignedIn, dataserver: Collaborators) -> Redirect:
    export_id = parse_uuid((await read_form(request)).text("export"))
    await service.delete_export(dataserver, login.person.id, export_id)
    return redirect_to(f"{PATH}?notice=deleted")


def build_page_router() -> Router:
    """`assembly` provides `dataserver` and `login`."""
    handlers = [show_exports, submit_export, download_export, submit_export_deletion]
    return Router(path="/", route_handlers=handlers, opt={PAGE_OPT: True}, include_in_schema=False)
