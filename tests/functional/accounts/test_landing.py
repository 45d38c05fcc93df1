"""Where a person arrives who signs in without having been sent by anybody."""

from borvo.accounts.public import Role, change_role
from borvo.assembly import Platform
from tests.functional.browser import Browser


async def test_a_developer_lands_in_the_portal_and_everybody_else_on_the_account(
    platform: Platform, browser: Browser
) -> None:
    assert (await browser.sign_up("dana@example.org")).url.path == "/account"
    async with platform.database.transaction() as connection:
        await change_role(connection, platform.accounts, "dana@example.org", Role.DEVELOPER, granted=True)
    assert (await browser.sign_in("dana@example.org")).url.path == "/portal"
