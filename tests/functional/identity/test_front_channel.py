"""Tokens from the authorization endpoint: implicit and hybrid, who may have them, and what the id token binds."""

import httpx
import pytest

from borvo.assembly import Platform
from tests.factories.clients import register_client
from tests.functional.browser import Browser
from tests.functional.conftest import ISSUER, TestClock
from tests.functional.identity.aspnet import NONCE, STATE, Handler, half_hash, read_redirect
from tests.functional.identity.flows import CHALLENGE, VERIFIER, call_userinfo, execute, reach_answer

FRONT = {"response_mode": "fragment"}


async def register(platform: Platform, http: httpx.AsyncClient, **settings: object) -> Handler:
    settings = {"allows_front_channel_tokens": True, "grant_types": ["implicit", "hybrid"], **settings}
    return Handler(http, await register_client(platform, "demo.spa", **settings), "openid email")  # type: ignore[arg-type]


@pytest.fixture
async def spa(platform: Platform, http: httpx.AsyncClient) -> Handler:
    return await register(platform, http)


@pytest.mark.spec("OpenID Connect Core", "3.2.2.5")
@pytest.mark.spec("OpenID Connect Core", "3.3.2.5")
@pytest.mark.parametrize(
    "response_type",
    ["id_token", "id_token token", "token id_token", "code id_token", "code token", "code id_token token"],
)
async def test_the_answer_holds_what_the_type_names_and_no_more(
    spa: Handler, ada: Browser, response_type: str
) -> None:
    told = read_redirect(await reach_answer(spa, ada, response_type=response_type, **FRONT))
    words = set(response_type.split())
    assert ("code" in told) == ("code" in words)
    assert ("id_token" in told) == ("id_token" in words)
    assert {"access_token", "token_type", "expires_in"} & set(told) == (
        {"access_token", "token_type", "expires_in"} if "token" in words else set()
    )
    assert (told["state"], told["iss"], told["scope"]) == (STATE, ISSUER, "openid email")
    assert "refresh_token" not in told


@pytest.mark.spec("OpenID Connect Core", "3.3.2.11")
@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "EdDSA"])
async def test_the_id_token_binds_everything_beside_it(
    platform: Platform, http: httpx.AsyncClient, ada: Browser, algorithm: str
) -> None:
    spa = await register(platform, http, signing_algorithm=algorithm)
    told = read_redirect(await reach_answer(spa, ada, response_type="code id_token token", **FRONT))
    claims = await spa.read_id_token(told["id_token"], algorithm)
    digest = "sha512" if algorithm == "EdDSA" else "sha256"
    assert claims["nonce"] == NONCE
    assert claims["c_hash"] == half_hash(told["code"], digest)
    assert claims["at_hash"] == half_hash(told["access_token"], digest)
    assert claims["s_hash"] == half_hash(STATE, digest)


@pytest.mark.spec("OpenID Connect Core", "5.4")
async def test_claims_come_in_the_id_token_only_when_no_userinfo_can_be_asked(
    spa: Handler, ada: Browser
) -> None:
    alone = read_redirect(await reach_answer(spa, ada, response_type="id_token", **FRONT))
    both = read_redirect(await reach_answer(spa, ada, response_type="id_token token", **FRONT))
    assert (await spa.read_id_token(alone["id_token"]))["email"] == "ada@example.org"
    assert "email" not in await spa.read_id_token(both["id_token"])
    assert (await call_userinfo(spa.http, both["access_token"])).json()["email"] == "ada@example.org"


async def test_an_access_token_that_came_through_the_browser_lives_ten_minutes(
    spa: Handler, ada: Browser, clock: TestClock
) -> None:
    told = read_redirect(await reach_answer(spa, ada, response_type="id_token token", **FRONT))
    assert told["expires_in"] == "600"
    clock.advance(minutes=9, seconds=59)
    assert (await call_userinfo(spa.http, told["access_token"])).status_code == 200
    clock.advance(seconds=1)
    assert (await call_userinfo(spa.http, told["access_token"])).status_code == 401


@pytest.mark.parametrize("response_type", ["id_token token", "code token", "code id_token token"])
async def test_access_tokens_need_the_clients_tick(
    platform: Platform, http: httpx.AsyncClient, ada: Browser, response_type: str
) -> None:
    handler = await register(platform, http, allows_front_channel_tokens=False)
    told = read_redirect(await reach_answer(handler, ada, response_type=response_type, **FRONT))
    assert told["error"] == "unauthorized_client"
    assert told["state"] == STATE


@pytest.mark.parametrize(
    ("grant_type", "response_type"),
    [("implicit", "code id_token"), ("hybrid", "id_token"), ("implicit", "code")],
)
async def test_a_type_needs_the_grant_it_belongs_to(
    platform: Platform, http: httpx.AsyncClient, ada: Browser, grant_type: str, response_type: str
) -> None:
    handler = await register(platform, http, grant_types=[grant_type])
    told = read_redirect(await reach_answer(handler, ada, response_type=response_type, **FRONT))
    assert told["error"] == "unauthorized_client"


@pytest.mark.spec("OpenID Connect Core", "3.2.2.1")
@pytest.mark.parametrize("response_type", ["id_token", "id_token token", "code id_token"])
async def test_an_id_token_from_here_needs_a_nonce(spa: Handler, ada: Browser, response_type: str) -> None:
    told = read_redirect(await reach_answer(spa, ada, response_type=response_type, nonce=None, **FRONT))
    assert told["error"] == "invalid_request"


