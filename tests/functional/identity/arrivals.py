"""People who come from an app to sign in, for tests of what the answer to their form is."""

from typing import Any
from urllib.parse import urljoin

import httpx

from borvo.assembly import Platform
from tests.factories.clients import REDIRECT_URI, register_client
from tests.functional.browser import Browser, asks_to_sign_in, read_forms
from tests.functional.conftest import TestClock
from tests.functional.identity.aspnet import Handler, read_redirect
from tests.functional.identity.flows import ADA, CODE_FLOW, reach_answer

PASSWORD = "correct horse pony"
SIGN_IN = "/account/sign-in"
CONTINUE = "/connect/authorize/continue?request="
WAITING = {"max_age": "3600"}
"""What makes a request wait, since it says how old a sign-in may be, and changes nothing else here."""
BOB = "bob@example.org"
DETAILS = {"given_name": "Ada", "family_name": "Byron", "password": PASSWORD}


async def register_app(platform: Platform, http: httpx.AsyncClient) -> Handler:
    client = await register_client(platform, scopes=["openid", "email"])
    return Handler(http, client, "openid")


async def allow(app: Handler, browser: Browser, clock: TestClock) -> Browser:
    """Whoever is signed in there has allowed the app what it asks, and has signed out again."""
    await reach_answer(app, browser, **CODE_FLOW)
    browser.client.cookies.clear()
    clock.advance(minutes=1)
    return browser


async def arrive(app: Handler, browser: Browser, **changes: str | None) -> httpx.Response:
    """The page on which she signs in for the app's request."""
    page = await browser.open(await app.build_authorization_url(**{**CODE_FLOW, **changes}))
    assert asks_to_sign_in(page), page.text
    return page


async def wait(app: Handler, browser: Browser, **changes: str | None) -> httpx.Response:
    """The same for a request that waits in the database meanwhile."""
    return await arrive(app, browser, **{**WAITING, **changes})


def read_return(page: httpx.Response) -> str:
    form = next(form for form in read_forms(page.text) if "return_to" in dict(form.fields))
    return dict(form.fields)["return_to"]


async def post(browser: Browser, page: httpx.Response, action: str, **values: str) -> httpx.Response:
    """The answer to the form itself, without going on."""
    form = next(form for form in read_forms(page.text) if form.action.startswith(action))
    target = urljoin(str(page.url), form.action)
    return await browser.client.post(target, data={**dict(form.fields), **values})


async def enter(browser: Browser, page: httpx.Response, email: str = ADA) -> httpx.Response:
    return await post(browser, page, SIGN_IN, email=email, password=PASSWORD)


def read_code(answer: httpx.Response) -> str:
    """Of a redirect to the app and nowhere else."""
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"{REDIRECT_URI}?code="), answer.headers["location"]
    return read_redirect(answer)["code"]


async def read_claims(app: Handler, answer: httpx.Response) -> dict[str, Any]:
    tokens = (await app.redeem(read_code(answer))).json()
    return await app.read_id_token(tokens["id_token"])
