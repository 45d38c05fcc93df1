"""What a mailbox alone opens again: the account, and not the roles that ask for a second factor."""

from dataclasses import replace

import pytest

from borvo.accounts.public import Role, wake_roles
from borvo.accounts.resting_roles import rest_roles
from borvo.accounts.service import change_role
from borvo.accounts.store import find_person
from borvo.assembly import Platform
from borvo.support.public import add_role
from tests.functional.accounts.enrolment import (
    SECOND_STEP,
    add_app,
    add_passkey,
    come_half,
    show_code,
)
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.identity.flows import ADA
from tests.functional.mails import find_link

NEW = "other words that nobody guesses"


@pytest.fixture
async def supporter(platform: Platform, ada: Browser) -> Browser:
    await add_role(platform.accounts, ADA, "support")
    await add_role(platform.accounts, ADA, "developer")
    return ada


async def undo(platform: Platform, browser: Browser) -> None:
    """By whoever reads her mail, who chooses a password then."""
    link = await find_link(platform, ADA)
    browser.client.cookies.clear()
    page = await browser.submit(await browser.open(link), "/account/undo/")
    await browser.submit(page, "/account/reset/", password=NEW)


async def reset(platform: Platform, browser: Browser, clock: TestClock) -> None:
    clock.advance(seconds=1)
    browser.client.cookies.clear()
    await browser.submit(await browser.open("/account/reset"), "/account/reset", email=ADA)
    page = await browser.open(await find_link(platform, ADA))
    await browser.submit(page, "/account/reset/", password=NEW)


async def list_roles(platform: Platform) -> set[str]:
    """As every door reads them."""
    async with platform.database.connection() as connection:
        person = await find_person(connection, ADA)
    assert person is not None
    return {role.value for role in person.roles}


async def begin_anew(platform: Platform, supporter: Browser, clock: TestClock) -> None:
    """A factor is taken back by the mailbox alone, and another set up."""
    await add_passkey(supporter)
    await undo(platform, supporter)
    await supporter.sign_in(ADA, NEW)
    await add_app(supporter, clock)


async def test_the_next_factor_after_an_undo_does_not_open_the_console(
    platform: Platform, supporter: Browser, clock: TestClock
) -> None:
    await begin_anew(platform, supporter, clock)
    assert (await supporter.open("/support")).status_code == 403
    assert "since your mailbox alone opened your account" in (await supporter.open("/account")).text
    # What asks for no second factor is as it was.
    assert await list_roles(platform) == {"patient", "developer"}
    clock.advance(hours=71)
    await wake_roles(platform.accounts)
    assert "support" not in await list_roles(platform)
    clock.advance(hours=1)
    await wake_roles(platform.accounts)
    assert await list_roles(platform) == {"patient", "developer", "support"}
    rows = await platform.database.pool.fetch(
        "select kind from security_event where actor = 'the cooling-off period' order by id"
    )
    assert [row["kind"] for row in rows] == ["role_removed", "role_added"]


async def test_support_gives_it_again_sooner(
    platform: Platform, supporter: Browser, clock: TestClock
) -> None:
    await begin_anew(platform, supporter, clock)
    await add_role(platform.accounts, ADA, "support", "she came to the office")
    assert (await supporter.open("/support")).status_code == 200
    assert "rests until" not in (await supporter.open("/account")).text


async def test_a_membership_does_not_wake_a_role(
    platform: Platform, supporter: Browser, clock: TestClock
) -> None:
    """Whose invitation may lie in the mailbox."""
    await reset(platform, supporter, clock)
    async with platform.database.transaction() as connection:
        accounts = platform.accounts
        assert not await change_role(connection, accounts, ADA, Role.SUPPORT, granted=True)
    assert "support" not in await list_roles(platform)


async def test_who_has_an_older_factor_left_keeps_her_roles(
    platform: Platform, supporter: Browser, clock: TestClock
) -> None:
    secret = await add_app(supporter, clock)
    clock.advance(days=8)
    await supporter.submit(await come_half(supporter), SECOND_STEP, code=show_code(secret, clock))
    await add_passkey(supporter)
    await undo(platform, supporter)
    assert "support" in await list_roles(platform)


@pytest.mark.usefixtures("supporter")
async def test_what_rests_does_so_until_long_after_the_mailbox_opened_last(
    platform: Platform, ada: Browser, clock: TestClock
) -> None:
    await reset(platform, ada, clock)
    clock.advance(hours=71)
    await reset(platform, ada, clock)
    clock.advance(hours=71)
    await wake_roles(platform.accounts)
    assert "support" not in await list_roles(platform)
    clock.advance(hours=1)
    await wake_roles(platform.accounts)
    assert "support" in await list_roles(platform)
    kinds = await platform.database.pool.fetch(
        "select kind from security_event where actor = 'the cooling-off period'"
    )
    assert len(kinds) == 2


@pytest.mark.parametrize("has_factor", [True, False])
async def test_a_new_password_by_mail_counts_as_little_as_an_undo_where_there_is_no_factor(
    platform: Platform, supporter: Browser, clock: TestClock, *, has_factor: bool
) -> None:
    if has_factor:
        await add_app(supporter, clock)
    await reset(platform, supporter, clock)
    assert ("support" in await list_roles(platform)) == has_factor


@pytest.mark.usefixtures("supporter")
async def test_roles_of_the_setting_rest_too(platform: Platform) -> None:
    strict = replace(platform.accounts, factor_roles=frozenset({Role.DEVELOPER}))
    async with platform.database.transaction() as connection:
        person = await find_person(connection, ADA)
        assert person is not None
        await rest_roles(connection, strict, person.id)
    assert await list_roles(platform) == {"patient"}
