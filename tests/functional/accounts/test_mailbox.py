"""Who sets up her first second factor shows that she reads her mail: whoever knows her password alone does not."""

import asyncio
import re
from html import unescape
from urllib.parse import parse_qs

import httpx
import pytest

from borvo.accounts.factors.mailbox_model import CODE_ATTEMPTS
from borvo.accounts.factors.mailbox_proof import MailboxProofNeededError, prove_mailbox
from borvo.accounts.factors.service import confirm_app
from borvo.accounts.service import find_login
from borvo.accounts.signing_in import SignInNeededError
from borvo.assembly import Platform
from borvo.support.public import add_role
from tests.functional.accounts.enrolment import (
    FACTORS,
    add_app,
    is_signed_in,
    open_setup,
    show_code,
)
from tests.functional.browser import Browser, sign_up_by_mail
from tests.functional.conftest import TestClock
from tests.functional.identity.flows import ADA, count, execute
from tests.functional.mails import find_link, list_mails, read_links

MAILBOX = f"{FACTORS}/mailbox"
EVE = "eve@example.org"
PASSWORD = "correct horse pony"
SUBJECT = "Your code for setting up a second step"


async def read_code(platform: Platform, email: str = ADA) -> str:
    """That of the newest mail with one."""
    mail = next(mail for mail in await list_mails(platform, email) if mail.subject == SUBJECT)
    return re.match(r"(\d{4} \d{4}) is the code", mail.text)[1]  # type: ignore[index]


def change(code: str) -> str:
    return code[:-1] + str((int(code[-1]) + 1) % 10)


async def ask(browser: Browser, query: str = "") -> httpx.Response:
    return await browser.submit(await browser.open(f"{MAILBOX}{query}"), f"{MAILBOX}/send")


async def may_set_up(browser: Browser) -> bool:
    return (await browser.client.get(f"{FACTORS}/passkeys")).status_code == 200


DOORS = [("GET", "passkeys"), ("POST", "passkeys"), ("POST", "app/begin"), ("GET", "app"), ("POST", "app")]


@pytest.mark.parametrize(("method", "path"), DOORS)
async def test_the_password_alone_sets_nothing_up(
    platform: Platform, ada: Browser, method: str, path: str
) -> None:
    page = await ada.open(FACTORS)
    token = page.text.split('name="_csrf_token" value="')[1].split('"')[0]
    answer = await ada.client.request(method, f"{FACTORS}/{path}", data={"_csrf_token": token})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(MAILBOX)
    assert await count(platform, "person_totp") == await count(platform, "person_passkey") == 0


async def test_a_factor_that_was_begun_in_time_does_not_count_without_the_proof(
    platform: Platform, ada: Browser, clock: TestClock
) -> None:
    """As when the one that proved her goes between the look and the deed."""
    _, secret = await open_setup(ada)
    await execute(platform, "delete from mailbox_proof")
    login = await find_login(platform.accounts, ada.client.cookies["borvo_session"])
    assert login is not None
    with pytest.raises(MailboxProofNeededError):
        await confirm_app(platform.accounts, login, show_code(secret, clock))
    assert await platform.database.pool.fetchval("select confirmed_at from person_totp") is None


async def test_a_first_factor_that_comes_in_between_proves_no_other(
    platform: Platform, ada: Browser, clock: TestClock
) -> None:
    """She is signed in by less than it, whatever she had proved before."""
    _, secret = await open_setup(ada)
    login = await find_login(platform.accounts, ada.client.cookies["borvo_session"])
    assert login is not None
    await execute(
        platform,
        """insert into person_passkey select id, '\\x01', 'Phone', '\\x02', 0, false, '{}', now(), null from person""",
    )
    with pytest.raises(SignInNeededError):
        await confirm_app(platform.accounts, login, show_code(secret, clock))


async def test_a_clinician_types_the_code_and_comes_to_where_she_was_going(
    platform: Platform, ada: Browser, clock: TestClock
) -> None:
    await add_role(platform.accounts, ADA, "support")
    page = await ada.open("/support")
    assert page.url.path == FACTORS
    page = await ada.submit(page, f"{FACTORS}/app/begin")
    assert page.url.path == MAILBOX
    assert ADA in page.text
    page = await ada.submit(page, f"{MAILBOX}/send")
    page = await ada.submit(page, MAILBOX, code=await read_code(platform))
    assert page.url.path == f"{FACTORS}/app"
    secret = re.search(r'id="totp-key">([A-Z2-7 ]+)<', page.text)
    assert secret
    page = await ada.submit(page, f"{FACTORS}/app", code=show_code(secret[1].replace(" ", ""), clock))
    go_on = unescape(page.text.split('class="btn btn-primary" href="')[1].split('"')[0])
    assert (await ada.open(go_on)).url.path == "/support"


