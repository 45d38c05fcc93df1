"""A client that does all that the FAPI 2.0 Security Profile wants of clients, for tests."""

from dataclasses import dataclass
from typing import Any

import httpx

from tests.factories.clients import REDIRECT_URI
from tests.factories.proofs import Prover
from tests.functional.browser import Browser
from tests.functional.identity.aspnet import consent, read_redirect
from tests.functional.identity.assertions import Signer
from tests.functional.identity.flows import CHALLENGE, VERIFIER

REQUEST = {
    "response_type": "code",
    "redirect_uri": REDIRECT_URI,
    "scope": "openid email",
    "state": "s",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}
PUSH, TOKEN, USERINFO = "/connect/par", "/connect/token", "/connect/userinfo"


@dataclass
class App:
    """A confidential client that does all that the profile wants of clients."""

    signer: Signer
    prover: Prover

    @property
    def http(self) -> httpx.AsyncClient:
        return self.signer.http

    async def send(
        self, path: str, *, proof: bool = True, assertion: str = "", **fields: str
    ) -> httpx.Response:
        """A form with an assertion and a proof; an empty field is left out."""
        given = {"client_id": self.signer.client_id, **self.signer.prove(assertion), **fields}
        sent = {name: value for name, value in given.items() if value}
        headers = {"DPoP": self.prover.prove("POST", path)} if proof else {}
        answer = await self.http.post(path, data=sent, headers=headers)
        self.prover.nonce = answer.headers.get("dpop-nonce", self.prover.nonce)
        return answer

    async def push(self, **changes: str) -> httpx.Response:
        return await self.send(PUSH, proof=False, **{**REQUEST, **changes})

    async def open(self, browser: Browser, **changes: str) -> httpx.Response:
        answer = await self.push(**changes)
        assert answer.status_code == 201, answer.text
        params = {"client_id": self.signer.client_id, "request_uri": answer.json()["request_uri"]}
        return await browser.open(str(httpx.URL("/connect/authorize", params=params)))

    async def reach_answer(self, browser: Browser, **changes: str) -> httpx.Response:
        """What goes to the client, once the person has allowed it."""
        page = await self.open(browser, **changes)
        return page if page.is_redirect else await consent(browser, page)

    async def redeem(self, code: str, **changes: Any) -> httpx.Response:
        fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI}
        return await self.send(TOKEN, **{**fields, "code_verifier": VERIFIER, **changes})

    async def obtain(self, browser: Browser, **changes: str) -> dict[str, Any]:
        code = read_redirect(await self.reach_answer(browser, **changes))["code"]
        answer = await self.redeem(code)
        assert answer.status_code == 200, answer.text
        tokens: dict[str, Any] = answer.json()
        return tokens

    async def call(self, path: str, token: str) -> httpx.Response:
        return await self.http.get(path, headers=self.prover.show("GET", path, token))


async def ask_for_itself(app: App, **changes: Any) -> httpx.Response:
    return await app.send(TOKEN, grant_type="client_credentials", scope="agency_api", **changes)


def check(answer: httpx.Response, status: int, error: str) -> None:
    assert (answer.status_code, answer.json()["error"]) == (status, error), answer.text
    assert answer.json()["error_description"]
