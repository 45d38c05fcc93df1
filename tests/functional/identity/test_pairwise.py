"""Clients that know people by names of their own (OpenID Connect Core 8): nothing that they get says who it is."""

import base64
import json
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from borvo.assembly import Platform
from tests.factories.clients import MYBP_SCOPES, register_client
from tests.factories.samples import create_blood_pressure
from tests.functional.browser import Browser
from tests.functional.identity.aspnet import Handler, read_form_post, read_redirect
from tests.functional.identity.flows import (
    CODE_FLOW,
    call_userinfo,
    obtain_code,
    obtain_lasting,
    obtain_tokens,
    reach_answer,
    refresh,
)
from tests.functional.identity.test_session_ends import leave, serve_party

SCOPES = (*MYBP_SCOPES, "offline_access")
OTHER_CALLBACK = "https://other.example/signin-oidc"


async def register(
    platform: Platform, http: httpx.AsyncClient, name: str = "demo.pairwise", **settings: Any
) -> Handler:
    given = {"subject_type": "pairwise", "scopes": SCOPES, **settings}
    handler = Handler(http, await register_client(platform, name, **given), " ".join(SCOPES))
    handler.redirect_uri = next(iter(given.get("redirect_uris", [handler.redirect_uri])))
    return handler


async def list_secrets(platform: Platform) -> list[UUID]:
    """What no pairwise client may be told: who she is, and which session that is elsewhere."""
    async with platform.database.connection() as connection:
        people = await connection.fetch("select id from person union select id from login_session")
    return [row["id"] for row in people]


def decode(text: str) -> bytes:
    """All that can be read in a token by who has it: of each part, as it is and decoded."""
    parts = [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in text.split(".")]
    return b" ".join([text.encode(), *parts])


async def assert_tells_nobody(platform: Platform, *texts: str) -> None:
    for secret in await list_secrets(platform):
        for text in texts:
            readable = decode(text)
            assert str(secret).encode() not in readable
            assert secret.bytes not in readable


@pytest.mark.spec("OpenID Connect Core", "8")
@pytest.mark.parametrize("form", ["jwt", "opaque"])
async def test_nothing_that_a_pairwise_client_gets_says_who_it_is(
    platform: Platform, http: httpx.AsyncClient, ada: Browser, form: str
) -> None:
    handler = await register(platform, http, access_token_format=form)
    answer = read_form_post(await reach_answer(handler, ada))[1]
    tokens = (await handler.redeem(answer["code"])).json()
    again = (await refresh(handler, tokens["refresh_token"])).json()
    issued = [
        *(answer[name] for name in ("code", "id_token")),
        *(each[name] for each in (tokens, again) for name in ("access_token", "id_token", "refresh_token")),
    ]
    await assert_tells_nobody(platform, *issued)
    seen = (await call_userinfo(http, again["access_token"])).json()
    subjects = {
        (await handler.read_id_token(each["id_token"]))["sub"] for each in (answer, tokens, again)
    } | {seen["sub"]}
    assert len(subjects) == 1
    for name in ("access_token", "refresh_token"):
        state = (await handler.call("introspection_endpoint", token=again[name])).json()
        assert state["active"] is True
        assert {state["sub"]} == subjects


async def test_our_own_servers_still_find_the_person_and_name_her_as_the_client_knows_her(
    platform: Platform, http: httpx.AsyncClient, ada: Browser
) -> None:
    handler = await register(platform, http)
    tokens = await obtain_tokens(handler, ada)
    subject = (await handler.read_id_token(tokens["id_token"]))["sub"]
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert (await http.post("/sample/v1", json=[create_blood_pressure()], headers=headers)).status_code == 200
    asked = await http.post("/query/v1", params={"types": "blood_pressure"}, json={}, headers=headers)
    found = [
        await http.get("/sample/v1", headers=headers),
        await http.get("/sample/v1/changes", headers=headers),
        await http.get("/query/v1", params={"key": asked.json()["Key"]}, headers=headers),
    ]
    for read in found:
        assert f'"subject":"{subject}"' in read.text, read.url
    hers = "select count(*) from sample s join person p on p.id = s.person_id"
    assert await platform.database.pool.fetchval(hers) > 0
    lasting = await obtain_lasting(handler, ada)
    await handler.call("revocation_endpoint", token=lasting["access_token"])
    assert (await call_userinfo(http, lasting["access_token"])).status_code == 401


async def test_a_client_that_is_not_told_to_be_pairwise_knows_people_by_their_ids(
    platform: Platform, http: httpx.AsyncClient, ada: Browser
) -> None:
    handler = await register(platform, http, "demo.public", subject_type="public")
    tokens = await obtain_tokens(handler, ada)
    claims = await handler.read_id_token(tokens["id_token"])
    known = {str(each) for each in await list_secrets(platform)}
    assert {claims["sub"], claims["sid"]} <= known
    payload = json.loads(decode(tokens["access_token"]).split(b" ", 2)[2].rpartition(b"} ")[0] + b"}")
    assert payload["sub"] == claims["sub"]
    assert "borvo_person" not in payload
    # Codes and refresh tokens carry nobody in clear, whoever gets them.
    code = await obtain_code(handler, ada)
    lasting = await obtain_lasting(handler, ada)
    await assert_tells_nobody(platform, code, lasting["refresh_token"])


