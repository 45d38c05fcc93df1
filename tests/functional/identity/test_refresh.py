"""Refresh tokens: who gets one, rotation, theft, lifetimes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import msgspec
import pytest

from borvo.assembly import Platform, build_app, build_platform
from borvo.settings import Settings
from tests.factories.clients import MYBP_SCOPES, register_client
from tests.functional.browser import Browser
from tests.functional.conftest import ISSUER, TestClock, reuse_key
from tests.functional.identity.aspnet import Handler
from tests.functional.identity.flows import (
    call_userinfo,
    count,
    execute,
    obtain_code,
    obtain_lasting,
    obtain_tokens,
    reach_answer,
    refresh,
    register_lasting,
)


@pytest.fixture
async def lasting(platform: Platform, http: httpx.AsyncClient) -> Handler:
    return await register_lasting(platform, http)


@pytest.mark.spec("OpenID Connect Core", "11")
async def test_a_refresh_token_comes_with_offline_access_only(lasting: Handler, ada: Browser) -> None:
    assert "refresh_token" not in await obtain_tokens(lasting, ada, scope="openid email")
    assert "refresh_token" in await obtain_lasting(lasting, ada)


@pytest.mark.spec("OpenID Connect Core", "12.2")
async def test_a_refresh_gives_new_tokens_for_the_same_person(lasting: Handler, ada: Browser) -> None:
    first = await obtain_lasting(lasting, ada)
    answer = await refresh(lasting, first["refresh_token"])
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    second = answer.json()
    assert second["refresh_token"] != first["refresh_token"]
    assert second["access_token"] != first["access_token"]
    assert second["scope"] == first["scope"]
    before, after = [await lasting.read_id_token(each["id_token"]) for each in (first, second)]
    same = ("iss", "sub", "aud", "auth_time", "sid")
    assert {name: before[name] for name in same} == {name: after[name] for name in same}
    assert "nonce" not in after
    assert (await call_userinfo(lasting.http, second["access_token"])).status_code == 200


@pytest.mark.spec("RFC 9700", "4.14.2")
async def test_a_spent_refresh_token_ends_all_that_came_of_its_grant(lasting: Handler, ada: Browser) -> None:
    first = await obtain_lasting(lasting, ada)
    second = (await refresh(lasting, first["refresh_token"])).json()
    stolen = await refresh(lasting, first["refresh_token"])
    assert (stolen.status_code, stolen.json()["error"]) == (400, "invalid_grant")
    assert (await refresh(lasting, second["refresh_token"])).json()["error"] == "invalid_grant"
    for tokens in (first, second):
        assert (await call_userinfo(lasting.http, tokens["access_token"])).status_code == 401


async def test_a_person_learns_of_a_token_that_came_twice_and_once_only(
    lasting: Handler, ada: Browser
) -> None:
    first = await obtain_lasting(lasting, ada)
    await refresh(lasting, first["refresh_token"])
    for _ in range(3):
        await refresh(lasting, first["refresh_token"])
    page = await ada.open("/account/security")
    assert page.text.count("a token was used twice") == 1
    assert "App lasting" in page.text


async def test_a_person_learns_of_a_code_that_came_twice(lasting: Handler, ada: Browser) -> None:
    code = await obtain_code(lasting, ada)
    for _ in range(3):
        await lasting.redeem(code)
    assert (await ada.open("/account/security")).text.count("a token was used twice") == 1


async def test_a_long_spent_refresh_token_is_still_known_as_such(lasting: Handler, ada: Browser) -> None:
    first = current = await obtain_lasting(lasting, ada)
    for _ in range(5):
        current = (await refresh(lasting, current["refresh_token"])).json()
    assert (await refresh(lasting, first["refresh_token"])).status_code == 400
    assert (await refresh(lasting, current["refresh_token"])).status_code == 400


@pytest.mark.spec("RFC 9700", "4.14.2")
async def test_of_fifty_parallel_uses_one_succeeds(lasting: Handler, ada: Browser) -> None:
    token = (await obtain_lasting(lasting, ada))["refresh_token"]
    answers = await asyncio.gather(*(refresh(lasting, token) for _ in range(50)))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 49
    assert {answer.json()["error"] for answer in answers if answer.status_code == 400} == {"invalid_grant"}


async def test_the_theft_of_one_grant_leaves_the_others_alone(lasting: Handler, ada: Browser) -> None:
    one, other = await obtain_lasting(lasting, ada), await obtain_lasting(lasting, ada)
    await refresh(lasting, one["refresh_token"])
    await refresh(lasting, one["refresh_token"])
    assert (await refresh(lasting, other["refresh_token"])).status_code == 200


@pytest.mark.spec("RFC 6749", "6")
async def test_a_refresh_token_is_bound_to_its_client(
    lasting: Handler, platform: Platform, ada: Browser
) -> None:
    token = (await obtain_lasting(lasting, ada))["refresh_token"]
    other = await register_client(platform, "demo.other", scopes=[*MYBP_SCOPES, "offline_access"])
    assert (await refresh(lasting, token, client_id=other)).json()["error"] == "invalid_grant"
    assert (await refresh(lasting, token, client_secret="wrong")).status_code == 401
    assert (await refresh(lasting, token, client_secret="")).status_code == 401
    # None of these was the client's own doing, so nothing has ended.
    assert (await refresh(lasting, token)).status_code == 200


@pytest.mark.spec("RFC 6749", "6")
async def test_a_refresh_may_narrow_the_scope_and_not_widen_it(lasting: Handler, ada: Browser) -> None:
    token = (await obtain_lasting(lasting, ada))["refresh_token"]
    narrowed = (await refresh(lasting, token, scope="openid")).json()
    assert narrowed["scope"] == "openid"
    assert "email" not in (await call_userinfo(lasting.http, narrowed["access_token"])).json()
    widened = await refresh(lasting, narrowed["refresh_token"], scope="openid profile")
    assert widened.json()["error"] == "invalid_scope"
    full = (await refresh(lasting, narrowed["refresh_token"])).json()
    assert full["scope"] == "openid email offline_access"


@pytest.mark.parametrize("text", ["", "x", "A" * 128, "é", "a.b.c"])
async def test_what_was_never_issued_is_refused_and_harms_nobody(lasting: Handler, text: str) -> None:
    answer = await refresh(lasting, text)
    assert answer.json()["error"] == ("invalid_grant" if text else "invalid_request")


async def test_an_invented_token_that_names_a_family_does_not_end_it(lasting: Handler, ada: Browser) -> None:
    token: str = (await obtain_lasting(lasting, ada))["refresh_token"]
    forged = token[:-4] + ("AAAA" if not token.endswith("AAAA") else "BBBB")
    assert (await refresh(lasting, forged)).status_code == 400
    assert (await refresh(lasting, token)).status_code == 200


async def test_lasting_access_ends_when_it_is_not_used(
    lasting: Handler, ada: Browser, clock: TestClock
) -> None:
    token = (await obtain_lasting(lasting, ada))["refresh_token"]
    clock.advance(days=29)
    token = (await refresh(lasting, token)).json()["refresh_token"]
    clock.advance(days=29)
    token = (await refresh(lasting, token)).json()["refresh_token"]
    clock.advance(days=30)
    assert (await refresh(lasting, token)).json()["error"] == "invalid_grant"


async def test_lasting_access_ends_however_much_it_is_used(
    lasting: Handler, ada: Browser, clock: TestClock
) -> None:
    token = (await obtain_lasting(lasting, ada))["refresh_token"]
    for _ in range(8):
        clock.advance(days=20)
        token = (await refresh(lasting, token)).json()["refresh_token"]
    clock.advance(days=20)
    assert (await refresh(lasting, token)).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "sql",
    [
        "update client set disabled_at = $1",
        "update consent set withdrawn_at = $1, version = version + 1",
        "update person set closed_at = $1",
        "update token_family set revoked_at = $1",
    ],
)
async def test_lasting_access_ends_with_what_it_rests_on(
    lasting: Handler, platform: Platform, ada: Browser, sql: str
) -> None:
    tokens = await obtain_lasting(lasting, ada)
    await execute(platform, sql, platform.clock())
    assert (await refresh(lasting, tokens["refresh_token"])).status_code in {400, 401}
    assert (await call_userinfo(lasting.http, tokens["access_token"])).status_code == 401


async def test_signing_out_leaves_lasting_access_alone(lasting: Handler, ada: Browser) -> None:
    token = (await obtain_lasting(lasting, ada))["refresh_token"]
    page = await ada.open("/account")
    await ada.submit(page, "/account/sign-out")
    assert (await refresh(lasting, token)).status_code == 200


async def test_a_replayed_code_ends_the_family_too(lasting: Handler, ada: Browser) -> None:
    code = await obtain_code(lasting, ada, scope=lasting.scope)
    token = (await lasting.redeem(code)).json()["refresh_token"]
    assert (await lasting.redeem(code)).status_code == 400
    assert (await refresh(lasting, token)).status_code == 400


async def test_neither_token_nor_mark_lies_in_the_database(
    lasting: Handler, platform: Platform, ada: Browser
) -> None:
    token = (await obtain_lasting(lasting, ada))["refresh_token"]
    async with platform.database.connection() as connection:
        row = await connection.fetchval("select row_to_json(f)::text from token_family f")
    assert token not in row
    assert await count(platform, "token_family") == 1


@asynccontextmanager
async def _take_again(settings: Settings, clock: TestClock, platform: Platform) -> AsyncIterator[Handler]:
    """An app of an instance that takes a token again for 20 seconds."""
    kind = build_platform(
        msgspec.structs.replace(settings, refresh_token_retry_seconds=20),
        clock=clock,
        passwords=platform.accounts.passwords,
        generate=reuse_key,
    )
    await kind.database.open()
    transport = httpx.ASGITransport(app=build_app(kind))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=ISSUER) as http:
        yield await register_lasting(kind, http)
    await kind.database.close()


async def test_a_retry_right_after_a_rotation_is_taken_where_that_is_set(
    settings: Settings, clock: TestClock, platform: Platform, ada: Browser
) -> None:
    async with _take_again(settings, clock, platform) as handler:
        first = await obtain_lasting(handler, ada)
        lost = (await refresh(handler, first["refresh_token"])).json()
        clock.advance(seconds=10)
        retried = await refresh(handler, first["refresh_token"])
        assert retried.status_code == 200
        # The token that got lost is spent now.
        clock.advance(seconds=30)
        assert (await refresh(handler, lost["refresh_token"])).status_code == 400
        assert (await refresh(handler, retried.json()["refresh_token"])).status_code == 400


async def test_retries_are_taken_no_longer_than_that_after_the_first_rotation(
    settings: Settings, clock: TestClock, platform: Platform, ada: Browser
) -> None:
    """Whoever stole the token must not keep it alive by using it on and on."""
    async with _take_again(settings, clock, platform) as handler:
        token = (await obtain_lasting(handler, ada))["refresh_token"]
        for _ in range(3):
            newest = await refresh(handler, token)
            assert newest.status_code == 200
            clock.advance(seconds=8)
        assert (await refresh(handler, token)).status_code == 400
        assert (await refresh(handler, newest.json()["refresh_token"])).status_code == 400


async def test_a_retry_is_over_once_the_successor_was_used(
    settings: Settings, clock: TestClock, platform: Platform, ada: Browser
) -> None:
    async with _take_again(settings, clock, platform) as handler:
        first = (await obtain_lasting(handler, ada))["refresh_token"]
        second = (await refresh(handler, first)).json()["refresh_token"]
        assert (await refresh(handler, second)).status_code == 200
        assert (await refresh(handler, first)).status_code == 400


async def test_a_declined_offline_access_gives_no_refresh_token(lasting: Handler, ada: Browser) -> None:
    page = await ada.open(await lasting.build_authorization_url(response_type="code", response_mode="query"))
    answer = await ada.submit(page, "/connect/authorize/decision", decision="allow", scope=["email"])
    code = answer.headers["location"].split("code=")[1].split("&")[0]
    tokens = (await lasting.redeem(code)).json()
    assert tokens["scope"] == "openid email"
    assert "refresh_token" not in tokens
    assert (
        "code="
        in (await reach_answer(lasting, ada, response_type="code", response_mode="query")).headers["location"]
    )
