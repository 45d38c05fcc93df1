"""Turning reminders off and on: by the link of a mail, without signing in, and on the person's own page."""

from litestar import get, post
from litestar.response import Redirect, Template

from borvo.accounts.public import SignedIn, Viewer
from borvo.agency import reminders
from borvo.agency.decisions import SHARING_PATH
from borvo.agency.pages import AnyRequest, Collaborators, InPath
from borvo.web.csrf import WITHOUT_CSRF
from borvo.web.forms import read_form
from borvo.web.pages import redirect_to, render_page

_LINK = f"{reminders.UNSUBSCRIBE_PATH}/{{token:str}}"


@get(_LINK)
async def show_unsubscribing(token: InPath, viewer: Viewer, agency: Collaborators) -> Template:
    """Changes nothing: programs that look through mail open links, too."""
    reminders.read_link(agency, token)
    path = f"{reminders.UNSUBSCRIBE_PATH}/{token}"
    return render_page("agency/unsubscribe.html", viewer=viewer, path=path, is_done=False)


@post(_LINK, status_code=200, opt=WITHOUT_CSRF)
async def submit_unsubscribing(token: InPath, viewer: Viewer, agency: Collaborators) -> Template:
    """RFC 8058 3.2: mail programs post here by themselves, without cookies, so the link alone counts."""
    await reminders.turn_off(agency, reminders.read_link(agency, token))
    return render_page("agency/unsubscribe.html", viewer=viewer, path="", is_done=True)


@post(f"{SHARING_PATH}/reminders", status_code=200)
async def submit_reminders(request: AnyRequest, login: SignedIn, agency: Collaborators) -> Redirect:
    form = await read_form(request)
    is_on = form.text("reminders") == "on"
    await (reminders.turn_on if is_on else reminders.turn_off)(agency, login.person.id)
    return redirect_to(f"{SHARING_PATH}?notice=reminders-{'on' if is_on else 'off'}")


HANDLERS = [show_unsubscribing, submit_unsubscribing, submit_reminders]