async def test_a_passkey_follows_the_code_and_asks_for_no_other(platform: Platform, ada: Browser) -> None:
    page = await ask(ada, "?then=passkeys&return_to=/account/apps")
    page = await ada.submit(page, MAILBOX, code=(await read_code(platform)).replace(" ", "-"))
    assert page.url.path == f"{FACTORS}/passkeys"
    assert parse_qs(page.url.query.decode())["return_to"] == ["/account/apps"]
    await ada.submit(page, f"{FACTORS}/passkeys", name="", credential="")
    # The page that asks has nothing more to ask.
    assert (await ada.client.get(MAILBOX)).headers["location"] == FACTORS


async def test_who_has_a_factor_proves_another_by_it(
    platform: Platform, ada: Browser, clock: TestClock
) -> None:
    await add_app(ada, clock)
    await execute(platform, "delete from mailbox_proof")
    assert await may_set_up(ada)


async def test_who_has_just_come_by_the_link_of_a_mail_is_not_asked(
    platform: Platform, browser: Browser, clock: TestClock
) -> None:
    await sign_up_by_mail(browser, ADA, read_links(platform))
    assert await may_set_up(browser)
    # In this session alone.
    here = dict(browser.client.cookies)
    browser.client.cookies.clear()
    await browser.sign_in(ADA)
    assert not await may_set_up(browser)
    # And for a while.
    clock.advance(minutes=31)
    browser.client.cookies.clear()
    browser.client.cookies.update(here)
    page = await browser.open("/account/sign-in")
    await browser.submit(page, "/account/sign-in", email=ADA, password=PASSWORD)
    assert not await may_set_up(browser)


async def test_wrong_codes_use_the_right_one_up(platform: Platform, ada: Browser) -> None:
    page = await ask(ada)
    code = await read_code(platform)
    for wrong in [change(code), "", "letters", "0" * 20, change(code)]:
        again = await ada.submit(page, MAILBOX, code=wrong)
        assert again.status_code == 400
        assert "not the code of the newest mail" in again.text
    assert await platform.database.pool.fetchval("select attempts from mailbox_proof") == CODE_ATTEMPTS
    assert (await ada.submit(page, MAILBOX, code=code)).status_code == 400
    assert not await may_set_up(ada)
    kinds = await platform.database.pool.fetch("select kind from security_event")
    assert [row["kind"] for row in kinds].count("second_step_failed") == CODE_ATTEMPTS


async def test_a_code_lives_for_a_quarter_of_an_hour(
    platform: Platform, ada: Browser, clock: TestClock
) -> None:
    page = await ask(ada)
    clock.advance(minutes=9)
    page = await ada.submit(page, MAILBOX, code=change(await read_code(platform)))
    await execute(
        platform, "update login_session set authenticated_at = authenticated_at + interval '1 hour'"
    )
    clock.advance(minutes=6, seconds=1)
    assert (await ada.submit(page, MAILBOX, code=await read_code(platform))).status_code == 400
    assert not await may_set_up(ada)


async def test_another_code_takes_the_place_of_the_one_before(
    platform: Platform, ada: Browser, clock: TestClock
) -> None:
    page = await ask(ada)
    first = await read_code(platform)
    clock.advance(seconds=1)
    page = await ask(ada)
    assert (await ada.submit(page, MAILBOX, code=first)).status_code == 400
    await ada.submit(page, MAILBOX, code=await read_code(platform))
    assert await may_set_up(ada)


async def test_a_code_is_good_in_the_session_that_asked_and_in_no_other(
    platform: Platform, ada: Browser, clock: TestClock
) -> None:
    """A thief asks, and talks her into telling him hers, or types it where he asked himself."""
    await ask(ada)
    hers = await read_code(platform)
    here = dict(ada.client.cookies)
    ada.client.cookies.clear()
    await ada.sign_in(ADA)
    clock.advance(seconds=1)
    page = await ask(ada)
    assert (await ada.submit(page, MAILBOX, code=hers)).status_code == 400
    await ada.submit(page, MAILBOX, code=await read_code(platform))
    assert await may_set_up(ada)
    ada.client.cookies.clear()
    ada.client.cookies.update(here)
    assert await is_signed_in(ada)
    assert not await may_set_up(ada)


