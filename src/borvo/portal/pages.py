"""Pages of developers: the clients of their tenancies, and the details of one."""

from typing import Any
from urllib.parse import urlsplit

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, SkipValidation
from litestar.response import Redirect, Template

from borvo.accounts.public import Login, SignedIn
from borvo.catalogue.scopes import group_scopes
from borvo.kernel.errors import InvalidInputError
from borvo.kernel.ids import parse_uuid
from borvo.portal import service
from borvo.portal.addresses import list_hosts
from borvo.portal.bundles import list_bundles
from borvo.portal.forms import (
    ADVANCED_FIELDS,
    FIELD_LABELS,
    Surroundings,
    fill_form,
    list_suspicions,
    list_values,
    read_algorithm,
    read_details,
    read_grant_types,
    read_pkce_choice,
    read_scopes,
    read_suffix,
    read_token_format,
)
from borvo.portal.guidance import read_start
from borvo.portal.listing import read_search
from borvo.portal.merging import FieldChange, merge_values, read_base, render_base
from borvo.portal.model import (
    AccessTokenFormat,
    ClientSheet,
    ClientState,
    GrantType,
    SigningAlgorithm,
    Tenancy,
)
from borvo.portal.policy import DESCRIPTION_MAXIMUM, LIFETIME_MINIMUMS, PkceChoice
from borvo.portal.service import Portal, StaleDetailsError
from borvo.web.forms import Form, read_form
from borvo.web.pages import redirect_to, render_page

AnyRequest = Request[Any, Any, Any]
Developing = NamedDependency[SkipValidation[Portal]]
InPath = FromPath[str]


@get("/")
async def show_portal(request: AnyRequest, login: SignedIn, portal: Developing) -> Template:
    asked = request.query_params
    search = read_search(asked.get("q", ""), asked.get("state", ""), asked.get("page", ""))
    return render_page(
        "portal/portal.html",
        viewer=login,
        person=login.person,
        tenancies=await service.list_tenancies(portal, login.person),
        found=await service.search_clients(portal, login.person, search),
        states=list(ClientState),
    )


def look_around(portal: Portal, sheet: ClientSheet | None = None) -> Surroundings:
    """What the forms of a client are judged by; of a new one without `sheet`."""
    known = list_hosts(sheet.client.redirect_uris) if sheet else []
    host = urlsplit(portal.accounts.issuer).hostname or ""
    return Surroundings(portal.bounds, host, frozenset(known))


def list_picker_context(form: Form, around: Surroundings) -> dict[str, Any]:
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
        "bounds": around.bounds,
        "minimums": LIFETIME_MINIMUMS,
        "description_maximum": DESCRIPTION_MAXIMUM,
        "suspicions": list_suspicions(form, around),
        "confirmed_hosts": form.texts("confirmed_hosts"),
        "details_faults": sum(name not in ADVANCED_FIELDS for name in form.errors),
        "advanced_faults": sum(name in ADVANCED_FIELDS for name in form.errors),
    }


def _render_new(
    portal: Portal, login: Login, tenancies: tuple[Tenancy, ...], form: Form, status: int = 200
) -> Template:
    return render_page(
        "portal/new_client.html",
        status=status,
        viewer=login,
        form=form,
        tenancies=tenancies,
        **list_picker_context(form, look_around(portal)),
    )


def _render_client(
    portal: Portal,
    login: Login,
    sheet: ClientSheet,
    form: Form,
    *,
    status: int = 200,
    notice: str = "",
    tab: str = "",
    changes: list[FieldChange] | None = None,
) -> Template:
    """`changes` are what somebody else saved meanwhile: the form then goes on from what is there now."""
    is_begun = form.text("version") and changes is None
    return render_page(
        "portal/client.html",
        status=status,
        viewer=login,
        form=form,
        client=sheet.client,
        sheet=sheet,
        notice=notice,
        tab=tab or form.text("tab"),
        changes=changes or [],
        labels=FIELD_LABELS,
        version=form.text("version") if is_begun else str(sheet.version),
        base=form.raw("base") if is_begun else render_base(list_values(sheet.details)),
        **list_picker_context(form, look_around(portal, sheet)),
    )


