"""Where the drivers of the discovery document play, and how one is added: a function that takes the stage and one
value, marked with `@drives(name, ...)`. A list is driven value by value, everything else as it is. A driver fails, by
an assertion, when the instance does not do what the value says."""

import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from joserfc import jwt
from joserfc.jwk import KeySet

from borvo.assembly import Platform
from borvo.identity.model import InstanceProfile
from tests.factories.clients import SECRET, register_client
from tests.factories.proofs import Prover
from tests.functional.browser import Browser
from tests.functional.identity.aspnet import Handler, read_redirect
from tests.functional.identity.flows import (
    CHALLENGE,
    CODE_FLOW,
    VERIFIER,
    obtain_code,
)

TOLD = ("openid", "profile", "email", "phone", "address")
FLOWS = ["authorization_code", "hybrid", "implicit"]


@dataclass
class Stage:
    """An instance with its document, and a person who has told all about herself and is signed in."""

    platform: Platform
    http: httpx.AsyncClient
    ada: Browser
    document: dict[str, Any]
    _numbers: Any = field(default_factory=itertools.count)
    _prover: Prover = field(init=False)

    def __post_init__(self) -> None:
        self._prover = Prover(self.platform.clock)

    @property
    def is_strict(self) -> bool:
        return self.platform.identity.profile is InstanceProfile.STRICT

    async def register(self, **settings: Any) -> Handler:
        """Another client; the settings are columns."""
        given = {"grant_types": FLOWS, "scopes": [*TOLD, "offline_access"], **settings}
        client_id = f"truth.c{next(self._numbers)}"
        await register_client(self.platform, client_id, **given)
        secret = "" if settings.get("is_public") else SECRET
        return Handler(self.http, client_id, "openid email", secret)

    async def post(
        self, url: str, sent: dict[str, str], headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """What a client's server sends: where the profile binds tokens to keys, with the proof of one."""
        if not self.is_strict:
            return await self.http.post(url, data=sent, headers=headers)
        for _ in range(2):
            proof = {"DPoP": self._prover.prove("POST", url)}
            answer = await self.http.post(url, data=sent, headers={**(headers or {}), **proof})
            # RFC 9449 8: the first answer only says what the proof has to hold.
            self._prover.nonce = answer.headers.get("dpop-nonce", self._prover.nonce)
            if "use_dpop_nonce" not in answer.text:
                break
        return answer

    async def request_token(self, handler: Handler, **fields: str) -> httpx.Response:
        given = {"client_id": handler.client_id, "client_secret": handler.secret, **fields}
        sent = {name: value for name, value in given.items() if value}
        return await self.post(self.document["token_endpoint"], sent)

    async def fetch_userinfo(self, token: str, method: str = "GET") -> httpx.Response:
        url = self.document["userinfo_endpoint"]
        headers = {"Authorization": f"Bearer {token}"}
        if self.is_strict:
            headers = self._prover.show(method, url, token)
        return await self.http.request(method, url, headers=headers)

    async def obtain(self, handler: Handler, **changes: str | None) -> dict[str, Any]:
        """Tokens of the code flow for the person."""
        proof = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
        code = await obtain_code(handler, self.ada, **{**proof, **changes})
        fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": handler.redirect_uri}
        answer = await self.request_token(handler, **fields, code_verifier=VERIFIER)
        assert answer.status_code == 200, answer.text
        tokens: dict[str, Any] = answer.json()
        return tokens

    async def ask(self, handler: Handler, **changes: str | None) -> dict[str, str]:
        """What the client is answered to a request of the code flow that asks nobody anything."""
        url = await handler.build_authorization_url(**{**CODE_FLOW, **changes})
        return read_redirect(await self.ada.open(url))

    async def read(self, text: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Header and claims of a signed text, after checking it by the published keys."""
        keys = (await self.http.get(self.document["jwks_uri"])).json()
        token = jwt.decode(text, KeySet.import_key_set(keys), algorithms=["RS256", "PS256", "ES256", "EdDSA"])
        return dict(token.header), dict(token.claims)


Driver = Callable[[Stage, Any], Awaitable[None]]
DRIVERS: dict[str, Driver] = {}


def drives(*names: str) -> Callable[[Driver], Driver]:
    def note(driver: Driver) -> Driver:
        assert DRIVERS.keys().isdisjoint(names), "a key has two drivers"
        DRIVERS.update(dict.fromkeys(names, driver))
        return driver

    return note
