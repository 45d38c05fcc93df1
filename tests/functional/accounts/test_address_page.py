"""A person proves her address, changes it, and takes a change back."""

import asyncio

import httpx
import pytest

from borvo.accounts.public import Registration, clean_up, create_person
from borvo.assembly import Platform
from tests.functional.accounts.work import watch_work
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.identity.flows import ADA, count, execute, fetch_value
from tests.functional.mails import find_link, list_mails
from tests.functional.portal.teams import post

PATH, NEW, EVE = "/account/email", "ada@elsewhere.example", "eve@example.org"
PASSWORD = "correct horse pony"
READ = "select email from person where given_name = 'Ada'"


async def ask(browser: Browser, email: str = NEW, password: str = PASSWORD) -> httpx.Response:
    return await browser._follow(await post(browser, PATH, email=email, current_password=password))


async def change(browser: Browser, platform: Platform, clock: TestClock) -> str:
    """All of it; the link by which the old address undoes it."""
    await ask(browser)
    page = await browser.open(await find_link(platform, NEW))
    clock.advance(seconds=1)
    page = await browser.submit(page, PATH)
    assert "Your address is confirmed" in page.text
    clock.advance(seconds=1)
    return await find_link(platform, ADA)


async def test_nothing_changes_before_the_new_address_is_proved(ada: Browser, platform: Platform) -> None:
    page = await ask(ada)
    assert "sent a mail to the new address" in page.text
    await ada.open(await find_link(platform, NEW))
    assert await fetch_value(platform, READ) == ADA
    assert [mail.subject for mail in await list_mails(platform, ADA)] == [
        "Your e-mail address is about to change"
    ]


async def test_then_she_signs_in_with_it_and_both_addresses_are_told(
    ada: Browser, platform: Platform, clock: TestClock
) -> None:
    await change(ada, platform, clock)
    assert (await list_mails(platform, NEW))[0].subject == "This is the address of your account now"
    assert (await list_mails(platform, ADA))[0].subject == "Your e-mail address was changed"
    ada.client.cookies.clear()
    assert (await ada.sign_in(ADA)).status_code == 400
    assert (await ada.sign_in(NEW)).url.path == "/account"


async def test_the_password_is_asked_for(ada: Browser, platform: Platform) -> None:
    page = await ask(ada, password="wrong horse pony")
    assert page.status_code == 400
    assert await count(platform, "account_link") == 0


async def test_the_page_does_not_tell_who_has_an_account(ada: Browser, platform: Platform) -> None:
    await create_person(platform.accounts, Registration(EVE, "Eve", "E", PASSWORD))
    known, unknown = await ask(ada, EVE), await ask(ada, NEW)
    assert (known.status_code, known.text) == (unknown.status_code, unknown.text)
    assert [mail.subject for mail in await list_mails(platform, EVE)] == [
        "This address has an account already"
    ]


