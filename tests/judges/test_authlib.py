"""Authlib's client over httpx, which knows nothing of Borvo: code flow with proof key, tokens, userinfo, a token that
is refreshed when it has run out, sign-out. It shares no code with the parts that Borvo's engine is made of."""

import importlib
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.factories.clients import SECRET
from tests.instance import Instance
from tests.judges.conftest import Register
from tests.judges.person import Person

CALLBACK = "http://127.0.0.1:5002/callback"
VERIFIER = "a-code-verifier-of-at-least-forty-three-characters"
NONCE = "n-0S6_WzA2Mj"
SCOPE = "openid profile email offline_access"


def _load(name: str) -> Any:
    with warnings.catch_warnings():
        # It would rather have another HTTP library, which nothing else here needs.
        warnings.simplefilter("ignore")
        return getattr(importlib.import_module("authlib.integrations.httpx_client"), name)


@dataclass
class App:
    """An app that uses the library as its documentation says."""

    client: Any
    metadata: dict[str, Any]
    keys: KeySet
    refreshed: list[dict[str, Any]] = field(default_factory=list)

    async def sign_in(self, person: Person) -> dict[str, Any]:
        """The claims of the id token, once the library has found them good."""
        url, state = self.client.create_authorization_url(
            self.metadata["authorization_endpoint"], code_verifier=VERIFIER, nonce=NONCE
        )
        brought = await person.visit(url)
        assert brought is not None
        token = await self.client.fetch_token(
            authorization_response=brought.url, state=state, code_verifier=VERIFIER
        )
        claims = jwt.decode(token["id_token"], self.keys, algorithms=["RS256"]).claims
        audience = self.client.client_id
        CodeIDToken(
            claims,
            {"alg": "RS256"},
            options={"iss": {"value": self.metadata["issuer"]}, "aud": {"value": audience}},
            params={"nonce": NONCE, "client_id": audience, "access_token": token["access_token"]},
        ).validate()
        return dict(claims)

    async def load_userinfo(self) -> dict[str, Any]:
        """By the access token, or by a fresh one when that has run out."""
        answer = await self.client.get(self.metadata["userinfo_endpoint"])
        assert answer.status_code == 200, answer.text
        userinfo: dict[str, Any] = answer.json()
        return userinfo


@asynccontextmanager
async def start_app(borvo: Instance, client_id: str, method: str, secret: str) -> AsyncIterator[App]:
    async with httpx.AsyncClient() as http:
        discovery = f"{borvo.origin}/.well-known/openid-configuration"
        metadata = (await http.get(discovery)).raise_for_status().json()
        keys = KeySet.import_key_set((await http.get(metadata["jwks_uri"])).json())

    async def keep(token: dict[str, Any], **_: object) -> None:
        app.refreshed.append(token)

    async with _load("AsyncOAuth2Client")(
        client_id,
        secret,
        scope=SCOPE,
        redirect_uri=CALLBACK,
        code_challenge_method="S256",
        token_endpoint_auth_method=method,
        token_endpoint=metadata["token_endpoint"],
        update_token=keep,
    ) as client:
        app = App(client, metadata, keys)
        yield app


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post", "none"])
async def test_a_person_signs_in_and_out_and_stays_known_between(
    borvo: Instance, register: Register, meet: Callable[[], Awaitable[Person]], method: str
) -> None:
    is_public = method == "none"
    client_id = await register(CALLBACK, require_pkce=True, is_public=is_public)
    person = await meet()
    async with start_app(borvo, client_id, method, "" if is_public else SECRET) as app:
        claims = await app.sign_in(person)
        userinfo = await app.load_userinfo()
        assert (userinfo["sub"], userinfo["name"], userinfo["email"]) == (
            claims["sub"],
            "Ada Byron",
            person.email,
        )
        before = dict(app.client.token)
        app.client.token["expires_at"] = 1
        assert (await app.load_userinfo())["sub"] == claims["sub"]
        assert app.refreshed[0]["refresh_token"] != before["refresh_token"]
        await end(app, person, before["id_token"])


async def end(app: App, person: Person, hint: str) -> None:
    revoked = await app.client.revoke_token(
        app.metadata["revocation_endpoint"], token=app.client.token["refresh_token"]
    )
    assert revoked.status_code == 200
    assert (await app.client.get(app.metadata["userinfo_endpoint"])).status_code == 401
    address = httpx.URL(
        app.metadata["end_session_endpoint"],
        params={"id_token_hint": hint, "post_logout_redirect_uri": f"{CALLBACK}/bye", "state": "s"},
    )
    left = await person.visit(str(address))
    assert left is not None
    assert left.url == f"{CALLBACK}/bye?state=s"
    assert (await person.browser.client.get("/account")).status_code == 303
