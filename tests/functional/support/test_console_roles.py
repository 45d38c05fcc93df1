"""Roles that are given and taken in the support console."""

import asyncio
import json
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest

from borvo.accounts.public import Intervention
from borvo.assembly import Platform
from borvo.kernel.errors import ConflictError
from borvo.kernel.ids import PersonId
from borvo.organisations.public import create_organisation
from borvo.portal.public import create_tenancy
from borvo.support.people import DEEDS, Wish
from borvo.support.public import remove_role
from tests.functional.accounts.enrolment import add_passkey
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.identity.flows import fetch_value
from tests.functional.mails import list_mails
from tests.functional.support.console import ADA, SAM, SUE, WHY, Office, act, find, post

SUPPORTERS = "select count(*) from person_role where role = 'support'"


@pytest.fixture
async def ada(office: Office, sue: Browser) -> Browser:
    """She is looked up already."""
    browser = await office.open_browser(ADA)
    await find(sue)
    return browser


async def test_roles_are_given_and_taken_with_a_mail_and_a_reason(
    office: Office, sue: Browser, ada: Browser
) -> None:
    person_id = await office.find_id()
    page = await act(sue, "role-giving", person_id, role="agent")
    assert "agent</span>" in page.text
    assert (await ada.client.get("/agency")).status_code == 200
    page = await act(sue, "role-taking", person_id, role="agent")
    assert "agent</span>" not in page.text
    assert {mail.subject for mail in await list_mails(office.platform, ADA)} == {
        "You were given the role agent",
        "You no longer have the role agent",
    }
    given = [json.loads(each["detail"]) for each in await office.list_events("role_added")]
    assert {"reason": WHY, "role": "agent"} in given


async def test_all_others_of_support_hear_of_a_new_one(office: Office, sue: Browser) -> None:
    """Who gives the role, too: it may be somebody else at her session. Who gets it has a mail of her own."""
    for email in (ADA, "bob@example.org"):
        await office.open_browser(email)
        await find(sue, email)
    await act(sue, "role-giving", await office.find_id(), role="support")
    await act(sue, "role-giving", await office.find_id("bob@example.org"), role="agent")
    told = {email: [mail.text for mail in await list_mails(office.platform, email)] for email in (SUE, ADA)}
    assert ["role support at" in text for text in told[SUE] if ADA in text] == [True]
    assert not [text for text in told[SUE] if "bob@example.org" in text]
    assert not [text for text in told[ADA] if text.startswith(ADA)]


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize("role", ["patient", "king", ""])
async def test_what_is_no_role_to_give_is_refused(office: Office, sue: Browser, role: str) -> None:
    page = await act(sue, "role-giving", await office.find_id(), role=role)
    assert page.status_code == 400
    assert "Choose a role from the list." in page.text


async def test_of_two_who_take_the_role_from_each_other_one_keeps_it(
    office: Office, sue: Browser, platform: Platform
) -> None:
    sam = await office.seat(SAM)
    paths = [f"/support/people/{await office.find_id(email)}/role-taking" for email in (SAM, SUE)]
    await find(sue, SAM)
    await find(sam, SUE)
    pages = [await browser.open(path) for browser, path in zip((sue, sam), paths, strict=True)]
    await asyncio.gather(
        sue.submit(pages[0], paths[0], role="support"), sam.submit(pages[1], paths[1], role="support")
    )
    assert await fetch_value(platform, SUPPORTERS) == 1


@pytest.mark.parametrize("deed", ["role-taking", "suspension", "closing"])
@pytest.mark.usefixtures("sue")
async def test_the_last_of_support_stays_when_who_asks_has_lost_the_role_meanwhile(
    office: Office, platform: Platform, deed: str
) -> None:
    await office.seat(SAM)
    ids = {email: PersonId(UUID(await office.find_id(email))) for email in (SUE, SAM)}
    await remove_role(platform.accounts, SUE, "support")
    with pytest.raises(ConflictError, match="last account with the role support"):
        await DEEDS[deed].act(platform.accounts, ids[SAM], Wish(role="support"), Intervention(WHY, ids[SUE]))
    assert await fetch_value(platform, SUPPORTERS) == 1
    assert await fetch_value(platform, "select count(*) from person where closed_at is not null") == 0


async def test_a_command_takes_the_last_one_too_since_it_can_give_it_again(
    sue: Browser, platform: Platform
) -> None:
    assert "no longer has" in await remove_role(platform.accounts, SUE, "support")
    assert (await sue.client.get("/support")).status_code == 403


async def test_what_would_let_a_thief_into_accounts_asks_for_a_sign_in_just_before(
    office: Office, sue: Browser, ada: Browser, clock: TestClock
) -> None:
    """Her session may be in other hands."""
    await add_passkey(ada)
    clock.advance(minutes=11)
    person = f"/support/people/{await office.find_id()}"
    for deed in ("role-giving", "role-taking", "factor-removal", "suspension", "lifting", "closing"):
        path = f"{person}/{deed}"
        for answer in (await sue.client.get(path), await post(sue, path, reason=WHY, role="agent")):
            target = urlsplit(answer.headers["location"])
            assert (answer.status_code, target.path) == (303, "/account/sign-in"), path
            assert parse_qs(target.query)["return_to"] == [path]
    assert (await sue.client.get(f"{person}/verification")).status_code == 200
    assert await fetch_value(office.platform, "select count(*) from person_role where role = 'agent'") == 0


@pytest.mark.parametrize("place", ["tenancies/healthorg", "organisations/North Clinic"])
async def test_so_does_what_brings_roles(office: Office, sue: Browser, clock: TestClock, place: str) -> None:
    await create_organisation(office.platform.organisations, "North Clinic")
    await office.open_browser(ADA)
    await create_tenancy(office.platform.portal, ADA, "healthorg")
    assert (await sue.client.get(f"/support/{place}/member")).status_code == 200
    clock.advance(minutes=11)
    for answer in (
        await sue.client.get(f"/support/{place}/member"),
        await post(sue, f"/support/{place}/member", reason=WHY, email=ADA, role="agent"),
    ):
        assert answer.headers["location"].startswith("/account/sign-in")
