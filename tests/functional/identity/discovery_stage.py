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
from tests.factories.clients import REDIRECT_URI, SECRET, register_client
from tests.factories.proofs import Prover
from tests.functional.browser import Browser
from tests.functional.identity.aspnet import Handler, consent, read_redirect
from tests.functional.identity.assertions import EC, ED, RSA, Signer, write_key_set
from tests.functional.identity.flows import CHALLENGE, VERIFIER

TOLD = ("openid", "profile", "email", "phone", "address")
FLOWS = ["authorization_code", "hybrid", "implicit"]


@dataclass
class Stage:
    """An instance with its document, and a person who has told all about herself and is signed in. What clients send
    goes through here, since the profiles want it in different ways."""

    platform: Platform
    http: httpx.AsyncClient
    ada: Browser
    document: dict[str, Any]
    seen: dict[str, Any] = field(default_factory=dict)
    """What one driver keeps for its next value."""
    _numbers: Any = field(default_factory=itertools.count)
    _prover: Prover = field(init=False)

    def __post_init__(self) -> None:
        self._prover = Prover(self.platform.clock)

    @property
    def is_strict(self) -> bool:
        return self.platform.identity.profile is InstanceProfile.STRICT

    async def register(self, **settings: Any) -> Handler:
        """Another client; the settings are columns. On a strict instance it proves who it is by keys."""
        keys = {"token_endpoint_auth_method": "private_key_jwt", "jwks": KEYS} if self.is_strict else {}
        given = {
            "grant_types": FLOWS,
            "scopes": [*TOLD, "offline_access"],
            **keys,
            **settings,
        }
        client_id = f"truth.c{next(self._numbers)}"
        await register_client(self.platform, client_id, **given)
        return Handler(
            self.http,
            client_id,
            "openid email",
            "" if settings.get("is_public") else SECRET,
        )

    async def post(
        self,
        url: str,
        sent: dict[str, str],
        headers: dict[str, str] | None = None,
        prover: Prover | None = None,
    ) -> httpx.Response:
        """A form, where the profile binds tokens to keys with the proof of one."""
        holder = prover or self._prover
        if not self.is_strict and prover is None:
            return await self.http.post(url, data=sent, headers=headers)
        proof = {"DPoP": holder.prove("POST", url)}
        answer = await self.http.post(url, data=sent, headers={**(headers or {}), **proof})
        holder.nonce = answer.headers.get("dpop-nonce", holder.nonce)
        return answer

    async def call(self, handler: Handler, url: str, /, **fields: str | None) -> httpx.Response:
        """What a client's server sends, with who it is."""
        return await self.call_by(None, handler, url, **fields)

    async def call_by(
        self, prover: Prover | None, handler: Handler, url: str, /, **fields: str | None
    ) -> httpx.Response:
        """With a proof by somebody in particular."""
        for _ in range(2):
            given = {"client_id": handler.client_id, **self._prove(handler), **fields}
            sent = {name: value for name, value in given.items() if value}
            answer = await self.post(url, sent, prover=prover)
            # RFC 9449 8: the first answer only says what the proof has to hold.
            if "use_dpop_nonce" not in answer.text:
                break
        return answer

    def _prove(self, handler: Handler) -> dict[str, str]:
        if not self.is_strict:
            return {"client_secret": handler.secret}
        return Signer(self.platform, self.http, handler.client_id, EC, "ES256", "e").prove()

    async def fetch_userinfo(self, token: str, method: str = "GET") -> httpx.Response:
        url = self.document["userinfo_endpoint"]
        headers = {"Authorization": f"Bearer {token}"}
        if self.is_strict:
            headers = self._prover.show(method, url, token)
        return await self.http.request(method, url, headers=headers)

    async def open(self, handler: Handler, **changes: str | None) -> httpx.Response:
        """What the person's browser shows first, or where it is sent; a refusal of a pushed request as it comes."""
        asked = {**_REQUEST, "scope": handler.scope, **changes}
        if not self.is_strict:
            return await self.open_directly(handler, **asked)
        pushed = await self.call(handler, self.document["pushed_authorization_request_endpoint"], **asked)
        if pushed.status_code != httpx.codes.CREATED:
            return pushed
        params = {
            "client_id": handler.client_id,
            "request_uri": pushed.json()["request_uri"],
        }
        return await self.ada.open(str(httpx.URL(self.document["authorization_endpoint"], params=params)))

    async def open_directly(self, handler: Handler, **changes: str | None) -> httpx.Response:
        """By the browser, whatever the profile wants."""
        return await self.ada.open(
            await handler.build_authorization_url(**{"response_mode": None, **changes})
        )

    async def reach_answer(self, handler: Handler, **changes: str | None) -> httpx.Response:
        """What goes to the client; the person allows what she is asked."""
        page = await self.open(handler, **changes)
        if 'action="/connect/authorize/decision"' in page.text:
            return await consent(self.ada, page)
        return page

    async def ask(self, handler: Handler, **changes: str | None) -> dict[str, Any]:
        """What the client is answered to a request that asks nobody anything."""
        return read_answer(await self.open(handler, **changes))

    async def obtain(self, handler: Handler, **changes: str | None) -> dict[str, Any]:
        """Tokens of the code flow for the person."""
        code = read_redirect(await self.reach_answer(handler, **changes))["code"]
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": handler.redirect_uri,
        }
        answer = await self.call(handler, self.document["token_endpoint"], **fields, code_verifier=VERIFIER)
        assert answer.status_code == httpx.codes.OK, answer.text
        tokens: dict[str, Any] = answer.json()
        return tokens

    async def read(self, text: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Header and claims of a signed text, after checking it by the published keys."""
        keys = (await self.http.get(self.document["jwks_uri"])).json()
        token = jwt.decode(
            text,
            KeySet.import_key_set(keys),
            algorithms=["RS256", "PS256", "ES256", "EdDSA"],
        )
        return dict(token.header), dict(token.claims)


KEYS = write_key_set(e=EC, d=ED, r=RSA)
_REQUEST: dict[str, str | None] = {
    "response_type": "code",
    "response_mode": None,
    "redirect_uri": REDIRECT_URI,
    "state": "s",
    "nonce": "n",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


def read_answer(answer: httpx.Response) -> dict[str, Any]:
    """The parameters of a redirect to the client, or the refusal of a pushed request."""
    if answer.is_redirect:
        return dict(read_redirect(answer))
    found: dict[str, Any] = answer.json()
    return found


Driver = Callable[[Stage, Any], Awaitable[None]]
DRIVERS: dict[str, Driver] = {}


def drives(*names: str) -> Callable[[Driver], Driver]:
    def note(driver: Driver) -> Driver:
        assert DRIVERS.keys().isdisjoint(names), "a key has two drivers"
        DRIVERS.update(dict.fromkeys(names, driver))
        return driver

    return note
