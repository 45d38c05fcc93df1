"""The pages of a client's state: draft and live, disabling, deletion and the way back."""

from collections.abc import Awaitable, Callable

from litestar import get, post
from litestar.response import Redirect, Template

from borvo.accounts.public import Login, Person, SignedIn
from borvo.kernel.errors import InvalidInputError, NotFoundError
from borvo.kernel.text import say
from borvo.portal import lifecycle, service
from borvo.portal.forms import ADVANCED_FIELDS
from borvo.portal.model import ClientSheet
from borvo.portal.pages import AnyRequest, Developing, InPath, render_of_client
from borvo.portal.readiness import Requirement
from borvo.portal.service import Portal
from borvo.portal.team.policy import Deed
from borvo.web.forms import Form, read_form
from borvo.web.pages import redirect_to

_ACTIONS: dict[str, Callable[[Portal, Person, str], Awaitable[None]]] = {
    "live": lifecycle.mark_live,
    "draft": lifecycle.mark_draft,
    "disable": lifecycle.disable_client,
    "enable": lifecycle.enable_client,
    "restore": lifecycle.restore_client,
}


def _find_address(sheet: ClientSheet, requirement: Requirement) -> str:
    """Where what is missing is mended."""
    root, field = f"/portal/clients/{sheet.client.client_id}", requirement.field
    if field in {"logo", "secret"}:
        return f"{root}/{field}"
    return f"{root}?tab=advanced#{field}" if field in ADVANCED_FIELDS else f"{root}#{field}"


async def _render(portal: Portal, login: Login, sheet: ClientSheet, form: Form) -> Template:
    requirements = lifecycle.list_requirements(portal, sheet)
    return await render_of_client(
        "portal/state.html",
        portal,
        login,
        sheet.client,
        200 if form.is_valid else 400,
        sheet=sheet,
        form=form,
        requirements=requirements,
        mending={each.field: _find_address(sheet, each) for each in requirements},
        is_ready=all(each.is_met for each in requirements),
        restorable_until=sheet.deleted_at + lifecycle.WAY_BACK if sheet.deleted_at else None,
    )


@get("/clients/{client_id:str}/state")
async def show_state(client_id: InPath, login: SignedIn, portal: Developing) -> Template:
    sheet = await service.find_sheet(portal, login.person, client_id)
    return await _render(portal, login, sheet, Form())


@post("/clients/{client_id:str}/state/{action:str}", status_code=200)
async def submit_state(
    client_id: InPath, action: InPath, login: SignedIn, portal: Developing
) -> Template | Redirect:
    if action not in _ACTIONS:
        raise NotFoundError(say("There is nothing at this address."))
    try:
        await _ACTIONS[action](portal, login.person, client_id)
    except InvalidInputError as error:
        form = Form()
        form.add_errors(error.errors)
        return await _render(portal, login, await service.find_sheet(portal, login.person, client_id), form)
    return redirect_to(f"/portal/clients/{client_id}/state")


@get("/clients/{client_id:str}/disabling")
async def show_disabling(client_id: InPath, login: SignedIn, portal: Developing) -> Template:
    client = await service.find_client(portal, login.person, client_id, Deed.CHANGE_CLIENTS)
    return await render_of_client("portal/disabling.html", portal, login, client)


@get("/clients/{client_id:str}/deletion")
async def show_deletion(client_id: InPath, login: SignedIn, portal: Developing) -> Template:
    client = await service.find_client(portal, login.person, client_id, Deed.DELETE_CLIENTS)
    return await render_of_client("portal/deletion.html", portal, login, client, form=Form())


@post("/clients/{client_id:str}/deletion", status_code=200)
async def submit_deletion(
    client_id: InPath, request: AnyRequest, login: SignedIn, portal: Developing
) -> Template | Redirect:
    client = await service.find_client(portal, login.person, client_id, Deed.DELETE_CLIENTS)
    form = await read_form(request)
    try:
        await lifecycle.delete_client(portal, login.person, client_id, form.text("typed"))
    except InvalidInputError as error:
        form.add_errors(error.errors)
        return await render_of_client("portal/deletion.html", portal, login, client, 400, form=form)
    return redirect_to(f"/portal/clients/{client_id}/state")


HANDLERS = [show_state, submit_state, show_disabling, show_deletion, submit_deletion]
