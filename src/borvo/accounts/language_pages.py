"""Whoever reads a page chooses the language of the next ones."""

from litestar import post
from litestar.response import Redirect

from borvo.accounts.forms import read_return_to
from borvo.accounts.own_language import choose_language_of
from borvo.accounts.signing_in import AnyRequest, Collaborators, Viewer
from borvo.kernel.errors import InvalidInputError
from borvo.kernel.text import say
from borvo.languages.choice import find_language
from borvo.web.forms import read_form
from borvo.web.languages import COOKIE, YEAR
from borvo.web.pages import redirect_to


@post("/language")
async def submit_language(request: AnyRequest, accounts: Collaborators, viewer: Viewer) -> Redirect:
    """Kept in this browser, and in the profile of who is signed in: for her mails, and wherever else she signs in."""
    form = await read_form(request)
    language = find_language(form.text("language"))
    if language is None:
        raise InvalidInputError(
            say("There is no such language here. Please go back and choose one from the page.")
        )
    if viewer is not None:
        await choose_language_of(accounts, viewer.person, language)
    answer = redirect_to(read_return_to(form.text("return_to")))
    answer.cookies.append(accounts.cookies.create(COOKIE, language.tag, max_age=YEAR))
    return answer
