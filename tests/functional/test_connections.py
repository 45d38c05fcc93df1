"""No request waits for a second connection while it holds one: with a pool of one it would wait for ever."""

import asyncio
import base64
from collections.abc import AsyncIterator

import httpx
import pytest

from borvo.assembly import Platform, build_app, build_platform
from borvo.identity.public import generate_key
from borvo.settings import Settings
from tests.factories.clients import SECRET, register_client
from tests.functional.application import build_app_for
from tests.functional.browser import Browser, asks_to_sign_in
from tests.functional.conftest import ISSUER
from tests.functional.identity.aspnet import Handler, consent, read_form_post


@pytest.fixture
async def narrow(database_url: str) -> AsyncIterator[Platform]:
    settings = Settings(
        issuer=ISSUER,
        database_url=database_url,
        secret_key=base64.b64encode(b"k" * 32).decode(),
        database_connections=1,
    )
    platform = build_platform(settings, generate=generate_key)
    await platform.database.open()
    yield platform
    await platform.database.close()


async def test_a_whole_sign_in_needs_one_connection_at_a_time(narrow: Platform) -> None:
    transport = httpx.ASGITransport(app=build_app_for(narrow, "narrow"))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=ISSUER) as client, asyncio.timeout(30):
        browser, handler = (
            Browser(client),
            Handler(client, await register_client(narrow), "openid profile email"),
        )
        await browser.sign_up("ada@example.org")
        page = await browser.open(await handler.build_authorization_url())
        _, fields = read_form_post(await consent(browser, page))
        token = (await handler.redeem(fields["code"])).json()["access_token"]
        answer = await client.get("/connect/userinfo", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200


async def test_who_is_signed_out_when_she_decides_is_led_on_by_one_connection(narrow: Platform) -> None:
    transport = httpx.ASGITransport(app=build_app_for(narrow, "narrow"))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=ISSUER) as client, asyncio.timeout(30):
        browser, handler = Browser(client), Handler(client, await register_client(narrow), "openid profile")
        await browser.sign_up("ada@example.org")
        page = await browser.open(await handler.build_authorization_url())
        client.cookies.delete("borvo_session")
        assert asks_to_sign_in(await consent(browser, page))


async def test_many_first_requests_at_once_are_all_answered(narrow: Platform) -> None:
    client_id = await register_client(
        narrow, "demo.worker", grant_types=("client_credentials",), scopes=("agency_api",)
    )
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": SECRET}
    transport = httpx.ASGITransport(app=build_app(narrow))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=ISSUER) as client, asyncio.timeout(30):
        answers = await asyncio.gather(*(client.post("/connect/token", data=form) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
