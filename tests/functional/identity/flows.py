"""The ways to a code and to tokens, for tests that begin where those end."""

import base64
import hashlib
from typing import Any
from urllib.parse import quote_plus

import httpx

from borvo.assembly import Platform
from borvo.kernel.entropy import encode_bytes
from tests.factories.clients import MYBP_SCOPES, register_client
from tests.functional.browser import Browser
from tests.functional.identity.aspnet import Handler, consent, read_redirect

VERIFIER = "a-code-verifier-of-at-least-forty-three-characters"
CHALLENGE = encode_bytes(hashlib.sha256(VERIFIER.encode()).digest())
CODE_FLOW: dict[str, str | None] = {"response_type": "code", "response_mode": None}
LASTING = "openid email offline_access"
ADA = "ada@example.org"


async def reach_answer(handler: Handler, browser: Browser, **changes: str | None) -> httpx.Response:
    """The answer that goes to the client; the person allows what she is asked."""
    page = await browser.open(await handler.build_authorization_url(**changes))
    if 'action="/connect/authorize/decision"' in page.text:
        return await consent(browser, page)
    return page


async def obtain_code(handler: Handler, browser: Browser, **changes: str | None) -> str:
    """A code of the code flow, for whoever is signed in."""
    return read_redirect(await reach_answer(handler, browser, **{**CODE_FLOW, **changes}))["code"]


async def obtain_tokens(handler: Handler, browser: Browser, **changes: str | None) -> dict[str, Any]:
    answer = await handler.redeem(await obtain_code(handler, browser, **changes))
    assert answer.status_code == 200, answer.text
    tokens: dict[str, Any] = answer.json()
    return tokens


async def obtain_lasting(handler: Handler, browser: Browser, **changes: str | None) -> dict[str, Any]:
    """Tokens with a refresh token among them."""
    return await obtain_tokens(handler, browser, **{"scope": LASTING, **changes})


async def register_lasting(platform: Platform, http: httpx.AsyncClient, **settings: object) -> Handler:
    """An app that may keep its access."""
    scopes = (*MYBP_SCOPES, "offline_access")
    return Handler(http, await register_client(platform, "demo.lasting", scopes=scopes, **settings), LASTING)  # type: ignore[arg-type]


async def refresh(handler: Handler, token: str, **changes: str) -> httpx.Response:
    return await handler.request_token(grant_type="refresh_token", refresh_token=token, **changes)


async def call_userinfo(http: httpx.AsyncClient, access_token: str) -> httpx.Response:
    return await http.get("/connect/userinfo", headers={"Authorization": f"Bearer {access_token}"})


def build_basic(client_id: str, secret: str) -> dict[str, str]:
    """RFC 6749 2.3.1: form-encoded, then joined, then base64."""
    pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"
    return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


async def execute(platform: Platform, sql: str, *values: object) -> None:
    async with platform.database.transaction() as connection:
        await connection.execute(sql, *values)


async def count(platform: Platform, table: str) -> int:
    async with platform.database.connection() as connection:
        rows: int = await connection.fetchval(f"select count(*) from {table}")
        return rows


async def fetch_value(platform: Platform, sql: str) -> Any:
    async with platform.database.connection() as connection:
        return await connection.fetchval(sql)