@get("/clients/new")
async def show_new_client(request: AnyRequest, login: SignedIn, portal: Developing) -> Template | Redirect:
    tenancies = await service.list_tenancies(portal, login.person)
    if not tenancies:
        return redirect_to("/portal")
    if original := request.query_params.get("like"):
        sheet = await service.find_sheet(portal, login.person, original)
        values = {**list_values(sheet.details), "like": [original], "tenancy": [str(sheet.client.tenancy_id)]}
        return _render_new(portal, login, tenancies, Form(values))
    return _render_new(portal, login, tenancies, Form(read_start(request.query_params)))


@post("/clients/new", status_code=200)
async def submit_new_client(request: AnyRequest, login: SignedIn, portal: Developing) -> Template | Redirect:
    tenancies = await service.list_tenancies(portal, login.person)
    form = await read_form(request)
    suffix, details = read_suffix(form), read_details(form, look_around(portal))
    if details is None:
        return _render_new(portal, login, tenancies, form, 400)
    try:
        client = await service.register_client(
            portal, login.person, parse_uuid(form.text("tenancy")), suffix, details, like=form.text("like")
        )
    except InvalidInputError as error:
        form.add_errors(error.errors)
        return _render_new(portal, login, tenancies, form, error.status)
    return redirect_to(f"/portal/clients/{client.client_id}?notice=registered")


@get("/clients/{client_id:str}")
async def show_client(
    client_id: InPath, request: AnyRequest, login: SignedIn, portal: Developing
) -> Template | Redirect:
    sheet = await service.find_sheet(portal, login.person, client_id)
    if sheet.deleted_at is not None:
        return redirect_to(f"/portal/clients/{client_id}/state")
    asked = request.query_params
    return _render_client(
        portal,
        login,
        sheet,
        fill_form(sheet.details),
        notice=asked.get("notice", ""),
        tab=asked.get("tab", ""),
    )


@post("/clients/{client_id:str}", status_code=200)
async def submit_client(
    client_id: InPath, request: AnyRequest, login: SignedIn, portal: Developing
) -> Template | Redirect:
    sheet = await service.find_sheet(portal, login.person, client_id)
    form = await read_form(request)
    details = read_details(form, look_around(portal, sheet))
    if details is None:
        return _render_client(portal, login, sheet, form, status=400)
    try:
        await service.change_client(portal, login.person, client_id, details, read_version(form))
    except StaleDetailsError as stale:
        return _show_both(portal, login, stale.sheet, form)
    except InvalidInputError as error:
        form.add_errors(error.errors)
        return _render_client(portal, login, sheet, form, status=error.status)
    tab = "&tab=advanced" if form.text("tab") == "advanced" else ""
    return redirect_to(f"/portal/clients/{client_id}?notice=saved{tab}")


def read_version(form: Form) -> int:
    """The version that the person looked at; one that never was, for what no form of ours sent."""
    text = form.text("version")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < _VERSION_DIGITS else 0


_VERSION_DIGITS = 10


def _show_both(portal: Portal, login: Login, sheet: ClientSheet, form: Form) -> Template:
    """What the other person saved, beside what this one wanted to save. Nothing is written."""
    names = [*FIELD_LABELS]
    mine = {
        name: form.texts(name) if name in {"grant_types", "scopes"} else [form.raw(name)] for name in names
    }
    merge = merge_values(read_base(form), mine, list_values(sheet.details))
    kept = Form({**merge.values, "tab": [form.text("tab")], "version": [str(sheet.version)]})
    return _render_client(portal, login, sheet, kept, status=409, changes=merge.changes)
