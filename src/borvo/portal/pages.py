"""Pages of developers: the clients of their tenancies, and the details of one."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, SkipValidation
from litestar.response import Redirect, Template

from borvo.accounts.public import Login, SignedIn
from borvo.kernel.errors import InvalidInputError
from borvo.kernel.ids import parse_uuid
from borvo.portal import service
from borvo.portal.addresses import list_hosts
from borvo.portal.consent_preview import build_question
from borvo.portal.forms import (
    ADVANCED_FIELDS,
    FIELD_LABELS,
    Surroundings,
    fill_form,
    list_suspicions,
    list_values,
    read_algorithm,
    read_auth_method,
    read_details,
    read_grant_types,
    read_pkce_choice,
    read_subject_type,
    read_suffix,
    read_token_format,
    read_userinfo_algorithm,
)
from borvo.portal.guidance import read_start
from borvo.portal.key_sets import recall_key_set
from borvo.portal.listing import read_search
from borvo.portal.merging import FieldChange, merge_values, read_base, render_base
from borvo.portal.model import (
    AccessTokenFormat,
    AuthMethod,
    ClientSheet,
    ClientState,
    GrantType,
    RegisteredClient,
    SigningAlgorithm,
    SubjectType,
)
from borvo.portal.policy import DESCRIPTION_MAXIMUM, LIFETIME_MINIMUMS, PkceChoice
from borvo.portal.scope_picker import TAKEN, build_taken_query, describe_picker, settle_scopes
from borvo.portal.service import Portal, StaleDetailsError
from borvo.portal.strictness import Choice, find_strict_faults, list_choices
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
    asked = request.query_params
    names = ("q", "state", "page", "secrets")
    search = read_search(*(asked.get(name, "") for name in names))
    page = render_page(
        "portal/portal.html",
        viewer=login,
        person=login.person,
        place=place,
        page="clients",
        found=await service.search_clients(portal, login.person, place.tenancy.id, search),
        states=list(ClientState),
        notice=asked.get("notice", ""),
    )
    return remember(portal, place, page)


def look_around(portal: Portal, sheet: ClientSheet | None = None) -> Surroundings:
    """What the forms of a client are judged by; of a new one without `sheet`."""
    known = list_hosts(sheet.client.redirect_uris) if sheet else []
    host = urlsplit(portal.accounts.issuer).hostname or ""
    return Surroundings(portal.bounds, host, frozenset(known), portal.is_strict)


def _offer_all(values: Iterable[Choice], _: Iterable[Choice]) -> list[Choice]:
    return list(values)


def list_field_context(form: Form, around: Surroundings) -> dict[str, Any]:
    """What the fields of the form need besides what was typed."""
    grant_types, method, algorithm = read_grant_types(form), read_auth_method(form), read_algorithm(form)
    offer = list_choices if around.is_strict else _offer_all
    return {
        "is_strict": around.is_strict,
        "chosen_grant_types": grant_types,
        "chosen_pkce": read_pkce_choice(form),
        "grant_types": offer(GrantType, grant_types),
        "pkce_choices": list(PkceChoice),
        "token_formats": list(AccessTokenFormat),
        "chosen_format": read_token_format(form),
        "algorithms": offer(SigningAlgorithm, [algorithm]),
        "chosen_algorithm": algorithm,
        "auth_methods": offer(AuthMethod, [method]),
        "chosen_auth_method": method,
        "registered_keys": recall_key_set(form.text("jwks")).keys,
        "subject_types": list(SubjectType),
        "chosen_subject_type": read_subject_type(form),
        "chosen_userinfo_algorithm": read_userinfo_algorithm(form),
        "example_uri": "https://localhost:5001",
        "bounds": around.bounds,
        "minimums": LIFETIME_MINIMUMS,
        "description_maximum": DESCRIPTION_MAXIMUM,
        "suspicions": list_suspicions(form, around),
        "confirmed_hosts": form.texts("confirmed_hosts"),
        "details_faults": sum(name not in ADVANCED_FIELDS for name in form.errors),
        "advanced_faults": sum(name in ADVANCED_FIELDS for name in form.errors),
    }


async def find_logo_like(portal: Portal, login: Login, form: Form) -> str:
    """That of the client which the new one is to be like; raises as `find_client`."""
    if not (original := form.text("like")):
        return ""
    sheet = await service.find_sheet(portal, login.person, original, Deed.CHANGE_CLIENTS)
    return sheet.presentation.logo


async def _render_new(portal: Portal, login: Login, place: Place, form: Form, status: int = 200) -> Template:
    return render_page(
        "portal/new_client.html",
        status=status,
        frames=["'self'"],
        viewer=login,
        form=form,
        place=place,
        tenancies=(place.tenancy,),
        unserved={},
        asked=build_question(form, await find_logo_like(portal, login, form)),
        **describe_picker(form),
        **list_field_context(form, look_around(portal)),
    )


async def render_of_client(
    template: str, portal: Portal, login: Login, client: RegisteredClient, status: int = 200, **context: Any
) -> Template:
    """A page about a client, with the tenancy that it belongs to."""
    place = await find_place(portal, login.person, client.tenancy_id)
    return render_page(template, status=status, viewer=login, client=client, place=place, **context)


def needs_signing_secret(client: RegisteredClient) -> bool:
    """Whether it signs with its secret, and has none that it could sign with."""
    signs = client.token_endpoint_auth_method is AuthMethod.CLIENT_SECRET_JWT
    return signs and not any(secret.sealed for secret in client.secrets)


async def _render_client(
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
    return await render_of_client(
        "portal/client.html",
        portal,
        login,
        sheet.client,
        status,
        frames=["'self'"],
        form=form,
        sheet=sheet,
        notice=notice,
        tab=tab or form.text("tab"),
        changes=changes or [],
        needs_secret=needs_signing_secret(sheet.client),
        unserved=find_strict_faults(sheet.details) if portal.is_strict else {},
        labels=FIELD_LABELS,
        version=form.text("version") if is_begun else str(sheet.version),
        base=form.raw("base") if is_begun else render_base(list_values(sheet.details)),
        asked=build_question(form, sheet.presentation.logo),
        **describe_picker(form, sheet.client.scopes),
        **list_field_context(form, look_around(portal, sheet)),
    )


@get("/clients/new")
async def show_new_client(request: AnyRequest, login: SignedIn, portal: Developing) -> Template | Redirect:
    place = await find_asked_place(portal, login.person, request)
    if place is None:
        return redirect_to("/portal")
    if original := request.query_params.get("like"):
        sheet = await service.find_sheet(portal, login.person, original, Deed.CHANGE_CLIENTS)
        place = await find_place(portal, login.person, sheet.client.tenancy_id)
        values = {**list_values(sheet.details), "like": [original], "tenancy": [str(place.tenancy.id)]}
        return await _render_new(portal, login, place, Form(values))
    await service.find_tenancy(portal, login.person, place.tenancy.id, Deed.CHANGE_CLIENTS)
    form = Form(read_start(request.query_params, is_strict=portal.is_strict))
    return remember(portal, place, await _render_new(portal, login, place, form))


@post("/clients/new", status_code=200)
async def submit_new_client(request: AnyRequest, login: SignedIn, portal: Developing) -> Template | Redirect:
    form = await read_form(request)
    named = parse_uuid(form.text("tenancy"))
    tenancy = await service.find_tenancy(portal, login.person, named, Deed.CHANGE_CLIENTS)
    place = await find_place(portal, login.person, tenancy.id)
    settle_scopes(form)
    suffix, details = read_suffix(form), read_details(form, look_around(portal))
    if details is None:
        return await _render_new(portal, login, place, form, 400)
    try:
        client = await service.register_client(
            portal, login.person, tenancy.id, suffix, details, like=form.text("like")
        )
    except InvalidInputError as error:
        form.add_errors(error.errors)
        return await _render_new(portal, login, place, form, error.status)
    return redirect_to(f"/portal/clients/{client.client_id}?notice=registered{build_taken_query(form)}")


@get("/clients/{client_id:str}")
async def show_client(
    client_id: InPath, request: AnyRequest, login: SignedIn, portal: Developing
) -> Template | Redirect:
    sheet = await service.find_sheet(portal, login.person, client_id)
    if sheet.deleted_at is not None:
        return redirect_to(f"/portal/clients/{client_id}/state")
    asked = request.query_params
    suggested = suggest_changes(sheet.details, asked)
    notice = "suggested" if suggested != sheet.details else asked.get("notice", "")
    form = fill_form(suggested)
    form.put(TAKEN, asked.getall("taken", []))
    return await _render_client(portal, login, sheet, form, notice=notice, tab=asked.get("tab", ""))


@post("/clients/{client_id:str}", status_code=200)
async def submit_client(
    client_id: InPath, request: AnyRequest, login: SignedIn, portal: Developing
) -> Template | Redirect:
    sheet = await service.find_sheet(portal, login.person, client_id, Deed.CHANGE_CLIENTS)
    form = await read_form(request)
    settle_scopes(form, sheet.client.scopes)
    details = read_details(form, look_around(portal, sheet))
    if details is None:
        return await _render_client(portal, login, sheet, form, status=400)
    try:
        await service.change_client(portal, login.person, client_id, details, read_version(form))
    except StaleDetailsError as stale:
        return await _show_both(portal, login, stale.sheet, form)
    except InvalidInputError as error:
        form.add_errors(error.errors)
        return await _render_client(portal, login, sheet, form, status=error.status)
    tab = "&tab=advanced" if form.text("tab") == "advanced" else ""
    return redirect_to(f"/portal/clients/{client_id}?notice=saved{tab}{build_taken_query(form)}")


def read_version(form: Form) -> int:
    """The version that the person looked at; one that never was, for what no form of ours sent."""
    text = form.text("version")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < _VERSION_DIGITS else 0


_VERSION_DIGITS = 10


async def _show_both(portal: Portal, login: Login, sheet: ClientSheet, form: Form) -> Template:
    """What the other person saved, beside what this one wanted to save. Nothing is written."""
    names = [*FIELD_LABELS]
    mine = {
        name: form.texts(name) if name in {"grant_types", "scopes"} else [form.raw(name)] for name in names
    }
    merge = merge_values(read_base(form), mine, list_values(sheet.details))
    kept = Form({**merge.values, "tab": [form.text("tab")], "version": [str(sheet.version)]})
    return await _render_client(portal, login, sheet, kept, status=409, changes=merge.changes)
