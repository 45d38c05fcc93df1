"""The members of a tenancy hear in time that a secret ends."""

import asyncio

import pytest

from borvo.assembly import Platform
from borvo.portal.public import TeamRole, add_member, maintain
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.portal.journeys import load_present, register
from tests.functional.portal.secrets import CLIENT, generate, list_mails


@pytest.fixture
async def registered(developer: Browser) -> Browser:
    await register(developer)
    return developer


@pytest.mark.usefixtures("stranger")
async def test_each_warning_is_sent_once_to_each_member_whatever_many_workers_do(
    platform: Platform, registered: Browser, clock: TestClock
) -> None:
    _, secret = await generate(registered, label="web server", days="90")
    await add_member(platform.portal, "healthorg", "mallory@example.org", TeamRole.DEVELOPER)
    seen = []
    for hours in range(0, 91 * 24, 12):
        await asyncio.gather(*(maintain(platform.portal) for _ in range(4 if hours % 240 == 0 else 1)))
        count = len(await list_mails(platform))
        seen.append(count)
        clock.advance(hours=12)
    mails = await list_mails(platform)
    assert [subject for _, subject, _ in mails[::2]] == [
        "A client secret expires within 30 days",
        "A client secret expires within 7 days",
        "A client secret expires within a day",
    ]
    assert {to for to, _, _ in mails} == {"grace@example.org", "mallory@example.org"}
    assert len(mails) == 6
    assert [seen.index(count) / 2 for count in (2, 4, 6)] == [60, 83, 89]
    for _, _, text in mails:
        assert "15 April 2026, 12:00 UTC" in text
        assert f"http://localhost:8000/portal/clients/{CLIENT}/secret" in text
        assert "web server" in text
        assert f"ending in {secret[-4:]}" in text
        assert secret not in text


@pytest.mark.usefixtures("stranger")
async def test_who_may_only_look_is_not_warned(
    platform: Platform, registered: Browser, clock: TestClock
) -> None:
    await add_member(platform.portal, "healthorg", "mallory@example.org", TeamRole.VIEWER)
    await generate(registered, days="90")
    clock.advance(days=61)
    await maintain(platform.portal)
    assert [to for to, _, _ in await list_mails(platform)] == ["grace@example.org"]


async def test_many_workers_at_the_same_moment_send_one_mail(
    platform: Platform, registered: Browser, clock: TestClock
) -> None:
    for _ in range(3):
        await generate(registered, days="90")
    clock.advance(days=61)
    await asyncio.gather(*(maintain(platform.portal) for _ in range(8)))
    assert len(await list_mails(platform)) == 3


async def test_whoever_was_away_for_long_gets_the_latest_warning_only(
    platform: Platform, registered: Browser, clock: TestClock
) -> None:
    await generate(registered, days="90")
    clock.advance(days=89, hours=1)
    for _ in range(2):
        await maintain(platform.portal)
    assert [subject for _, subject, _ in await list_mails(platform)] == [
        "A client secret expires within a day"
    ]


async def test_a_secret_made_for_thirty_days_does_not_warn_at_once(
    platform: Platform, registered: Browser, clock: TestClock
) -> None:
    await generate(registered, days="30")
    await maintain(platform.portal)
    clock.advance(days=22)
    await maintain(platform.portal)
    assert await list_mails(platform) == []
    clock.advance(days=1)
    await maintain(platform.portal)
    assert len(await list_mails(platform)) == 1


async def test_nobody_is_warned_of_what_does_not_matter(
    platform: Platform, registered: Browser, clock: TestClock
) -> None:
    await generate(registered)
    await generate(registered, days="90")
    await platform.database.pool.execute("update client set disabled_at = now()")
    clock.advance(days=89)
    await maintain(platform.portal)
    clock.advance(days=2)
    await platform.database.pool.execute("update client set disabled_at = null")
    await maintain(platform.portal)
    assert await list_mails(platform) == []


async def test_former_members_hear_nothing(platform: Platform, registered: Browser, clock: TestClock) -> None:
    await generate(registered, days="90")
    await platform.database.pool.execute("delete from person_role")
    clock.advance(days=89)
    await maintain(platform.portal)
    assert await list_mails(platform) == []


async def test_a_mail_that_cannot_be_posted_leaves_its_warning_due(
    platform: Platform, registered: Browser, clock: TestClock
) -> None:
    await generate(registered, days="90")
    clock.advance(days=89)
    await platform.database.pool.execute("alter table outbox_message rename to away")
    with pytest.raises(Exception, match="outbox_message"):
        await maintain(platform.portal)
    await platform.database.pool.execute("alter table away rename to outbox_message")
    await maintain(platform.portal)
    assert len(await list_mails(platform)) == 1


async def test_expired_secrets_are_cleared_away_after_ninety_days(
    platform: Platform, registered: Browser, clock: TestClock
) -> None:
    await generate(registered, days="30")
    await generate(registered)
    clock.advance(days=120)
    await maintain(platform.portal)
    assert len((await load_present(platform, CLIENT)).secrets) == 2
    clock.advance(seconds=1)
    await maintain(platform.portal)
    assert [secret.expires_at for secret in (await load_present(platform, CLIENT)).secrets] == [None]
