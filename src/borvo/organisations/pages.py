"""Pages of organisations: their members, what managers do there, and where invitations lead."""

from typing import Any

from litestar import Request, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, SkipValidation
from litestar.response import Redirect, Template

from borvo.accounts.public import Login, SignedIn, Viewer, check_email, normalize_email
from borvo.kernel.errors import BorvoError, ConflictError, InvalidInputError, TooManyRequestsError
from borvo.kernel.ids import PersonId, parse_uuid
from borvo.kernel.text import say
from borvo.organisations import invitations, team
from borvo.organisations.model import OrganisationRole
from borvo.organisations.service import Organisations
from borvo.web.forms import Form, read_form
from borvo.web.pages import PAGE_OPT, redirect_to, render_page

AnyRequest = Request[Any, Any, Any]
Collaborators = NamedDependency[SkipValidation[Organisations]]
InPath = FromPath[str]
HOME = "/organisations"


def _read_member(text: str) -> PersonId | None:
    member_id = parse_uuid(text)
    return PersonId(member_id) if member_id else None


@get(HOME)
async def show_memberships(
    request: AnyRequest, login: SignedIn, organisations: Collaborators
) -> Template | Redirect:
    found = await team.list_memberships(organisations, login.person)
    if len(found) == 1:
        return redirect_to(f"{HOME}/{found[0].id}")
    notice = request.query_params.get("notice", "")
    return render_page("organisations/memberships.html", viewer=login, organisations=found, notice=notice)


async def _render(
    organisations: Organisations,
    login: Login,
    name: str,
    *,
    form: Form | None = None,
    notice: str = "",
    error: BorvoError | None = None,
) -> Template:
    if error is not None:
        form = form or Form()
        form.add_errors(getattr(error, "errors", None) or {"form": [error.public]})
    found = await team.find_team(organisations, login.person, parse_uuid(name))
    return render_page(
        "organisations/team.html",
        status=error.status if error else 400 if form and form.errors else 200,
        headers={"Retry-After": str(error.retry_after)} if isinstance(error, TooManyRequestsError) else None,
        viewer=login,
        team=found,
        roles=list(OrganisationRole),
        form=form or Form({"role": [OrganisationRole.AGENT.value]}),
        notice=notice,
        now=organisations.accounts.clock(),
    )


@get(f"{HOME}/{{name:str}}")
async def show_team(
    name: InPath, request: AnyRequest, login: SignedIn, organisations: Collaborators
) -> Template:
    return await _render(organisations, login, name, notice=request.query_params.get("notice", ""))


@post(f"{HOME}/{{name:str}}/invitations", status_code=200)
async def submit_invitation(
    name: InPath, request: AnyRequest, login: SignedIn, organisations: Collaborators
) -> Template | Redirect:
    form = await read_form(request)
    email, role = normalize_email(form.text("email")), form.text("role")
    if fault := check_email(email):
        form.add_error("email", fault)
    if role not in set(OrganisationRole):
        form.add_error("role", say("Choose a role: agent or membership manager."))
    if not form.is_valid:
        return await _render(organisations, login, name, form=form)
    try:
        await invitations.invite(organisations, login.person, parse_uuid(name), email, OrganisationRole(role))
    except (InvalidInputError, TooManyRequestsError) as error:
        return await _render(organisations, login, name, form=form, error=error)
    return redirect_to(f"{HOME}/{name}?notice=invited")


@post(f"{HOME}/{{name:str}}/invitations/{{invitation_id:str}}/sending", status_code=200)
async def submit_sending(
    name: InPath, invitation_id: InPath, login: SignedIn, organisations: Collaborators
) -> Template | Redirect:
    try:
        await invitations.send_again(organisations, login.person, parse_uuid(name), parse_uuid(invitation_id))
    except TooManyRequestsError as error:
        return await _render(organisations, login, name, error=error)
    return redirect_to(f"{HOME}/{name}?notice=sent")


@post(f"{HOME}/{{name:str}}/invitations/{{invitation_id:str}}/withdrawal", status_code=303)
async def submit_withdrawal(
    name: InPath, invitation_id: InPath, login: SignedIn, organisations: Collaborators
) -> Redirect:
    await invitations.withdraw(organisations, login.person, parse_uuid(name), parse_uuid(invitation_id))
    return redirect_to(f"{HOME}/{name}?notice=withdrawn")


@get(f"{HOME}/{{name:str}}/members/{{member_id:str}}/removal")
async def show_removal(
    name: InPath, member_id: InPath, login: SignedIn, organisations: Collaborators
) -> Template:
    """Also of oneself: leaving."""
    found, member = await team.find_member(
        organisations, login.person, parse_uuid(name), _read_member(member_id)
    )
    return render_page("organisations/removal.html", viewer=login, team=found, member=member)


@post(f"{HOME}/{{name:str}}/members/{{member_id:str}}/removal", status_code=200)
async def submit_removal(
    name: InPath, member_id: InPath, login: SignedIn, organisations: Collaborators
) -> Template | Redirect:
    member = _read_member(member_id)
    try:
        await team.remove(organisations, login.person, parse_uuid(name), member)
    except ConflictError as error:
        return await _render(organisations, login, name, error=error)
    return redirect_to(
        f"{HOME}?notice=left" if member == login.person.id else f"{HOME}/{name}?notice=removed"
    )


@get(f"{HOME}/invitations/{{token:str}}")
async def show_invitation(token: InPath, viewer: Viewer, organisations: Collaborators) -> Template:
    """For everybody who has the link. To whom it was sent is not said."""
    invitation, organisation = await invitations.find_invitation(organisations, token)
    return render_page(
        "organisations/invitation.html",
        viewer=viewer,
        invitation=invitation,
        organisation=organisation,
        path=f"{HOME}/invitations/{token}",
        is_for_viewer=viewer is not None and viewer.person.email == invitation.email,
    )


@post(f"{HOME}/invitations/{{token:str}}", status_code=303)
async def submit_acceptance(token: InPath, login: SignedIn, organisations: Collaborators) -> Redirect:
    organisation = await invitations.accept(organisations, login.person, token)
    return redirect_to(f"{HOME}/{organisation.id}?notice=joined")


def build_page_router() -> Router:
    """`assembly` provides `organisations`, `viewer` and `login`."""
    handlers = [
        show_memberships,
        show_team,
        submit_invitation,
        submit_sending,
        submit_withdrawal,
        show_removal,
        submit_removal,
        show_invitation,
        submit_acceptance,
    ]
    return Router(path="/", route_handlers=handlers, opt={PAGE_OPT: True}, include_in_schema=False)
