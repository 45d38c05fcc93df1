"""The page of a tenancy's initial access tokens: which there are, making one, revoking one; and the page that ends the
registration access token of a client."""

from litestar import get, post
from litestar.response import Redirect, Template

from borvo.accounts.public import Login, SignedIn
from borvo.kernel.errors import InvalidInputError
from borvo.kernel.ids import parse_uuid
from borvo.portal.pages import AnyRequest, Developing, InPath, render_of_client
from borvo.portal.policy import LABEL_MAXIMUM
from borvo.portal.registration import initial_tokens
from borvo.portal.registration.ending import end_registration, find_registered
from borvo.portal.registration.endpoints import PATH
from borvo.portal.registration.model import InitialTerms
from borvo.portal.registration.policy import CLIENTS_MAXIMUM
from borvo.portal.service import Portal
from borvo.portal.team.places import find_place, remember
from borvo.portal.team.policy import Deed
from borvo.portal.team.service import find_membership
from borvo.portal.tokens.model import LIFETIMES
from borvo.web.forms import Form, read_form
from borvo.web.pages import redirect_to, render_page

_START = {"days": ["30"], "most": ["10"]}
_DIGITS = 6


def read_terms(form: Form) -> InitialTerms:
    """A lifetime that the page does not offer counts as not chosen, and fault is found with that."""
    days = {str(each): each for each in LIFETIMES}.get(form.text("days"))
    most = form.text("most")
    is_number = most.isascii() and most.isdecimal() and len(most) < _DIGITS
    return InitialTerms(form.text("label"), days, int(most) if is_number else None)


async def _render(
    portal: Portal,
    login: Login,
    name: str,
    *,
    form: Form | None = None,
    created: str = "",
    notice: str = "",
) -> Template:
    page_form, now = form or Form(_START), portal.clock()
    membership = await find_membership(portal, login.person, name)
    tokens = await initial_tokens.list_initial_tokens(portal, login.person, name)
    place = await find_place(portal, login.person, membership.tenancy.id)
    page = render_page(
        "portal/registration.html",
        status=200 if page_form.is_valid else 400,
        viewer=login,
        place=place,
        page="tokens",
        tokens=[(token, token.is_live(now)) for token in tokens],
        form=page_form,
        created=created,
        notice=notice,
        endpoint=f"{portal.accounts.issuer}{PATH}",
        lifetimes=LIFETIMES,
        label_maximum=LABEL_MAXIMUM,
        clients_maximum=CLIENTS_MAXIMUM,
    )
    return remember(portal, place, page)


@get("/tenancies/{name:str}/registration")
async def show_initial_tokens(
    name: InPath, request: AnyRequest, login: SignedIn, portal: Developing
) -> Template:
    return await _render(portal, login, name, notice=request.query_params.get("notice", ""))


@post("/tenancies/{name:str}/registration", status_code=200)
async def submit_initial_token(
    name: InPath, request: AnyRequest, login: SignedIn, portal: Developing
) -> Template:
    form = await read_form(request)
    try:
        created = await initial_tokens.make_initial_token(portal, login.person, name, read_terms(form))
    except InvalidInputError as error:
        form.add_errors(error.errors)
        return await _render(portal, login, name, form=form)
    return await _render(portal, login, name, created=created.reveal())


@get("/tenancies/{name:str}/registration/{initial_id:str}/revocation")
async def show_initial_revocation(
    name: InPath, initial_id: InPath, login: SignedIn, portal: Developing
) -> Template:
    membership = await find_membership(portal, login.person, name, Deed.CHANGE_CLIENTS)
    token = await initial_tokens.find_initial_token(portal, login.person, name, parse_uuid(initial_id))
    place = await find_place(portal, login.person, membership.tenancy.id)
    return render_page("portal/registration_revocation.html", viewer=login, place=place, token=token)


@post("/tenancies/{name:str}/registration/{initial_id:str}/revocation", status_code=200)
async def submit_initial_revocation(
    name: InPath, initial_id: InPath, login: SignedIn, portal: Developing
) -> Redirect:
    await initial_tokens.revoke_initial_token(portal, login.person, name, parse_uuid(initial_id))
    return redirect_to(f"/portal/tenancies/{name}/registration?notice=revoked")


@get("/clients/{client_id:str}/registration/revocation")
async def show_registration_end(client_id: InPath, login: SignedIn, portal: Developing) -> Template:
    sheet = await find_registered(portal, login.person, client_id)
    return await render_of_client("portal/registration_ending.html", portal, login, sheet.client, sheet=sheet)


@post("/clients/{client_id:str}/registration/revocation", status_code=200)
async def submit_registration_end(client_id: InPath, login: SignedIn, portal: Developing) -> Redirect:
    await end_registration(portal, login.person, client_id)
    return redirect_to(f"/portal/clients/{client_id}/state")


HANDLERS = [
    show_initial_tokens,
    submit_initial_token,
    show_initial_revocation,
    submit_initial_revocation,
    show_registration_end,
    submit_registration_end,
]
