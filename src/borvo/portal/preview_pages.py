"""The page that asks for consent, as it would be with what is typed in the form of a client. Nothing is saved."""

from litestar import post
from litestar.response import Template

from borvo.accounts.public import Login, SignedIn
from borvo.kernel.ids import parse_uuid
from borvo.portal import service
from borvo.portal.consent_preview import build_question
from borvo.portal.pages import AnyRequest, Developing, InPath, find_logo_like
from borvo.portal.scope_picker import settle_scopes
from borvo.portal.team.policy import Deed
from borvo.web.forms import Form, read_form
from borvo.web.pages import render_page


def _render(login: Login, form: Form, logo: str) -> Template:
    settle_scopes(form)
    # Beside the form only: to other sites it cannot be shown.
    return render_page("portal/preview.html", is_framed=True, viewer=login, asked=build_question(form, logo))


@post("/clients/new/preview", status_code=200)
async def preview_new_client(request: AnyRequest, login: SignedIn, portal: Developing) -> Template:
    form = await read_form(request)
    named = parse_uuid(form.text("tenancy"))
    await service.find_tenancy(portal, login.person, named, Deed.CHANGE_CLIENTS)
    return _render(login, form, await find_logo_like(portal, login, form))


@post("/clients/{client_id:str}/preview", status_code=200)
async def preview_client(
    client_id: InPath, request: AnyRequest, login: SignedIn, portal: Developing
) -> Template:
    sheet = await service.find_sheet(portal, login.person, client_id, Deed.CHANGE_CLIENTS)
    return _render(login, await read_form(request), sheet.presentation.logo)


HANDLERS = [preview_new_client, preview_client]
