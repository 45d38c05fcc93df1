"""Which scripts of other origins may read answers."""

import re

import httpx
import pytest

from borvo.assembly import Platform
from borvo.identity.cross_origin import PATHS
from tests.factories.clients import register_client
from tests.functional.application import register_handlers
from tests.functional.conftest import TestClock
from tests.functional.identity.flows import execute

OWN = "https://app.example.org"
OPEN = [
    "/.well-known/openid-configuration",
    "/.well-known/openid-configuration/jwks",
    "/.well-known/oauth-authorization-server",
    "/connect/token",
    "/connect/userinfo",
]
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}


@pytest.fixture(autouse=True)
async def client(platform: Platform) -> str:
    return await register_client(platform, redirect_uris=[f"{OWN}/callback", "https://bare.example.org"])


@pytest.mark.parametrize("path", OPEN)
async def test_the_origin_of_a_registered_client_may_read(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.get(path, headers={"Origin": OWN})
    assert answer.headers["access-control-allow-origin"] == OWN
    assert "Origin" in answer.headers["vary"]
    assert "access-control-allow-credentials" not in answer.headers
    preflight = await http.options(path, headers={"Origin": OWN, **PREFLIGHT})
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-origin"] == OWN
    assert {"authorization", "content-type", "dpop"} == set(
        preflight.headers["access-control-allow-headers"].split(", ")
    )
    # RFC 9449 8: scripts read the nonce that they are to send.
    assert "dpop-nonce" in answer.headers["access-control-expose-headers"]


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "https://app.example.org.evil.example",
        "https://app.example.or",
        "http://app.example.org",
        "https://app.example.org:8443",
        "https://app.example.org/callback",
        "null",
        "https://%",
        "https://_.example.org",
        "x" * 5000,
    ],
)
async def test_no_other_origin_may_read(http: httpx.AsyncClient, origin: str) -> None:
    for path in OPEN:
        answer = await http.get(path, headers={"Origin": origin})
        assert "access-control-allow-origin" not in answer.headers
        assert "Origin" in answer.headers["vary"]
        preflight = await http.options(path, headers={"Origin": origin, **PREFLIGHT})
        assert not [name for name in preflight.headers if name.startswith("access-control")]


async def test_nothing_else_is_read_across_origins(platform: Platform, http: httpx.AsyncClient) -> None:
    paths = {re.sub(r"\{[^}]*\}", "x", route.path) for route in register_handlers(platform).routes}
    assert paths > PATHS
    assert set(OPEN) == PATHS
    for path in sorted(paths - PATHS):
        for answer in (
            await http.get(path, headers={"Origin": OWN}),
            await http.options(path, headers={"Origin": OWN, **PREFLIGHT}),
        ):
            assert not [name for name in answer.headers if name.startswith("access-control")], path


async def test_errors_are_read_too(http: httpx.AsyncClient) -> None:
    answer = await http.post("/connect/token", headers={"Origin": OWN}, data={"grant_type": "x"})
    assert answer.status_code == 400
    assert answer.headers["access-control-allow-origin"] == OWN


async def test_a_disabled_client_counts_no_more_a_minute_later(
    platform: Platform, http: httpx.AsyncClient, clock: TestClock
) -> None:
    headers = {"Origin": "https://bare.example.org"}
    assert "access-control-allow-origin" in (await http.get(OPEN[0], headers=headers)).headers
    await execute(platform, "update client set disabled_at = now()")
    clock.advance(minutes=1)
    assert "access-control-allow-origin" not in (await http.get(OPEN[0], headers=headers)).headers
