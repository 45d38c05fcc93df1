"""Where the link of an invite leads: who asks for what, and the person's answer."""

from typing import Any

from litestar import Request as HttpRequest
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, SkipValidation
from litestar.response import Redirect, Template

from borvo.accounts.public import Login, Person, SignedIn, Viewer
from borvo.agency import decisions
from borvo.agency.decisions import SHARING_PATH, Request
from borvo.agency.forms import list_durations, list_unticked, read_choice, read_reason
from borvo.agency.model import Invite
from borvo.agency.service import Agency
from borvo.catalogue.scopes import list_consent_lines, order_scopes
from borvo.kernel.errors import InvalidInputError
from borvo.kernel.ids import parse_uuid
from borvo.kernel.text import say
from borvo.languages.choice import find_language
from borvo.languages.language import Language
from borvo.storage.database import Connection
from borvo.web.addresses import parse_origin
from borvo.web.forms import Form, read_form
from borvo.web.pages import redirect_to, render_page

AnyRequest = HttpRequest[Any, Any, Any]
Collaborators = NamedDependency[SkipValidation[Agency]]
InPath = FromPath[str]

LINK = "/agency/invitations/{token:str}"
KEPT = f"{SHARING_PATH}/invites/{{invite_id:str}}"


def render_request(
    agency: Agency, request: Request, viewer: Login | None, path: str, form: Form | None = None
) -> Template:
    """Filled in with all that was asked for ticked, and what is shared already."""
    now, present = agency.accounts.clock(), request.present
    if form is None:
        since = present.choice.data_from if present else None
        form = Form(
            {"data_from": [since.date().isoformat() if since else ""], "scope": list(request.offered)}
        )
    origin = parse_origin(request.client.client_uri)
    return render_page(
        "agency/request.html",
        status=400 if form.errors else 200,
        form_action=[origin] if origin and request.invite.ask.redirect_path else (),
        viewer=viewer,
        request_=request,
        path=path,
        form=form,
        lines=list_consent_lines(request.offered),
        unticked=list_unticked(request.offered, form),
        unregistered=list_consent_lines(order_scopes(request.invite.ask.unregistered)),
        durations=list_durations(request.latest, now),
        must_confirm=viewer is not None and is_for_another(request.invite, viewer),
    )


def is_for_another(invite: Invite, viewer: Login) -> bool:
    """Contract 7: whether she has proved another address than the one that was invited."""
    person = viewer.person
    return person.is_email_verified and bool(invite.ask.email) and invite.ask.email != person.email


@get(LINK)
async def show_invite(token: InPath, viewer: Viewer, agency: Collaborators) -> Template:
    """For everybody who has the link. To whom it was sent is not said."""
    async with agency.accounts.database.connection() as connection:
        invite = await decisions.find_by_token(connection, token)
        person = viewer.person if viewer else None
        request = await decisions.describe_request(agency, connection, invite, person)
    return render_request(agency, request, viewer, f"/agency/invitations/{token}")


@post(LINK, status_code=200)
async def submit_answer(
    token: InPath, request: AnyRequest, login: SignedIn, agency: Collaborators
) -> Template | Redirect:
    form = await read_form(request)
    async with agency.accounts.database.transaction() as connection:
        invite = await decisions.find_by_token(connection, token)
        return await _answer(agency, connection, login, invite, form, f"/agency/invitations/{token}")


@get(KEPT)
async def show_kept_invite(invite_id: InPath, login: SignedIn, agency: Collaborators) -> Template:
    async with agency.accounts.database.connection() as connection:
        invite = await decisions.find_kept(connection, login.person, parse_uuid(invite_id))
        request = await decisions.describe_request(agency, connection, invite, login.person)
    return render_request(agency, request, login, f"{SHARING_PATH}/invites/{invite_id}")


@post(KEPT, status_code=200)
async def submit_kept_answer(
    invite_id: InPath, request: AnyRequest, login: SignedIn, agency: Collaborators
) -> Template | Redirect:
    form = await read_form(request)
    async with agency.accounts.database.transaction() as connection:
        invite = await decisions.find_kept(connection, login.person, parse_uuid(invite_id))
        return await _answer(agency, connection, login, invite, form, f"{SHARING_PATH}/invites/{invite_id}")


async def _answer(
    agency: Agency, connection: Connection, login: Login, invite: Invite, form: Form, path: str
) -> Template | Redirect:
    request = await decisions.describe_request(agency, connection, invite, login.person)
    if form.text("person") != str(login.person.id):
        # Another person signed in meanwhile, in another window: she has not read this.
        form = Form()
        form.add_error("form", say("Another account is signed in by now. Look at the request again."))
        return render_request(agency, request, login, path, form)
    match form.text("decision"):
        case "accept":
            return await _accept(agency, connection, login, request, form, path)
        case "reject":
            reason = read_reason(form)
            if reason is None:
                return render_request(agency, request, login, path, form)
            await decisions.decline(agency, connection, login.person, request, reason)
            return render_page("agency/declined.html", viewer=login, names=request.names)
        case _:
            await decisions.keep(agency, connection, login.person, invite)
            return redirect_to(f"{SHARING_PATH}?notice=kept")


def read_language(agency: Agency, form: Form, person: Person) -> Language:
    """In which the page was that is answered, as it says itself: she may have chosen another since, elsewhere."""
    return find_language(form.text("shown_in")) or agency.accounts.speak(person.locale)


async def _accept(
    agency: Agency, connection: Connection, login: Login, request: Request, form: Form, path: str
) -> Template | Redirect:
    if is_for_another(request.invite, login) and not form.has("confirmed"):
        form.add_error("confirmed", say("Confirm that this request is meant for you."))
    choice = read_choice(form, request.offered, request.latest, agency.accounts.clock())
    if choice is None or not form.is_valid:
        return render_request(agency, request, login, path, form)
    try:
        language = read_language(agency, form, login.person)
        target = await decisions.accept(agency, connection, login.person, request, choice, language)
    except InvalidInputError as error:
        form.add_errors(error.errors)
        return render_request(agency, request, login, path, form)
    return redirect_to(target or f"{SHARING_PATH}?notice=accepted")


HANDLERS = [show_invite, submit_answer, show_kept_invite, submit_kept_answer]
