"""The page of a tenancy's team: roles, removing, leaving, and the owner who has to remain."""

import asyncio

import pytest

from borvo.assembly import Platform
from borvo.portal.public import TeamRole, add_member
from tests.functional.browser import Browser
from tests.functional.locks import wait_until_blocked
from tests.functional.portal.conftest import StartPerson
from tests.functional.portal.journeys import load_present, register
from tests.functional.portal.teams import TEAM, change_role, find_person_id, join, list_roles, post

LEAVING = "/portal/tenancies/healthorg/leaving"


async def test_who_made_the_tenancy_is_its_owner_and_listed_with_role_and_date(developer: Browser) -> None:
    page = await developer.open(TEAM)
    for text in ("grace@example.org", "Ada Byron", 'value="owner" selected', "15 January 2026"):
        assert text in page.text


async def test_the_portal_links_to_the_team_under_prefix_and_id(
    platform: Platform, developer: Browser
) -> None:
    assert f'href="{TEAM}"' in (await developer.open("/portal")).text
    tenancy_id = await platform.database.pool.fetchval("select id from tenancy")
    page = await developer.open(f"/portal/tenancies/{tenancy_id}/team")
    assert page.status_code == 200
    assert "grace@example.org" in page.text


async def test_an_owner_changes_roles_and_they_hold_with_the_next_request(
    platform: Platform, developer: Browser, colleague: Browser
) -> None:
    await register(colleague)
    page = await developer.open(TEAM)
    member = await find_person_id(platform, "cole@example.org")
    page = await developer.submit(page, f"{TEAM}/{member}/role", role="viewer")
    assert "The role is changed." in page.text
    assert (await list_roles(platform))["cole@example.org"] == "viewer"
    details = "/portal/clients/healthorg.myapp"
    assert (await post(colleague, details, display_name="Mine")).status_code == 403
    assert (await load_present(platform, "healthorg.myapp")).display_name == "My App"


@pytest.mark.usefixtures("colleague")
@pytest.mark.parametrize("role", ["", "king", "support"])
async def test_a_role_that_there_is_not_is_refused(platform: Platform, developer: Browser, role: str) -> None:
    assert (await change_role(platform, developer, "cole@example.org", "developer", role)).status_code == 400
    assert (await list_roles(platform))["cole@example.org"] == "developer"


@pytest.mark.usefixtures("colleague")
async def test_a_role_that_somebody_else_changed_meanwhile_is_not_overwritten(
    platform: Platform, developer: Browser
) -> None:
    await change_role(platform, developer, "cole@example.org", "developer", "owner")
    page = await change_role(platform, developer, "cole@example.org", "developer", "viewer")
    assert page.status_code == 409
    assert "cole@example.org is owner now" in page.text
    assert (await list_roles(platform))["cole@example.org"] == "owner"


async def test_a_removed_member_finds_nothing_any_more(
    platform: Platform, developer: Browser, colleague: Browser
) -> None:
    await register(colleague)
    member = await find_person_id(platform, "cole@example.org")
    page = await developer.open(f"{TEAM}/{member}/removal")
    assert "cole@example.org" in page.text
    page = await developer.submit(page, f"{TEAM}/{member}/removal")
    assert "The member is removed." in page.text
    assert list(await list_roles(platform)) == ["grace@example.org"]
    for path in (TEAM, "/portal/clients/healthorg.myapp", "/portal?tenancy=healthorg"):
        assert (await colleague.open(path)).status_code == 404
    assert "no developer tenancy yet" in (await colleague.open("/portal")).text


async def test_a_member_leaves_and_is_out(
    platform: Platform, developer: Browser, colleague: Browser, onlooker: Browser
) -> None:
    for browser in (colleague, onlooker):
        page = await browser.submit(await browser.open(LEAVING), LEAVING)
        assert page.url.path == "/portal"
        assert (await browser.open(TEAM)).status_code == 404
    assert list(await list_roles(platform)) == ["grace@example.org"]
    assert (await developer.open(TEAM)).status_code == 200


@pytest.mark.usefixtures("colleague")
async def test_the_last_owner_neither_leaves_nor_is_removed_nor_becomes_less(
    platform: Platform, developer: Browser
) -> None:
    own = await find_person_id(platform, "grace@example.org")
    answers = [
        await post(developer, LEAVING),
        await post(developer, f"{TEAM}/{own}/removal"),
        await change_role(platform, developer, "grace@example.org", "owner", "viewer"),
    ]
    for answer in answers:
        assert answer.status_code == 409
        assert "needs an owner" in answer.text
    assert (await list_roles(platform))["grace@example.org"] == "owner"


