"""What can no longer matter is deleted, and nothing else."""

from borvo.accounts.public import clean_up as clean_up_accounts
from borvo.assembly import Platform
from borvo.identity.public import clean_up as clean_up_identity
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.identity.aspnet import Handler


async def count_rows(platform: Platform, table: str) -> int:
    async with platform.database.connection() as connection:
        return int(await connection.fetchval(f"select count(*) from {table}"))


async def test_a_login_session_is_kept_for_a_month_after_its_end(
    platform: Platform, browser: Browser, clock: TestClock
) -> None:
    await browser.sign_up("ada@example.org")
    clock.advance(days=30)
    await clean_up_accounts(platform.accounts)
    assert await count_rows(platform, "login_session") == 1
    clock.advance(hours=13)
    await clean_up_accounts(platform.accounts)
    assert await count_rows(platform, "login_session") == 0


async def test_counters_of_attempts_go_once_their_window_is_over(
    platform: Platform, browser: Browser, clock: TestClock
) -> None:
    await browser.sign_in("nobody@example.org", "wrong password")
    await clean_up_accounts(platform.accounts)
    assert await count_rows(platform, "attempt_counter") > 0
    clock.advance(hours=2)
    await clean_up_accounts(platform.accounts)
    assert await count_rows(platform, "attempt_counter") == 0


async def test_a_request_that_nobody_answered_goes_when_it_expires(
    platform: Platform, browser: Browser, handler: Handler, clock: TestClock
) -> None:
    await browser.open(await handler.build_authorization_url())
    await clean_up_identity(platform.identity)
    assert await count_rows(platform, "authorization_request") == 1
    clock.advance(minutes=31)
    await clean_up_identity(platform.identity)
    assert await count_rows(platform, "authorization_request") == 0
