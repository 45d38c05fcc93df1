"""What the support team's commands do."""

import re

import pytest

from borvo.accounts.public import Person, Role, find_person
from borvo.assembly import Platform
from borvo.kernel.errors import InvalidInputError, NotFoundError
from borvo.support.public import add_role, create_tenancy, remove_role
from tests.functional.browser import Browser
from tests.functional.identity.aspnet import Handler
from tests.functional.identity.flows import call_userinfo, obtain_tokens

EMAIL = "ada@example.org"


@pytest.fixture(autouse=True)
async def _person(browser: Browser) -> None:
    await browser.sign_up(EMAIL)


async def find(platform: Platform) -> Person:
    async with platform.database.connection() as connection:
        person = await find_person(connection, EMAIL)
    assert person is not None
    return person


async def test_a_role_is_given_and_taken_and_the_answer_says_what_changed(platform: Platform) -> None:
    people = platform.accounts
    assert await add_role(people, "Ada@Example.org", "agent") == "ada@example.org now has the role agent."
    assert (await find(platform)).roles == {Role.PATIENT, Role.AGENT}
    assert await add_role(people, EMAIL, "agent") == "ada@example.org already had the role agent."
    assert await remove_role(people, EMAIL, "agent") == "ada@example.org no longer has the role agent."
    assert (await find(platform)).roles == {Role.PATIENT}
    assert await remove_role(people, EMAIL, "agent") == "ada@example.org did not have the role agent."


@pytest.mark.parametrize("role", ["patient", "king", ""])
async def test_only_roles_that_can_be_given_are_known(platform: Platform, role: str) -> None:
    with pytest.raises(InvalidInputError) as error:
        await add_role(platform.accounts, EMAIL, role)
    assert "membership_manager" in error.value.public
    with pytest.raises(InvalidInputError):
        await remove_role(platform.accounts, EMAIL, role)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.PATIENT])
async def test_every_role_goes_both_ways_and_userinfo_knows_at_once(
    platform: Platform, browser: Browser, handler: Handler, role: Role
) -> None:
    token = (await obtain_tokens(handler, browser))["access_token"]
    await add_role(platform.accounts, EMAIL, role.value)
    assert (await call_userinfo(handler.http, token)).json()["role"] == sorted(["patient", role.value])
    await remove_role(platform.accounts, EMAIL, role.value)
    assert (await call_userinfo(handler.http, token)).json()["role"] == ["patient"]


async def test_everybody_stays_a_patient(platform: Platform) -> None:
    for change in (add_role, remove_role):
        with pytest.raises(InvalidInputError, match="Everybody is a patient, always"):
            await change(platform.accounts, EMAIL, "patient")
    assert (await find(platform)).roles == {Role.PATIENT}


async def test_a_role_of_nobody_is_an_error_that_names_the_address(platform: Platform) -> None:
    with pytest.raises(NotFoundError, match=r"nobody@example\.org"):
        await add_role(platform.accounts, "nobody@example.org", "agent")
    with pytest.raises(NotFoundError, match=r"nobody@example\.org"):
        await remove_role(platform.accounts, "nobody@example.org", "agent")


async def test_a_tenancy_makes_its_owner_a_developer(platform: Platform, browser: Browser) -> None:
    answer = await create_tenancy(platform.portal, "Ada@example.org", "healthorg")
    assert answer.endswith("begin with healthorg.")
    assert (await find(platform)).is_developer
    assert "healthorg." in (await browser.open("/portal")).text


async def test_a_prefix_is_sixty_four_hex_digits_unless_given(platform: Platform) -> None:
    answer = await create_tenancy(platform.portal, EMAIL)
    assert re.search(r" [0-9a-f]{64}\.$", answer)


@pytest.mark.parametrize("prefix", ["", "Health", "health-org", "a" * 65])
async def test_a_malformed_prefix_is_refused(platform: Platform, prefix: str) -> None:
    with pytest.raises(InvalidInputError, match="prefix"):
        await create_tenancy(platform.portal, EMAIL, prefix)
    assert not (await find(platform)).is_developer


async def test_a_taken_prefix_is_refused(platform: Platform) -> None:
    await create_tenancy(platform.portal, EMAIL, "healthorg")
    with pytest.raises(InvalidInputError, match="healthorg"):
        await create_tenancy(platform.portal, EMAIL, "healthorg")


async def test_a_tenancy_of_nobody_is_not_made(platform: Platform) -> None:
    with pytest.raises(NotFoundError, match="Nobody is registered"):
        await create_tenancy(platform.portal, "nobody@example.org", "healthorg")
    assert await platform.database.pool.fetchval("select count(*) from tenancy") == 0
