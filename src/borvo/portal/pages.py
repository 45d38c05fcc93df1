"""Pages of developers: the clients of their tenancies, and the details of one."""

from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, SkipValidation
from litestar.response import Redirect, Template

from borvo.accounts.public import Login, SignedIn
from borvo.catalogue.scopes import group_scopes
from borvo.kernel.errors import InvalidInputError
from borvo.kernel.ids import parse_uuid
from borvo.portal import service
from borvo.portal.bundles import list_bundles
from borvo.portal.forms import (
    fill_form,
    read_algorithm,
    read_details,
    read_grant_types,
    read_pkce_choice,
    read_scopes,
    read_suffix,
    read_token_format,
)
from borvo.portal.model import AccessTokenFormat, GrantType, RegisteredClient, SigningAlgorithm
from borvo.portal.policy import PkceChoice
from borvo.portal.service import Portal
from borvo.portal.suggestions import suggest_changes
from borvo.portal.team.places import Place, find_asked_place, find_place, remember
from borvo.portal.team.policy import Deed
from borvo.web.forms import Form, read_form
from borvo.web.pages import redirect_to, render_page

AnyRequest = Request[Any, Any, Any]
Developing = NamedDependency[SkipValidation[Portal]]
InPath = FromPath[str]


@get("/")
async def show_portal(request: AnyRequest, login: SignedIn, portal: Developing) -> Template:
    place = await find_asked_place(portal, login.person, request)
    if place is None:
        return render_page("portal/portal.html", viewer=login, person=login.person, place=None)
    clients = await service.list_clients(portal, login.person)
    page = render_page(
        "portal/portal.html",
        viewer=login,
        person=login.person,
        place=place,
        page="clients",
        clients=[client for client in clients if client.tenancy_id == place.tenancy.id],
        notice=request.query_params.get("notice", ""),
    )
    return remember(portal, place, page)


def _list_picker_context(form: Form) -> dict[str, Any]:
    """What the fields of the form need besides what was typed."""
    scopes = frozenset(read_scopes(form))
    return {
        "chosen_grant_types": read_grant_types(form),
        "chosen_pkce": read_pkce_choice(form),
        "chosen_scopes": scopes,
        "groups": group_scopes(),
        "bundles": [bundle for bundle in list_bundles() if not bundle.scopes <= scopes],
        "grant_types": list(GrantType),
        "pkce_choices": list(PkceChoice),
        "token_formats": list(AccessTokenFormat),
        "chosen_format": read_token_format(form),
        "algorithms": list(SigningAlgorithm),
        "chosen_algorithm": read_algorithm(form),
        "example_uri": "https://localhost:5001",
    }


def _render_new(login: Login, place: Place, form: Form, status: int = 200) -> Template:
    return render_page(
        "portal/new_client.html",
        status=status,
        viewer=login,
        form=form,
        place=place,
        tenancies=(place.tenancy,),
        **_list_picker_context(form),
    )


async def _render_client(
    portal: Portal,
    login: Login,
    client: RegisteredClient,
    form: Form,
    status: int = 200,
    notice: str = "",
) -> Template:
    return render_page(
        "portal/client.html",
        status=status,
        viewer=login,
        place=await find_place(portal, login.person, client.tenancy_id),
        form=form,
        client=client,
        notice=notice,
        **_list_picker_context(form),
    )


@get("/clients/new")
async def show_new_client(request: AnyRequest, login: SignedIn, portal: Developing) -> Template | Redirect:
    place = await find_asked_place(portal, login.person, request)
    if place is None:
        return redirect_to("/portal")
    await service.find_tenancy(portal, login.person, place.tenancy.id, Deed.CHANGE_CLIENTS)
    form = Form({"scopes": ["openid", "profile", "email"], "grant_types": [GrantType.AUTHORIZATION_CODE]})
    return remember(portal, place, _render_new(login, place, form))


@post("/clients/new", status_code=200)
async def submit_new_client(request: AnyRequest, login: SignedIn, portal: Developing) -> Template | Redirect:
    form = await read_form(request)
    named = parse_uuid(form.text("tenancy"))
    tenancy = await service.find_tenancy(portal, login.person, named, Deed.CHANGE_CLIENTS)
    place = await find_place(portal, login.person, tenancy.id)
    suffix, details = read_suffix(form), read_details(form)
    if details is None:
        return _render_new(login, place, form, 400)
    try:
        client = await service.register_client(portal, login.person, tenancy.id, suffix, details)
    except InvalidInputError as error:
        form.add_errors(error.errors)
        return _render_new(login, place, form, error.status)
    return redirect_to(f"/portal/clients/{client.client_id}?notice=registered")


@get("/clients/{client_id:str}")
async def show_client(
    client_id: InPath, request: AnyRequest, login: SignedIn, portal: Developing
) -> Template:
    client = await service.find_client(portal, login.person, client_id)
    suggested = suggest_changes(client, request.query_params)
    notice = "suggested" if suggested != client else request.query_params.get("notice", "")
    return await _render_client(portal, login, client, fill_form(suggested), notice=notice)


@post("/clients/{client_id:str}", status_code=200)
async def submit_client(
    client_id: InPath, request: AnyRequest, login: SignedIn, portal: Developing
) -> Template | Redirect:
    client = await service.find_client(portal, login.person, client_id, Deed.CHANGE_CLIENTS)
    form = await read_form(request)
    details = read_details(form)
    if details is None:
        return await _render_client(portal, login, client, form, 400)
    try:
        await service.change_client(portal, login.person, client_id, details)
    except InvalidInputError as error:
        form.add_errors(error.errors)
        return await _render_client(portal, login, client, form, error.status)
    return redirect_to(f"/portal/clients/{client_id}?notice=saved")
