"""A lost second factor goes after a cooling-off period, unless its owner stops it."""

import json
from datetime import timedelta

import pytest

from borvo.accounts.public import remove_lost_factors
from borvo.assembly import Platform
from borvo.support.public import Wish, act_on_person
from tests.functional.accounts.enrolment import (
    SECOND_STEP,
    add_app,
    add_passkey,
    make_codes,
    show_code,
    sign_in_by_passkey,
)
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.identity.flows import count, execute, fetch_value
from tests.functional.mails import find_link, list_mails
from tests.functional.support.console import ADA, WHY, Office, act, find

CHECKED = "Rang back on the number in her profile"
WAIT = 72


@pytest.fixture
async def ada(office: Office, sue: Browser, clock: TestClock) -> Browser:
    """She has an app and is looked up. The clock has moved on since she used it."""
    browser = await office.open_browser(ADA)
    await add_app(browser, clock)
    clock.advance(minutes=1)
    await find(sue)
    return browser


async def begin(office: Office, sue: Browser, *kinds: str) -> str:
    page = await act(
        sue, "factor-removal", await office.find_id(), kinds=list(kinds or ["app"]), checked=CHECKED
    )
    assert "The removal has begun" in page.text, page.text
    return page.text


async def list_subjects(platform: Platform) -> set[str]:
    return {mail.subject for mail in await list_mails(platform, ADA)}


async def test_it_is_removed_when_its_time_has_come_and_not_before(
    office: Office, sue: Browser, ada: Browser, clock: TestClock
) -> None:
    await make_codes(ada)
    shown = await begin(office, sue)
    assert "She loses an authenticator app on" in shown
    [asked] = await office.list_events("factor_removal_asked")
    assert json.loads(asked["detail"]) == {
        "reason": WHY,
        "factor": "an authenticator app",
        "checked": CHECKED,
    }
    clock.advance(hours=WAIT, seconds=-1)
    assert await remove_lost_factors(office.platform.accounts) == 0
    clock.advance(seconds=1)
    assert await remove_lost_factors(office.platform.accounts) == 1
    assert await remove_lost_factors(office.platform.accounts) == 0
    for table in ("person_totp", "person_recovery_code", "factor_removal"):
        assert await count(office.platform, table) == 0
    assert "Your second step was removed" in await list_subjects(office.platform)
    assert (await ada.sign_in(ADA)).url.path == "/account"
    log = (await ada.open("/account/security")).text
    assert "The removal of an authenticator app from your account was asked for." in log
    assert f"by the support team: {WHY}" in log
    assert "Your account lost an authenticator app as a second step." in log


async def test_everybody_is_signed_out_by_it(
    office: Office, sue: Browser, ada: Browser, clock: TestClock
) -> None:
    await begin(office, sue)
    clock.advance(hours=WAIT - 1)
    # By the password alone nobody comes in meanwhile.
    ada.client.cookies.clear()
    assert (await ada.sign_in(ADA)).url.path == SECOND_STEP
    clock.advance(hours=1)
    await remove_lost_factors(office.platform.accounts)
    alive = "select count(*) from login_session s join person p on p.id = s.person_id where ended_at is null"
    assert await fetch_value(office.platform, f"{alive} and p.email = '{ADA}'") == 0


@pytest.mark.usefixtures("ada")
async def test_whoever_reads_the_mail_stops_it_without_signing_in(
    office: Office, sue: Browser, clock: TestClock
) -> None:
    await begin(office, sue)
    link = await find_link(office.platform, ADA)
    stranger = await office.open_browser()
    page = await stranger.open(link)
    assert "Keep your second step?" in page.text
    # A scanner that opens links stops nothing.
    assert await count(office.platform, "factor_removal") == 1
    assert "Nothing is removed." in (await stranger.submit(page, link)).text
    assert (await stranger.client.get(link)).status_code == 410
    assert (await stranger.submit(page, link)).status_code == 410
    clock.advance(hours=WAIT)
    assert await remove_lost_factors(office.platform.accounts) == 0
    assert await count(office.platform, "person_totp") == 1
    assert "Your second step stays" in await list_subjects(office.platform)


@pytest.mark.usefixtures("ada")
async def test_the_address_that_was_changed_lately_is_told_too_and_stops_it(
    office: Office, sue: Browser, clock: TestClock
) -> None:
    old = "ada-before@example.org"
    await execute(
        office.platform,
        "insert into person_email (email, person_id, kept_until) select $1, id, $2 from person where email = $3",
        old,
        clock() + timedelta(days=3),
        ADA,
    )
    await begin(office, sue)
    link = await find_link(office.platform, old)
    assert link != await find_link(office.platform, ADA)
    stranger = await office.open_browser()
    await stranger.submit(await stranger.open(link), link)
    assert await count(office.platform, "factor_removal") == 0
    subjects = [mail.subject for mail in await list_mails(office.platform, old)]
    assert sorted(subjects) == ["Your second step is about to be removed", "Your second step stays"]


