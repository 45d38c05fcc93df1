"""One run of one module against one provider: requests, answers, and what holds of all of them."""

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

import httpx

from tests.conformance.browser import Browser, Page
from tests.conformance.plans import Case
from tests.conformance.provider import Client, Metadata, NotServedError, Provider
from tests.conformance.relying_party import RelyingParty

CALLBACK = "/callback"
OTHER_CALLBACK = "/other-callback"
SIGNED_OUT = "/signed-out"
_STEPS = 8


class NotApplicableError(Exception):
    """The module is about something that the response type does not have."""


def needs_code(case: Case) -> None:
    """Raises `NotApplicableError` where there is nothing to ask the token endpoint for."""
    if "code" not in case.words:
        raise NotApplicableError("no code, so no token endpoint")


@dataclass(frozen=True)
class Answer:
    """An authorization response: how it travelled, and what the person was asked on the way."""

    request: Mapping[str, str]
    parameters: Mapping[str, str]
    mode: str
    redirect_uri: str
    asked: tuple[str, ...]

    @property
    def error(self) -> str | None:
        return self.parameters.get("error")

    def replace(self, **request: str) -> "Answer":
        """As if the request had said that, which its request object did."""
        return replace(self, request={**self.request, **request})


@dataclass(frozen=True)
class Refused:
    """No authorization response, but a page of the provider."""

    page: Page
    asked: tuple[str, ...]


@dataclass(frozen=True)
class Tokens:
    """What the client has in the end. The id token is the token endpoint's where there was one to ask."""

    id_token: str
    claims: Mapping[str, Any]
    access_token: str = ""
    refresh_token: str = ""
    answer: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Shared:
    """What modules need not make anew: what the provider says of itself, clients, and a browser that is signed in."""

    provider: Provider
    party: RelyingParty
    http: httpx.AsyncClient
    discovery: Mapping[str, Any] = field(default_factory=dict)
    clients: dict[str, Client] = field(default_factory=dict)
    browser: Browser | None = None


