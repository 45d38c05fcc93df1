"""Ways to second factors, for tests that begin where those end."""

import asyncio
import re

import httpx
import pyotp

from borvo.accounts.factors import totp
from borvo.accounts.factors.mailbox_proof import find_proof, note_link_opened
from borvo.accounts.model import parse_session_cookie
from borvo.accounts.service import find_login
from borvo.assembly import Platform
from tests.functional.accounts.authenticator import Authenticator, read_options
from tests.functional.application import find_platform
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.identity.flows import ADA
from tests.functional.mails import list_mails

FACTORS = "/account/factors"
SECOND_STEP = "/account/sign-in/second-step"


def show_code(secret: str, clock: TestClock, steps: int = 0) -> str:
    """What the app shows, so many steps from now."""
    moment = int(clock().timestamp()) // totp.STEP_SECONDS + steps
    return pyotp.TOTP(secret).generate_otp(moment)


def show_wrong_code(secret: str, clock: TestClock) -> str:
    """One that the app shows at no moment near this one."""
    near = {show_code(secret, clock, steps) for steps in range(-3, 4)}
    return next(code for code in (f"{number:06}" for number in range(8)) if code not in near)


async def prove_mailbox(browser: Browser) -> None:
    """Whoever is signed in there has shown that she reads her mail, as if she had just come by a link in one."""
    transport = browser.client._transport
    assert isinstance(transport, httpx.ASGITransport)
    accounts, text = find_platform(transport.app).accounts, browser.client.cookies["borvo_session"]
    login, cookie = await find_login(accounts, text), parse_session_cookie(text)
    assert login is not None
    assert cookie is not None
    address, _ = await find_proof(accounts, login)
    await note_link_opened(accounts, login.person.id, cookie, address)


async def open_setup(browser: Browser) -> tuple[httpx.Response, str]:
    """The page with the key, and the key."""
    await prove_mailbox(browser)
    page = await browser.submit(await browser.open(FACTORS), f"{FACTORS}/app/begin")
    found = re.search(r'id="totp-key">([A-Z2-7 ]+)<', page.text)
    assert found, page.text
    return page, found[1].replace(" ", "")


async def add_app(browser: Browser, clock: TestClock) -> str:
    """The key of an app that counts from now on. Its next code is that of the next step."""
    page, secret = await open_setup(browser)
    done = await browser.submit(page, f"{FACTORS}/app", code=show_code(secret, clock))
    assert "Your authenticator app is set up" in done.text
    clock.advance(seconds=30)
    return secret


async def open_passkeys(browser: Browser) -> httpx.Response:
    """The page that adds one."""
    await prove_mailbox(browser)
    return await browser.open(f"{FACTORS}/passkeys")


async def add_passkey(
    browser: Browser, name: str = "Phone", key: Authenticator | None = None
) -> Authenticator:
    key = key or Authenticator()
    page = await open_passkeys(browser)
    answer = key.create(read_options(page.text))
    done = await browser.submit(page, f"{FACTORS}/passkeys", name=name, credential=answer)
    assert "Your passkey is saved" in done.text, done.text
    return key


async def make_codes(browser: Browser) -> list[str]:
    page = await browser.submit(await browser.open(FACTORS), f"{FACTORS}/codes")
    return re.findall(r"\b[0-9a-z]{5}-[0-9a-z]{5}\b", page.text.split("<pre")[1].split("</pre>")[0])


async def sign_in_by_passkey(browser: Browser, key: Authenticator) -> httpx.Response:
    page = await browser.open("/account/sign-in")
    answer = key.get(read_options(page.text))
    return await browser.submit(page, "/account/sign-in/passkey", credential=answer)


async def is_signed_in(browser: Browser) -> bool:
    return (await browser.client.get("/account")).status_code == 200


async def come_half(browser: Browser) -> httpx.Response:
    """The page that asks for the second step, in a browser that knows nothing else."""
    browser.client.cookies.clear()
    page = await browser.sign_in(ADA)
    assert page.url.path == SECOND_STEP
    return page


async def read_mails(platform: Platform) -> list[str]:
    return [mail.subject for mail in await list_mails(platform, ADA)]


async def race_code(browser: Browser, code: str, times: int = 5) -> list[httpx.Response]:
    """One code, brought by as many half logins at once."""
    pages: list[tuple[httpx.Response, httpx.Cookies]] = []
    for _ in range(times):
        page = await come_half(browser)
        pages.append((page, httpx.Cookies(browser.client.cookies)))
    browser.client.cookies.clear()

    async def submit(page: httpx.Response, cookies: httpx.Cookies) -> httpx.Response:
        token = page.text.split('name="_csrf_token" value="')[1].split('"')[0]
        header = "; ".join(f"{name}={value}" for name, value in cookies.items())
        data = {"_csrf_token": token, "code": code}
        return await browser.client.post(SECOND_STEP, data=data, headers={"cookie": header})

    return list(await asyncio.gather(*(submit(*each) for each in pages)))
