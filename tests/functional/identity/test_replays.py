"""A code that comes more than once."""

import asyncio

import pytest

from borvo.assembly import Platform
from tests.factories.clients import register_client
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.identity.aspnet import Handler
from tests.functional.identity.flows import call_userinfo, obtain_code


@pytest.mark.spec("RFC 6749", "4.1.2")
async def test_of_fifty_parallel_redemptions_one_succeeds_and_its_token_is_revoked(
    handler: Handler, ada: Browser
) -> None:
    code = await obtain_code(handler, ada)
    answers = await asyncio.gather(*(handler.redeem(code) for _ in range(50)))
    winners = [answer.json() for answer in answers if answer.status_code == 200]
    assert len(winners) == 1
    losers = [answer for answer in answers if answer.status_code != 200]
    assert {answer.json()["error"] for answer in losers} == {"invalid_grant"}
    assert (await call_userinfo(handler.http, winners[0]["access_token"])).status_code == 401


@pytest.mark.spec("RFC 9700", "4.5")
async def test_a_replay_hours_later_still_revokes_what_the_code_was_redeemed_for(
    handler: Handler, ada: Browser, clock: TestClock
) -> None:
    code = await obtain_code(handler, ada)
    token = (await handler.redeem(code)).json()["access_token"]
    assert (await call_userinfo(handler.http, token)).status_code == 200
    clock.advance(minutes=30)
    assert (await handler.redeem(code)).status_code == 400
    assert (await call_userinfo(handler.http, token)).status_code == 401


async def test_a_stranger_cannot_revoke_by_replaying(
    handler: Handler, platform: Platform, ada: Browser
) -> None:
    other = await register_client(platform, "demo.other")
    code = await obtain_code(handler, ada)
    token = (await handler.redeem(code)).json()["access_token"]
    assert (await handler.redeem(code, client_id=other)).status_code == 400
    assert (await handler.redeem(code, client_secret="wrong")).status_code == 401
    assert (await call_userinfo(handler.http, token)).status_code == 200


async def test_a_replay_does_not_touch_the_tokens_of_other_codes(handler: Handler, ada: Browser) -> None:
    first, second = await obtain_code(handler, ada), await obtain_code(handler, ada)
    await handler.redeem(first)
    token = (await handler.redeem(second)).json()["access_token"]
    await handler.redeem(first)
    assert (await call_userinfo(handler.http, token)).status_code == 200


async def test_a_replay_after_signing_out_still_revokes(handler: Handler, ada: Browser) -> None:
    code = await obtain_code(handler, ada)
    token = (await handler.redeem(code)).json()["access_token"]
    await ada.submit(await ada.open("/account"), "/account/sign-out")
    assert (await call_userinfo(handler.http, token)).status_code == 200
    assert (await handler.redeem(code)).status_code == 400
    assert (await call_userinfo(handler.http, token)).status_code == 401