class Trial:
    """What a module does with the provider. `seen` is what it notes where a specification leaves a choice."""

    def __init__(self, shared: Shared, case: Case) -> None:
        self.shared = shared
        self.case = case
        self.provider = shared.provider
        self.party = shared.party
        self.http = shared.http
        self.discovery = shared.discovery
        self.browser = shared.browser.copy() if shared.browser else Browser(shared.http)
        self.client = Client("", "", ())
        self.seen = ""
        self.pages: list[Page] = []

    # Clients

    async def use_client(self, response_type: str = "", **settings: Any) -> Client:
        """The client of this run: one for all runs that want the same, unless they register by themselves."""
        metadata = self.describe_client(response_type, **settings)
        if self.case.plan.is_dynamic:
            self.client = await self.register(metadata)
            return self.client
        key = json.dumps([metadata.response_type, metadata.redirect_uris, settings], sort_keys=True)
        if key not in self.shared.clients:
            self.shared.clients[key] = await self.provider.register(metadata)
        self.client = self.shared.clients[key]
        return self.client

    def describe_client(self, response_type: str = "", **settings: Any) -> Metadata:
        uris = settings.pop(
            "redirect_uris", (self.party.origin + CALLBACK, self.party.origin + OTHER_CALLBACK)
        )
        return Metadata(response_type or self.case.response_type, tuple(uris), settings)

    async def try_register(self, metadata: Metadata) -> httpx.Response:
        """OpenID Connect Registration 3.1."""
        return await send_metadata(
            self.http, self._find_registration(), self.provider.initial_access_token, metadata
        )

    async def register(self, metadata: Metadata) -> Client:
        token = self.provider.initial_access_token
        return await register_client(self.http, self._find_registration(), token, metadata)

    def _find_registration(self) -> str:
        endpoint: str | None = self.discovery.get("registration_endpoint")
        if endpoint is None:
            raise NotServedError("there is no registration_endpoint")
        return endpoint

    # The authorization endpoint

    def build_request(self, **changes: str | None) -> dict[str, str]:
        """The usual parameters with the changes; None leaves one out."""
        parameters: dict[str, str | None] = {
            "client_id": self.client.id,
            "redirect_uri": self.client.redirect_uris[0],
            "response_type": self.case.response_type,
            "scope": "openid",
            "state": secrets.token_urlsafe(12),
            "nonce": secrets.token_urlsafe(12),
            "response_mode": self.case.plan.response_mode or None,
            **changes,
        }
        return {name: value for name, value in parameters.items() if value is not None}

    def build_url(self, parameters: Mapping[str, str]) -> str:
        return f"{self.discovery['authorization_endpoint']}?{urlencode(parameters, quote_via=quote)}"

    async def ask(self, **changes: str | None) -> Answer | Refused:
        """Sends the browser with the request, and lets the person agree until an answer is there."""
        request = self.build_request(**changes)
        return await self._lead(request, await self.browser.visit(self.build_url(request)))

    async def ask_by_form(self, **changes: str | None) -> Answer | Refused:
        """As `ask`, from a form at the client's site."""
        request = self.build_request(**changes)
        page = await self.browser.post(self.discovery["authorization_endpoint"], request)
        return await self._lead(request, page)

    async def _lead(self, request: Mapping[str, str], page: Page) -> Answer | Refused:
        asked: list[str] = []
        for _ in range(_STEPS):
            self.pages.append(page)
            if page.url.startswith(self.party.origin):
                return self._read_answer(request, page, tuple(asked))
            step = await self.provider.answer(self.browser, page)
            if step is None:
                return Refused(page, tuple(asked))
            asked.append(step[0])
            page = step[1]
        raise AssertionError(f"the person is asked again and again: {asked}")

    def _read_answer(self, request: Mapping[str, str], page: Page, asked: tuple[str, ...]) -> Answer:
        visit = self.party.visits[-1]
        uri = self.party.origin + visit.path
        if visit.method == "POST":
            assert visit.media_type.startswith("application/x-www-form-urlencoded")
            return Answer(request, visit.form, "form_post", uri, asked)
        if page.fragment:
            return Answer(request, page.fragment, "fragment", uri, asked)
        return Answer(request, page.query, "query", uri, asked)

    async def authorize(self, **changes: str | None) -> Answer:
        """As `ask`, where an answer without error is due."""
        return self.expect_answer(await self.ask(**changes))

    def expect_answer(self, answer: Answer | Refused) -> Answer:
        assert isinstance(answer, Answer), f"no answer: {describe(answer)}"
        assert answer.error is None, f"an error: {dict(answer.parameters)}"
        check_answer(self, answer)
        return answer

    async def refuse(self, *errors: str, **changes: str | None) -> Answer:
        """As `ask`, where one of these errors is due at the client."""
        answer = await self.ask(**changes)
        assert isinstance(answer, Answer), f"no answer: {describe(answer)}"
        assert answer.error in errors, f"{errors} expected: {dict(answer.parameters)}"
        check_common(self, answer)
        assert not answer.parameters.keys() & {"code", "id_token", "access_token"}
        return answer

    # The other endpoints

    async def request_token(self, client: Client | None = None, /, **fields: str) -> httpx.Response:
        client = client or self.client
        headers = {}
        if client.auth_method == "client_secret_basic":
            # RFC 6749 2.3.1: form-encoded, then joined, then base64.
            pair = f"{quote_plus(client.id)}:{quote_plus(client.secret)}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        elif client.auth_method == "client_secret_post":
            fields = {**fields, "client_id": client.id, "client_secret": client.secret}
        return await self.http.post(self.discovery["token_endpoint"], data=fields, headers=headers)

    async def redeem(self, answer: Answer, **fields: str) -> httpx.Response:
        redirect_uri = answer.request["redirect_uri"]
        given = {"grant_type": "authorization_code", "code": answer.parameters["code"]}
        return await self.request_token(**{**given, "redirect_uri": redirect_uri, **fields})

    async def fetch_userinfo(self, access_token: str) -> dict[str, Any]:
        response = await self.call_userinfo(access_token)
        assert response.status_code == 200, response.text
        claims: dict[str, Any] = response.json()
        return claims

    async def call_userinfo(self, access_token: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {access_token}"}
        return await self.http.get(self.discovery["userinfo_endpoint"], headers=headers)

    async def fetch_keys(self) -> list[dict[str, Any]]:
        response = await self.http.get(self.discovery["jwks_uri"])
        assert response.status_code == 200
        keys: list[dict[str, Any]] = response.json()["keys"]
        return keys

    def forget_sign_in(self) -> None:
        """Goes on in a browser that has never been there."""
        self.browser = Browser(self.http)

    def note(self, seen: str) -> None:
        """What the provider chose, where both would be right."""
        self.seen = seen


def _render_metadata(metadata: Metadata) -> dict[str, Any]:
    words = metadata.response_type.split()
    grants = [
        *(["authorization_code", "refresh_token"] if "code" in words else []),
        *(["implicit"] if words != ["code"] else []),
    ]
    return {
        "redirect_uris": list(metadata.redirect_uris),
        "response_types": [metadata.response_type],
        "grant_types": grants,
        "client_name": "A module of the conformance tests",
        # OpenID Connect Core 11: lasting access comes by a code.
        "scope": "openid profile email address phone" + (" offline_access" if "code" in words else ""),
        **metadata.settings,
    }


async def send_metadata(
    http: httpx.AsyncClient, endpoint: str, token: str, metadata: Metadata
) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return await http.post(endpoint, json=_render_metadata(metadata), headers=headers)


async def register_client(http: httpx.AsyncClient, endpoint: str, token: str, metadata: Metadata) -> Client:
    answer = await send_metadata(http, endpoint, token, metadata)
    assert answer.status_code == 201, f"registration: {answer.status_code} {answer.text}"
    told = answer.json()
    method = told.get("token_endpoint_auth_method", "client_secret_basic")
    return Client(told["client_id"], told.get("client_secret", ""), metadata.redirect_uris, method, told)


def describe(refused: Refused) -> str:
    return f"{refused.page.response.status_code} at {refused.page.url}: {refused.page.text[:2000]}"


def check_common(trial: Trial, answer: Answer) -> None:
    """What holds of answers and errors alike."""
    # RFC 6749 4.1.2, OpenID Connect Core 3.1.2.5: the state comes back as it went.
    assert answer.parameters.get("state") == answer.request.get("state")
    # RFC 9207 2; an id token in the same answer says it as well.
    is_promised = trial.discovery.get("authorization_response_iss_parameter_supported", False)
    if is_promised and "id_token" not in answer.parameters:
        assert "iss" in answer.parameters
    if "iss" in answer.parameters:
        assert answer.parameters["iss"] == trial.provider.issuer
    assert answer.redirect_uri == answer.request["redirect_uri"].partition("?")[0]
    # OAuth 2.0 Multiple Response Types 5
    default = "query" if trial.case.words == {"code"} else "fragment"
    assert answer.mode == (answer.request.get("response_mode") or default)


def check_answer(trial: Trial, answer: Answer) -> None:
    """OpenID Connect Core 3.1.2.5, 3.2.2.5, 3.3.2.5: what the type names is there, and no more."""
    check_common(trial, answer)
    words, parameters = trial.case.words, answer.parameters
    assert ("code" in parameters) is ("code" in words)
    assert ("id_token" in parameters) is ("id_token" in words)
    assert ("access_token" in parameters) is ("token" in words)
    assert "refresh_token" not in parameters
    if "access_token" in parameters:
        assert parameters["token_type"].lower() == "bearer"
        assert int(parameters["expires_in"]) > 0
    assert not any(parameters.get(name) == "" for name in ("code", "id_token", "access_token"))
