"""Whoever has just signed in is answered for the login that her new cookie stands for, however she came by it."""

from dataclasses import fields

import pytest

from borvo.accounts.public import Login, Person, Role, find_login
from borvo.assembly import Platform
from tests.functional.accounts.enrolment import SECOND_STEP, add_app, show_code
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.identity.flows import ADA, execute


@pytest.fixture
def told(platform: Platform) -> list[Login]:
    """The logins for which requests of apps would be answered, where agents must have a second factor."""
    seen: list[Login] = []

    async def note(login: Login, _: str) -> None:
        seen.append(login)

    object.__setattr__(platform.accounts, "answer_return", note)
    object.__setattr__(platform.accounts, "factor_roles", frozenset({Role.AGENT}))
    return seen


def describe(login: Login) -> dict[str, object]:
    """All that is known of a login; of one that has just begun, the person may be known better."""
    person = {field.name: getattr(login.person, field.name) for field in fields(Person)}
    return {**{field.name: getattr(login, field.name) for field in fields(Login)}, "person": person}


async def check(platform: Platform, browser: Browser, told: list[Login]) -> Login:
    found = await find_login(platform.accounts, browser.client.cookies["borvo_session"])
    assert found is not None
    assert describe(told.pop()) == describe(found)
    return found


async def let_rest(platform: Platform) -> None:
    """A role that rests asks for a factor still."""
    await execute(
        platform,
        """insert into person_role (person_id, role, granted_at, held_until)
           select id, 'agent', $1::timestamptz, $1::timestamptz + interval '1 day' from person""",
        platform.clock(),
    )


async def test_by_a_password_the_login_is_that_of_the_cookie(
    told: list[Login], platform: Platform, ada: Browser, clock: TestClock
) -> None:
    new = await check(platform, ada, told)
    await let_rest(platform)
    clock.advance(minutes=1)
    await ada.sign_in(ADA)
    renewed = await check(platform, ada, told)
    assert (new.session_id, renewed.owes_factor) == (renewed.session_id, True)
    ada.client.cookies.clear()
    await ada.sign_in(ADA)
    other = await check(platform, ada, told)
    assert (other.session_id != new.session_id, other.owes_factor) == (True, True)


async def test_by_a_second_step_the_login_is_that_of_the_cookie(
    told: list[Login], platform: Platform, ada: Browser, clock: TestClock
) -> None:
    await let_rest(platform)
    secret = await add_app(ada, clock)
    await execute(platform, "update login_session set methods = '{pwd}'")
    page = await ada.open("/account/step-up")
    await ada.submit(page, SECOND_STEP, code=show_code(secret, clock))
    stronger = await check(platform, ada, told)
    assert stronger.resting == {Role.AGENT}
    assert not stronger.owes_factor
    clock.advance(minutes=1)
    ada.client.cookies.clear()
    await ada.submit(await ada.sign_in(ADA), SECOND_STEP, code=show_code(secret, clock))
    new = await check(platform, ada, told)
    assert new.authenticated_at > stronger.authenticated_at
