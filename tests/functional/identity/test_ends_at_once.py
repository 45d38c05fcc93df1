"""What ends a token ends it with the next request, at every door and in every form, also when both come at once."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from borvo.accounts.public import find_login, find_person, sign_out_everywhere
from borvo.assembly import Platform
from borvo.identity.service.consents import withdraw_consent
from tests.factories.clients import SECRET, register_client
from tests.functional.browser import Browser
from tests.functional.identity.aspnet import Handler
from tests.functional.identity.flows import (
    ADA,
    CODE_FLOW,
    LASTING,
    call_userinfo,
    execute,
    obtain_code,
    obtain_tokens,
    refresh,
    register_lasting,
)

SCOPE = f"{LASTING} read.blood_pressure"
ENDINGS = {
    "withdrawal": "update consent set withdrawn_at = now(), version = version + 1",
    "a scope taken back": "update consent set version = version + 1",
    "the account": "update person set closed_at = now()",
    "the client": "update client set disabled_at = now() where client_id = 'demo.lasting'",
}


async def _list_doors(
    platform: Platform, handler: Handler, tokens: dict[str, Any]
) -> dict[str, Callable[[], Awaitable[bool]]]:
    api = await register_client(platform, "demo.api")
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}

    async def get(path: str) -> bool:
        return (await handler.http.get(path, headers=bearer)).status_code == 200

    async def introspect(token: str) -> bool:
        known = {"client_id": api, "client_secret": SECRET, "token": token}
        return bool((await handler.http.post("/connect/introspect", data=known)).json()["active"])

    async def use() -> bool:
        return (await refresh(handler, tokens["refresh_token"])).status_code == 200

    return {
        "userinfo": lambda: get("/connect/userinfo"),
        "samples": lambda: get("/sample/v1"),
        "introspection": lambda: introspect(tokens["access_token"]),
        "refresh": use,
    }


@pytest.mark.parametrize("access_token_format", ["jwt", "opaque"])
@pytest.mark.parametrize("ending", ENDINGS)
async def test_a_token_ends_at_every_door_at_once(
    platform: Platform, http: httpx.AsyncClient, ada: Browser, access_token_format: str, ending: str
) -> None:
    handler = await register_lasting(platform, http, access_token_format=access_token_format)
    doors = await _list_doors(platform, handler, await obtain_tokens(handler, ada, scope=SCOPE))
    # The last one spends its token, and so is knocked at only afterwards.
    assert [await knock() for knock in list(doors.values())[:-1]] == [True] * 3
    await execute(platform, ENDINGS[ending])
    assert {name: await knock() for name, knock in doors.items()} == dict.fromkeys(doors, False)


async def _withdraw(platform: Platform, client_id: str) -> None:
    async with platform.database.connection() as connection:
        person = await find_person(connection, ADA)
    assert person is not None
    await withdraw_consent(platform.identity, person, client_id)


async def test_a_withdrawal_that_meets_refreshes_leaves_no_token_alive(
    platform: Platform, http: httpx.AsyncClient, ada: Browser
) -> None:
    handler = await register_lasting(platform, http)
    families = [await obtain_tokens(handler, ada, scope=LASTING) for _ in range(12)]
    uses = [refresh(handler, each["refresh_token"]) for each in families]
    answers, _ = await asyncio.gather(asyncio.gather(*uses), _withdraw(platform, handler.client_id))
    assert {answer.status_code for answer in answers} <= {200, 400}
    for fresh in (answer.json() for answer in answers if answer.status_code == 200):
        assert (await call_userinfo(http, fresh["access_token"])).status_code == 401
        assert (await refresh(handler, fresh["refresh_token"])).status_code == 400


async def test_a_withdrawal_that_meets_redemptions_leaves_no_token_alive(
    platform: Platform, http: httpx.AsyncClient, ada: Browser
) -> None:
    handler = await register_lasting(platform, http)
    codes = [await obtain_code(handler, ada, scope=LASTING) for _ in range(12)]
    uses = asyncio.gather(*map(handler.redeem, codes))
    answers, _ = await asyncio.gather(uses, _withdraw(platform, handler.client_id))
    assert {answer.status_code for answer in answers} <= {200, 400}
    for fresh in (answer.json() for answer in answers if answer.status_code == 200):
        assert (await call_userinfo(http, fresh["access_token"])).status_code == 401
        assert (await refresh(handler, fresh["refresh_token"])).status_code == 400


async def test_signing_out_everywhere_meets_redemptions_without_a_fault(
    platform: Platform, http: httpx.AsyncClient, ada: Browser
) -> None:
    handler = await register_lasting(platform, http)
    codes = [await obtain_code(handler, ada, scope=LASTING) for _ in range(12)]
    late = await obtain_code(handler, ada, scope=LASTING)
    login = await find_login(platform.accounts, ada.client.cookies["borvo_session"])
    assert login is not None
    leave = sign_out_everywhere(platform.accounts, login, spare_this=False)
    answers, _ = await asyncio.gather(asyncio.gather(*map(handler.redeem, codes)), leave)
    assert {answer.status_code for answer in answers} <= {200, 400}
    assert (await handler.redeem(late)).status_code == 400


async def test_a_secret_removed_while_codes_are_redeemed_yields_tokens_or_a_refusal(
    platform: Platform, http: httpx.AsyncClient, ada: Browser
) -> None:
    handler = await register_lasting(platform, http)
    codes = [await obtain_code(handler, ada, **CODE_FLOW) for _ in range(12)]
    removal = execute(platform, "delete from client_secret")
    answers, _ = await asyncio.gather(asyncio.gather(*map(handler.redeem, codes)), removal)
    assert {answer.status_code for answer in answers} <= {200, 401}
    assert (await handler.redeem(codes[0])).status_code == 401
