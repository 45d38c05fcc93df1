"""The cookie by which a browser is known that was given a challenge."""

from litestar.response import Redirect, Template

from borvo.accounts.factors.challenge import CHALLENGE_LIFETIME, Challenge, Challenges
from borvo.accounts.service import Accounts
from borvo.accounts.signing_in import AnyRequest

COOKIE = "passkey"


def find_challenges(accounts: Accounts) -> Challenges:
    return Challenges(accounts.keyring.derive("passkey challenges"), accounts.entropy)


def read_challenge(request: AnyRequest, accounts: Accounts, purpose: str) -> Challenge | None:
    """The challenge that this browser was given for the purpose; None when it has none that still counts."""
    text = accounts.cookies.read(request, COOKIE)
    return find_challenges(accounts).read(text, purpose, accounts.clock())


def find_challenge(request: AnyRequest, accounts: Accounts, purpose: str) -> Challenge:
    """For a page that is about to be shown. Another page of this browser may wait with the same cookie, which it keeps
    as long as there is time enough."""
    present = read_challenge(request, accounts, purpose)
    is_page = request.method == "GET"
    if present is not None and is_page and present.expires_at - accounts.clock() > CHALLENGE_LIFETIME / 2:
        return present
    return find_challenges(accounts).create(purpose, accounts.clock())


def plant(accounts: Accounts, page: Template, challenge: Challenge) -> Template:
    page.cookies.append(accounts.cookies.create(COOKIE, challenge.text))
    return page


def drop(accounts: Accounts, answer: Redirect) -> Redirect:
    """What was answered is not shown again."""
    answer.cookies.append(accounts.cookies.expire(COOKIE))
    return answer
