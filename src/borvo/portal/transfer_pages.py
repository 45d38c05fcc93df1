"""Pages that carry a client elsewhere: the export, and an import that shows first what it would do."""

from litestar import Response, get, post
from litestar.response import Redirect, Template

from borvo.accounts.public import Login, SignedIn
from borvo.kernel.errors import BorvoError, ConflictError, InvalidInputError
from borvo.kernel.ids import parse_uuid
from borvo.kernel.text import say
from borvo.portal import service, transfer
from borvo.portal.forms import FIELD_LABELS, list_suspicions
from borvo.portal.pages import AnyRequest, Developing, InPath, look_around, read_version
from borvo.portal.service import Portal
from borvo.portal.team.places import Place, find_asked_place, find_place
from borvo.portal.team.policy import Deed
from borvo.portal.transfer import ImportPlan
from borvo.web.forms import Form, read_file, read_form
from borvo.web.pages import redirect_to, render_page


@get("/clients/{client_id:str}/export")
async def send_export(client_id: InPath, login: SignedIn, portal: Developing) -> Response[bytes]:
    content = await transfer.export_client(portal, login.person, client_id)
    headers = {
        "Content-Disposition": f'attachment; filename="{client_id}.json"',
        "Cache-Control": "no-store",
    }
    return Response(content, media_type="application/json", headers=headers)


def _render_choice(login: Login, place: Place, form: Form, status: int = 200) -> Template:
    return render_page("portal/import.html", status=status, viewer=login, form=form, place=place)


async def _find_named_place(portal: Portal, login: Login, form: Form) -> Place:
    """The tenancy that the form is for. Raises `NotFoundError` and `ForbiddenError` as for any change in it."""
    named = parse_uuid(form.text("tenancy"))
    tenancy = await service.find_tenancy(portal, login.person, named, Deed.CHANGE_CLIENTS)
    return await find_place(portal, login.person, tenancy.id)


def _render_plan(
    login: Login, place: Place, plan: ImportPlan, text: str, portal: Portal, error: BorvoError | None = None
) -> Template:
    around = look_around(portal, plan.existing)
    fault = error or plan.details is None
    return render_page(
        "portal/import_plan.html",
        status=(error.status if error else 400) if fault else 200,
        viewer=login,
        place=place,
        plan=plan,
        text=text,
        labels=FIELD_LABELS,
        suspicions=list_suspicions(plan.form, around),
        problem=error.public if error else "",
    )


@get("/clients/import")
async def show_import(request: AnyRequest, login: SignedIn, portal: Developing) -> Template | Redirect:
    place = await find_asked_place(portal, login.person, request)
    if place is None:
        return redirect_to("/portal")
    await service.find_tenancy(portal, login.person, place.tenancy.id, Deed.CHANGE_CLIENTS)
    return _render_choice(login, place, Form())


async def _plan(portal: Portal, login: Login, place: Place, form: Form, text: str) -> ImportPlan:
    """Raises `InvalidInputError` for what is no exported client."""
    carried = transfer.parse_carried(text)
    tenancy = place.tenancy
    client_id = tenancy.build_client_id(carried.suffix)
    existing = await transfer.find_existing(portal, login.person, client_id)
    around, confirmed = look_around(portal, existing), form.texts("confirmed_hosts")
    return transfer.plan_import(tenancy, carried, existing, around, confirmed)


@post("/clients/import", status_code=200)
async def submit_import(request: AnyRequest, login: SignedIn, portal: Developing) -> Template:
    form = await read_form(request)
    place = await _find_named_place(portal, login, form)
    try:
        text = (await read_file(request, "file")).decode() or form.raw("text")
        plan = await _plan(portal, login, place, form, text)
    except UnicodeDecodeError:
        form.add_error("file", say("This is no exported client: it is not text."))
        return _render_choice(login, place, form, 400)
    except InvalidInputError as error:
        form.add_errors(error.errors)
        return _render_choice(login, place, form, 400)
    return _render_plan(login, place, plan, text, portal)


@post("/clients/import/confirmation", status_code=200)
async def confirm_import(request: AnyRequest, login: SignedIn, portal: Developing) -> Template | Redirect:
    form = await read_form(request)
    place, text = await _find_named_place(portal, login, form), form.raw("text")
    try:
        plan = await _plan(portal, login, place, form, text)
    except InvalidInputError as error:
        form.add_errors(error.errors)
        return _render_choice(login, place, form, 400)
    try:
        await transfer.apply_import(portal, login.person, plan, read_version(form))
    except (InvalidInputError, ConflictError) as error:
        # Planned anew: what is shown is what is there now.
        anew = await _plan(portal, login, place, form, text)
        return _render_plan(login, place, anew, text, portal, error)
    notice = "registered" if read_version(form) == 0 else "saved"
    return redirect_to(f"/portal/clients/{plan.client_id}?notice={notice}")


HANDLERS = [send_export, show_import, submit_import, confirm_import]
