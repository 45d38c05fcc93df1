"""Speaks as the ASP.NET Core OpenIdConnect handler does: contract sections 1.2 to 1.8, and nothing else."""

import hashlib
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import KeySet

from borvo.kernel.entropy import encode_bytes
from tests.factories.clients import REDIRECT_URI, SECRET
from tests.functional.browser import Browser, read_forms

STATE = "CfDJ8" + "Ab3-_" * 300
NONCE = "638100000000000000.ZmYwMTQ2NjktNzM0Zi00OGE1LWI5NzctMmM0YTQ5ZTI="


@dataclass
class Handler:
    """One registered web client."""

    http: httpx.AsyncClient
    client_id: str
    scope: str
    secret: str = SECRET
    redirect_uri: str = REDIRECT_URI

    async def discover(self) -> dict[str, Any]:
        answer = await self.http.get("/.well-known/openid-configuration")
        assert answer.status_code == 200
        document: dict[str, Any] = answer.json()
        return document

    async def build_authorization_url(self, **changes: str | None) -> str:
        """The handler's parameters in its own order; None drops one."""
        parameters: dict[str, str | None] = {
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "response_type": "code id_token",
            "scope": self.scope,
            "response_mode": "form_post",
            "nonce": NONCE,
            "state": STATE,
            "x-client-SKU": "ID_NET6_0",
            "x-client-ver": "6.15.1.0",
            **changes,
        }
        endpoint = (await self.discover())["authorization_endpoint"]
        return f"{endpoint}?{urlencode({name: value for name, value in parameters.items() if value is not None})}"

    async def redeem(self, code: str, **changes: str) -> httpx.Response:
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            **changes,
        }
        return await self.request_token(**fields)

    async def request_token(self, **fields: str) -> httpx.Response:
        """At the token endpoint, with the secret in the body; an empty field is left out."""
        return await self.call("token_endpoint", **fields)

    async def call(self, endpoint: str, **fields: str) -> httpx.Response:
        """Any endpoint that takes the client's secret, by its name in the discovery document."""
        given = {"client_id": self.client_id, "client_secret": self.secret, **fields}
        sent = {name: value for name, value in given.items() if value}
        return await self.http.post((await self.discover())[endpoint], data=sent)

    async def read_id_token(self, text: str, algorithm: str = "RS256") -> dict[str, Any]:
        """The claims, after checking the signature with the key that the header names."""
        keys = (await self.http.get((await self.discover())["jwks_uri"])).json()
        token = jwt.decode(text, KeySet.import_key_set(keys), algorithms=[algorithm])
        assert token.header["kid"] in {key["kid"] for key in keys["keys"]}
        return dict(token.claims)


def half_hash(text: str, digest: str = "sha256") -> str:
    """OpenID Connect Core 3.3.2.11."""
    whole = hashlib.new(digest, text.encode()).digest()
    return encode_bytes(whole[: len(whole) // 2])


def read_form_post(page: httpx.Response) -> tuple[str, dict[str, str]]:
    """The action and the fields of the page that posts itself to the client."""
    assert page.status_code == 200, page.text
    form = next(form for form in read_forms(page.text) if not form.action.startswith("/"))
    return form.action, dict(form.fields)


def read_redirect(response: httpx.Response) -> dict[str, str]:
    """The parameters of a redirect to the client, from its query or its fragment."""
    parts = urlsplit(response.headers["location"])
    return {name: values[0] for name, values in parse_qs(parts.fragment or parts.query).items()}


async def consent(browser: Browser, page: httpx.Response, decision: str = "allow") -> httpx.Response:
    return await browser.submit(page, "/connect/authorize/decision", decision=decision)
