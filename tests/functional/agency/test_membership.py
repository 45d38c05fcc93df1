"""Who belongs to an organisation, and what its clients are told of it."""

import httpx
import pytest

from borvo.accounts.public import Role, find_person
from borvo.assembly import Platform
from borvo.kernel.errors import ConflictError, InvalidInputError, NotFoundError
from borvo.organisations.public import OrganisationRole, add_member, create_organisation, remove_member
from borvo.support.service import add_role
from tests.functional.agency.scenes import Stage

AGENT, MANAGER = OrganisationRole.AGENT, OrganisationRole.MEMBERSHIP_MANAGER
PATHS = ["/organizations/v1/membership", "/organisations/v1/membership"]
ADA = "ada@example.org"


async def list_roles(platform: Platform) -> frozenset[Role]:
    async with platform.database.connection() as connection:
        person = await find_person(connection, ADA)
    assert person is not None
    return person.roles - {Role.PATIENT}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.spec("contract", "3.4")
async def test_an_agent_sees_the_organisations_in_which_she_is_one(
    platform: Platform, http: httpx.AsyncClient, stage: Stage, path: str
) -> None:
    token = await stage.sign_in(ADA)
    north = await create_organisation(platform.organisations, "North Clinic")
    await create_organisation(platform.organisations, "South Clinic")
    await create_organisation(platform.organisations, "West Clinic")
    await add_member(platform.organisations, "north clinic", ADA, AGENT)
    await add_member(platform.organisations, "South Clinic", ADA, MANAGER)
    answer = await http.get(path, headers=token)
    assert answer.status_code == 200
    assert answer.json() == [{"id": str(north.id), "name": "North Clinic"}]
    await remove_member(platform.organisations, str(north.id), ADA, None)
    assert (await http.get(path, headers=token)).json() == []


async def test_without_a_token_or_its_scope_nothing_is_said(http: httpx.AsyncClient, stage: Stage) -> None:
    assert (await http.get(PATHS[0])).status_code == 401
    token = await stage.sign_in(ADA, scope="openid profile")
    answer = await http.get(PATHS[0], headers=token)
    assert answer.status_code == 403
    assert 'scope="agency_api"' in answer.headers["www-authenticate"]
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_program_has_no_memberships(http: httpx.AsyncClient, stage: Stage) -> None:
    token = await stage.start_service()
    answer = await http.get(PATHS[0], headers=token)
    assert answer.status_code == 403


async def test_the_platforms_role_comes_and_goes_with_the_memberships(
    platform: Platform, stage: Stage
) -> None:
    await stage.find_browser(ADA)
    for name in ("North", "South"):
        await create_organisation(platform.organisations, name)
        await add_member(platform.organisations, name, ADA, AGENT)
    assert await list_roles(platform) == {Role.AGENT}
    await remove_member(platform.organisations, "North", ADA, AGENT)
    assert await list_roles(platform) == {Role.AGENT}
    await remove_member(platform.organisations, "South", ADA, None)
    assert await list_roles(platform) == frozenset()


async def test_a_role_that_support_had_given_stays(platform: Platform, stage: Stage) -> None:
    await stage.find_browser(ADA)
    await add_role(platform.accounts, ADA, "agent")
    await create_organisation(platform.organisations, "North")
    await add_member(platform.organisations, "North", ADA, AGENT)
    await remove_member(platform.organisations, "North", ADA, None)
    assert await list_roles(platform) == {Role.AGENT}


async def test_the_last_manager_stays_until_there_is_another(platform: Platform, stage: Stage) -> None:
    for email in (ADA, "bob@example.org"):
        await stage.find_browser(email)
    await create_organisation(platform.organisations, "North")
    for role in OrganisationRole:
        await add_member(platform.organisations, "North", ADA, role)
    with pytest.raises(ConflictError, match="last one"):
        await remove_member(platform.organisations, "North", ADA, None)
    await remove_member(platform.organisations, "North", ADA, AGENT)
    await add_member(platform.organisations, "North", "bob@example.org", MANAGER)
    await remove_member(platform.organisations, "North", ADA, MANAGER)
    with pytest.raises(NotFoundError):
        await remove_member(platform.organisations, "North", ADA, None)


async def test_two_organisations_never_have_names_that_read_the_same(platform: Platform) -> None:
    await create_organisation(platform.organisations, "North Clinic")
    with pytest.raises(InvalidInputError):
        await create_organisation(platform.organisations, " north  CLINIC")
