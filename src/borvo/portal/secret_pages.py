"""The Client Secret page: which secrets live, adding one, removing one."""

from litestar import get, post
from litestar.response import Redirect, Template

from borvo.accounts.public import Login, SignedIn
from borvo.kernel.errors import InvalidInputError
from borvo.kernel.ids import parse_uuid
from borvo.portal import service
from borvo.portal.pages import AnyRequest, Developing, InPath
from borvo.portal.policy import CHOSEN_SECRET_MAXIMUM, CHOSEN_SECRET_MINIMUM, SECRETS_MAXIMUM
from borvo.portal.service import Portal
from borvo.portal.team.places import find_place
from borvo.portal.team.policy import Deed
from borvo.web.forms import Form, read_form
from borvo.web.pages import redirect_to, render_page


async def _render(
    portal: Portal,
    login: Login,
    client_id: str,
    *,
    form: Form | None = None,
    generated: str = "",
    notice: str = "",
) -> Template:
    page_form = form or Form()
    client = await service.find_client(portal, login.person, client_id)
    return render_page(
        "portal/secret.html",
        status=200 if page_form.is_valid else 400,
        viewer=login,
        client=client,
        place=await find_place(portal, login.person, client.tenancy_id),
        form=page_form,
        generated=generated,
        notice=notice,
        minimum=CHOSEN_SECRET_MINIMUM,
        maximum=CHOSEN_SECRET_MAXIMUM,
        most=SECRETS_MAXIMUM,
    )


@get("/clients/{client_id:str}/secret")
async def show_secrets(
    client_id: InPath, request: AnyRequest, login: SignedIn, portal: Developing
) -> Template:
    return await _render(portal, login, client_id, notice=request.query_params.get("notice", ""))


@post("/clients/{client_id:str}/secret", status_code=200)
async def submit_generation(client_id: InPath, login: SignedIn, portal: Developing) -> Template:
    form = Form()
    generated = ""
    try:
        generated = (await service.generate_secret(portal, login.person, client_id)).reveal()
    except InvalidInputError as error:
        form.add_errors(error.errors)
    return await _render(portal, login, client_id, form=form, generated=generated)


@post("/clients/{client_id:str}/secret/own", status_code=200)
async def submit_chosen_secret(
    client_id: InPath, request: AnyRequest, login: SignedIn, portal: Developing
) -> Template | Redirect:
    form = await read_form(request)
    try:
        await service.add_chosen_secret(portal, login.person, client_id, form.raw("secret"))
    except InvalidInputError as error:
        form.add_errors(error.errors)
        return await _render(portal, login, client_id, form=form)
    return redirect_to(f"/portal/clients/{client_id}/secret?notice=added")


@get("/clients/{client_id:str}/secret/{secret_id:str}/removal")
async def show_removal(client_id: InPath, secret_id: InPath, login: SignedIn, portal: Developing) -> Template:
    await service.find_client(portal, login.person, client_id, Deed.CHANGE_CLIENTS)
    client, secret = await service.find_secret(portal, login.person, client_id, parse_uuid(secret_id))
    return render_page("portal/removal.html", viewer=login, client=client, secret=secret)


@post("/clients/{client_id:str}/secret/{secret_id:str}/removal", status_code=303)
async def submit_removal(
    client_id: InPath, secret_id: InPath, login: SignedIn, portal: Developing
) -> Redirect:
    await service.remove_secret(portal, login.person, client_id, parse_uuid(secret_id))
    return redirect_to(f"/portal/clients/{client_id}/secret?notice=removed")
