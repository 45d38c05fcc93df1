"""A team takes a client back from the program that registered it, and nobody else does."""

import asyncio

import httpx
import pytest

from borvo.assembly import Platform
from tests.functional.browser import Browser
from tests.functional.identity.aspnet import Handler
from tests.functional.identity.flows import obtain_lasting, refresh
from tests.functional.portal.journeys import register
from tests.functional.portal.registrations import (
    CALLBACK,
    METADATA,
    Registrar,
    create_initial_token,
    read_fault,
)
from tests.functional.portal.teams import post


@pytest.fixture
async def registrar(developer: Browser, http: httpx.AsyncClient) -> Registrar:
    """With a client."""
    registrar = Registrar(http, await create_initial_token(developer))
    await registrar.register()
    return registrar


async def test_a_team_ends_the_registration_token_and_the_client_stays(
    registrar: Registrar, developer: Browser, ada: Browser
) -> None:
    told = await registrar.register(grant_types=["authorization_code", "refresh_token"])
    handler = Handler(
        registrar.http, told["client_id"], "openid offline_access", told["client_secret"], CALLBACK
    )
    tokens = await obtain_lasting(handler, ada)
    root = f"/portal/clients/{told['client_id']}"
    state = (await developer.open(f"{root}/state")).text
    assert "with the initial access token" in state
    assert ">installer</strong>" in state
    assert "A program registered this client" in (await developer.open(root)).text
    path = f"{root}/registration/revocation"
    await developer.submit(await developer.open(path), path)
    read_fault(await registrar.manage("GET"), "invalid_token", 401)
    read_fault(await registrar.replace(), "invalid_token", 401)
    read_fault(await registrar.manage("DELETE"), "invalid_token", 401)
    assert (await refresh(handler, tokens["refresh_token"])).status_code == 200
    assert "only the team changes the client" in (await developer.open(f"{root}/state")).text
    assert "A program registered this client" not in (await developer.open(root)).text
    # Sent again it changes nothing more, and is not written down again.
    await developer.submit(await developer.open(path), path)
    trail = (await developer.open("/portal/tenancies/healthorg/audit")).text
    assert trail.count("Registration ended</strong>") == 1
    assert f'Registration ended</strong> <span class="font-monospace text-break">{told["client_id"]}' in trail


async def test_an_initial_token_that_ends_leaves_registration_tokens_alone(
    platform: Platform, registrar: Registrar
) -> None:
    await platform.database.pool.execute("delete from initial_token")
    read_fault(await registrar.post(), "invalid_token", 401)
    assert (await registrar.replace(client_name="Still its own")).status_code == 200


async def test_a_client_of_the_portal_has_no_registration_token_to_end(developer: Browser) -> None:
    await register(developer)
    path = "/portal/clients/healthorg.myapp"
    assert "registration token" not in (await developer.open(f"{path}/state")).text
    assert (await developer.open(f"{path}/registration/revocation")).status_code == 404
    assert (await post(developer, f"{path}/registration/revocation")).status_code == 404


async def test_a_change_by_the_program_and_the_end_of_its_token_take_turns(
    registrar: Registrar, developer: Browser
) -> None:
    token = registrar.client["registration_access_token"]
    client_id = registrar.client["client_id"]
    path = f"/portal/clients/{client_id}/registration/revocation"
    page = await developer.open(path)
    answers = await asyncio.gather(
        *(
            registrar.manage("PUT", {**METADATA, "client_id": client_id, "client_name": name}, token=token)
            for name in "abcd"
        ),
        developer.submit(page, path),
    )
    told = [each.json() for each in answers[:-1] if each.status_code == 200]
    # Whichever was first: what a change has told is ended as well.
    for each in (token, *(body["registration_access_token"] for body in told)):
        read_fault(await registrar.manage("GET", token=each), "invalid_token", 401)
