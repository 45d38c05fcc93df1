"""The page of a tenancy's team, and what owners do there."""

from litestar import get, post
from litestar.response import Redirect, Template

from borvo.accounts.public import Login, SignedIn, check_email, normalize_email
from borvo.kernel.errors import BorvoError, ConflictError, InvalidInputError, TooManyRequestsError
from borvo.kernel.ids import PersonId, parse_uuid
from borvo.kernel.text import say
from borvo.portal.pages import AnyRequest, Developing, InPath
from borvo.portal.service import Portal
from borvo.portal.team import invitations, service
from borvo.portal.team.model import TeamRole
from borvo.portal.team.places import find_place, remember
from borvo.portal.team.policy import Deed
from borvo.web.forms import Form, read_form
from borvo.web.pages import redirect_to, render_page

_CHOOSE_ROLE = say("Choose a role: owner, developer or viewer.")


def _read_role(form: Form) -> TeamRole | None:
    """A value that the page does not offer counts as not chosen, and is said to be."""
    value = form.text("role")
    if value in set(TeamRole):
        return TeamRole(value)
    form.add_error("role", _CHOOSE_ROLE)
    return None


def _read_member(text: str) -> PersonId | None:
    member_id = parse_uuid(text)
    return PersonId(member_id) if member_id else None


async def _render(
    portal: Portal,
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
    membership = await service.find_membership(portal, login.person, name)
    place = await find_place(portal, login.person, membership.tenancy.id)
    members, invited = await service.list_team(portal, login.person, name)
    page = render_page(
        "portal/team.html",
        status=error.status if error else 400 if form and form.errors else 200,
        headers={"Retry-After": str(error.retry_after)} if isinstance(error, TooManyRequestsError) else None,
        viewer=login,
        place=place,
        page="team",
        members=members,
        invitations=invited,
        roles=list(TeamRole),
        form=form or Form({"role": [TeamRole.DEVELOPER.value]}),
        notice=notice,
        now=portal.clock(),
    )
    return remember(portal, place, page)


@get("/tenancies/{name:str}/team")
async def show_team(name: InPath, request: AnyRequest, login: SignedIn, portal: Developing) -> Template:
    return await _render(portal, login, name, notice=request.query_params.get("notice", ""))


@post("/tenancies/{name:str}/invitations", status_code=200)
async def submit_invitation(
    name: InPath, request: AnyRequest, login: SignedIn, portal: Developing
) -> Template | Redirect:
    await service.find_membership(portal, login.person, name, Deed.CHANGE_TEAM)
    form = await read_form(request)
    email, role = normalize_email(form.text("email")), _read_role(form)
    if fault := check_email(email):
        form.add_error("email", fault)
    if role is None or not form.is_valid:
        return await _render(portal, login, name, form=form)
    try:
        await invitations.invite(portal, login.person, name, email, role)
    except (InvalidInputError, TooManyRequestsError) as error:
        return await _render(portal, login, name, form=form, error=error)
    return redirect_to(f"/portal/tenancies/{name}/team?notice=invited")


@post("/tenancies/{name:str}/invitations/{invitation_id:str}/sending", status_code=200)
async def submit_sending(
    name: InPath, invitation_id: InPath, login: SignedIn, portal: Developing
) -> Template | Redirect:
    try:
        await invitations.send_again(portal, login.person, name, parse_uuid(invitation_id))
    except TooManyRequestsError as error:
        return await _render(portal, login, name, error=error)
    return redirect_to(f"/portal/tenancies/{name}/team?notice=sent")


@post("/tenancies/{name:str}/invitations/{invitation_id:str}/revocation", status_code=303)
async def submit_revocation(
    name: InPath, invitation_id: InPath, login: SignedIn, portal: Developing
) -> Redirect:
    await invitations.revoke(portal, login.person, name, parse_uuid(invitation_id))
    return redirect_to(f"/portal/tenancies/{name}/team?notice=revoked")


@post("/tenancies/{name:str}/team/{member_id:str}/role", status_code=200)
async def submit_role(
    name: InPath, member_id: InPath, request: AnyRequest, login: SignedIn, portal: Developing
) -> Template | Redirect:
    await service.find_membership(portal, login.person, name, Deed.CHANGE_TEAM)
    form = await read_form(request)
    role = _read_role(form)
    if role is None:
        raise InvalidInputError(_CHOOSE_ROLE)
    member = _read_member(member_id)
    try:
        await service.change_member_role(portal, login.person, name, member, form.text("seen"), role)
    except ConflictError as error:
        return await _render(portal, login, name, error=error)
    return redirect_to(f"/portal/tenancies/{name}/team?notice=changed")


@get("/tenancies/{name:str}/team/{member_id:str}/removal")
async def show_member_removal(
    name: InPath, member_id: InPath, login: SignedIn, portal: Developing
) -> Template:
    membership, member = await service.find_member(
        portal, login.person, name, _read_member(member_id), Deed.CHANGE_TEAM
    )
    return render_page("portal/member_removal.html", viewer=login, tenancy=membership.tenancy, member=member)


@post("/tenancies/{name:str}/team/{member_id:str}/removal", status_code=200)
async def submit_member_removal(
    name: InPath, member_id: InPath, login: SignedIn, portal: Developing
) -> Template | Redirect:
    try:
        await service.remove_member(portal, login.person, name, _read_member(member_id))
    except ConflictError as error:
        return await _render(portal, login, name, error=error)
    if _read_member(member_id) == login.person.id:
        return redirect_to("/portal")
    return redirect_to(f"/portal/tenancies/{name}/team?notice=removed")


@get("/tenancies/{name:str}/leaving")
async def show_leaving(name: InPath, login: SignedIn, portal: Developing) -> Template:
    membership = await service.find_membership(portal, login.person, name, Deed.LEAVE)
    return render_page("portal/leaving.html", viewer=login, tenancy=membership.tenancy)


@post("/tenancies/{name:str}/leaving", status_code=200)
async def submit_leaving(name: InPath, login: SignedIn, portal: Developing) -> Template | Redirect:
    try:
        await service.leave(portal, login.person, name)
    except ConflictError as error:
        return await _render(portal, login, name, error=error)
    return redirect_to("/portal")