@pytest.mark.spec("OpenID Connect Core", "3.3.2.11")
async def test_without_an_id_token_from_here_no_nonce_is_needed(spa: Handler, ada: Browser) -> None:
    told = read_redirect(await reach_answer(spa, ada, response_type="code token", nonce=None, **FRONT))
    assert {"code", "access_token"} <= told.keys()
    told = read_redirect(await reach_answer(spa, ada, response_type="code token", scope="profile", **FRONT))
    assert told["error"] == "invalid_scope"


@pytest.mark.spec("OAuth 2.0 Multiple Response Types", "3")
@pytest.mark.parametrize("response_type", ["id_token", "id_token token", "code token", "code id_token token"])
async def test_no_token_travels_in_a_query(spa: Handler, ada: Browser, response_type: str) -> None:
    answer = await reach_answer(spa, ada, response_type=response_type, response_mode="query")
    assert "?" not in answer.headers["location"]
    assert read_redirect(answer)["error"] == "invalid_request"


async def obtain_public_code(handler: Handler, ada: Browser, **changes: str | None) -> dict[str, str]:
    return read_redirect(
        await reach_answer(
            handler,
            ada,
            response_type="code",
            response_mode=None,
            **{"code_challenge": CHALLENGE, "code_challenge_method": "S256", **changes},
        )
    )


@pytest.mark.spec("RFC 9700", "2.1.1")
async def test_a_public_client_redeems_with_its_verifier_alone(
    platform: Platform, http: httpx.AsyncClient, ada: Browser
) -> None:
    native = await register(
        platform, http, is_public=True, require_pkce=True, grant_types=["authorization_code"]
    )
    code = (await obtain_public_code(native, ada))["code"]
    for changes in ({"code_verifier": ""}, {"code_verifier": VERIFIER[::-1]}):
        assert (await native.redeem(code, client_secret="", **changes)).status_code == 400
    tokens = await native.redeem(code, client_secret="", code_verifier=VERIFIER)
    assert tokens.status_code == 200, tokens.text
    for is_required in (True, False):
        await execute(platform, "update client set require_pkce = $1", is_required)
        unprotected = await obtain_public_code(native, ada, code_challenge=None, code_challenge_method=None)
        assert unprotected["error"] == "invalid_request"


async def test_a_public_client_with_a_secret_is_not_the_client(
    platform: Platform, http: httpx.AsyncClient, ada: Browser
) -> None:
    native = await register(
        platform, http, is_public=True, require_pkce=True, grant_types=["authorization_code"]
    )
    code = (await obtain_public_code(native, ada))["code"]
    assert (await native.redeem(code, client_secret="any", code_verifier=VERIFIER)).status_code == 401


@pytest.mark.spec("RFC 8252", "7.3")
@pytest.mark.parametrize(
    ("sent", "is_fit"),
    [
        ("http://127.0.0.1/callback", True),
        ("http://127.0.0.1:51004/callback", True),
        ("http://[::1]:3000/callback", True),
        ("http://127.0.0.1:51004/other", False),
        ("http://127.0.0.1:65536/callback", False),
        ("http://127.0.0.1:99999/callback", False),
        ("http://localhost:51004/callback", False),
        ("https://127.0.0.1:51004/callback", False),
        ("http://127.0.0.1:51004@evil.example/callback", False),
        ("http://127.0.0.1.evil.example/callback", False),
    ],
)
@pytest.mark.parametrize("is_public", [True, False])
async def test_a_native_app_listens_on_any_port_of_its_own_machine(
    platform: Platform, http: httpx.AsyncClient, ada: Browser, sent: str, is_fit: bool, is_public: bool
) -> None:
    registered = ("http://127.0.0.1/callback", "http://[::1]/callback")
    native = await register(
        platform,
        http,
        is_public=is_public,
        require_pkce=is_public,
        grant_types=["authorization_code"],
        redirect_uris=registered,
    )
    native.redirect_uri = sent
    url = await native.build_authorization_url(
        response_type="code", response_mode=None, code_challenge=CHALLENGE, code_challenge_method="S256"
    )
    page = await ada.open(url)
    is_accepted = "would like to" in page.text
    assert is_accepted == (sent in registered or (is_fit and is_public))


@pytest.mark.spec("RFC 8252", "8.6")
@pytest.mark.parametrize(
    ("redirect_uri", "traits", "response_type", "is_remembered"),
    [
        ("https://app.example.org/callback", {"is_public": True}, "code", True),
        ("org.example.app:/callback", {"is_public": True}, "code", False),
        ("http://127.0.0.1:3000/callback", {"is_public": True}, "code", False),
        ("http://localhost:3000/callback", {}, "code", True),
        ("http://localhost:3000/callback", {}, "code id_token", True),
        ("http://localhost:3000/callback", {}, "id_token", False),
        ("http://localhost:3000/callback", {"allows_front_channel_tokens": True}, "code token", False),
    ],
)
async def test_an_app_that_anybody_can_pose_as_is_never_answered_without_the_person(
    platform: Platform,
    http: httpx.AsyncClient,
    ada: Browser,
    redirect_uri: str,
    traits: dict[str, object],
    response_type: str,
    is_remembered: bool,
) -> None:
    grants = ["authorization_code", "hybrid", "implicit"]
    app = await register(platform, http, grant_types=grants, redirect_uris=[redirect_uri], **traits)
    app.redirect_uri = redirect_uri
    wanted = {"response_type": response_type, "response_mode": None}
    proof = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    assert "error" not in read_redirect(await reach_answer(app, ada, **wanted, **proof))
    silent = await app.build_authorization_url(**wanted, **proof, prompt="none")
    assert (read_redirect(await ada.open(silent)).get("error") is None) is is_remembered
    again = await ada.open(await app.build_authorization_url(**wanted, **proof))
    assert again.is_redirect is is_remembered
