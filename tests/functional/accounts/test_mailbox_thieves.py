"""What a thief of a password or of a session can do about the code that a mail brings."""

from borvo.accounts.service import find_login
from borvo.assembly import Platform
from tests.functional.accounts.test_mailbox import MAILBOX, ask, may_set_up, read_code
from tests.functional.accounts.test_resting_roles import NEW, reset
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.identity.flows import ADA


async def test_a_thief_of_the_password_uses_up_no_codes_that_a_new_one_does_not_give_back(
    platform: Platform, ada: Browser, clock: TestClock
) -> None:
    for _ in range(6):
        await ask(ada)
    ada.client.cookies.clear()
    await ada.sign_in(ADA)
    for _ in range(5):
        assert (await ask(ada)).status_code == 200
    ada.client.cookies.clear()
    await ada.sign_in(ADA)
    assert (await ask(ada)).status_code == 429
    await reset(platform, ada, clock)
    await ada.sign_in(ADA, NEW)
    assert (await ask(ada)).status_code == 200


async def test_a_session_that_was_stolen_before_has_no_part_in_the_proof(
    platform: Platform, ada: Browser
) -> None:
    page, stolen = await ask(ada), ada.client.cookies["borvo_session"]
    await ada.submit(page, MAILBOX, code=await read_code(platform))
    assert await may_set_up(ada)
    assert await find_login(platform.accounts, stolen) is None
