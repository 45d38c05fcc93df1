"""What an app and a person do at an OpenID provider, step by step; the same for Borvo and for a peer."""

import base64
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlencode

import msgspec

from benchmarks.http_client import Answer, Client, read_form, read_parameters
from benchmarks.providers import App, Provider

VERIFIER = "benchmark-code-verifier-of-more-than-43-characters"
_CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@dataclass(slots=True)
class Visitor:
    """One person with her browser, and one connection; what her app holds for her."""

    provider: Provider
    email: str
    client: Client
    access_token: str = ""
    refresh_token: str = ""

    async def prepare(self) -> None:
        """Signs in and gets tokens for the app."""
        await self._redeem(await self._sign_in())

    async def sign_in(self) -> None:
        """From the app's link to the code, in a browser that knows nothing of her."""
        self.client.cookies.clear()
        await self._sign_in()

    async def _sign_in(self) -> str:
        provider, client = self.provider, self.client
        page = await client.follow(await self._authorize(), provider.app.redirect_uri)
        action, fields = read_form(page.body)
        fields |= {provider.email_field: self.email, provider.password_field: provider.password}
        answer = await client.post_form(action, fields, statuses=(302, 303))
        return self._read_code((await client.follow(answer, provider.app.redirect_uri)).location)

    async def run_code_flow(self) -> None:
        """Authorize, with session and consent at hand; token; user info."""
        await self._redeem(self._read_code((await self._authorize()).location))
        await self.call_userinfo()

    async def refresh(self) -> None:
        """New tokens for the refresh token, which is used up by it."""
        self._keep(await self._ask_token(grant_type="refresh_token", refresh_token=self.refresh_token))

    async def introspect(self) -> None:
        """Of the access token, by the app."""
        provider = self.provider
        fields = _authenticate(provider.app) | {"token": self.access_token}
        answer = await self.client.post_form(provider.introspection_path, fields, statuses=(200,))
        if not msgspec.json.decode(answer.body)["active"]:
            raise RuntimeError("the token is not active")

    async def call_userinfo(self) -> None:
        """With the access token."""
        bearer = (("Authorization", f"Bearer {self.access_token}"),)
        await self.client.send("GET", self.provider.userinfo_path, bearer, statuses=(200,))

    async def use_service(self) -> None:
        """Client credentials."""
        service = self.provider.service
        fields = _authenticate(service) | {"grant_type": "client_credentials", "scope": service.scope}
        await self.client.post_form(self.provider.token_path, fields, statuses=(200,))

    async def _authorize(self) -> Answer:
        app = self.provider.app
        query = {
            "response_type": "code",
            "client_id": app.client_id,
            "redirect_uri": app.redirect_uri,
            "scope": app.scope,
            "state": "benchmark",
            "code_challenge": _CHALLENGE,
            "code_challenge_method": "S256",
        }
        path = f"{self.provider.authorize_path}?{urlencode(query)}"
        return await self.client.send("GET", path, statuses=(200, 302, 303))

    def _read_code(self, location: str) -> str:
        code = read_parameters(location).get("code")
        if code is None:
            raise RuntimeError(f"no code: {location}")
        return code

    async def _redeem(self, code: str) -> None:
        redirect_uri = self.provider.app.redirect_uri
        self._keep(
            await self._ask_token(
                grant_type="authorization_code", code=code, redirect_uri=redirect_uri, code_verifier=VERIFIER
            )
        )

    async def _ask_token(self, **fields: str) -> dict[str, str]:
        sent = _authenticate(self.provider.app) | fields
        answer = await self.client.post_form(self.provider.token_path, sent, statuses=(200,))
        tokens: dict[str, str] = msgspec.json.decode(answer.body)
        return tokens

    def _keep(self, tokens: dict[str, str]) -> None:
        self.access_token, self.refresh_token = tokens["access_token"], tokens["refresh_token"]


def _authenticate(app: App) -> dict[str, str]:
    return {"client_id": app.client_id, "client_secret": app.secret}


Step = Callable[[Visitor], Awaitable[None]]

STEPS: dict[str, Step] = {
    "client credentials": Visitor.use_service,
    "user info": Visitor.call_userinfo,
    "introspection": Visitor.introspect,
    "refresh": Visitor.refresh,
    "code flow: authorize, token, user info": Visitor.run_code_flow,
    "sign-in: from the app to the code": Visitor.sign_in,
}
"""What is measured, by name; sign-in last, since it begins a new session each time."""
