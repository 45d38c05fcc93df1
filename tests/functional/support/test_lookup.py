"""Support finds a person for a reason, and she sees it."""

import json
import re

import pytest

from borvo.assembly import Platform
from borvo.kernel.errors import InvalidInputError, NotFoundError
from borvo.support.public import show_person
from tests.functional.accounts.enrolment import add_passkey, make_codes
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.mails import list_mails
from tests.functional.support.console import ADA, SAM, SUE, WHY, Office, act, find


async def test_a_person_is_found_by_address_and_by_id_and_sees_that_and_why(
    office: Office, sue: Browser
) -> None:
    ada = await office.open_browser(ADA)
    page = await find(sue, "  ADA@example.org ")
    for shown in (ADA, "Ada Byron", "Open", "confirmed", "patient</span>", "None", "15 January 2026"):
        assert shown in page.text
    assert (await find(sue, await office.find_id())).url.path == page.url.path
    log = (await ada.open("/account/security")).text
    assert log.count("Your account was looked at.") == 2
    assert f"by the support team: {WHY}" in log
    assert SUE not in log
    [first, _] = await office.list_events("support_looked")
    assert first["actor"] == f"support person {await office.find_id(SUE)}"
    assert json.loads(first["detail"]) == {"reason": WHY}


@pytest.mark.parametrize("reason", ["", "   ", "why", "x" * 301, "two\nlines are two"])
async def test_without_a_reason_nothing_is_shown_and_nothing_typed_is_lost(
    office: Office, sue: Browser, reason: str
) -> None:
    await office.open_browser(ADA)
    page = await find(sue, reason=reason)
    assert page.status_code == 400
    assert "Ada Byron" not in page.text
    assert f'value="{ADA}"' in page.text
    assert await office.list_events("support_looked") == []


@pytest.mark.parametrize("whom", ["nobody@example.org", "ada", "ada@example", "%", "x" * 5000, "a\x00b"])
async def test_nobody_is_found_by_a_part_and_that_is_written_down_without_the_address(
    office: Office, sue: Browser, whom: str
) -> None:
    await office.open_browser(ADA)
    page = await find(sue, whom)
    if "\x00" in whom:
        assert page.status_code == 400
        return
    assert page.status_code == 404
    assert "Nobody has exactly this address or id." in page.text
    [event] = await office.list_events("support_looked")
    assert event["person_id"] == "00000000-0000-0000-0000-000000000000"
    assert set(json.loads(event["detail"])) == {"reason", "email_digest"}
    assert not whom or whom not in event["detail"]


async def test_looking_around_is_slowed_for_each_supporter_alone(
    office: Office, sue: Browser, clock: TestClock
) -> None:
    await office.open_browser(ADA)
    await office.platform.database.pool.execute("delete from attempt_counter")
    await find(sue)
    await office.platform.database.pool.execute("update attempt_counter set attempts = 60")
    refused = await find(sue)
    assert refused.status_code == 429
    assert "Retry-After" in refused.headers
    assert (await find(await office.seat(SAM))).status_code == 200
    clock.advance(minutes=15)
    assert (await find(sue)).status_code == 200


async def test_the_page_is_open_for_an_hour_to_who_gave_the_reason(
    office: Office, sue: Browser, clock: TestClock
) -> None:
    await office.open_browser(ADA)
    path = (await find(sue)).url.path
    colleague = await office.seat(SAM)
    assert (await colleague.client.get(path)).status_code == 303
    clock.advance(minutes=59)
    assert (await sue.client.get(path)).status_code == 200
    clock.advance(minutes=2)
    back = await sue.open(path)
    assert back.url.path == "/support"
    assert f'value="{await office.find_id()}"' in back.text


async def test_factors_are_shown_by_their_kinds_alone(office: Office, sue: Browser) -> None:
    ada = await office.open_browser(ADA)
    await add_passkey(ada, "Blue telephone")
    await make_codes(ada)
    page = await find(sue)
    assert re.search(r"passkeys</span>, 10 recovery codes left", page.text)
    assert "Blue telephone" not in page.text


async def test_what_is_typed_comes_back_as_text(office: Office, sue: Browser) -> None:
    await office.open_browser(ADA)
    page = await find(sue, reason='<script>alert("1")</script>')
    assert "<script>alert" not in page.text
    page = await find(sue, '"><script>alert(1)</script>')
    assert "<script>alert" not in page.text


async def test_the_command_shows_the_same_and_is_in_her_log(office: Office, platform: Platform) -> None:
    ada = await office.open_browser(ADA)
    shown = await show_person(platform.accounts, ADA, WHY)
    assert f"id: {await office.find_id()}\nname: Ada Byron\ne-mail: {ADA}, confirmed\nstate: open" in shown
    assert "second factor: none" in shown
    assert f"by the support team: {WHY}" in (await ada.open("/account/security")).text
    with pytest.raises(NotFoundError):
        await show_person(platform.accounts, "bob@example.org", WHY)
    with pytest.raises(InvalidInputError):
        await show_person(platform.accounts, ADA, "")


async def test_the_console_and_the_mails_speak_the_language_of_who_reads(
    office: Office, sue: Browser
) -> None:
    ada = await office.open_browser(ADA)
    await find(sue)
    person_id = await office.find_id()
    page = await ada.open("/account/profile")
    await ada.submit(page, "/account/profile", locale="fr")
    await act(sue, "suspension", person_id)
    [mail] = await list_mails(office.platform, ADA)
    assert mail.subject == "Votre compte est suspendu"
    sue.client.headers["Accept-Language"] = "fr"
    page = await sue.open(f"/support/people/{person_id}")
    assert "Suspendu le 15 janvier 2026" in page.text
    assert "Lever la suspension" in page.text
    assert "Compte suspendu" in page.text
