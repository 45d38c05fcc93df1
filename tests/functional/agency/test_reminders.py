"""Reminders of requests that people wanted to decide on later, and how they end."""

import asyncio
import re
from collections.abc import Mapping
from typing import Any

import pytest

from borvo.agency.public import send_reminders
from borvo.assembly import Platform
from borvo.mail.posting import KIND as MAIL
from borvo.support.service import remove_role
from tests.functional.agency.scenes import AGENT, PATIENT, Stage
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock

SWITCH = "/account/sharing/reminders"


async def keep(stage: Stage) -> tuple[Browser, str]:
    """The person's browser after she chose to decide later, and the link."""
    link = await stage.invite(await stage.start_agent())
    browser = await stage.find_browser(PATIENT)
    await browser.submit(await browser.open(link), link, decision="later")
    return browser, link


async def list_reminders(platform: Platform) -> list[Mapping[str, Any]]:
    mails = [mail for _, mail in await platform.outbox.list_payloads(MAIL, 100)]
    return [mail for mail in mails if "waits for your answer" in mail["subject"]]


def find_unsubscribing(mail: Mapping[str, Any]) -> str:
    """The path of the link, which is in the text and in the header."""
    found = re.search(r"https?://\S+(/agency/reminders/\S+)", mail["text"])
    assert found is not None
    assert found[0] == mail["unsubscribe"]
    return found[1]


async def test_two_reminders_come_days_apart_and_name_no_data(
    platform: Platform, stage: Stage, clock: TestClock
) -> None:
    await keep(stage)
    sent = []
    for days in (2, 1, 1, 2, 3, 3):
        clock.advance(days=days)
        sent.append(await send_reminders(platform.agency))
    assert sent == [0, 1, 0, 1, 0, 0]
    for mail in await list_reminders(platform):
        assert mail["to"] == PATIENT
        assert "Agnes Agent" in mail["text"]
        assert "blood pressure" not in mail["text"]
        assert "/agency/invitations/" not in mail["text"]


@pytest.mark.parametrize("decision", ["accept", "reject"])
async def test_what_is_answered_is_not_reminded_of(
    platform: Platform, stage: Stage, clock: TestClock, decision: str
) -> None:
    browser, link = await keep(stage)
    await browser.submit(await browser.open(link), link, decision=decision)
    clock.advance(days=4)
    assert await send_reminders(platform.agency) == 0
    assert await platform.database.pool.fetchval("select remind_at from agency_kept_invite") is None


async def test_what_is_over_or_withdrawn_or_asked_by_nobody_any_more_is_not_reminded_of(
    platform: Platform, stage: Stage, clock: TestClock
) -> None:
    await keep(stage)
    clock.advance(days=14)
    assert await send_reminders(platform.agency) == 0
    await stage.browsers[PATIENT].sign_in(PATIENT)
    await stage.browsers[AGENT].sign_in(AGENT)
    await keep(stage)
    invite_id = await platform.database.pool.fetchval("select max(id::text) from agency_invite")
    agent = stage.browsers[AGENT]
    await agent.submit(await agent.open("/agency"), f"/agency/invites/{invite_id}/withdrawal")
    clock.advance(days=4)
    assert await send_reminders(platform.agency) == 0
    await stage.browsers[PATIENT].sign_in(PATIENT)
    await stage.browsers[AGENT].sign_in(AGENT)
    await keep(stage)
    await remove_role(platform.accounts, AGENT, "agent")
    clock.advance(days=4)
    assert await send_reminders(platform.agency) == 0


async def test_of_many_workers_at_once_one_reminds(
    platform: Platform, stage: Stage, clock: TestClock
) -> None:
    await keep(stage)
    clock.advance(days=3)
    sent = await asyncio.gather(*(send_reminders(platform.agency) for _ in range(10)))
    assert sum(sent) == 1
    assert len(await list_reminders(platform)) == 1


@pytest.mark.spec("RFC 8058", "3.2")
async def test_a_mail_program_turns_them_off_by_one_post_without_cookies(
    platform: Platform, stage: Stage, clock: TestClock
) -> None:
    await keep(stage)
    clock.advance(days=3)
    await send_reminders(platform.agency)
    (mail,) = await list_reminders(platform)
    path = find_unsubscribing(mail)
    page = await stage.http.get(path)
    assert "Turn reminders off?" in page.text
    assert PATIENT not in page.text
    assert await platform.database.pool.fetchval("select count(*) from agency_reminder_refusal") == 0
    for _ in range(2):
        answer = await stage.http.post(path, data={"List-Unsubscribe": "One-Click"})
        assert (answer.status_code, "Reminders are off" in answer.text) == (200, True)
    clock.advance(days=3)
    assert await send_reminders(platform.agency) == 0
    browser = stage.browsers[PATIENT]
    await browser.sign_in(PATIENT)
    page = await browser.open("/account/sharing")
    # What waits is there still, and so is the way back.
    assert "Look and decide" in page.text
    page = await browser.submit(page, SWITCH)
    assert "Reminders are on." in page.text
    assert await send_reminders(platform.agency) == 1


async def test_they_are_turned_off_on_her_page(platform: Platform, stage: Stage, clock: TestClock) -> None:
    browser, _ = await keep(stage)
    page = await browser.submit(await browser.open("/account/sharing"), SWITCH)
    assert "Reminders are off." in page.text
    clock.advance(days=4)
    assert await send_reminders(platform.agency) == 0


@pytest.mark.parametrize("token", ["x", "A" * 59, "A" * 3000, "%00"])
async def test_a_guessed_link_turns_nothing_off(platform: Platform, stage: Stage, token: str) -> None:
    await stage.find_browser(PATIENT)
    for method in ("GET", "POST"):
        answer = await stage.http.request(method, f"/agency/reminders/{token}")
        assert answer.status_code == 404
    assert (await stage.http.post(SWITCH, data={"reminders": "off"})).status_code in {401, 403}
    assert await platform.database.pool.fetchval("select count(*) from agency_reminder_refusal") == 0
