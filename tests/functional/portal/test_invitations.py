"""Invitations: by mail, once, for one address, for seven days."""

import asyncio

import pytest

from borvo.accounts.public import Role, find_person
from borvo.assembly import Platform
from borvo.kernel.digests import digest_token
from borvo.portal.public import TeamRole, add_member, clean_up, suspend_tenancy
from borvo.support.public import add_role
from tests.functional.browser import Browser, read_forms, sign_up_by_mail
from tests.functional.conftest import TestClock
from tests.functional.identity.flows import execute
from tests.functional.mails import read_links
from tests.functional.portal.conftest import StartPerson
from tests.functional.portal.teams import (
    INVITATIONS,
    TEAM,
    accept,
    find_link,
    find_person_id,
    invite,
    list_mails,
    list_roles,
    post,
)

NEW = "new@example.org"


async def act(owner: Browser, action: str) -> int:
    """Presses the button of the only open invitation."""
    page = await owner.open(TEAM)
    form = next(form for form in read_forms(page.text) if form.action.endswith(action))
    return (await owner.submit(page, form.action)).status_code


async def test_a_person_signs_up_from_the_link_and_is_a_member(
    platform: Platform, developer: Browser, browser: Browser
) -> None:
    page = await invite(developer, "New@Example.org ", "viewer")
    assert "on its way" in page.text
    assert NEW in page.text
    link = await find_link(platform, NEW)
    page = await browser.open(link)
    assert page.status_code == 200
    assert NEW not in page.text
    signing_up = page.text.partition('href="/account/sign-up?')[2].partition('"')[0]
    page = await sign_up_by_mail(browser, NEW, read_links(platform), f"/account/sign-up?{signing_up}")
    assert page.url.path == link
    page = await browser.submit(page, link)
    assert "You are a member of this tenancy now, as viewer." in page.text
    assert (await list_roles(platform))[NEW] == "viewer"
    async with platform.database.connection() as connection:
        person = await find_person(connection, NEW)
    assert person is not None
    assert Role.DEVELOPER in person.roles


async def test_the_mail_names_tenancy_inviter_role_and_end(platform: Platform, developer: Browser) -> None:
    await invite(developer, NEW)
    [mail] = await list_mails(platform, NEW)
    for text in ("healthorg", "grace@example.org", "as a developer", "22 January 2026, 12:00 UTC"):
        assert text in mail["text"]


async def test_only_a_digest_of_the_token_is_kept_and_none_is_in_the_trail(
    platform: Platform, developer: Browser
) -> None:
    await invite(developer, NEW)
    token = (await find_link(platform, NEW)).rpartition("/")[2]
    assert len(token) == 43
    pool = platform.database.pool
    assert await pool.fetchval("select token_digest from tenancy_invitation") == digest_token(token)
    for table in ("tenancy_invitation", "portal_audit"):
        assert token not in str(await pool.fetch(f"select t::text from {table} t"))
    assert token not in (await developer.open(TEAM)).text


async def test_whether_an_address_has_an_account_cannot_be_seen(
    platform: Platform, developer: Browser, start_person: StartPerson
) -> None:
    await start_person("known@example.org")
    pages = [await invite(developer, email) for email in ("known@example.org", "other@example.org")]
    assert [page.status_code for page in pages] == [200, 200]
    mails = [(await list_mails(platform, email))[0] for email in ("known@example.org", "other@example.org")]
    assert len({mail["text"].partition("/portal/invitations/")[0] for mail in mails}) == 1


@pytest.mark.parametrize(
    "email", ["", "nonsense", "a@b", "x" * 250 + "@example.org", "a@example.org\r\nBcc: b@c.de"]
)
async def test_what_is_no_address_is_refused_beside_the_field_and_not_lost(
    platform: Platform, developer: Browser, email: str
) -> None:
    page = await invite(developer, email, "viewer")
    assert page.status_code == 400
    assert 'id="email-error"' in page.text
    form = next(form for form in read_forms(page.text) if form.action == INVITATIONS)
    assert form.values("role") == ["viewer"]
    assert await platform.database.pool.fetchval("select count(*) from tenancy_invitation") == 0


@pytest.mark.usefixtures("colleague")
async def test_nobody_is_invited_twice_and_no_member_at_all(platform: Platform, developer: Browser) -> None:
    await invite(developer, NEW)
    for email, words in ((NEW, "invited already"), ("cole@example.org", "member already")):
        page = await invite(developer, email)
        assert page.status_code == 400
        assert words in page.text
    assert len(await list_mails(platform, NEW)) == 1


async def test_somebody_with_another_address_cannot_use_the_link(
    platform: Platform, developer: Browser, stranger: Browser
) -> None:
    await invite(developer, NEW)
    link = await find_link(platform, NEW)
    page = await stranger.open(link)
    assert "another address" in page.text
    assert NEW not in page.text
    assert (await post(stranger, link)).status_code == 403
    assert "mallory@example.org" not in await list_roles(platform)
    assert await platform.database.pool.fetchval("select count(*) from tenancy_invitation") == 1


async def test_her_own_yes_wakes_no_role_and_support_does(
    platform: Platform, developer: Browser, start_person: StartPerson
) -> None:
    browser = await start_person(NEW)
    read = "select held_until is not null from person_role where person_id = $1"
    await add_role(platform.accounts, NEW, "developer")
    await invite(developer, NEW)
    person_id = await find_person_id(platform, NEW)
    await execute(platform, "update person_role set held_until = now() where person_id = $1", person_id)
    await accept(browser, await find_link(platform, NEW))
    assert NEW in await list_roles(platform)
    assert await platform.database.pool.fetchval(read, person_id)
    assert (await browser.open(TEAM)).status_code == 404
    await add_member(platform.portal, "healthorg", NEW, TeamRole.DEVELOPER)
    assert not await platform.database.pool.fetchval(read, person_id)
    assert (await browser.open(TEAM)).status_code == 200


