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
from borvo.portal.model import AccessTokenFormat, GrantType, RegisteredClient, SigningAlgorithm, Tenancy
from borvo.portal.policy import PkceChoice
from borvo.portal.service import Portal
from borvo.portal.suggestions import suggest_changes
from borvo.web.forms import Form, read_form
from borvo.web.pages import redirect_to, render_page

AnyRequest = Request[Any, Any, Any]
Developing = NamedDependency[SkipValidation[Portal]]
InPath = FromPath[str]


@get("/")
async def show_portal(login: SignedIn, portal: Developing) -> Template:
    return render_page(
        "portal/portal.html",
        viewer=login,
        person=login.person,
        tenancies=await service.list_tenancies(portal, login.person),
        clients=await service.list_clients(portal, login.person),
    )


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


def _render_new(login: Login, tenancies: tuple[Tenancy, ...], form: Form, status: int = 200) -> Template:
    return render_page(
        "portal/new_client.html",
        status=status,
        viewer=login,
        form=form,
        tenancies=tenancies,
        **_list_picker_context(form),
    )


def _render_client(
    login: Login, client: RegisteredClient, form: Form, status: int = 200, notice: str = ""
) -> Template:
    return render_page(
        "portal/client.html",
        status=status,
        viewer=login,
        form=form,
        client=client,
        notice=notice,
        **_list_picker_context(form),
    )


@get("/clients/new")
async def show_new_client(login: SignedIn, portal: Developing) -> Template | Redirect:
    tenancies = await service.list_tenancies(portal, login.person)
    if not tenancies:
        return redirect_to("/portal")
    form = Form({"scopes": ["openid", "profile", "email"], "grant_types": [GrantType.AUTHORIZATION_CODE]})
    return _render_new(login, tenancies, form)


@post("/clients/new", status_code=200)
async def submit_new_client(request: AnyRequest, login: SignedIn, portal: Developing) -> Template | Redirect:
    tenancies = await service.list_tenancies(portal, login.person)
    form = await read_form(request)
    suffix, details = read_suffix(form), read_details(form)
    if details is None:
        return _render_new(login, tenancies, form, 400)
    try:
        client = await service.register_client(
            portal, login.person, parse_uuid(form.text("tenancy")), suffix, details
        )
    except InvalidInputError as error:
        form.add_errors(error.errors)
        return _render_new(login, tenancies, form, error.status)
    return redirect_to(f"/portal/clients/{client.client_id}?notice=registered")


@get("/clients/{client_id:str}")
async def show_client(
    client_id: InPath, request: AnyRequest, login: SignedIn, portal: Developing
) -> Template:
    client = await service.find_client(portal, login.person, client_id)
    suggested = suggest_changes(client, request.query_params)
    notice = "suggested" if suggested != client else request.query_params.get("notice", "")
    return _render_client(login, client, fill_form(suggested), notice=notice)


@post("/clients/{client_id:str}", status_code=200)
async def submit_client(
    client_id: InPath, request: AnyRequest, login: SignedIn, portal: Developing
) -> Template | Redirect:
    client = await service.find_client(portal, login.person, client_id)
    form = await read_form(request)
    details = read_details(form)
    if details is None:
        return _render_client(login, client, form, 400)
    try:
        await service.change_client(portal, login.person, client_id, details)
    except InvalidInputError as error:
        form.add_errors(error.errors)
        return _render_client(login, client, form, error.status)
    return redirect_to(f"/portal/clients/{client_id}?notice=saved")
