"""No page sends a person to a foreign site, whatever `return_to` says."""

import re
from pathlib import Path
from urllib.parse import unquote

import httpx
import pytest

import borvo
from borvo.assembly import Platform
from tests.functional.accounts.enrolment import open_passkeys, open_setup, show_code
from tests.functional.accounts.test_mailbox import MAILBOX, read_code
from tests.functional.browser import Browser, read_forms
from tests.functional.conftest import TestClock
from tests.functional.identity.flows import ADA

PASSWORD = "correct horse pony"
FOREIGN = ["https://evil.example/", "//evil.example", "/\\evil.example", "/\t/evil.example"]
READERS = {
    # Each module that reads a way on, with the tests that try a foreign one there.
    "accounts/pages.py": "here, and test_sign_in.py",
    "accounts/link_pages.py": "here, test_sign_up.py and test_reset.py",
    "accounts/language_pages.py": "here",
    "accounts/factors/pages.py": "here",
    "accounts/factors/mailbox_pages.py": "here",
    "accounts/factors/second_step_pages.py": "here, test_passkeys.py and test_factor_roles.py",
}


def test_every_module_that_reads_a_way_on_is_tried() -> None:
    root = Path(borvo.__file__).parent
    found = {
        str(path.relative_to(root))
        for path in root.rglob("*.py")
        if re.search(r"\bread_(return_to|way_on)\(", path.read_text()) and path.name != "forms.py"
    }
    assert found == set(READERS)


def find_evil(answer: httpx.Response) -> bool:
    """Whether a browser could get there: by the redirect, by a link, or by a form that is submitted further."""
    location = answer.headers.get("location", "")
    return "evil.example" in unquote(location) or "evil.example" in answer.text


async def post(browser: Browser, page: httpx.Response, path: str, **fields: str) -> httpx.Response:
    """The answer itself, wherever it leads."""
    form = next(form for form in read_forms(page.text) if form.action == path)
    return await browser.client.post(path, data={**dict(form.fields), **fields})


SHOWN = ["/account/sign-in", "/account/sign-up", "/account/reset", "/account/step-up"]
SET_UP = ["/account/factors", "/account/factors/app", "/account/factors/passkeys", MAILBOX]


@pytest.mark.parametrize("way", FOREIGN)
async def test_no_page_shows_a_foreign_way_on(ada: Browser, way: str) -> None:
    await open_setup(ada)
    for path in [*SHOWN, *SET_UP]:
        assert not find_evil(await ada.client.get(path, params={"return_to": way})), path


@pytest.mark.parametrize("way", FOREIGN)
async def test_no_form_leads_to_a_foreign_site(
    platform: Platform, ada: Browser, clock: TestClock, way: str
) -> None:
    given = {"return_to": way}
    answers = [await post(ada, await ada.open(MAILBOX), f"{MAILBOX}/send", **given)]
    page = await ada.open(MAILBOX)
    answers.append(await post(ada, page, MAILBOX, code=await read_code(platform), **given))
    page, secret = await open_setup(ada)
    answers.append(await post(ada, await ada.open("/account/factors"), "/account/factors/app/begin", **given))
    page = await ada.open("/account/factors/app")
    answers.append(await post(ada, page, "/account/factors/app", code="000000", **given))
    secret = re.findall(r'id="totp-key">([A-Z2-7 ]+)<', page.text)[0].replace(" ", "")
    answers.append(await post(ada, page, "/account/factors/app", code=show_code(secret, clock), **given))
    page = await open_passkeys(ada)
    answers.append(await post(ada, page, "/account/factors/passkeys", name="Phone", credential="", **given))
    answers.append(await post(ada, page, "/language", language="fr", **given))
    for answer in answers:
        assert not find_evil(answer), answer.url.path
    # Nor does the way go along with the sign-in, over both steps.
    ada.client.cookies.clear()
    page = await ada.open("/account/sign-in")
    answer = await post(ada, page, "/account/sign-in", email=ADA, password=PASSWORD, **given)
    assert answer.headers["location"] == "/account/sign-in/second-step"
    clock.advance(seconds=30)
    page = await ada.open("/account/sign-in/second-step")
    page = await ada.submit(page, "/account/sign-in/second-step", code=show_code(secret, clock))
    assert page.url.path == "/account"
