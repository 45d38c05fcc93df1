"""The page behind the link by which a person stops that support removes her second factor."""

from typing import Any

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Template

from borvo.accounts.factors import loss
from borvo.accounts.links import LinkPurpose
from borvo.accounts.registration import LinkGoneError, load_link, read_link
from borvo.accounts.signing_in import Collaborators
from borvo.web.pages import render_page

_PATH = "/account/keep-factor/{link_text:str}"


def _render(state: str, status: int = 200, **context: Any) -> Template:
    return render_page("accounts/keep_factor.html", status=status, viewer=None, state=state, **context)


@get(_PATH)
async def show_keep(accounts: Collaborators, link_text: FromPath[str]) -> Template:
    try:
        link = await load_link(accounts, read_link(link_text), LinkPurpose.KEEP_FACTOR)
    except LinkGoneError as error:
        return _render("gone", error.status)
    return _render("asked", link_text=link_text, email=link.email)


@post(_PATH, status_code=200)
async def submit_keep(accounts: Collaborators, link_text: FromPath[str]) -> Template:
    try:
        await loss.stop_by_link(accounts, read_link(link_text))
    except LinkGoneError as error:
        return _render("gone", error.status)
    return _render("stopped")


HANDLERS = (show_keep, submit_keep)