async def test_one_of_five_at_once_uses_the_code(platform: Platform, ada: Browser) -> None:
    await ask(ada)
    code = await read_code(platform)
    login = await find_login(platform.accounts, ada.client.cookies["borvo_session"])
    assert login is not None
    proved = await asyncio.gather(*(prove_mailbox(platform.accounts, login, code) for _ in range(5)))
    assert sorted(proved) == [False, False, False, False, True]


async def test_who_changed_the_address_by_the_password_does_not_get_the_code(
    platform: Platform, ada: Browser, clock: TestClock
) -> None:
    data = {"email": EVE, "current_password": PASSWORD}
    await ada.submit(await ada.open("/account/email"), "/account/email", **data)
    await ada.submit(await ada.open(await find_link(platform, EVE)), "/account/email")
    page = await ask(ada)
    assert "Until the week is over" in page.text
    assert SUBJECT not in [mail.subject for mail in await list_mails(platform, EVE)]
    code = await read_code(platform, ADA)
    # Nor does a proof of the new address count that came by another way.
    await execute(platform, f"update mailbox_proof set email = '{EVE}', proved_at = now()")
    assert not await may_set_up(ada)
    clock.advance(days=8)
    await ada.sign_in(EVE)
    assert (await ada.submit(page, MAILBOX, code=code)).status_code == 400
    await ask(ada)
    await ada.submit(await ada.open(MAILBOX), MAILBOX, code=await read_code(platform, EVE))
    assert await may_set_up(ada)


async def test_who_changed_it_back_gets_the_code_where_she_always_had_it(
    platform: Platform, ada: Browser, clock: TestClock
) -> None:
    """And not at the address in between, which may be a thief's; nor does that one get a way in by a mail."""
    for email in (EVE, ADA):
        clock.advance(seconds=1)
        data = {"email": email, "current_password": PASSWORD}
        await ada.submit(await ada.open("/account/email"), "/account/email", **data)
        await ada.submit(await ada.open(await find_link(platform, email)), "/account/email")
    clock.advance(seconds=1)
    page = await ask(ada)
    assert "Until the week is over" not in page.text
    assert SUBJECT not in [mail.subject for mail in await list_mails(platform, EVE)]
    await ada.submit(page, MAILBOX, code=await read_code(platform))
    clock.advance(seconds=1)
    await add_app(ada, clock)
    told = {email: (await list_mails(platform, email))[0] for email in (ADA, EVE)}
    assert {mail.subject for mail in told.values()} == {"A way to sign in was added to your account"}
    assert ["/account/undo/" in told[email].text for email in (ADA, EVE)] == [True, False]


async def test_five_mails_in_a_quarter_of_an_hour_and_only_of_her_own(
    platform: Platform, ada: Browser
) -> None:
    for _ in range(5):
        assert (await ask(ada)).status_code == 200
    assert (await ask(ada)).status_code == 429
    assert len(await list_mails(platform, ADA)) == 5


async def test_the_code_proves_an_address_that_nobody_had_proved(platform: Platform, ada: Browser) -> None:
    await execute(platform, "update person set email_verified_at = null")
    page = await ask(ada)
    assert await platform.database.pool.fetchval("select email_verified_at from person") is None
    await ada.submit(page, MAILBOX, code=await read_code(platform))
    assert await platform.database.pool.fetchval("select email_verified_at from person") is not None
    assert await may_set_up(ada)


async def test_a_stale_session_asks_for_no_code(platform: Platform, ada: Browser, clock: TestClock) -> None:
    page = await ada.open(MAILBOX)
    clock.advance(minutes=10, seconds=1)
    answer = await ada.submit(page, f"{MAILBOX}/send")
    assert answer.url.path == "/account/sign-in"
    assert await list_mails(platform, ADA) == []


async def test_the_code_is_nowhere_but_in_the_mail(
    platform: Platform, ada: Browser, capsys: pytest.CaptureFixture[str]
) -> None:
    page = await ask(ada)
    code = await read_code(platform)
    digits = code.replace(" ", "")
    row = await platform.database.pool.fetchval("select row_to_json(m)::text from mailbox_proof m")
    for text in (page.text, row, capsys.readouterr().out):
        assert code not in text
        assert digits not in text