async def test_an_address_that_is_taken_costs_the_same_statements_and_hashes(
    ada: Browser, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    await create_person(platform.accounts, Registration(EVE, "Eve", "E", PASSWORD))
    done = watch_work(platform, monkeypatch)
    work = []
    for email in (EVE, NEW):
        page = await ada.open(PATH)
        done.clear()
        await ada.submit(page, PATH, email=email, current_password=PASSWORD)
        work.append(list(done))
    assert work[0] == work[1] != []
    assert sum(each.startswith("_verify") for each in work[0]) == 1


async def test_only_she_herself_can_open_the_link(ada: Browser, platform: Platform) -> None:
    await ask(ada)
    link = await find_link(platform, NEW)
    ada.client.cookies.clear()
    assert (await ada.client.get(link)).headers["location"].startswith("/account/sign-in?")
    await ada.sign_up(EVE, given_name="Eve")
    assert (await ada.open(link)).status_code == 410
    assert await fetch_value(platform, READ) == ADA


async def test_the_link_is_used_once(ada: Browser, platform: Platform) -> None:
    await ask(ada)
    page = await ada.open(await find_link(platform, NEW))
    answers = await asyncio.gather(*(ada.submit(page, PATH) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200] + [410] * 4
    kinds = await fetch_value(platform, "select array_agg(kind) from security_event")
    assert kinds.count("email_changed") == 1


async def test_two_people_cannot_get_one_address(ada: Browser, platform: Platform) -> None:
    await ask(ada)
    page = await ada.open(await find_link(platform, NEW))
    await create_person(platform.accounts, Registration(NEW, "Eve", "E", PASSWORD))
    answer = await ada.submit(page, PATH)
    assert answer.status_code == 409
    assert await fetch_value(platform, READ) == ADA


async def test_the_old_address_undoes_it_and_the_password_is_void(
    ada: Browser, platform: Platform, clock: TestClock
) -> None:
    undo = await change(ada, platform, clock)
    page = await ada.open(undo)
    assert await fetch_value(platform, READ) == NEW
    page = await ada.submit(page, "/account/undo/")
    assert "Choose a new password" in page.text
    assert await fetch_value(platform, READ) == ADA
    assert await fetch_value(platform, "select count(*) from login_session where ended_at is null") == 0
    assert (await ada.sign_in(ADA)).status_code == 400
    await ada.submit(page, "/account/reset/", password="another tiger lamp")
    assert (await ada.sign_in(ADA, "another tiger lamp")).url.path == "/account"
    assert (await ada.open(undo)).status_code == 410
    assert await fetch_value(platform, "select array_agg(email) from person_email") == [ADA]


async def test_the_owner_undoes_all_that_a_thief_did_after(
    ada: Browser, platform: Platform, clock: TestClock
) -> None:
    undo = await change(ada, platform, clock)
    await ask(ada, "thief@elsewhere.example")
    page = await ada.open(await find_link(platform, "thief@elsewhere.example"))
    await ada.submit(page, PATH)
    clock.advance(seconds=1)
    second = await find_link(platform, NEW)
    await ada.submit(await ada.open(undo), "/account/undo/")
    assert await fetch_value(platform, READ) == ADA
    assert (await ada.open(second)).status_code == 410


async def test_a_thief_cannot_undo_the_owner_away(ada: Browser, platform: Platform, clock: TestClock) -> None:
    undo = await change(ada, platform, clock)
    await ask(ada, "thief@elsewhere.example")
    await ada.submit(await ada.open(await find_link(platform, "thief@elsewhere.example")), PATH)
    clock.advance(seconds=1)
    second = await find_link(platform, NEW)
    await ada.submit(await ada.open(second), "/account/undo/")
    assert await fetch_value(platform, READ) == NEW
    await ada.submit(await ada.open(undo), "/account/undo/")
    assert await fetch_value(platform, READ) == ADA


async def test_the_old_address_is_kept_for_a_week_and_then_free(
    ada: Browser, platform: Platform, clock: TestClock
) -> None:
    undo = await change(ada, platform, clock)
    assert await create_person(platform.accounts, Registration(ADA, "Eve", "E", PASSWORD)) is None
    clock.advance(days=7)
    assert (await ada.open(undo)).status_code == 410
    await clean_up(platform.accounts)
    assert await create_person(platform.accounts, Registration(ADA, "Eve", "E", PASSWORD)) is not None


async def test_an_address_that_nobody_had_proved_gets_no_way_in(
    ada: Browser, platform: Platform, clock: TestClock
) -> None:
    await execute(platform, "update person set email_verified_at = null")
    await ask(ada)
    clock.advance(seconds=1)
    await ada.submit(await ada.open(await find_link(platform, NEW)), PATH)
    subjects = [mail.subject for mail in await list_mails(platform, ADA)]
    assert subjects == ["Your e-mail address is about to change"]
    assert await create_person(platform.accounts, Registration(ADA, "Eve", "E", PASSWORD)) is not None


async def test_links_to_choose_a_password_end_with_the_address(ada: Browser, platform: Platform) -> None:
    await ada.submit(await ada.open("/account/reset"), "/account/reset", email=ADA)
    reset = await find_link(platform, ADA)
    await ask(ada)
    await ada.submit(await ada.open(await find_link(platform, NEW)), PATH)
    assert (await ada.open(reset)).status_code == 410


async def test_whoever_was_registered_by_a_command_proves_the_address_later(
    ada: Browser, platform: Platform
) -> None:
    await execute(platform, "update person set email_verified_at = null")
    page = await ada.open(PATH)
    assert "Not confirmed" in page.text
    assert "is not confirmed" in (await ada.open("/account")).text
    page = await ada.submit(page, f"{PATH}/verify")
    assert "sent you a mail" in page.text
    page = await ada.submit(await ada.open(await find_link(platform, ADA)), PATH)
    assert await fetch_value(platform, "select email_verified_at from person") == platform.clock()
    assert "Not confirmed" not in page.text


async def test_it_is_not_sent_without_end(ada: Browser, platform: Platform) -> None:
    await execute(platform, "update person set email_verified_at = null")
    page = await ada.open(PATH)
    for _ in range(5):
        assert (await ada.submit(page, f"{PATH}/verify")).status_code == 200
    assert (await ada.submit(page, f"{PATH}/verify")).status_code == 429
    assert len(await list_mails(platform, ADA)) == 5


@pytest.mark.parametrize("path", [PATH, f"{PATH}/verify", f"{PATH}/x", "/account/undo/x"])
async def test_foreign_pages_change_nothing(ada: Browser, platform: Platform, path: str) -> None:
    fields = {"email": NEW, "current_password": PASSWORD}
    assert (await ada.client.post(path, data=fields)).status_code == 403
    assert await list_mails(platform, NEW) == []
