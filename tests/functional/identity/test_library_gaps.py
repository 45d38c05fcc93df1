"""What the library under the provider would do wrong, and the provider does not: decision 3 lists the rest."""

import asyncio
import base64
import json
import threading
from collections.abc import AsyncIterator, Iterable
from typing import Any

import httpx
import msgspec
import pytest

from borvo.accounts import passwords
from borvo.accounts.hash_memory import is_any_of
from borvo.assembly import Platform, build_app, build_platform
from borvo.settings import Settings
from tests.factories.clients import register_client
from tests.functional.browser import Browser, asks_to_sign_in
from tests.functional.conftest import ISSUER, TestClock, reuse_key
from tests.functional.identity.aspnet import Handler, consent, read_form_post, read_redirect
from tests.functional.identity.flows import (
    CHALLENGE,
    CODE_FLOW,
    VERIFIER,
    build_basic,
    call_userinfo,
    count,
    obtain_tokens,
    reach_answer,
    register_lasting,
)

BEHIND_PROXY = "https://id.example.org"


def _read(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=="))
    return claims


async def _register_all(platform: Platform, http: httpx.AsyncClient, **settings: object) -> Handler:
    grants = ["implicit", "hybrid", "authorization_code"]
    settings = {"grant_types": grants, "allows_front_channel_tokens": True, **settings}
    return Handler(http, await register_client(platform, "demo.all", **settings), "openid email")  # type: ignore[arg-type]


@pytest.mark.parametrize("response_type", ["id_token", "id_token token", "code token", "code id_token token"])
@pytest.mark.parametrize("mode", ["fragment", "form_post"])
async def test_a_decline_keeps_state_and_issuer_in_every_front_channel_flow(
    platform: Platform, http: httpx.AsyncClient, ada: Browser, response_type: str, mode: str
) -> None:
    app, state = await _register_all(platform, http), "a b&c=é"
    url = await app.build_authorization_url(response_type=response_type, response_mode=mode, state=state)
    answer = await consent(ada, await ada.open(url), "decline")
    told = read_form_post(answer)[1] if mode == "form_post" else read_redirect(answer)
    assert (told["error"], told["state"], told["iss"]) == ("access_denied", state, ISSUER)
    assert not {"code", "id_token", "access_token"} & set(told)


@pytest.mark.parametrize("response_type", ["id_token", "code id_token", "code"])
async def test_no_access_token_is_made_that_nobody_asked_for(
    platform: Platform, http: httpx.AsyncClient, ada: Browser, response_type: str
) -> None:
    app = await _register_all(platform, http, access_token_format="opaque")
    told = read_redirect(await reach_answer(app, ada, response_type=response_type, response_mode="fragment"))
    assert "error" not in told
    assert await count(platform, "access_token") == 0


async def test_every_time_in_a_token_is_that_of_the_exchange(
    handler: Handler, ada: Browser, clock: TestClock
) -> None:
    signed_in = int(clock().timestamp())
    clock.advance(minutes=7)
    told = read_form_post(await reach_answer(handler, ada))[1]
    tokens = (await handler.redeem(told["code"])).json()
    for token in (told["id_token"], tokens["id_token"], tokens["access_token"]):
        claims = _read(token)
        assert (claims["iat"], claims["auth_time"]) == (signed_in + 420, signed_in)
        assert claims["exp"] == signed_in + 420 + 3600


@pytest.fixture
async def proxied(settings: Settings, clock: TestClock) -> AsyncIterator[Platform]:
    """An instance behind a proxy that speaks https for it."""
    changed = msgspec.structs.replace(settings, issuer=BEHIND_PROXY)
    platform = build_platform(changed, clock=clock, generate=reuse_key)
    await platform.database.open()
    yield platform
    await platform.database.close()


async def test_behind_a_proxy_requests_come_by_plain_http_and_are_served(proxied: Platform) -> None:
    client_id = await register_client(
        proxied, grant_types=["authorization_code", "client_credentials"], scopes=["openid", "agency_api"]
    )
    transport = httpx.ASGITransport(app=build_app(proxied))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://10.0.0.5:8000") as http:
        app = Handler(http, client_id, "openid")
        asked = await http.get(
            "/connect/authorize",
            params={
                "client_id": client_id,
                "redirect_uri": app.redirect_uri,
                "response_type": "code",
                "scope": "openid",
            },
        )
        assert asks_to_sign_in(asked)
        fields = {"client_id": client_id, "client_secret": app.secret, "grant_type": "client_credentials"}
        answer = await http.post("/connect/token", data={**fields, "scope": "agency_api"})
    assert answer.status_code == 200, answer.text
    assert _read(answer.json()["access_token"])["iss"] == BEHIND_PROXY


async def test_no_secret_is_compared_in_the_thread_of_the_event_loop(
    settings: Settings, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: set[int] = set()

    def watch(digest: str, typed: Iterable[str]) -> bool:
        threads.add(threading.get_ident())
        return is_any_of(digest, typed)

    monkeypatch.setattr(passwords, "is_any_of", watch)
    platform = build_platform(settings, clock=clock, generate=reuse_key)
    await platform.database.open()
    client_id = await register_client(platform, grant_types=["client_credentials"], scopes=["agency_api"])
    transport = httpx.ASGITransport(app=build_app(platform))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=ISSUER) as http:
        app = Handler(http, client_id, "agency_api")
        asked = [
            app.request_token(grant_type="client_credentials", client_secret=each)
            for each in ("wrong", app.secret)
        ]
        answers = await asyncio.gather(
            *asked, app.request_token(grant_type="client_credentials", client_id="demo.nobody")
        )
    await platform.database.close()
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401]
    assert threads
    assert threading.get_ident() not in threads


@pytest.mark.spec("RFC 7009", "2.1")
async def test_an_app_without_a_secret_ends_its_own_tokens_and_no_others(
    platform: Platform, http: httpx.AsyncClient, ada: Browser
) -> None:
    others = (await obtain_tokens(await register_lasting(platform, http), ada))["access_token"]
    public = await _register_all(platform, http, is_public=True)
    proof = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    told = read_redirect(await reach_answer(public, ada, **CODE_FLOW, **proof))
    answer = await public.redeem(told["code"], client_secret="", code_verifier=VERIFIER)
    own = answer.json()["access_token"]
    for token, status in ((others, 200), (own, 401)):
        ended = await http.post("/connect/revocation", data={"token": token, "client_id": public.client_id})
        assert ended.status_code == 200
        assert (await call_userinfo(http, token)).status_code == status


@pytest.mark.parametrize("endpoint", ["introspect", "revocation"])
async def test_both_ways_of_showing_a_secret_serve_at_every_endpoint(
    platform: Platform, http: httpx.AsyncClient, ada: Browser, endpoint: str
) -> None:
    lasting = await register_lasting(platform, http)
    token = (await obtain_tokens(lasting, ada, **CODE_FLOW))["access_token"]
    by_header = build_basic(lasting.client_id, lasting.secret)
    in_body = {"client_id": lasting.client_id, "client_secret": lasting.secret}
    for headers, fields in ((by_header, {}), ({}, in_body)):
        answer = await http.post(f"/connect/{endpoint}", data={"token": token, **fields}, headers=headers)
        assert answer.status_code == 200, answer.text
    wrong = await http.post(
        f"/connect/{endpoint}", data={"token": token}, headers=build_basic(lasting.client_id, "wrong")
    )
    assert wrong.status_code == 401
