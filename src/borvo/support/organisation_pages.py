"""Pages of the console about organisations."""

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, SkipValidation
from litestar.response import Redirect, Template

from borvo.accounts.public import Login
from borvo.kernel.errors import BorvoError
from borvo.organisations.public import Organisations, list_organisations, load_members
from borvo.support.door import HOME, AnyRequest, Collaborators, Supporting, check_recent, find_deed, intervene
from borvo.support.event_log import note_members_shown
from borvo.support.forms import note_error, read_words
from borvo.support.organisation_deeds import (
    ORGANISATION_DEEDS,
    ORGANISATION_ROLES,
    change_organisation,
    create_organisation,
    name_organisation_role,
)
from borvo.web.forms import Form, read_form
from borvo.web.pages import redirect_to, render_page

Clinics = NamedDependency[SkipValidation[Organisations]]
InPath = FromPath[str]
_PATH = "/organisations"


async def _render_all(
    supporter: Login,
    organisations: Organisations,
    form: Form,
    error: BorvoError | None = None,
    done: str = "",
) -> Template:
    return render_page(
        "support/organisations.html",
        status=note_error(form, error),
        viewer=supporter,
        section="organisations",
        form=form,
        counts=await list_organisations(organisations),
        done=done,
    )


@get(_PATH)
async def show_organisations(request: AnyRequest, supporter: Supporting, organisations: Clinics) -> Template:
    return await _render_all(supporter, organisations, Form(), done=request.query_params.get("done", ""))


@post(_PATH, status_code=200)
async def submit_organisation(
    request: AnyRequest, supporter: Supporting, accounts: Collaborators, organisations: Clinics
) -> Template | Redirect:
    form = await read_form(request)
    try:
        why = intervene(supporter, form.text("reason"))
        await create_organisation(accounts, organisations, form.text("name"), why)
    except BorvoError as error:
        return await _render_all(supporter, organisations, form, error)
    return redirect_to(f"{HOME}{_PATH}?done=created")


@get(_PATH + "/{name:str}")
async def show_organisation(
    name: InPath,
    request: AnyRequest,
    supporter: Supporting,
    accounts: Collaborators,
    organisations: Clinics,
) -> Template:
    organisation, team = await load_members(organisations, name)
    await note_members_shown(accounts, supporter, organisation.name)
    counts = await list_organisations(organisations)
    return render_page(
        "support/organisation.html",
        viewer=supporter,
        section="organisations",
        organisation=organisation,
        team=team,
        name_role=name_organisation_role,
        clients=next((each.clients for each in counts if each.organisation.id == organisation.id), ()),
        offers=list(ORGANISATION_DEEDS.values()),
        done=request.query_params.get("done", ""),
        deeds=ORGANISATION_DEEDS,
    )


async def _render_deed(
    supporter: Login,
    organisations: Organisations,
    name: str,
    deed: str,
    form: Form,
    error: BorvoError | None = None,
) -> Template:
    organisation, _ = await load_members(organisations, name)
    return render_page(
        "support/thing_deed.html",
        status=note_error(form, error),
        viewer=supporter,
        section="organisations",
        address=f"{HOME}{_PATH}/{organisation.id}",
        subject=organisation.name,
        deed=ORGANISATION_DEEDS[deed],
        roles=ORGANISATION_ROLES,
        form=form,
    )


@get(_PATH + "/{name:str}/{deed:str}")
async def show_organisation_deed(
    name: InPath,
    deed: InPath,
    request: AnyRequest,
    supporter: Supporting,
    accounts: Collaborators,
    organisations: Clinics,
) -> Template:
    query = request.query_params
    form = Form({"email": [query.get("email", "")], "client": [query.get("client", "")]})
    await check_recent(
        accounts, supporter, find_deed(ORGANISATION_DEEDS, deed), f"{HOME}{_PATH}/{name}/{deed}"
    )
    return await _render_deed(supporter, organisations, name, deed, form)


@post(_PATH + "/{name:str}/{deed:str}", status_code=200)
async def submit_organisation_deed(
    name: InPath,
    deed: InPath,
    request: AnyRequest,
    supporter: Supporting,
    accounts: Collaborators,
    organisations: Clinics,
) -> Template | Redirect:
    await check_recent(
        accounts, supporter, find_deed(ORGANISATION_DEEDS, deed), f"{HOME}{_PATH}/{name}/{deed}"
    )
    form = await read_form(request)
    try:
        why = intervene(supporter, form.text("reason"))
        await change_organisation(accounts, organisations, deed, name, read_words(form), why)
    except BorvoError as error:
        return await _render_deed(supporter, organisations, name, deed, form, error)
    return redirect_to(f"{HOME}{_PATH}/{name}?done={deed}")


HANDLERS = (
    show_organisations,
    submit_organisation,
    show_organisation,
    show_organisation_deed,
    submit_organisation_deed,
)
