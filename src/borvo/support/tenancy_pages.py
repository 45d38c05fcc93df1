"""Pages of the console about developer tenancies."""

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, SkipValidation
from litestar.response import Redirect, Template

from borvo.accounts.public import Login
from borvo.kernel.errors import BorvoError
from borvo.kernel.text import say
from borvo.portal.public import (
    Portal,
    list_all_tenancies,
    list_initial_tokens_for_support,
    load_team,
)
from borvo.support.door import HOME, AnyRequest, Collaborators, Supporting, check_recent, find_deed, intervene
from borvo.support.event_log import note_members_shown
from borvo.support.forms import note_error, read_words
from borvo.support.tenancy_deeds import (
    TEAM_ROLES,
    TENANCY_DEEDS,
    change_tenancy,
    create_tenancy,
    name_team_role,
)
from borvo.web.forms import Form, read_form
from borvo.web.pages import redirect_to, render_page

Developers = NamedDependency[SkipValidation[Portal]]
InPath = FromPath[str]
_PATH = "/tenancies"


async def _render_all(
    supporter: Login, portal: Portal, form: Form, error: BorvoError | None = None, done: str = ""
) -> Template:
    return render_page(
        "support/tenancies.html",
        status=note_error(form, error),
        viewer=supporter,
        section="tenancies",
        form=form,
        counts=await list_all_tenancies(portal),
        done=done,
    )


@get(_PATH)
async def show_tenancies(request: AnyRequest, supporter: Supporting, portal: Developers) -> Template:
    return await _render_all(supporter, portal, Form(), done=request.query_params.get("done", ""))


@post(_PATH, status_code=200)
async def submit_tenancy(
    request: AnyRequest, supporter: Supporting, accounts: Collaborators, portal: Developers
) -> Template | Redirect:
    form = await read_form(request)
    try:
        why = intervene(supporter, form.text("reason"))
        await create_tenancy(accounts, portal, form.text("email"), form.text("prefix"), why)
    except BorvoError as error:
        return await _render_all(supporter, portal, form, error)
    return redirect_to(f"{HOME}{_PATH}?done=created")


@get(_PATH + "/{name:str}")
async def show_tenancy(
    name: InPath, request: AnyRequest, supporter: Supporting, accounts: Collaborators, portal: Developers
) -> Template:
    tenancy, team = await load_team(portal, name)
    await note_members_shown(accounts, supporter, tenancy.prefix)
    hidden = {"token", "suspension" if tenancy.is_suspended else "resumption"}
    return render_page(
        "support/tenancy.html",
        viewer=supporter,
        section="tenancies",
        tenancy=tenancy,
        team=team,
        name_role=name_team_role,
        tokens=await list_initial_tokens_for_support(portal, name),
        offers=[deed for deed in TENANCY_DEEDS.values() if deed.name not in hidden],
        done=request.query_params.get("done", ""),
        deeds=TENANCY_DEEDS,
    )


async def _render_deed(
    supporter: Login, portal: Portal, name: str, deed: str, form: Form, error: BorvoError | None = None
) -> Template:
    tenancy, _ = await load_team(portal, name)
    return render_page(
        "support/thing_deed.html",
        status=note_error(form, error),
        viewer=supporter,
        section="tenancies",
        address=f"{HOME}{_PATH}/{tenancy.prefix}",
        subject=say("Tenancy %(prefix)s", prefix=tenancy.prefix),
        deed=TENANCY_DEEDS[deed],
        roles=TEAM_ROLES,
        form=form,
    )


@get(_PATH + "/{name:str}/{deed:str}")
async def show_tenancy_deed(
    name: InPath,
    deed: InPath,
    request: AnyRequest,
    supporter: Supporting,
    accounts: Collaborators,
    portal: Developers,
) -> Template:
    form = Form({field: [request.query_params.get(field, "")] for field in ("email", "token")})
    await check_recent(accounts, supporter, find_deed(TENANCY_DEEDS, deed), f"{HOME}{_PATH}/{name}/{deed}")
    return await _render_deed(supporter, portal, name, deed, form)


@post(_PATH + "/{name:str}/{deed:str}", status_code=200)
async def submit_tenancy_deed(
    name: InPath,
    deed: InPath,
    request: AnyRequest,
    supporter: Supporting,
    accounts: Collaborators,
    portal: Developers,
) -> Template | Redirect:
    await check_recent(accounts, supporter, find_deed(TENANCY_DEEDS, deed), f"{HOME}{_PATH}/{name}/{deed}")
    form = await read_form(request)
    try:
        why = intervene(supporter, form.text("reason"))
        await change_tenancy(accounts, portal, deed, name, read_words(form), why)
    except BorvoError as error:
        return await _render_deed(supporter, portal, name, deed, form, error)
    name = form.text("prefix") if deed == "prefix" else name
    return redirect_to(f"{HOME}{_PATH}/{name}?done={deed}")


HANDLERS = (show_tenancies, submit_tenancy, show_tenancy, show_tenancy_deed, submit_tenancy_deed)
