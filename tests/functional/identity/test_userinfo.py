"""UserInfo: who gets it, and when a token stops being one."""

import asyncio
import base64
import hmac
import json
from datetime import timedelta

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from borvo.assembly import Platform
from borvo.identity.public import clean_up
from borvo.identity.tokens import CONSENT_CLAIM
from borvo.kernel.entropy import encode_bytes
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.identity.aspnet import Handler
from tests.functional.identity.flows import call_userinfo, execute, obtain_tokens


@pytest.mark.spec("RFC 6750", "3")
async def test_without_a_token_the_answer_names_the_scheme_and_no_error(http: httpx.AsyncClient) -> None:
    answer = await http.get("/connect/userinfo")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer, DPoP algs="ES256 EdDSA PS256 RS256"'
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == 401


@pytest.mark.spec("OpenID Connect Core", "5.4")
@pytest.mark.parametrize(
    ("scope", "claims"),
    [
        ("openid", {"sub", "role"}),
        ("openid email", {"sub", "role", "email", "email_verified"}),
        ("openid profile", {"sub", "role", "name", "given_name", "family_name", "updated_at"}),
    ],
)
async def test_claims_follow_the_scopes(handler: Handler, ada: Browser, scope: str, claims: set[str]) -> None:
    tokens = await obtain_tokens(handler, ada, scope=scope)
    answer = await call_userinfo(handler.http, tokens["access_token"])
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert set(answer.json()) == claims


@pytest.mark.spec("RFC 6750", "3.1")
async def test_a_token_without_openid_is_not_enough(handler: Handler, ada: Browser) -> None:
    tokens = await obtain_tokens(handler, ada, scope="profile")
    assert "id_token" not in tokens
    answer = await call_userinfo(handler.http, tokens["access_token"])
    assert answer.status_code == 403
    assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]


@pytest.mark.spec("RFC 6750", "2.2")
async def test_a_token_may_come_in_a_form_but_never_in_the_address(handler: Handler, ada: Browser) -> None:
    token = (await obtain_tokens(handler, ada))["access_token"]
    assert (await handler.http.post("/connect/userinfo", data={"access_token": token})).status_code == 200
    assert (await handler.http.get(f"/connect/userinfo?access_token={token}")).status_code == 401


@pytest.mark.parametrize(
    "sql",
    [
        "update client set disabled_at = $1",
        "update consent set withdrawn_at = $1, version = version + 1",
        "update consent set version = version + 1, granted_at = $1",
        "update person set closed_at = $1",
    ],
)
async def test_a_token_ends_at_once_with_what_it_rests_on(
    handler: Handler, platform: Platform, ada: Browser, sql: str
) -> None:
    token = (await obtain_tokens(handler, ada))["access_token"]
    assert (await call_userinfo(handler.http, token)).status_code == 200
    await execute(platform, sql, platform.clock())
    answer = await call_userinfo(handler.http, token)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'


async def test_tokens_that_come_together_are_told_apart(
    handler: Handler, platform: Platform, ada: Browser, clock: TestClock
) -> None:
    scopes = ["openid", "openid email", "openid profile"]
    texts = [(await obtain_tokens(handler, ada, scope=scope))["access_token"] for scope in scopes]
    other = Browser(handler.http)
    await other.sign_up("bea@example.org")
    texts += [(await obtain_tokens(handler, other, scope=scope))["access_token"] for scope in scopes]
    await execute(
        platform,
        """update person set closed_at = $1
           where id = (select person_id from person_email where email = 'bea@example.org')""",
        clock(),
    )
    alone = [await call_userinfo(handler.http, text) for text in texts]
    together = await asyncio.gather(*(call_userinfo(handler.http, text) for text in texts * 5))
    assert [answer.status_code for answer in alone] == [200, 200, 200, 401, 401, 401]
    assert [answer.json() for answer in together if answer.status_code == 200] == [
        answer.json() for answer in alone[:3] * 5
    ]
    assert [answer.status_code for answer in together] == [answer.status_code for answer in alone * 5]


async def test_a_token_of_an_earlier_consent_stays_dead_after_a_new_one(
    handler: Handler, platform: Platform, ada: Browser
) -> None:
    old = (await obtain_tokens(handler, ada))["access_token"]
    await execute(platform, "update consent set withdrawn_at = $1, version = version + 1", platform.clock())
    new = (await obtain_tokens(handler, ada))["access_token"]
    assert (await call_userinfo(handler.http, old)).status_code == 401
    assert (await call_userinfo(handler.http, new)).status_code == 200


async def test_a_token_ends_after_an_hour(handler: Handler, ada: Browser, clock: TestClock) -> None:
    token = (await obtain_tokens(handler, ada))["access_token"]
    clock.advance(minutes=59, seconds=59)
    assert (await call_userinfo(handler.http, token)).status_code == 200
    clock.advance(seconds=1)
    assert (await call_userinfo(handler.http, token)).status_code == 401


@pytest.mark.spec("RFC 9068", "4")
async def test_an_id_token_is_no_access_token(handler: Handler, ada: Browser) -> None:
    tokens = await obtain_tokens(handler, ada)
    assert (await call_userinfo(handler.http, tokens["id_token"])).status_code == 401