async def test_a_link_works_once(platform: Platform, developer: Browser, start_person: StartPerson) -> None:
    browser = await start_person(NEW)
    await invite(developer, NEW)
    link = await find_link(platform, NEW)
    await accept(browser, link)
    assert (await browser.open(link)).status_code == 404
    assert (await post(browser, link)).status_code == 404


async def test_a_link_used_twenty_times_at_once_works_once(
    platform: Platform, developer: Browser, start_person: StartPerson
) -> None:
    browser = await start_person(NEW)
    await invite(developer, NEW)
    link = await find_link(platform, NEW)
    answers = await asyncio.gather(*(post(browser, link) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [303, *[404] * 19]
    joined = "select count(*) from portal_audit where action = 'member_joined'"
    assert await platform.database.pool.fetchval(joined) == 1


async def test_revoking_and_accepting_at_once_does_one_of_both(
    platform: Platform, developer: Browser, start_person: StartPerson
) -> None:
    browser = await start_person(NEW)
    await invite(developer, NEW)
    link = await find_link(platform, NEW)
    invitation = await platform.database.pool.fetchval("select id from tenancy_invitation")
    answers = await asyncio.gather(
        post(browser, link), post(developer, f"{INVITATIONS}/{invitation}/revocation")
    )
    assert sorted(answer.status_code for answer in answers) == [303, 404]
    assert (NEW in await list_roles(platform)) is (answers[0].status_code == 303)


async def test_a_revoked_link_works_no_more(
    platform: Platform, developer: Browser, start_person: StartPerson
) -> None:
    browser = await start_person(NEW)
    await invite(developer, NEW)
    link = await find_link(platform, NEW)
    assert await act(developer, "revocation") == 200
    assert (await post(browser, link)).status_code == 404
    assert NEW not in (await developer.open(TEAM)).text


async def test_after_seven_days_it_is_over_until_it_is_sent_again(
    platform: Platform, developer: Browser, start_person: StartPerson, clock: TestClock
) -> None:
    await invite(developer, NEW)
    first = await find_link(platform, NEW)
    clock.advance(days=7)
    await developer.sign_in("grace@example.org")
    browser = await start_person(NEW)
    assert (await post(browser, first)).status_code == 404
    assert "expired" in (await developer.open(TEAM)).text
    assert await act(developer, "sending") == 200
    second = await find_link(platform, NEW)
    assert second != first
    assert (await post(browser, first)).status_code == 404
    assert (await post(browser, second)).status_code == 303
    assert (await list_roles(platform))[NEW] == "developer"


async def test_expired_invitations_are_cleaned_away_after_a_month(
    platform: Platform, developer: Browser, clock: TestClock
) -> None:
    await invite(developer, NEW)
    clock.advance(days=36)
    await clean_up(platform.portal)
    count = "select count(*) from tenancy_invitation"
    assert await platform.database.pool.fetchval(count) == 1
    clock.advance(days=2)
    await clean_up(platform.portal)
    assert await platform.database.pool.fetchval(count) == 0


async def test_one_address_gets_little_mail_and_one_owner_sends_little(
    platform: Platform, developer: Browser, clock: TestClock
) -> None:
    await invite(developer, NEW)
    statuses = [await act(developer, "sending") for _ in range(6)]
    assert statuses == [200, 200, 200, 200, 429, 429]
    assert len(await list_mails(platform, NEW)) == 5
    pages = [await invite(developer, f"{number}@example.org") for number in range(16)]
    assert [page.status_code for page in pages] == [200] * 15 + [429]
    assert "Too many attempts" in pages[-1].text
    assert int(pages[-1].headers["retry-after"]) > 0
    clock.advance(minutes=16)
    assert (await invite(developer, "later@example.org")).status_code == 200


async def test_nobody_joins_a_suspended_tenancy(
    platform: Platform, developer: Browser, start_person: StartPerson
) -> None:
    browser = await start_person(NEW)
    await invite(developer, NEW)
    await suspend_tenancy(platform.portal, "healthorg")
    link = await find_link(platform, NEW)
    assert "suspended" in (await browser.open(link)).text
    assert (await post(browser, link)).status_code == 403
    assert NEW not in await list_roles(platform)


async def test_a_member_who_is_invited_again_keeps_her_role(
    platform: Platform, developer: Browser, start_person: StartPerson
) -> None:
    """Support may have made her a member while the invitation was under way."""
    browser = await start_person(NEW)
    await invite(developer, NEW, "viewer")
    member = await find_person_id(platform, NEW)
    await platform.database.pool.execute(
        """insert into tenancy_member (person_id, tenancy_id, role, joined_at)
           select $1, id, 'owner', now() from tenancy""",
        member,
    )
    assert (await post(browser, await find_link(platform, NEW))).status_code == 303
    assert (await list_roles(platform))[NEW] == "owner"


@pytest.mark.parametrize("token", ["x", "A" * 43, "%00", "%ff", "a'b", "é", "x" * 5000])
async def test_a_made_up_link_opens_nothing(developer: Browser, browser: Browser, token: str) -> None:
    for each in (developer, browser):
        assert (await each.client.get(f"/portal/invitations/{token}")).status_code == 404
    assert (await post(developer, f"/portal/invitations/{token}")).status_code == 404
