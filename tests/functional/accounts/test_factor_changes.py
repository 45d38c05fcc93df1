"""Changing second factors: only by a fresh sign-in, and never unnoticed."""

from urllib.parse import quote_plus

import pytest

from borvo.accounts.public import erase_due
from borvo.assembly import Platform
from tests.functional.accounts.enrolment import (
    FACTORS,
    SECOND_STEP,
    add_app,
    add_passkey,
    come_half,
    is_signed_in,
    make_codes,
    read_mails,
    show_code,
    sign_in_by_passkey,
)
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.identity.flows import ADA, count, execute
from tests.functional.mails import find_link, list_mails


async def test_removing_the_app_takes_the_recovery_codes_along_and_she_is_told(
    platform: Platform, browser: Browser, ada: Browser, clock: TestClock
) -> None:
    await add_app(ada, clock)
    await make_codes(ada)
    await ada.submit(await ada.open(FACTORS), f"{FACTORS}/app/remove")
    assert await count(platform, "person_totp") == await count(platform, "person_recovery_code") == 0
    assert "A way to sign in was removed from your account" in await read_mails(platform)
    browser.client.cookies.clear()
    assert (await browser.sign_in(ADA)).url.path == "/account"


PASSWORD, NEW = "correct horse pony", "other words that nobody guesses"
POSTS = ["app/begin", "app/remove", "codes", "passkeys/remove", "app", "passkeys"]


@pytest.mark.parametrize("path", POSTS)
async def test_sensitive_acts_ask_for_a_fresh_sign_in(
    platform: Platform, ada: Browser, clock: TestClock, path: str
) -> None:
    await add_app(ada, clock)
    clock.advance(minutes=10, seconds=1)
    page = await ada.open(FACTORS)
    token = page.text.split('name="_csrf_token" value="')[1].split('"')[0]
    answer = await ada.client.post(f"{FACTORS}/{path}", data={"_csrf_token": token})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/account/sign-in?return_to=%2Faccount%2Ffactors")
    assert await count(platform, "person_totp") == 1


async def test_whoever_knows_the_password_alone_does_not_take_the_factor_away(
    platform: Platform, ada: Browser, clock: TestClock
) -> None:
    """Signed in by the password just before the factor came."""
    await add_app(ada, clock)
    await execute(platform, "update login_session set methods = '{pwd}'")
    page = await ada.open(FACTORS)
    await ada.submit(page, f"{FACTORS}/app/remove")
    assert await count(platform, "person_totp") == 1


async def test_she_comes_back_fresh_and_removes(platform: Platform, ada: Browser, clock: TestClock) -> None:
    secret = await add_app(ada, clock)
    clock.advance(minutes=11)
    page = await ada.submit(await ada.open(FACTORS), f"{FACTORS}/app/remove")
    assert page.url.path == "/account/sign-in"
    page = await ada.submit(page, "/account/sign-in", email=ADA, password="correct horse pony")
    page = await ada.submit(page, SECOND_STEP, code=show_code(secret, clock))
    assert page.url.path == FACTORS
    await ada.submit(page, f"{FACTORS}/app/remove")
    assert await count(platform, "person_totp") == 0


async def test_a_second_app_does_not_take_the_place_of_one_that_counts(
    platform: Platform, ada: Browser, clock: TestClock
) -> None:
    await add_app(ada, clock)
    page = await ada.open(FACTORS)
    token = page.text.split('name="_csrf_token" value="')[1].split('"')[0]
    before = await platform.database.pool.fetchval("select sealed_secret from person_totp")
    await ada.client.post(f"{FACTORS}/app/begin", data={"_csrf_token": token})
    assert await platform.database.pool.fetchval("select sealed_secret from person_totp") == before


async def test_codes_without_a_factor_are_not_made(platform: Platform, ada: Browser) -> None:
    page = await ada.open("/account/profile")
    token = page.text.split('name="_csrf_token" value="')[1].split('"')[0]
    answer = await ada.client.post(f"{FACTORS}/codes", data={"_csrf_token": token})
    assert answer.headers["location"] == FACTORS
    assert await count(platform, "person_recovery_code") == 0


async def test_a_session_that_is_worth_more_goes_on_under_a_new_token(ada: Browser, clock: TestClock) -> None:
    """What was stolen of it before opens nothing."""
    stolen = ada.client.cookies["borvo_session"]
    await add_app(ada, clock)
    after_app = ada.client.cookies["borvo_session"]
    await add_passkey(ada)
    assert await is_signed_in(ada)
    for old in (stolen, after_app):
        ada.client.cookies.clear()
        ada.client.cookies.set("borvo_session", old, domain="localhost.local")
        assert not await is_signed_in(ada)


