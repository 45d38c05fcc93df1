"""Pages of the console about one person."""

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from borvo.accounts.public import (
    Accounts,
    FactorKind,
    Login,
    Role,
    Standing,
    load_standing,
    name_role,
)
from borvo.kernel.errors import BorvoError, TooManyRequestsError
from borvo.kernel.ids import PersonId, parse_uuid
from borvo.kernel.text import say
from borvo.storage.security_events.log import list_events_of
from borvo.support import lookup
from borvo.support.door import HOME, AnyRequest, Collaborators, Supporting, check_recent, find_deed, intervene
from borvo.support.event_words import list_details, name_actor, name_kind
from borvo.support.forms import note_error, read_wish
from borvo.support.people import DEEDS, Deed
from borvo.support.policy import list_offers
from borvo.web.forms import Form, read_form
from borvo.web.pages import redirect_to, render_page

PAGE_SIZE = 25
InPath = FromPath[str]


@get("/")
async def show_search(request: AnyRequest, supporter: Supporting) -> Template:
    return _render_search(supporter, Form({"whom": [request.query_params.get("person", "")]}))


def _render_search(supporter: Login, form: Form, error: BorvoError | None = None) -> Template:
    status = note_error(form, error)
    headers = {"Retry-After": str(error.retry_after)} if isinstance(error, TooManyRequestsError) else None
    return render_page(
        "support/search.html",
        status=status,
        headers=headers,
        viewer=supporter,
        section="people",
        form=form,
    )


@post("/people", status_code=200)
async def submit_search(
    request: AnyRequest, supporter: Supporting, accounts: Collaborators
) -> Template | Redirect:
    form = await read_form(request)
    if not form.text("whom"):
        form.add_error("whom", say("Enter her e-mail address or her id."))
    try:
        why = intervene(supporter, form.text("reason"))
        if not form.is_valid:
            return _render_search(supporter, form)
        person = await lookup.look_up(accounts, form.text("whom"), why)
    except BorvoError as error:
        return _render_search(supporter, form, error)
    return redirect_to(f"{HOME}/people/{person.id}")


async def _find(accounts: Accounts, supporter: Login, text: str) -> tuple[PersonId, str] | None:
    """Whom the page is about, and why she was looked up; None when the supporter has not, or long ago."""
    person_id = parse_uuid(text)
    reason = await lookup.find_reason(accounts, supporter.person.id, person_id) if person_id else None
    return (PersonId(person_id), reason) if person_id and reason else None


def _list_offers(standing: Standing, supporter: Login) -> list[Deed]:
    if standing.person.id == supporter.person.id:
        return []
    names = list_offers(
        is_suspended=standing.suspended_at is not None,
        is_closing=standing.erase_at is not None,
        is_verified=standing.person.is_email_verified,
        has_role=bool(standing.person.roles - {Role.PATIENT}),
        has_factor=bool(standing.factor_kinds),
        is_removal_asked=standing.removal is not None,
    )
    return [DEEDS[name] for name in names]


@get("/people/{name:str}")
async def show_person(
    name: InPath, request: AnyRequest, supporter: Supporting, accounts: Collaborators
) -> Template | Redirect:
    found = await _find(accounts, supporter, name)
    if found is None:
        return redirect_to(f"{HOME}?person={parse_uuid(name) or ''}")
    before = parse_uuid(request.query_params.get("before", ""))
    async with accounts.database.connection() as connection:
        standing = await load_standing(connection, found[0], accounts.clock())
        events = await list_events_of(connection, found[0], before=before, most=PAGE_SIZE + 1)
    return render_page(
        "support/person.html",
        viewer=supporter,
        section="people",
        standing=standing,
        role_names=[name_role(role) for role in sorted(standing.person.roles)],
        offers=_list_offers(standing, supporter),
        lines=[
            (each, name_kind(each.kind), name_actor(each), list_details(each)) for each in events[:PAGE_SIZE]
        ],
        older=f"before={events[PAGE_SIZE - 1].id}" if len(events) > PAGE_SIZE else "",
        is_later_page=before is not None,
        done=request.query_params.get("done", ""),
        deeds=DEEDS,
    )


async def _render_deed(
    accounts: Accounts,
    supporter: Login,
    person_id: PersonId,
    name: str,
    form: Form,
    error: BorvoError | None = None,
) -> Template:
    async with accounts.database.connection() as connection:
        standing = await load_standing(connection, person_id, accounts.clock())
    return render_page(
        "support/deed.html",
        status=note_error(form, error),
        viewer=supporter,
        section="people",
        standing=standing,
        deed=DEEDS[name],
        form=form,
        roles=[(role, name_role(role)) for role in Role if role is not Role.PATIENT],
        kinds=[kind for kind in FactorKind if kind in standing.factor_kinds],
        hours=int(accounts.factor_removal_delay.total_seconds()) // 3600,
        days=accounts.closing_grace.days,
    )


@get("/people/{name:str}/{deed:str}")
async def show_deed(
    name: InPath, deed: InPath, supporter: Supporting, accounts: Collaborators
) -> Template | Redirect:
    found = await _find(accounts, supporter, name)
    if found is None:
        return redirect_to(f"{HOME}?person={parse_uuid(name) or ''}")
    await check_recent(accounts, supporter, find_deed(DEEDS, deed), f"{HOME}/people/{name}/{deed}")
    return await _render_deed(accounts, supporter, found[0], deed, Form({"reason": [found[1]]}))


@post("/people/{name:str}/{deed:str}", status_code=200)
async def submit_deed(
    name: InPath, deed: InPath, request: AnyRequest, supporter: Supporting, accounts: Collaborators
) -> Template | Redirect:
    found = await _find(accounts, supporter, name)
    if found is None or deed not in DEEDS:
        return redirect_to(f"{HOME}?person={parse_uuid(name) or ''}")
    await check_recent(accounts, supporter, DEEDS[deed], f"{HOME}/people/{name}/{deed}")
    form = await read_form(request)
    try:
        why = intervene(supporter, form.text("reason"))
        await DEEDS[deed].act(accounts, found[0], read_wish(form), why)
    except BorvoError as error:
        return await _render_deed(accounts, supporter, found[0], deed, form, error)
    return redirect_to(f"{HOME}/people/{name}?done={deed}")


HANDLERS = (show_search, submit_search, show_person, show_deed, submit_deed)