@pytest.mark.parametrize("text", ["x", "A" * 64, "%00", "A" * 64 + "/../x"])
async def test_a_link_that_nobody_sent_stops_nothing(
    office: Office, sue: Browser, ada: Browser, text: str
) -> None:
    await begin(office, sue)
    assert (await ada.client.get(f"/account/keep-factor/{text}")).status_code in {404, 410}
    assert await count(office.platform, "factor_removal") == 1


async def test_the_link_comes_too_late_after_the_removal(
    office: Office, sue: Browser, ada: Browser, clock: TestClock
) -> None:
    await begin(office, sue)
    link = await find_link(office.platform, ADA)
    page = await ada.open(link)
    clock.advance(hours=WAIT)
    await remove_lost_factors(office.platform.accounts)
    assert (await ada.submit(page, link)).status_code == 410
    assert await count(office.platform, "person_totp") == 0


@pytest.mark.usefixtures("ada")
async def test_a_colleague_stops_it_too_and_it_can_begin_anew(office: Office, sue: Browser) -> None:
    await begin(office, sue)
    person_id = await office.find_id()
    assert "Remove a lost second factor" not in (await sue.open(f"/support/people/{person_id}")).text
    assert "The removal is stopped." in (await act(sue, "factor-keeping", person_id)).text
    assert (await act(sue, "factor-keeping", person_id)).status_code == 409
    await begin(office, sue)
    assert (await act(sue, "factor-removal", person_id, kinds=["app"], checked=CHECKED)).status_code == 409
    assert await count(office.platform, "factor_removal") == 1


async def test_who_signs_in_with_the_factor_keeps_it(office: Office, sue: Browser, clock: TestClock) -> None:
    browser = await office.open_browser(ADA)
    secret = await add_app(browser, clock)
    clock.advance(minutes=1)
    await find(sue)
    await begin(office, sue)
    clock.advance(hours=1)
    browser.client.cookies.clear()
    page = await browser.sign_in(ADA)
    assert (await browser.submit(page, SECOND_STEP, code=show_code(secret, clock))).url.path == "/account"
    clock.advance(hours=WAIT)
    assert await remove_lost_factors(office.platform.accounts) == 0
    assert await count(office.platform, "person_totp") == 1
    assert await count(office.platform, "factor_removal") == 0
    [stopped] = await office.list_events("factor_removal_stopped")
    assert stopped["actor"] == "the cooling-off period"


@pytest.mark.parametrize("used", ["passkey", "code"])
async def test_who_uses_a_passkey_or_a_recovery_code_keeps_all(
    office: Office, sue: Browser, ada: Browser, clock: TestClock, used: str
) -> None:
    key, codes = await add_passkey(ada), await make_codes(ada)
    clock.advance(minutes=1)
    await begin(office, sue, "app", "passkey")
    ada.client.cookies.clear()
    if used == "passkey":
        await sign_in_by_passkey(ada, key)
    else:
        await ada.submit(await ada.sign_in(ADA), SECOND_STEP, code=codes[0])
    clock.advance(hours=WAIT)
    assert await remove_lost_factors(office.platform.accounts) == 0
    assert await count(office.platform, "person_totp") == 1
    assert await count(office.platform, "factor_removal") == 0


async def test_a_factor_that_came_later_stays(
    office: Office, sue: Browser, ada: Browser, clock: TestClock
) -> None:
    await begin(office, sue)
    clock.advance(minutes=5)
    await add_passkey(ada)
    await office.platform.database.pool.execute("update person_passkey set last_used_at = null")
    clock.advance(hours=WAIT)
    assert await remove_lost_factors(office.platform.accounts) == 1
    assert await count(office.platform, "person_totp") == 0
    ada.client.cookies.clear()
    assert (await ada.sign_in(ADA)).url.path == SECOND_STEP


@pytest.mark.parametrize(
    ("kinds", "checked", "said"),
    [
        ([], CHECKED, "Choose what she has lost."),
        (["passkey"], CHECKED, "Choose what she has lost."),
        (["king"], CHECKED, "Choose what she has lost."),
        (["app"], "", "Say by what you know that it is her"),
        (["app"], "x" * 301, "at most 300 ordinary characters"),
    ],
)
@pytest.mark.usefixtures("ada")
async def test_what_does_not_do_is_refused_in_words_and_begins_nothing(
    office: Office, sue: Browser, kinds: list[str], checked: str, said: str
) -> None:
    page = await act(sue, "factor-removal", await office.find_id(), kinds=kinds, checked=checked)
    assert page.status_code == 400
    assert said in page.text
    assert await count(office.platform, "factor_removal") == 0
    assert "about to be removed" not in str(await list_subjects(office.platform))


@pytest.mark.usefixtures("office")
async def test_the_wait_is_a_setting(platform: Platform) -> None:
    assert platform.accounts.factor_removal_delay == timedelta(hours=platform.settings.factor_removal_hours)


@pytest.mark.usefixtures("ada", "office")
async def test_commands_do_the_same(platform: Platform) -> None:
    wish = Wish(kinds=("app",), checked=CHECKED)
    said = await act_on_person(platform.accounts, "factor-removal", ADA, wish, WHY)
    assert "she loses an authenticator app on 18 January 2026" in said
    assert "stays" in await act_on_person(platform.accounts, "factor-keeping", ADA, Wish(), WHY)
