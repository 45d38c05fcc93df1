"""Pages on which a person sees who can see her data and who looked, changes it and ends it."""

import msgspec
from litestar import Response, get, post
from litestar.response import Redirect, Template

from borvo.accounts.public import Login, SignedIn
from borvo.agency import reminders, sharing
from borvo.agency.decisions import SHARING_PATH
from borvo.agency.forms import KEEP_END, list_durations, list_unticked, read_choice
from borvo.agency.model import Standing
from borvo.agency.pages import AnyRequest, Collaborators, InPath, read_language
from borvo.agency.service import Agency
from borvo.agency.sharing import Shared
from borvo.catalogue.sample_types import map_sample_types
from borvo.catalogue.scopes import list_consent_lines, order_scopes
from borvo.kernel.errors import InvalidInputError
from borvo.kernel.ids import parse_uuid
from borvo.kernel.text import mark, say
from borvo.web.forms import Form, read_form
from borvo.web.pages import redirect_to, render_page

LOG_PATH = "/account/access-log"
PAGE_SIZE = 25
_EXPORTED = 100_000
_STANDINGS = {"pause": Standing.PAUSED, "resume": Standing.ACTIVE, "end": Standing.ENDED}


@get(SHARING_PATH)
async def show_sharing(request: AnyRequest, login: SignedIn, agency: Collaborators) -> Template:
    found = await sharing.list_shared(agency, login.person)
    return render_page(
        "agency/sharing.html",
        viewer=login,
        shared=[(each, list_consent_lines(order_scopes(each.relationship.choice.scopes))) for each in found],
        waiting=await sharing.list_waiting(agency, login.person),
        can_remind=bool(agency.reminder_delay),
        is_reminded=await reminders.are_wanted(agency, login.person.id),
        now=agency.accounts.clock(),
        notice=request.query_params.get("notice", ""),
    )


def _render_change(agency: Agency, login: Login, shared: Shared, form: Form | None = None) -> Template:
    choice, now = shared.relationship.choice, agency.accounts.clock()
    if form is None:
        since = choice.data_from.date().isoformat() if choice.data_from else ""
        form = Form(
            {
                "scope": list(choice.scopes),
                "data_from": [since],
                "duration": [KEEP_END if choice.until else ""],
            }
        )
    return render_page(
        "agency/change.html",
        status=400 if form.errors else 200,
        viewer=login,
        shared=shared,
        form=form,
        lines=list_consent_lines(order_scopes(choice.scopes)),
        unticked=list_unticked(choice.scopes, form),
        durations={
            "": say("until I end it"),
            **list_durations(choice.until, now, mark("until %(day)s, as now")),
        },
    )


@get(f"{SHARING_PATH}/{{subject:str}}")
async def show_change(subject: InPath, login: SignedIn, agency: Collaborators) -> Template:
    shared = await sharing.find_shared(agency, login.person, parse_uuid(subject))
    return _render_change(agency, login, shared)


@post(f"{SHARING_PATH}/{{subject:str}}", status_code=200)
async def submit_change(
    subject: InPath, request: AnyRequest, login: SignedIn, agency: Collaborators
) -> Template | Redirect:
    form = await read_form(request)
    shared = await sharing.find_shared(agency, login.person, parse_uuid(subject))
    present = shared.relationship.choice
    choice = read_choice(form, present.scopes, present.until, agency.accounts.clock())
    if choice is None:
        return _render_change(agency, login, shared, form)
    try:
        language = read_language(agency, form, login.person)
        await sharing.change(agency, login.person, shared.relationship.subject, language, choice=choice)
    except InvalidInputError as error:
        form.add_errors(error.errors)
        return _render_change(agency, login, shared, form)
    return redirect_to(f"{SHARING_PATH}?notice=changed")


@post(f"{SHARING_PATH}/{{subject:str}}/{{action:str}}", status_code=303)
async def submit_standing(
    subject: InPath, action: InPath, request: AnyRequest, login: SignedIn, agency: Collaborators
) -> Redirect:
    """`pause`, `resume` or `end`."""
    standing = _STANDINGS.get(action)
    if standing is None:
        raise InvalidInputError(say("There is no such change."))
    language = read_language(agency, await read_form(request), login.person)
    await sharing.change(agency, login.person, parse_uuid(subject), language, standing=standing)
    return redirect_to(f"{SHARING_PATH}?notice={action}")


@get(f"{SHARING_PATH}/{{subject:str}}/consent.json")
async def export_consents(subject: InPath, login: SignedIn, agency: Collaborators) -> Response[bytes]:
    found = await sharing.export_consents(agency, login.person, parse_uuid(subject))
    return _download(found, "consent.json")


@get(LOG_PATH)
async def show_log(request: AnyRequest, login: SignedIn, agency: Collaborators) -> Template:
    before = request.query_params.get("before", "")
    rows = await sharing.list_accesses(agency, login.person, before=parse_uuid(before), most=PAGE_SIZE + 1)
    types = map_sample_types()
    return render_page(
        "agency/log.html",
        viewer=login,
        entries=[
            (row, [types[name].label for name in row["types"] if name in types]) for row in rows[:PAGE_SIZE]
        ],
        older=rows[PAGE_SIZE - 1]["id"] if len(rows) > PAGE_SIZE else None,
        is_later_page=bool(before),
    )


@get(f"{LOG_PATH}/export")
async def export_log(login: SignedIn, agency: Collaborators) -> Response[bytes]:
    rows = await sharing.list_accesses(agency, login.person, most=_EXPORTED)
    return _download([dict(row) for row in rows], "access-log.json")


def _download(content: object, name: str) -> Response[bytes]:
    headers = {"Cache-Control": "no-store", "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(msgspec.json.encode(content), media_type="application/json", headers=headers)


HANDLERS = [
    show_sharing,
    show_change,
    submit_change,
    submit_standing,
    export_consents,
    show_log,
    export_log,
]