async def test_clients_of_one_host_share_a_name_and_others_do_not(
    platform: Platform, http: httpx.AsyncClient, ada: Browser
) -> None:
    names = []
    for name, callback in (
        ("demo.one", "https://localhost:5001/signin-oidc"),
        ("demo.two", "https://localhost:5001/else"),
        ("demo.three", OTHER_CALLBACK),
        ("strange.four", "https://localhost:5001/signin-oidc"),
    ):
        handler = await register(platform, http, name, redirect_uris=[callback])
        claims = await handler.read_id_token((await obtain_tokens(handler, ada))["id_token"])
        names.append((claims["sub"], claims["sid"]))
    one, two, three, four = names
    assert one[0] == two[0]
    assert len({one[0], three[0], four[0]}) == 3
    assert len({sid for _, sid in names}) == 4


@pytest.mark.spec("OpenID Connect Core", "5.5.1")
async def test_hints_and_claims_speak_of_her_as_the_client_does(
    platform: Platform, http: httpx.AsyncClient, ada: Browser
) -> None:
    handler = await register(platform, http)
    token = (await obtain_tokens(handler, ada))["id_token"]
    subject = (await handler.read_id_token(token))["sub"]

    async def ask(**changes: str) -> dict[str, str]:
        return read_redirect(
            await ada.open(
                await handler.build_authorization_url(**{**CODE_FLOW, "prompt": "none", **changes})
            )
        )

    def demand(value: str) -> str:
        return json.dumps({"id_token": {"sub": {"value": value}}})

    assert "code" in await ask(id_token_hint=token)
    assert "code" in await ask(claims=demand(subject))
    person_id = await platform.database.pool.fetchval("select id from person")
    assert (await ask(claims=demand(str(person_id))))["error"] == "login_required"
    other = await register(platform, http, "demo.other", redirect_uris=[OTHER_CALLBACK])
    foreign = (await obtain_tokens(other, ada))["id_token"]
    assert (await ask(id_token_hint=foreign))["error"] == "login_required"


@pytest.mark.spec("OpenID Connect RP-Initiated Logout", "2")
async def test_logout_takes_and_tells_the_names_that_the_client_knows(
    platform: Platform, http: httpx.AsyncClient, ada: Browser
) -> None:
    async with serve_party() as party:
        front = "https://localhost:5001/signout-oidc"
        handler = await register(
            platform, http, backchannel_logout_uri=party.url, frontchannel_logout_uri=front
        )
        token = (await obtain_tokens(handler, ada))["id_token"]
        claims = await handler.read_id_token(token)
        callback = "https://localhost:5001/signout-callback-oidc"
        page = await ada.open(
            f"/connect/endsession?{urlencode({'id_token_hint': token, 'post_logout_redirect_uri': callback})}"
        )
        assert f"sid={claims['sid']}" in page.text
        while await platform.courier.deliver_due():
            pass
    ((_, fields),) = party.told
    keys = (await http.get("/.well-known/openid-configuration/jwks")).json()
    told = jwt.decode(fields["logout_token"][0], KeySet.import_key_set(keys), algorithms=["RS256"]).claims
    assert (told["sub"], told["sid"]) == (claims["sub"], claims["sid"])
    await assert_tells_nobody(platform, fields["logout_token"][0])


async def test_the_hint_of_another_session_ends_none(
    platform: Platform, http: httpx.AsyncClient, ada: Browser
) -> None:
    handler = await register(platform, http)
    token = (await obtain_tokens(handler, ada))["id_token"]
    await leave(ada)
    await ada.sign_in("ada@example.org")
    assert "Sign out?" in (await ada.open(f"/connect/endsession?id_token_hint={token}")).text


@pytest.mark.spec("OpenID Connect Core", "5.3.2")
@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
async def test_userinfo_is_signed_for_who_wants_that(
    platform: Platform, http: httpx.AsyncClient, ada: Browser, algorithm: str
) -> None:
    handler = await register(platform, http, userinfo_signed_response_alg=algorithm)
    tokens = await obtain_tokens(handler, ada)
    answer = await call_userinfo(http, tokens["access_token"])
    assert answer.headers["content-type"] == "application/jwt"
    assert answer.headers["cache-control"] == "no-store"
    claims = await handler.read_id_token(answer.text, algorithm)
    assert claims["sub"] == (await handler.read_id_token(tokens["id_token"]))["sub"]
    assert (claims["iss"], claims["aud"]) == ("http://localhost:8000", handler.client_id)
    assert claims["email"] == "ada@example.org"
    refused = await call_userinfo(http, "x")
    assert (refused.status_code, refused.headers["content-type"]) == (401, "application/problem+json")
    # What is signed for one use passes for no other.
    page = await ada.open(f"/connect/endsession?id_token_hint={answer.text}")
    assert "Sign out?" in page.text
    assert (await call_userinfo(http, answer.text)).status_code == 401
