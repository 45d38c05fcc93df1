"""Managers of members whose role rests, or was taken: they manage nothing, and what their role shut stays shut."""

import re
from dataclasses import replace

import pytest

from borvo.accounts.public import Role
from borvo.assembly import Platform
from borvo.organisations.pages import build_page_router
from borvo.organisations.public import OrganisationRole, add_member, create_organisation
from borvo.support.public import add_role
from tests.functional.agency.scenes import AGENT, Stage
from tests.functional.application import build_app_for
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.identity.flows import execute
from tests.functional.mails import list_mails
from tests.functional.portal.teams import find_person_id, post

MANAGER, OTHER, NEW = "mara@example.org", "mona@example.org", "nora@example.org"


@pytest.fixture
async def home(platform: Platform, stage: Stage) -> str:
    """The address of an organisation with two managers and an agent; somebody is invited."""
    for email in (MANAGER, OTHER, AGENT):
        await stage.find_browser(email)
    organisation = await create_organisation(platform.organisations, "North Clinic")
    for email in (MANAGER, OTHER):
        await add_member(platform.organisations, "North Clinic", email, OrganisationRole.MEMBERSHIP_MANAGER)
    await add_member(platform.organisations, "North Clinic", AGENT, OrganisationRole.AGENT)
    home = f"/organisations/{organisation.id}"
    manager = await stage.find_browser(MANAGER)
    assert (await post(manager, f"{home}/invitations", email=NEW, role="agent")).status_code == 303
    return home


async def rest(platform: Platform, clock: TestClock, email: str) -> None:
    person_id, until = await find_person_id(platform, email), clock()
    await execute(platform, "update person_role set held_until = $2 where person_id = $1", person_id, until)


async def list_deeds(platform: Platform, home: str) -> list[tuple[str, dict[str, str]]]:
    """All that a manager does, by its path and fields."""
    invitation = await platform.database.pool.fetchval("select id from organisation_invitation")
    return [
        (f"{home}/invitations", {"email": "eve@example.org", "role": "agent"}),
        (f"{home}/invitations/{invitation}/sending", {}),
        (f"{home}/invitations/{invitation}/withdrawal", {}),
        (f"{home}/members/{await find_person_id(platform, AGENT)}/removal", {}),
    ]


async def count_rows(platform: Platform) -> tuple[int, int]:
    """Members and invitations."""
    row = await platform.database.pool.fetchrow(
        "select (select count(*) from organisation_member), (select count(*) from organisation_invitation)"
    )
    assert row is not None
    return row[0], row[1]


@pytest.mark.parametrize("is_taken", [False, True])
async def test_without_the_role_a_manager_manages_nothing(
    platform: Platform, stage: Stage, clock: TestClock, home: str, *, is_taken: bool
) -> None:
    manager, before = await stage.find_browser(MANAGER), await count_rows(platform)
    assert NEW in (await manager.open(home)).text
    if is_taken:
        await execute(
            platform, "delete from person_role where person_id = $1", await find_person_id(platform, MANAGER)
        )
    else:
        await rest(platform, clock, MANAGER)
    page = (await manager.open(home)).text
    assert "You cannot manage the members at present" in page
    for hidden in (NEW, "Invite somebody", "People who share", "Remove<"):
        assert hidden not in page
    deeds = await list_deeds(platform, home)
    for path, fields in deeds:
        assert (await post(manager, path, **fields)).status_code == 403, path
    assert (await manager.open(deeds[-1][0])).status_code == 403
    assert await count_rows(platform) == before
    # Of the others nobody loses anything, and she may still go.
    assert NEW in (await (await stage.find_browser(OTHER)).open(home)).text
    leaving = f"{home}/members/{await find_person_id(platform, MANAGER)}/removal"
    assert "You have left" in (await manager.submit(await manager.open(leaving), leaving)).text


async def open_strictly(platform: Platform, browser: Browser) -> None:
    """From now on managers owe a second factor there."""
    people = replace(platform.accounts, factor_roles=frozenset({Role.MEMBERSHIP_MANAGER}))
    build_app_for(
        replace(platform, accounts=people, organisations=replace(platform.organisations, accounts=people))
    )
    assert (await browser.open("/account")).status_code == 200


@pytest.mark.parametrize("is_resting", [False, True])
async def test_no_page_that_a_factor_opens_is_opened_by_a_role_that_rests(
    platform: Platform, stage: Stage, clock: TestClock, home: str, *, is_resting: bool
) -> None:
    manager, before = await stage.find_browser(MANAGER), await count_rows(platform)
    deeds = await list_deeds(platform, home)
    await open_strictly(platform, manager)
    if is_resting:
        await rest(platform, clock, MANAGER)
    pages = ["/organisations", home, deeds[-1][0], "/agency", "/portal", "/account/device"]
    answers = [await manager.client.get(path) for path in pages]
    answers += [await post(manager, path, **fields) for path, fields in deeds]
    answers.append(await post(manager, "/organisations/invitations/anything"))
    for answer in answers:
        assert answer.is_redirect, answer.url
        assert answer.headers["location"].startswith("/account/step-up?"), answer.url
    assert "Whoever has your role signs in with a second step" in (await manager.open(home)).text
    assert await count_rows(platform) == before
    # The page behind a link of an invitation is for everybody who has it.
    assert len(build_page_router().routes) == len({*pages[:3], *(path for path, _ in deeds), "accept"})


async def is_resting(platform: Platform, email: str) -> bool:
    person_id = await find_person_id(platform, email)
    found = await platform.database.pool.fetchval(
        "select held_until is not null from person_role where person_id = $1", person_id
    )
    assert found is not None
    return bool(found)


async def test_her_own_yes_to_an_invitation_wakes_no_role_and_support_does(
    platform: Platform, stage: Stage, clock: TestClock, home: str
) -> None:
    colleague = await stage.find_browser(NEW)
    await add_role(platform.accounts, NEW, "agent")
    await rest(platform, clock, NEW)
    link = await find_invitation(platform)
    assert "You are a member now" in (await colleague.submit(await colleague.open(link), link)).text
    assert await is_resting(platform, NEW)
    assert (await colleague.open("/agency")).status_code == 403
    await add_member(platform.organisations, "North Clinic", NEW, OrganisationRole.AGENT)
    assert not await is_resting(platform, NEW)
    # Support had given it: it does not go with the membership.
    leaving = f"{home}/members/{await find_person_id(platform, NEW)}/removal"
    await colleague.submit(await colleague.open(leaving), leaving)
    assert (await colleague.open("/agency")).status_code == 200


async def find_invitation(platform: Platform) -> str:
    (mail,) = [mail for mail in await list_mails(platform, NEW) if "/organisations/invitations/" in mail.text]
    found = re.search(r"/organisations/invitations/\S+", mail.text)
    assert found is not None
    return found[0]
