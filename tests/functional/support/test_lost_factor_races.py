"""The removal of a lost factor against what happens at the same moment."""

import asyncio

import pytest

from borvo.accounts.factors import store
from borvo.accounts.public import remove_lost_factors
from borvo.kernel.ids import PersonId
from borvo.storage.database import Connection
from borvo.support.public import Wish, act_on_person
from tests.functional.accounts.enrolment import SECOND_STEP, add_app, show_code
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.identity.flows import count
from tests.functional.locks import wait_until_blocked
from tests.functional.support.console import ADA, WHY, Office, find
from tests.functional.support.test_lost_factor import WAIT, begin


@pytest.fixture
async def secret(office: Office, sue: Browser, clock: TestClock) -> str:
    """Of her app. She is looked up, and the clock has moved on since she used it."""
    secret = await add_app(await office.open_browser(ADA), clock)
    clock.advance(minutes=1)
    await find(sue)
    return secret


@pytest.mark.usefixtures("secret")
async def test_whoever_stops_it_and_the_job_never_both_do(
    office: Office, sue: Browser, clock: TestClock
) -> None:
    await begin(office, sue)
    clock.advance(hours=WAIT)
    accounts = office.platform.accounts
    done = await asyncio.gather(
        remove_lost_factors(accounts),
        remove_lost_factors(accounts),
        act_on_person(accounts, "factor-keeping", ADA, Wish(), WHY),
        return_exceptions=True,
    )
    removed = sum(each for each in done if isinstance(each, int))
    stopped = sum(isinstance(each, str) for each in done)
    assert removed + stopped == 1
    assert await count(office.platform, "person_totp") == 1 - removed


async def test_a_code_that_is_proved_while_the_job_begins_keeps_the_factor(
    office: Office, sue: Browser, secret: str, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await begin(office, sue)
    clock.advance(hours=WAIT)
    ada = await office.open_browser()
    page = await ada.sign_in(ADA)
    removing: list[asyncio.Task[int]] = []
    forget = store.forget_wrong_codes

    async def pause(connection: Connection, person_id: PersonId) -> None:
        """Between the code that was right and the end of the transaction that says so."""
        removing.append(asyncio.create_task(remove_lost_factors(office.platform.accounts)))
        await wait_until_blocked(office.platform)
        await forget(connection, person_id)

    monkeypatch.setattr(store, "forget_wrong_codes", pause)
    page = await ada.submit(page, SECOND_STEP, code=show_code(secret, clock))
    assert page.url.path == "/account"
    assert await removing[0] == 0
    assert await count(office.platform, "person_totp") == 1


@pytest.mark.usefixtures("secret")
async def test_who_waits_for_her_second_step_begins_again_after_the_removal(
    office: Office, sue: Browser, clock: TestClock
) -> None:
    await begin(office, sue)
    clock.advance(hours=WAIT)
    ada = await office.open_browser()
    assert (await ada.sign_in(ADA)).url.path == SECOND_STEP
    await remove_lost_factors(office.platform.accounts)
    assert (await ada.client.get(SECOND_STEP)).headers["location"].startswith("/account/sign-in")
