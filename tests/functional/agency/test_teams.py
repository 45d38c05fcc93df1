"""Managers of an organisation look after its members, by pages."""

import asyncio
import re

import pytest

from borvo.assembly import Platform
from borvo.mail.posting import KIND
from borvo.organisations.public import OrganisationRole, add_member, create_organisation
from tests.functional.agency.scenes import AGENT, PATIENT, Stage
from tests.functional.browser import Browser, read_forms
from tests.functional.conftest import TestClock
from tests.functional.portal.teams import find_person_id, post

MANAGER, NEW = "mara@example.org", "nora@example.org"


@pytest.fixture
async def home(platform: Platform, stage: Stage) -> str:
    """The address of an organisation with a manager and an agent."""
    for email in (MANAGER, AGENT):
        await stage.find_browser(email)
    organisation = await create_organisation(platform.organisations, "North Clinic")
    await add_member(platform.organisations, "North Clinic", MANAGER, OrganisationRole.MEMBERSHIP_MANAGER)
    await add_member(platform.organisations, "North Clinic", AGENT, OrganisationRole.AGENT)
    return f"/organisations/{organisation.id}"


async def list_links(platform: Platform) -> set[str]:
    mails = [payload["text"] for _, payload in await platform.outbox.list_payloads(KIND, 100)]
    return {link for text in mails for link in re.findall(r"/organisations/invitations/\S+", text)}


async def invite(browser: Browser, home: str, email: str = NEW, role: str = "agent") -> str:
    """By the form; those of open invitations have addresses that begin as its does."""
    page = await browser.open("/organisations")
    form = next(form for form in read_forms(page.text) if form.action == f"{home}/invitations")
    answer = await browser.client.post(form.action, data={**dict(form.fields), "email": email, "role": role})
    return (await browser.open(answer.headers["location"]) if answer.is_redirect else answer).text


async def test_a_colleague_is_invited_joins_and_is_removed(
    platform: Platform, stage: Stage, home: str
) -> None:
    manager = await stage.find_browser(MANAGER)
    assert "on its way" in await invite(manager, home)
    assert "invited already" in await invite(manager, home)
    (link,) = await list_links(platform)
    stranger = await stage.find_browser(AGENT)
    assert "another address" in (await stranger.open(link)).text
    assert (await post(stranger, link)).status_code == 403
    colleague = await stage.find_browser(NEW)
    joined = await colleague.submit(await colleague.open(link), link)
    assert "You are a member now" in joined.text
    assert "Invite somebody" not in joined.text
    assert (await colleague.open(link)).status_code == 404
    headers = await stage.sign_in(NEW)
    assert len((await stage.http.get("/organizations/v1/membership", headers=headers)).json()) == 1
    removal = f"{home}/members/{await find_person_id(platform, NEW)}/removal"
    gone = await manager.submit(await manager.open(removal), removal)
    assert "is removed" in gone.text
    assert (await stage.http.get("/organizations/v1/membership", headers=headers)).json() == []
    assert (await stage.http.get("/agency/v1/claims", headers=headers)).status_code == 403
    assert (await colleague.open(home)).status_code == 404


async def test_a_link_works_once_until_it_is_sent_again_withdrawn_or_expired(
    platform: Platform, stage: Stage, home: str, clock: TestClock
) -> None:
    manager, colleague = await stage.find_browser(MANAGER), await stage.find_browser(NEW)
    await invite(manager, home)
    (first,) = await list_links(platform)
    invitation_id = await platform.database.pool.fetchval("select id from organisation_invitation")
    page = await manager.open(home)
    await manager.submit(page, f"{home}/invitations/{invitation_id}/sending")
    (second,) = await list_links(platform) - {first}
    assert (await colleague.open(first)).status_code == 404
    assert (await colleague.open(second)).status_code == 200
    await manager.submit(page, f"{home}/invitations/{invitation_id}/withdrawal")
    assert (await colleague.open(second)).status_code == 404
    await invite(manager, home)
    (third,) = await list_links(platform) - {first, second}
    clock.advance(days=14)
    assert (await colleague.open(third)).status_code == 404


async def test_of_parallel_acceptances_one_counts(platform: Platform, stage: Stage, home: str) -> None:
    await invite(await stage.find_browser(MANAGER), home)
    (link,) = await list_links(platform)
    browsers = [await stage.find_browser(NEW)]
    browsers.append(await stage.open_browser())
    await browsers[1].sign_in(NEW)
    answers = await asyncio.gather(*(post(browser, link) for browser in browsers))
    assert {answer.status_code for answer in answers} <= {303, 404, 409}
    assert sum(answer.status_code == 303 for answer in answers) == 1


async def test_only_managers_change_members_and_strangers_see_nothing(
    platform: Platform, stage: Stage, home: str
) -> None:
    manager_id = await find_person_id(platform, MANAGER)
    await invite(await stage.find_browser(MANAGER), home)
    invitation_id = await platform.database.pool.fetchval("select id from organisation_invitation")
    deeds = [
        (f"{home}/invitations", {"email": "x@example.org", "role": "agent"}),
        (f"{home}/invitations/{invitation_id}/sending", {}),
        (f"{home}/invitations/{invitation_id}/withdrawal", {}),
        (f"{home}/members/{manager_id}/removal", {}),
    ]
    stranger, agent = await stage.find_browser("eve@example.org"), await stage.find_browser(AGENT)
    for path, fields in deeds:
        assert (await post(stranger, path, **fields)).status_code == 404
        assert (await post(agent, path, **fields)).status_code == 403
    assert (await stranger.open(home)).status_code == 404
    assert NEW not in (await agent.open(home)).text
    page = await (await stage.find_browser(MANAGER)).open(home)
    assert NEW in page.text


async def test_the_last_manager_stays_and_others_leave(platform: Platform, stage: Stage, home: str) -> None:
    for email, answer in ((MANAGER, "this is the last one"), (AGENT, "You have left")):
        browser = await stage.find_browser(email)
        removal = f"{home}/members/{await find_person_id(platform, email)}/removal"
        page = await browser.submit(await browser.open(removal), removal)
        assert answer in page.text


async def test_what_is_wrong_with_an_invitation_is_said(stage: Stage, home: str) -> None:
    manager = await stage.find_browser(MANAGER)
    assert "Enter an e-mail address" in await invite(manager, home, "nobody")
    assert "Choose a role" in await invite(manager, home, role="king")
    assert "has the role already" in await invite(manager, home, AGENT)


async def test_managers_see_how_many_people_share_and_nothing_about_them(stage: Stage, home: str) -> None:
    headers = await stage.sign_in(AGENT)
    organisation_id = home.rpartition("/")[2]
    await stage.share(headers, organizationId=organisation_id, requestedScopes=["read.height"])
    await stage.share(headers, requestedScopes=["read.height"])
    await stage.invite(headers, "bob@example.org", organizationId=organisation_id)
    page = await (await stage.find_browser(MANAGER)).open(home)
    assert "People who share (1)" in page.text
    assert "1 invite to share waits for an answer" in page.text
    assert PATIENT not in page.text
    assert not any(word in page.text for word in ("your height", "read.height"))
    assert "People who share" not in (await (await stage.find_browser(AGENT)).open(home)).text
