"""How a person signed in reaches whoever has her tokens."""

from typing import Any

import httpx
import pytest

from borvo.assembly import Platform
from tests.functional.browser import Browser
from tests.functional.identity.aspnet import Handler, read_form_post
from tests.functional.identity.flows import execute, obtain_lasting, reach_answer, refresh, register_lasting

TWO = {"acr": "urn:borvo:acr:2", "amr": ["pwd", "otp", "mfa"]}
ONE = {"acr": "urn:borvo:acr:1", "amr": ["pwd"]}


@pytest.fixture
async def lasting(platform: Platform, http: httpx.AsyncClient) -> Handler:
    return await register_lasting(platform, http)


def _pick(claims: dict[str, Any]) -> dict[str, Any]:
    return {name: claims.get(name) for name in ("acr", "amr")}


async def _prove_twice(platform: Platform) -> None:
    await execute(platform, "update login_session set methods = '{pwd,otp,mfa}'")


@pytest.mark.spec("OpenID Connect Core", "2")
@pytest.mark.spec("RFC 9068", "2.2.1")
@pytest.mark.parametrize(("is_twice", "expected"), [(False, ONE), (True, TWO)])
async def test_every_token_says_how_she_signed_in(
    platform: Platform, lasting: Handler, ada: Browser, is_twice: bool, expected: dict[str, Any]
) -> None:
    if is_twice:
        await _prove_twice(platform)
    tokens = await obtain_lasting(lasting, ada)
    assert _pick(await lasting.read_id_token(tokens["id_token"])) == expected
    # What came of the code is as it was then, whatever the session has become.
    await execute(platform, "update login_session set methods = '{x}'")
    renewed = (await refresh(lasting, tokens["refresh_token"])).json()
    assert _pick(await lasting.read_id_token(renewed["id_token"])) == expected
    for each in (tokens["access_token"], renewed["access_token"], renewed["refresh_token"]):
        told = (await lasting.call("introspection_endpoint", token=each)).json()
        assert _pick(told) == expected


async def test_the_front_channel_says_so_too(platform: Platform, handler: Handler, ada: Browser) -> None:
    await _prove_twice(platform)
    _, fields = read_form_post(await reach_answer(handler, ada))
    assert _pick(await handler.read_id_token(fields["id_token"])) == TWO