async def take_over(platform: Platform, thief: Browser, clock: TestClock, *, changes_first: bool) -> str:
    """Somebody who knows her password adds a passkey and changes the address; the link that her old address got."""
    key = None if changes_first else await add_passkey(thief, "Of a thief")
    clock.advance(seconds=1)
    data = {"email": "eve@example.org", "current_password": PASSWORD}
    await thief.submit(await thief.open("/account/email"), "/account/email", **data)
    page = await thief.open(await find_link(platform, "eve@example.org"))
    await thief.submit(page, "/account/email")
    clock.advance(seconds=1)
    key = key or await add_passkey(thief, "Of a thief")
    await make_codes(thief)
    return await find_link(platform, ADA)


@pytest.mark.parametrize("changes_first", [True, False])
async def test_who_takes_a_change_of_address_back_shuts_the_thief_out(
    platform: Platform, ada: Browser, clock: TestClock, *, changes_first: bool
) -> None:
    undo = await take_over(platform, ada, clock, changes_first=changes_first)
    page = await ada.submit(await ada.open(undo), "/account/undo/")
    assert await count(platform, "person_passkey") == await count(platform, "person_recovery_code") == 0
    await ada.submit(page, "/account/reset/", password=NEW)
    assert (await ada.sign_in(ADA, NEW)).url.path == "/account"


async def test_the_mail_about_a_new_factor_takes_it_back(platform: Platform, ada: Browser) -> None:
    """Of a thief who knew the password: she need not come in by his passkey to be rid of it."""
    key = await add_passkey(ada, "Of a thief")
    undo = await find_link(platform, ADA)
    ada.client.cookies.clear()
    page = await ada.submit(await ada.open(undo), "/account/undo/")
    assert (await sign_in_by_passkey(ada, key)).status_code == 400
    assert (await ada.sign_in(ADA)).status_code == 400
    await ada.submit(page, "/account/reset/", password=NEW)
    assert (await ada.sign_in(ADA, NEW)).url.path == "/account"
    assert "A new way to sign in was taken back" in await read_mails(platform)
    kinds = await platform.database.pool.fetchval("select array_agg(kind) from security_event")
    assert "factor_undone" in kinds
    assert (await ada.open(undo)).status_code == 410


async def test_she_hears_of_a_factor_at_the_address_that_was_changed_before(
    platform: Platform, ada: Browser
) -> None:
    """And takes both back by that mail."""
    data = {"email": "eve@example.org", "current_password": PASSWORD}
    await ada.submit(await ada.open("/account/email"), "/account/email", **data)
    await ada.submit(await ada.open(await find_link(platform, "eve@example.org")), "/account/email")
    platform.clock.advance(seconds=1)  # type: ignore[attr-defined]
    await add_passkey(ada, "Of a thief")
    for address in (ADA, "eve@example.org"):
        mail = (await list_mails(platform, address))[0]
        assert mail.subject == "A way to sign in was added to your account"
        # A thief with an address of his own takes none of hers away by it.
        assert ("/account/undo/" in mail.text) == (address == ADA)
    await ada.submit(await ada.open(await find_link(platform, ADA)), "/account/undo/")
    assert await count(platform, "person_passkey") == 0
    assert await platform.database.pool.fetchval("select email from person") == ADA


async def test_taking_back_leaves_factors_that_are_older_than_a_week(
    platform: Platform, ada: Browser, clock: TestClock
) -> None:
    secret = await add_app(ada, clock)
    clock.advance(days=7, minutes=1)
    await ada.submit(await come_half(ada), SECOND_STEP, code=show_code(secret, clock))
    await add_passkey(ada)
    # A thief who adds several one after the other keeps none of them, whichever mail she opens.
    clock.advance(minutes=8)
    await add_passkey(ada)
    await ada.submit(await ada.open(await find_link(platform, ADA)), "/account/undo/")
    assert await count(platform, "person_totp") == 1
    assert await count(platform, "person_passkey") == 0


async def test_in_its_first_week_a_factor_proves_no_other(
    platform: Platform, ada: Browser, clock: TestClock
) -> None:
    secret = await add_app(ada, clock)
    clock.advance(days=6)
    await ada.submit(await come_half(ada), SECOND_STEP, code=show_code(secret, clock))
    await add_passkey(ada)
    await ada.submit(await ada.open(await find_link(platform, ADA)), "/account/undo/")
    assert await count(platform, "person_totp") == await count(platform, "person_passkey") == 0


