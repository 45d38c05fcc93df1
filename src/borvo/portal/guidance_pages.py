"""Pages that help to choose: which grant an app needs, and how an old one gets away from implicit."""

from enum import StrEnum
from typing import TypeVar

from litestar import get, post
from litestar.response import Redirect, Template

from borvo.accounts.public import Login, SignedIn
from borvo.kernel.errors import ConflictError, InvalidInputError
from borvo.portal import moving, service
from borvo.portal.guidance import Library, Place, Presence, advise, advise_strictly
from borvo.portal.model import ClientSheet
from borvo.portal.pages import AnyRequest, Developing, InPath, read_version, render_of_client
from borvo.portal.service import Portal
from borvo.portal.team.policy import Deed
from borvo.web.forms import Form, read_form
from borvo.web.pages import redirect_to, render_page

T = TypeVar("T", bound=StrEnum)


def _read(kind: type[T], text: str) -> T | None:
    return kind(text) if text in set(kind) else None


@get("/grant")
async def show_guidance(request: AnyRequest, login: SignedIn, portal: Developing) -> Template:
    asked = request.query_params
    presence = _read(Presence, asked.get("presence", ""))
    place = _read(Place, asked.get("place", ""))
    library = _read(Library, asked.get("library", ""))
    return render_page(
        "portal/grant.html",
        viewer=login,
        presence=presence,
        # `place` is the tenancy, on all pages of the portal.
        ground=place,
        library=library,
        advice=(advise_strictly if portal.is_strict else advise)(presence, place, library),
        is_strict=portal.is_strict,
        is_asked=bool(asked),
    )


async def _render_moving(
    portal: Portal, login: Login, sheet: ClientSheet, form: Form, status: int = 200
) -> Template:
    return await render_of_client(
        "portal/moving.html",
        portal,
        login,
        sheet.client,
        status,
        sheet=sheet,
        form=form,
        step=moving.find_step(sheet.client.grant_types),
    )


@get("/clients/{client_id:str}/moving")
async def show_moving(client_id: InPath, login: SignedIn, portal: Developing) -> Template:
    sheet = await service.find_sheet(portal, login.person, client_id, Deed.CHANGE_CLIENTS)
    return await _render_moving(portal, login, sheet, Form())


@post("/clients/{client_id:str}/moving", status_code=200)
async def submit_moving(
    client_id: InPath, request: AnyRequest, login: SignedIn, portal: Developing
) -> Template | Redirect:
    sheet = await service.find_sheet(portal, login.person, client_id, Deed.CHANGE_CLIENTS)
    form = await read_form(request)
    step = _read(moving.Step, form.text("step"))
    try:
        if step is not None and step is moving.find_step(sheet.client.grant_types):
            details = moving.take_step(sheet.details, step)
            await service.change_client(portal, login.person, client_id, details, read_version(form))
    except InvalidInputError as error:
        form.add_errors(error.errors)
        return await _render_moving(portal, login, sheet, form, 400)
    except ConflictError as error:
        form.add_error("form", error.public)
        present = await service.find_sheet(portal, login.person, client_id)
        return await _render_moving(portal, login, present, form, 409)
    return redirect_to(f"/portal/clients/{client_id}/moving")


HANDLERS = [show_guidance, show_moving, submit_moving]
