"""Pages of agents: who shares with them, what they asked for, and asking by hand (contract 3.1, browser route)."""

from urllib.parse import urlencode

from litestar import get, post
from litestar.response import Redirect, Template

from borvo.accounts.public import Login, SignedIn
from borvo.agency import agents, invites
from borvo.agency.agents import Desk
from borvo.agency.asking_form import bundle_scopes, group_readable, read_ask
from borvo.agency.forms import DURATIONS
from borvo.agency.model import InviteState
from borvo.agency.pages import AnyRequest, Collaborators, InPath
from borvo.agency.service import Agency
from borvo.catalogue.scopes import list_consent_lines, order_scopes
from borvo.kernel.errors import BorvoError, InvalidInputError, TooManyRequestsError
from borvo.kernel.ids import parse_uuid
from borvo.kernel.text import say
from borvo.portal.public import RegisteredClient
from borvo.web.addresses import parse_origin
from borvo.web.forms import Form, read_form
from borvo.web.pages import redirect_to, render_page

HOME = "/agency"
_WAITING = {InviteState.PENDING, InviteState.EXPIRED}


@get(HOME)
async def show_agency(request: AnyRequest, login: SignedIn, agency: Collaborators) -> Template | Redirect:
    """Older clients send the browser here to ask for data."""
    if request.query_params.get("clientid"):
        return redirect_to(f"{HOME}/invite?{urlencode(list(request.query_params.multi_items()))}")
    return await _render_home(agency, login, request.query_params.get("notice", ""))


async def _render_home(
    agency: Agency, login: Login, notice: str = "", error: BorvoError | None = None
) -> Template:
    now = agency.accounts.clock()
    async with agency.accounts.database.connection() as connection:
        desk = await agents.enter(connection, login.person)
        sharers = await agents.list_sharers(connection, desk)
        sent = await agents.list_sent(connection, desk, now)
    return render_page(
        "agency/agent.html",
        status=error.status if error else 200,
        viewer=login,
        desk=desk,
        active=[_describe(each) for each in sharers if each.relationship.is_active(now)],
        ended=[_describe(each) for each in sharers if not each.relationship.is_active(now)],
        waiting=[each for each in sent if each.state in _WAITING],
        answered=[each for each in sent if each.state not in _WAITING],
        notice=notice,
        error=error.public if error else "",
    )


def _describe(sharer: agents.Sharer) -> tuple[agents.Sharer, list[str]]:
    """What may be read of her, by what it is called."""
    scopes = order_scopes(sharer.relationship.choice.scopes)
    return sharer, [line.noun for line in list_consent_lines(scopes)]


async def _find_client(
    agency: Agency, login: Login, client_id: str, address: str
) -> tuple[Desk, RegisteredClient, str]:
    async with agency.accounts.database.connection() as connection:
        desk = await agents.enter(connection, login.person)
        client = await agents.find_client(connection, client_id)
    return desk, client, agents.check_return(client, address)


def _render_form(
    login: Login, desk: Desk, client: RegisteredClient, address: str, form: Form, *, can_text: bool
) -> Template:
    registered, others = group_readable(client.scopes)
    origin = parse_origin(address) if address else None
    return render_page(
        "agency/invite.html",
        status=400 if form.errors else 200,
        form_action=[origin] if origin else (),
        viewer=login,
        desk=desk,
        client=client,
        return_to=address,
        form=form,
        registered=registered,
        others=others,
        ticked={value.partition(" ")[0] for value in form.texts("scopes")},
        bundle=bundle_scopes,
        can_text=can_text,
        durations={
            "": say("until the person ends it"),
            **{str(days): words for days, words in DURATIONS.items()},
        },
    )


@get(f"{HOME}/invite")
async def show_asking(request: AnyRequest, login: SignedIn, agency: Collaborators) -> Template:
    query = {name.lower(): value for name, value in request.query_params.items()}
    desk, client, address = await _find_client(
        agency, login, query.get("clientid", ""), query.get("redirecturl", "")
    )
    return _render_form(login, desk, client, address, Form(), can_text=agency.can_text)


@post(f"{HOME}/invite", status_code=200)
async def submit_asking(request: AnyRequest, login: SignedIn, agency: Collaborators) -> Template | Redirect:
    form = await read_form(request)
    desk, client, address = await _find_client(agency, login, form.text("clientid"), form.text("return_to"))
    ask = read_ask(form, client.scopes, desk.organisations)
    if ask is None:
        return _render_form(login, desk, client, address, form, can_text=agency.can_text)
    try:
        await agents.invite_by_hand(agency, desk, client, ask)
    except (InvalidInputError, TooManyRequestsError) as error:
        form.add_errors(getattr(error, "errors", None) or {"form": [error.public]})
        return _render_form(login, desk, client, address, form, can_text=agency.can_text)
    return redirect_to(address or f"{HOME}?notice=invited")


@post(f"{HOME}/invites/{{invite_id:str}}/{{action:str}}", status_code=200)
async def submit_invite_change(
    invite_id: InPath, action: InPath, login: SignedIn, agency: Collaborators
) -> Template | Redirect:
    """`sending` or `withdrawal`."""
    act = {"sending": invites.send_again, "withdrawal": invites.withdraw}.get(action)
    if act is None:
        raise InvalidInputError(say("There is no such change."))
    try:
        async with agency.accounts.database.transaction() as connection:
            desk = await agents.enter(connection, login.person)
            await act(agency, connection, desk.agencies, parse_uuid(invite_id))
    except TooManyRequestsError as error:
        return await _render_home(agency, login, error=error)
    return redirect_to(f"{HOME}?notice={action}")


HANDLERS = [show_agency, show_asking, submit_asking, submit_invite_change]
