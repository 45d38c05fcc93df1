"""A client library that knows nothing of Borvo: discovery, code flow with proof key, tokens, userinfo."""

import importlib
import warnings
from typing import Any

import httpx
import pytest
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import KeySet

from borvo.assembly import Platform, build_app
from tests.factories.clients import REDIRECT_URI, SECRET, register_client
from tests.functional.browser import Browser
from tests.functional.conftest import ISSUER
from tests.functional.identity.aspnet import consent
from tests.functional.identity.flows import VERIFIER


def _load_client_class() -> Any:
    with warnings.catch_warnings():
        # It would rather have another HTTP library, which nothing else here needs.
        warnings.simplefilter("ignore")
        return importlib.import_module("authlib.integrations.httpx_client").AsyncOAuth2Client


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
async def test_authlibs_client_signs_a_person_in(
    platform: Platform, http: httpx.AsyncClient, ada: Browser, method: str
) -> None:
    client_id = await register_client(platform, "demo.library", require_pkce=True)
    metadata = (await http.get("/.well-known/openid-configuration")).json()
    async with _load_client_class()(
        client_id,
        SECRET,
        scope="openid profile",
        redirect_uri=REDIRECT_URI,
        code_challenge_method="S256",
        token_endpoint_auth_method=method,
        transport=httpx.ASGITransport(app=build_app(platform)),  # type: ignore[arg-type]
    ) as client:
        url, state = client.create_authorization_url(
            metadata["authorization_endpoint"], code_verifier=VERIFIER, nonce="n-0S6_WzA2Mj"
        )
        answer = await consent(ada, await ada.open(url))
        token = await client.fetch_token(
            metadata["token_endpoint"],
            authorization_response=answer.headers["location"],
            state=state,
            code_verifier=VERIFIER,
        )
        keys = KeySet.import_key_set((await http.get(metadata["jwks_uri"])).json())
        claims = jwt.decode(token["id_token"], keys, algorithms=["RS256"]).claims
        CodeIDToken(
            claims,
            {"alg": "RS256"},
            options={"iss": {"value": ISSUER}, "aud": {"value": client_id}},
            params={"nonce": "n-0S6_WzA2Mj", "client_id": client_id, "access_token": token["access_token"]},
        ).validate(now=int(platform.clock().timestamp()))
        userinfo = await client.get(metadata["userinfo_endpoint"])
    assert userinfo.json()["sub"] == claims["sub"]
    assert userinfo.json()["name"] == "Ada Byron"
