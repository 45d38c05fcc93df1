"""A service that acts for itself: RFC 6749 4.4."""

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from borvo.assembly import Platform
from tests.factories.clients import SECRET, register_client
from tests.functional.conftest import ISSUER
from tests.functional.identity.flows import build_basic, call_userinfo


async def _register(
    platform: Platform, *scopes: str, grant_types: tuple[str, ...] = ("client_credentials",)
) -> str:
    return await register_client(platform, "demo.service", grant_types=grant_types, scopes=scopes)


async def _ask(http: httpx.AsyncClient, **fields: str) -> httpx.Response:
    data = {"grant_type": "client_credentials", **fields}
    return await http.post("/connect/token", data=data, headers=build_basic("demo.service", SECRET))


@pytest.mark.spec("RFC 9068", "2.2")
async def test_the_token_names_the_client_as_subject(platform: Platform, http: httpx.AsyncClient) -> None:
    client_id = await _register(platform, "agency_api")
    body = (await _ask(http, scope="agency_api")).json()
    assert set(body) == {"access_token", "token_type", "expires_in", "scope"}
    keys = (await http.get("/.well-known/openid-configuration/jwks")).json()
    token = jwt.decode(body["access_token"], KeySet.import_key_set(keys), algorithms=["RS256"])
    assert token.header["typ"] == "at+jwt"
    assert token.header["kid"] in {key["kid"] for key in keys["keys"]}
    claims = token.claims
    assert (claims["sub"], claims["client_id"], claims["iss"]) == (client_id, client_id, ISSUER)
    assert claims["aud"] == ISSUER
    assert claims["exp"] - claims["iat"] == body["expires_in"]
    assert {"jti", "scope"} <= set(claims)


@pytest.mark.spec("RFC 6749", "3.3")
async def test_without_a_scope_the_registered_ones_are_given(
    platform: Platform, http: httpx.AsyncClient
) -> None:
    await _register(platform, "agency_api", "openid")
    assert (await _ask(http)).json()["scope"] == "agency_api"


@pytest.mark.parametrize("scope", ["openid", "read.height", "agency_api nonsense", 'é"\\', "x" * 70_000, ""])
async def test_scopes_that_need_a_person_or_are_not_registered_are_refused(
    platform: Platform, http: httpx.AsyncClient, scope: str
) -> None:
    await _register(platform, "openid", "read.height")
    answer = await _ask(http, scope=scope)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")


async def test_a_client_without_the_grant_is_refused(platform: Platform, http: httpx.AsyncClient) -> None:
    await _register(platform, "agency_api", grant_types=("hybrid",))
    answer = await _ask(http, scope="agency_api")
    assert (answer.status_code, answer.json()["error"]) == (400, "unauthorized_client")


async def test_the_token_is_good_for_no_person(platform: Platform, http: httpx.AsyncClient) -> None:
    await _register(platform, "agency_api")
    answer = await call_userinfo(http, (await _ask(http)).json()["access_token"])
    assert answer.status_code == 403
    assert "insufficient_scope" in answer.headers["www-authenticate"]
