"""A client that registered itself reads, changes and deletes itself (RFC 7592), and nobody else does."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from borvo.assembly import Platform
from borvo.portal.public import clean_up
from borvo.portal.registration.admission import FAILURES
from borvo.portal.registration.service import CHANGES
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.identity.aspnet import Handler
from tests.functional.identity.flows import call_userinfo, obtain_lasting, refresh
from tests.functional.portal.journeys import register
from tests.functional.portal.pictures import draw_png
from tests.functional.portal.registrations import (
    CALLBACK,
    METADATA,
    Registrar,
    create_initial_token,
    read_fault,
)
from tests.functional.portal.teams import post
from tests.functional.portal.tokens import Program, create_token
from tests.functional.site import Site, serve_site

METHODS = ("GET", "PUT", "DELETE")


@pytest.fixture
async def registrar(developer: Browser, http: httpx.AsyncClient) -> Registrar:
    """With a client."""
    registrar = Registrar(http, await create_initial_token(developer))
    await registrar.register()
    return registrar


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with serve_site() as site:
        yield site


def build_body(registrar: Registrar, **changes: object) -> dict[str, object]:
    return {**METADATA, "client_id": registrar.client["client_id"], **changes}


@pytest.mark.spec("RFC 7592", "2.1")
async def test_a_client_reads_itself_and_its_secret_is_not_told_again(registrar: Registrar) -> None:
    told = dict(registrar.client)
    answer = await registrar.manage("GET")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    secret = {"client_secret", "client_secret_expires_at"}
    assert answer.json() == {name: value for name, value in told.items() if name not in secret}
    assert (await registrar.manage("GET")).status_code == 200


@pytest.mark.spec("RFC 7592", "2.2")
async def test_what_is_replaced_is_replaced_as_a_whole_and_the_token_is_another(registrar: Registrar) -> None:
    first = registrar.client["registration_access_token"]
    answer = await registrar.replace(
        policy_uri="https://app.example.org/privacy", redirect_uris=[CALLBACK, "https://app.example.org/b"]
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["redirect_uris"] == [CALLBACK, "https://app.example.org/b"]
    assert answer.json()["registration_access_token"] != first
    assert "client_secret" not in answer.json()
    read_fault(await registrar.manage("GET", token=first), "invalid_token", 401)
    read_fault(await registrar.manage("PUT", build_body(registrar), token=first), "invalid_token", 401)
    again = await registrar.replace(client_name=None)
    assert again.status_code == 200
    assert "policy_uri" not in again.json()
    assert (again.json()["redirect_uris"], again.json()["client_name"]) == ([CALLBACK], "app.example.org")


@pytest.mark.spec("RFC 7592", "2.2")
async def test_what_a_program_may_not_say_of_itself_is_refused(
    platform: Platform, registrar: Registrar
) -> None:
    wrong: list[tuple[dict[str, object], str]] = [
        ({"client_id": None}, "client_id"),
        ({"client_id": "healthorg.other"}, "client_id"),
        ({"registration_access_token": "x"}, "registration_access_token"),
        ({"registration_client_uri": "https://a.example"}, "registration_client_uri"),
        ({"client_secret_expires_at": 0}, "client_secret_expires_at"),
        ({"client_id_issued_at": 1}, "client_id_issued_at"),
        ({"client_secret": "a-secret-of-my-own-choice"}, "client_secret"),
        ({"client_secret": 7}, "client_secret"),
        ({"token_endpoint_auth_method": "none"}, "Remove the app's secrets first"),
    ]
    for changes, words in wrong:
        answer = await registrar.manage("PUT", build_body(registrar, **changes))
        assert words in read_fault(answer, "invalid_client_metadata")
    fault = await registrar.replace(redirect_uris=["http://a.example/"])
    read_fault(fault, "invalid_redirect_uri")
    assert await platform.database.pool.fetchval("select version from client") == 1
    own = await registrar.replace(client_secret=registrar.client["client_secret"])
    assert own.status_code == 200, own.text


async def test_nobody_but_the_client_itself_manages_it(
    platform: Platform, registrar: Registrar, developer: Browser, stranger: Browser
) -> None:
    client_id = registrar.client["client_id"]
    neighbour = Registrar(registrar.http, registrar.initial_token)
    elsewhere = Registrar(registrar.http, await create_initial_token(stranger, prefix="elsewhere"))
    tokens = [
        "",
        "x",
        registrar.initial_token,
        registrar.client["client_secret"],
        (await neighbour.register())["registration_access_token"],
        (await elsewhere.register())["registration_access_token"],
        await create_token(developer),
    ]
    before = await platform.database.pool.fetch("select t::text from client t order by 1")
    for token in tokens:
        for method in METHODS:
            body = build_body(registrar) if method == "PUT" else None
            read_fault(await registrar.manage(method, body, token=token), "invalid_token", 401)
    own = registrar.client["registration_access_token"]
    for other in ("healthorg.nobody", neighbour.client["client_id"], "%00", "x" * 3000):
        read_fault(await registrar.manage("GET", token=own, client_id=other), "invalid_token", 401)
    assert (await developer.client.delete(registrar.client["registration_client_uri"])).status_code == 401
    assert await platform.database.pool.fetch("select t::text from client t order by 1") == before
    assert (await registrar.manage("GET")).json()["client_id"] == client_id


async def test_a_client_of_the_portal_has_no_registration(registrar: Registrar, developer: Browser) -> None:
    await register(developer)
    own = registrar.client["registration_access_token"]
    read_fault(await registrar.manage("GET", token=own, client_id="healthorg.myapp"), "invalid_token", 401)


@pytest.mark.spec("RFC 7592", "2.3")
async def test_a_client_that_deletes_itself_ends_all_that_it_holds(
    platform: Platform, registrar: Registrar, developer: Browser, ada: Browser, clock: TestClock
) -> None:
    told = await registrar.register(grant_types=["authorization_code", "refresh_token"])
    handler = Handler(
        registrar.http, told["client_id"], "openid offline_access", told["client_secret"], CALLBACK
    )
    tokens = await obtain_lasting(handler, ada)
    gone = await registrar.manage("DELETE")
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await call_userinfo(registrar.http, tokens["access_token"])).status_code == 401
    assert (await refresh(handler, tokens["refresh_token"])).json()["error"] == "invalid_client"
    for method in METHODS:
        body = build_body(registrar) if method == "PUT" else None
        read_fault(await registrar.manage(method, body), "invalid_token", 401)
    state = f"/portal/clients/{told['client_id']}/state"
    assert "Restore" in (await developer.open(state)).text
    restored = await post(developer, f"{state}/restore")
    assert restored.status_code == 303, restored.text
    read_fault(await registrar.manage("GET"), "invalid_token", 401)
    await post(developer, f"/portal/clients/{told['client_id']}/deletion", typed=told["client_id"])
    clock.advance(days=31)
    await clean_up(platform.portal)
    assert await platform.database.pool.fetchval("select count(*) from client_registration") == 1


async def test_of_two_changes_at_once_by_one_token_one_is_too_late(
    platform: Platform, registrar: Registrar
) -> None:
    token = registrar.client["registration_access_token"]
    answers = await asyncio.gather(
        *(
            registrar.manage("PUT", build_body(registrar, client_name=f"Name {n}"), token=token)
            for n in range(6)
        )
    )
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200, 401, 401, 401, 401, 401]
    won = next(answer.json() for answer in answers if answer.status_code == 200)
    assert await platform.database.pool.fetchval("select display_name from client") == won["client_name"]
    assert await platform.database.pool.fetchval("select version from client") == 2


async def test_what_developers_set_in_the_portal_stays(
    registrar: Registrar, developer: Browser, http: httpx.AsyncClient
) -> None:
    """Metadata has no member for it."""
    program = Program(http, await create_token(developer))
    path = f"/portal/api/v1/clients/{registrar.client['client_id']}"
    client = await program.fetch(path)
    own = {
        "description": "Ours",
        "access_token_format": "opaque",
        "access_token_minutes": 5,
        "require_pkce": True,
    }
    saved = await program.call(
        "PUT", path, headers={"If-Match": client.headers["etag"]}, json={**client.json()["details"], **own}
    )
    assert saved.status_code == 200, saved.text
    assert (await registrar.replace(client_name="Renamed")).status_code == 200
    details = (await program.fetch(path)).json()["details"]
    assert {name: details[name] for name in own} == own
    assert details["display_name"] == "Renamed"


async def test_a_live_client_stays_fit_for_that(platform: Platform, registrar: Registrar, site: Site) -> None:
    logo, policy = site.put("/logo.png", draw_png()), "https://app.example.org/privacy"
    told = (await registrar.replace(logo_uri=logo, policy_uri=policy)).json()
    await platform.database.pool.execute("update client set live_at = now()")
    for field, changes in (
        ("logo_uri", {"policy_uri": policy}),
        ("policy_uri", {"logo_uri": told["logo_uri"]}),
    ):
        answer = await registrar.manage("PUT", build_body(registrar, **changes))
        assert read_fault(answer, "invalid_client_metadata").startswith(f"{field}: ")
    kept = await registrar.replace(policy_uri=policy, logo_uri=told["logo_uri"])
    assert kept.status_code == 200, kept.text
    assert site.asked == ["/logo.png"]
    await platform.database.pool.execute("update client set live_at = null")
    assert "logo_uri" not in (await registrar.replace()).json()


async def test_a_client_that_becomes_confidential_gets_a_secret_once(
    registrar: Registrar,
) -> None:
    await registrar.register(token_endpoint_auth_method="none")
    answer = await registrar.replace(token_endpoint_auth_method="client_secret_post")
    assert answer.json()["client_secret"].startswith("borvo_cs_")
    assert "client_secret" not in (await registrar.manage("GET")).json()


async def test_a_client_that_begins_to_sign_with_a_secret_gets_one_and_later_none_can_be_had_back(
    platform: Platform, registrar: Registrar
) -> None:
    signing = await registrar.replace(token_endpoint_auth_method="client_secret_jwt")
    assert signing.json()["client_secret"].startswith("borvo_cs_")
    again = await registrar.replace(token_endpoint_auth_method="client_secret_jwt")
    assert "client_secret" not in again.json()
    assert "client_secret" not in (await registrar.replace()).json()
    sealed = "select count(*) from client_secret where sealed is not null"
    assert await platform.database.pool.fetchval(sealed) == 0


async def test_a_disabled_client_manages_nothing(platform: Platform, registrar: Registrar) -> None:
    await platform.database.pool.execute("update client set disabled_at = now()")
    for method in METHODS:
        body = build_body(registrar) if method == "PUT" else None
        read_fault(await registrar.manage(method, body), "insufficient_scope", 403)


async def test_guesses_and_changes_are_limited(platform: Platform, registrar: Registrar) -> None:
    for limit, subject in ((FAILURES, "127.0.0.1"), (CHANGES, registrar.client["client_id"])):
        for _ in range(limit.attempts):
            await platform.accounts.limiter.spend(limit, subject, platform.clock())
    read_fault(await registrar.manage("GET", token="borvo_rat_x"), "temporarily_unavailable", 429)
    read_fault(await registrar.replace(), "temporarily_unavailable", 429)
    assert (await registrar.manage("GET")).status_code == 200


async def test_published_tokens_open_nothing_once_they_are_reported(
    registrar: Registrar, developer: Browser
) -> None:
    tokens = f"{registrar.initial_token} {registrar.client['registration_access_token']}"
    answer = await registrar.http.post("/portal/secrets/report", json={"text": tokens})
    assert answer.status_code == 202
    read_fault(await registrar.post(), "invalid_token", 401)
    read_fault(await registrar.manage("GET"), "invalid_token", 401)
    trail = (await developer.open("/portal/tenancies/healthorg/audit")).text
    assert f"initial token ending {registrar.initial_token[-4:]}" in trail
    assert f"registration token of {registrar.client['client_id']}" in trail
    assert trail.count("Token reported</strong>") == 2