async def test_an_address_that_nobody_has_proved_gets_no_way_in(platform: Platform, ada: Browser) -> None:
    await execute(platform, "update person set email_verified_at = null")
    await add_passkey(ada)
    assert "/account/undo/" not in (await list_mails(platform, ADA))[0].text


async def test_the_first_factor_and_a_removed_one_end_the_sessions_elsewhere(
    platform: Platform, ada: Browser, clock: TestClock
) -> None:
    elsewhere = "select count(*) from login_session where ended_at is null"
    ada.client.cookies.clear()
    await ada.sign_in(ADA)
    assert await platform.database.pool.fetchval(elsewhere) == 2
    key = await add_passkey(ada)
    assert await platform.database.pool.fetchval(elsewhere) == 1
    here = dict(ada.client.cookies)
    ada.client.cookies.clear()
    await sign_in_by_passkey(ada, key)
    assert await platform.database.pool.fetchval(elsewhere) == 2
    # A second factor is no reason to sign anybody out.
    await add_app(ada, clock)
    assert await platform.database.pool.fetchval(elsewhere) == 2
    await ada.submit(await ada.open(FACTORS), f"{FACTORS}/passkeys/remove")
    assert await platform.database.pool.fetchval(elsewhere) == 1
    assert await is_signed_in(ada)
    ada.client.cookies.clear()
    ada.client.cookies.update(here)
    assert not await is_signed_in(ada)


async def test_who_has_proved_enough_is_not_asked_again(ada: Browser, clock: TestClock) -> None:
    secret = await add_app(ada, clock)
    ada.client.cookies.clear()
    page = await ada.open("/account/step-up?return_to=/account/apps")
    page = await ada.submit(page, "/account/sign-in", email=ADA, password=PASSWORD)
    page = await ada.submit(page, SECOND_STEP, code=show_code(secret, clock))
    assert page.url.path == "/account/apps"


ASKING = ["/account/password", "/account/email", "/account/close"]


@pytest.mark.parametrize("path", ASKING)
async def test_the_password_alone_changes_nothing_of_who_has_a_factor(
    platform: Platform, ada: Browser, clock: TestClock, path: str
) -> None:
    await add_app(ada, clock)
    page = await ada.open("/account/profile")
    token = page.text.split('name="_csrf_token" value="')[1].split('"')[0]
    await execute(platform, "update login_session set methods = '{pwd}'")
    data = {"_csrf_token": token, "current_password": PASSWORD, "password": NEW, "email": "eve@example.org"}
    # Said before she fills the form in, and looked at when it comes.
    for answer in (await ada.client.get(path), await ada.client.post(path, data=data)):
        assert answer.headers["location"].startswith(f"/account/sign-in?return_to={quote_plus(path)}")
    assert await platform.database.pool.fetchval("select closed_at from person") is None
    assert await list_mails(platform, "eve@example.org") == []


async def test_a_closed_account_opens_again_after_the_second_step_and_not_before(
    platform: Platform, ada: Browser, clock: TestClock
) -> None:
    secret = await add_app(ada, clock)
    await ada.submit(await ada.open("/account/close"), "/account/close", current_password=PASSWORD)
    page = await come_half(ada)
    closed = "select closed_at from person"
    assert await platform.database.pool.fetchval(closed) is not None
    page = await ada.submit(page, SECOND_STEP, code=show_code(secret, clock))
    assert await platform.database.pool.fetchval(closed) is None
    assert await is_signed_in(ada)
    assert str(page.url).endswith("/account?notice=reopened")


async def test_a_passkey_opens_a_closed_account_again(platform: Platform, ada: Browser) -> None:
    key = await add_passkey(ada)
    await ada.submit(await ada.open("/account/close"), "/account/close", current_password=PASSWORD)
    await sign_in_by_passkey(ada, key)
    assert await platform.database.pool.fetchval("select closed_at from person") is None
    assert await is_signed_in(ada)


async def test_factors_are_erased_with_the_account(
    platform: Platform, ada: Browser, clock: TestClock
) -> None:
    await add_app(ada, clock)
    await add_passkey(ada)
    await make_codes(ada)
    await ada.submit(await ada.open("/account/close"), "/account/close", current_password=PASSWORD)
    await come_half(ada)
    clock.advance(days=15)
    assert await erase_due(platform.accounts) == 1
    for table in ("person_totp", "person_passkey", "person_recovery_code", "half_login"):
        assert await count(platform, table) == 0