async def test_with_a_second_owner_the_first_may_go(
    platform: Platform, developer: Browser, colleague: Browser
) -> None:
    await change_role(platform, developer, "cole@example.org", "developer", "owner")
    assert (await post(developer, LEAVING)).status_code == 303
    assert await list_roles(platform) == {"cole@example.org": "owner"}
    assert (await colleague.open(TEAM)).status_code == 200


async def test_two_owners_who_demote_each_other_at_once_leave_one(
    platform: Platform, developer: Browser, colleague: Browser
) -> None:
    for _ in range(5):
        for email in ("grace@example.org", "cole@example.org"):
            await add_member(platform.portal, "healthorg", email, TeamRole.OWNER)
        answers = await asyncio.gather(
            change_role(platform, developer, "cole@example.org", "owner", "viewer"),
            change_role(platform, colleague, "grace@example.org", "owner", "viewer"),
        )
        # The slower one is a viewer by then, so she may not.
        assert sorted(answer.status_code for answer in answers) == [303, 403]
        assert sorted((await list_roles(platform)).values()) == ["owner", "viewer"]


async def test_all_owners_who_leave_at_once_leave_one(
    platform: Platform, developer: Browser, start_person: StartPerson
) -> None:
    browsers = [developer]
    for number in range(4):
        browsers.append(await start_person(f"{number}@example.org"))
        await join(platform, developer, browsers[-1], f"{number}@example.org", "owner")
    answers = await asyncio.gather(*(post(browser, LEAVING) for browser in browsers))
    assert sorted(answer.status_code for answer in answers) == [303, 303, 303, 303, 409]
    assert list((await list_roles(platform)).values()) == ["owner"]


async def test_a_change_that_waits_for_a_demotion_is_refused(
    platform: Platform, developer: Browser, colleague: Browser
) -> None:
    """The role is looked at under the lock that a change of the team takes, not before."""
    await register(developer)
    tenancy_id = await platform.database.pool.fetchval("select id from tenancy")
    async with platform.database.transaction() as connection:
        await connection.execute("select from tenancy where id = $1 for update", tenancy_id)
        change = asyncio.create_task(
            post(colleague, "/portal/clients/healthorg.myapp/secret", display_name="Late")
        )
        await wait_until_blocked(platform)
        await connection.execute("update tenancy_member set role = 'viewer' where role = 'developer'")
    assert (await change).status_code == 403
    assert (await load_present(platform, "healthorg.myapp")).secrets == ()


async def test_a_viewer_sees_everything_and_is_offered_no_change(
    developer: Browser, onlooker: Browser
) -> None:
    await register(developer)
    await developer.submit(
        await developer.open("/portal/clients/healthorg.myapp/secret"),
        "/portal/clients/healthorg.myapp/secret",
    )
    for path in (
        "/portal",
        "/portal/clients/healthorg.myapp",
        "/portal/clients/healthorg.myapp/secret",
        TEAM,
    ):
        page = await onlooker.open(path)
        assert page.status_code == 200
        assert "You are a viewer here" in page.text
        for offer in (">Save<", "Register a client", "Generate a secret", "Remove<", "Send the invitation"):
            assert offer not in page.text, (path, offer)
    assert "<fieldset disabled>" in (await onlooker.open("/portal/clients/healthorg.myapp")).text


async def test_a_viewer_learns_nothing_about_secrets_by_offering_some(
    developer: Browser, onlooker: Browser
) -> None:
    await register(developer)
    path, secret = "/portal/clients/healthorg.myapp/secret", "k7Qe-9fZp_2mXv!3rTba"
    await developer.submit(await developer.open(path), f"{path}/own", secret=secret)
    answers = [await post(onlooker, f"{path}/own", secret=each) for each in (secret, "short", f"{secret}X")]
    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert len({answer.text.partition("give this number")[0] for answer in answers}) == 1


@pytest.mark.usefixtures("developer")
async def test_a_developer_who_is_no_owner_sees_the_team_and_does_not_change_it(
    platform: Platform, colleague: Browser
) -> None:
    page = await colleague.open(TEAM)
    assert "Send the invitation" not in page.text
    assert "grace@example.org" in page.text
    answer = await change_role(platform, colleague, "grace@example.org", "owner", "viewer")
    assert answer.status_code == 403
    assert "Only owners" in answer.text