def _encode(part: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def _sign_with(key: bytes, header: object, claims: object) -> str:
    text = f"{_encode(header)}.{_encode(claims)}"
    return f"{text}.{encode_bytes(hmac.digest(key, text.encode(), 'sha256'))}"


async def _forge(handler: Handler, token: str) -> dict[str, str]:
    """The token under headers and signatures that ours must not be mistaken for."""
    header_text, payload, signature = token.split(".")
    header = json.loads(base64.urlsafe_b64decode(header_text + "=="))
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    keys = (await handler.http.get("/.well-known/openid-configuration/jwks")).json()["keys"]
    public = RSAKey.import_key(next(key for key in keys if key["kty"] == "RSA"))
    stranger = RSAKey.generate_key(2048)
    public_pem = public.as_pem(private=False)
    hs256 = {"alg": "HS256", "typ": "at+jwt"}
    return {
        "tampered": f"{header_text}.{_encode({**claims, 'scope': 'openid email agency_api'})}.{signature}",
        "unsigned": f"{_encode({**header, 'alg': 'none'})}.{payload}.",
        "unsigned, signature kept": f"{_encode({**header, 'alg': 'None'})}.{payload}.{signature}",
        "symmetric with the public key": _sign_with(public_pem, hs256, claims),
        "symmetric under our kid": _sign_with(public_pem, {**hs256, "kid": header["kid"]}, claims),
        "of a stranger": jwt.encode(header, claims, stranger, ["RS256"]),
        "with an embedded key": jwt.encode(
            {"alg": "RS256", "typ": "at+jwt", "jwk": stranger.as_dict(private=False)},
            claims,
            stranger,
            ["RS256"],
        ),
        "without kid": f"{_encode({'alg': 'RS256', 'typ': 'at+jwt'})}.{payload}.{signature}",
        "without alg": f"{_encode({'kid': header['kid']})}.{payload}.{signature}",
        "of another algorithm": f"{_encode({**header, 'alg': 'ES256'})}.{payload}.{signature}",
        "with crit": f"{_encode({**header, 'crit': ['x'], 'x': 1})}.{payload}.{signature}",
        "of a list": f"{_encode([])}.{payload}.{signature}",
        "of null": f"{_encode(None)}.{_encode(None)}.",
        "empty": "..",
        "long": token + "A" * 100_000,
    }


@pytest.mark.spec("RFC 8725", "3.1")
async def test_forged_tokens_are_refused(handler: Handler, ada: Browser) -> None:
    token = (await obtain_tokens(handler, ada))["access_token"]
    for what, forged in (await _forge(handler, token)).items():
        answer = await call_userinfo(handler.http, forged)
        assert answer.status_code == 401, what


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("iss", "https://evil.example"),
        ("aud", "https://other.example"),
        ("exp", None),
        ("exp", "tomorrow"),
        ("sub", None),
        ("sub", "not-a-person"),
        ("jti", None),
        ("client_id", None),
        ("client_id", "demo.unknown"),
        (CONSENT_CLAIM, None),
        (CONSENT_CLAIM, 2),
    ],
)
async def test_a_token_with_an_unfit_claim_is_refused_although_we_signed_it(
    handler: Handler, platform: Platform, ada: Browser, name: str, value: object
) -> None:
    token = (await obtain_tokens(handler, ada))["access_token"]
    payload = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    claims[name] = value
    active = (await platform.identity.cabinet.current()).active["RS256"]
    header = {"alg": "RS256", "typ": "at+jwt", "kid": active.kid}
    forged = jwt.encode(header, {k: v for k, v in claims.items() if v is not None}, active.key, ["RS256"])
    assert (await call_userinfo(handler.http, forged)).status_code == 401


@pytest.mark.parametrize(
    "authorization", [b"", b"Bearer", b"Bearer ", b"Basic eDp5", b"bearer \xff", b"Bearer a b"]
)
async def test_an_unreadable_header_is_refused(http: httpx.AsyncClient, authorization: bytes) -> None:
    answer = await http.get("/connect/userinfo", headers={b"authorization": authorization})
    assert answer.status_code == 401


async def test_cleaning_up_forgets_no_revocation_while_its_token_lives(
    handler: Handler, platform: Platform, ada: Browser, clock: TestClock
) -> None:
    tokens = await obtain_tokens(handler, ada)
    await execute(
        platform,
        """insert into revoked_token (subject, token_id, expires_at)
           select person_id::text, token_id, token_expires_at from authorization_code""",
    )
    await clean_up(platform.identity)
    assert (await call_userinfo(handler.http, tokens["access_token"])).status_code == 401
    clock.advance(hours=2)
    await clean_up(platform.identity)
    async with platform.database.connection() as connection:
        assert await connection.fetchval("select count(*) from revoked_token") == 0
        assert await connection.fetchval("select count(*) from authorization_code") == 1
    clock.now += timedelta(days=2)
    await clean_up(platform.identity)
    async with platform.database.connection() as connection:
        assert await connection.fetchval("select count(*) from authorization_code") == 0
