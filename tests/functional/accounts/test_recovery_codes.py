"""Recovery codes: they stand in for a second factor, once each, and are shown once."""

import httpx

from borvo.assembly import Platform
from tests.functional.accounts.enrolment import (
    FACTORS,
    SECOND_STEP,
    add_app,
    come_half,
    make_codes,
    race_code,
    read_mails,
)
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock

Pages = list[httpx.Response]


async def test_of_many_who_use_one_recovery_code_at_once_one_gets_in(
    browser: Browser, ada: Browser, clock: TestClock
) -> None:
    await add_app(ada, clock)
    answers = await race_code(browser, (await make_codes(ada))[0])
    assert sorted(each.status_code for each in answers) == [303, 400, 400, 400, 400]


async def test_recovery_codes_stand_in_once_each_and_she_is_told(
    platform: Platform, browser: Browser, ada: Browser, clock: TestClock
) -> None:
    await add_app(ada, clock)
    codes = await make_codes(ada)
    assert len(set(codes)) == 10
    page = await browser.submit(await come_half(browser), SECOND_STEP, code=codes[0].upper())
    assert page.url.path == "/account"
    assert "A recovery code of yours was used" in await read_mails(platform)
    assert "<strong>9 of them are left.</strong>" in (await browser.open(FACTORS)).text
    again = await browser.submit(await come_half(browser), SECOND_STEP, code=codes[0])
    assert again.status_code == 400


async def test_new_recovery_codes_take_the_place_of_the_old(
    browser: Browser, ada: Browser, clock: TestClock
) -> None:
    await add_app(ada, clock)
    old, new = await make_codes(ada), await make_codes(ada)
    page = await browser.submit(await come_half(browser), SECOND_STEP, code=old[0])
    assert page.status_code == 400
    assert (await browser.submit(page, SECOND_STEP, code=new[0])).url.path == "/account"


async def test_recovery_codes_are_shown_once_and_kept_as_digests(
    platform: Platform, ada: Browser, clock: TestClock
) -> None:
    await add_app(ada, clock)
    codes = await make_codes(ada)
    async with platform.database.connection() as connection:
        dump = await connection.fetchval("select json_agg(c)::text from person_recovery_code c")
        log = await connection.fetchval("select json_agg(e)::text from security_event e")
    page = await ada.open(f"{FACTORS}/codes")
    for code in codes:
        for text in (dump, log, page.text):
            assert code not in text
            assert code.replace("-", "") not in text
