"""Spoils single answers of a provider on their way to the tests, which have to notice."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import httpx
from joserfc import jwt

from tests.conformance.browser import Browser, build_cookieless
from tests.conformance.keys import describe_key, read_key
from tests.conformance.modules.objects import write_unsigned
from tests.conformance.relying_party import RelyingParty, leave_form
from tests.conformance.tokens import decode
from tests.conformance.trial import Shared

_SPOILER = 9
Members = dict[str, Any]
Change = Callable[[Members], None]


class Draft:
    """An answer that may still be changed. `history` are those before it, by address."""

    def __init__(
        self,
        request: httpx.Request,
        response: httpx.Response,
        discovery: Mapping[str, Any],
        history: dict[str, bytes],
    ) -> None:
        self.address = str(request.url).partition("?")[0]
        self._discovery = discovery
        self.status = response.status_code
        self.headers = {
            name: value
            for name, value in response.headers.items()
            if name not in {"content-length", "content-encoding"}
        }
        self.cookies = response.headers.get_list("set-cookie")
        self.body = response.content
        self.history = history

    def is_from(self, name: str) -> bool:
        """Whether it is from the endpoint that the discovery document names so; without a name, from that itself."""
        default = f"{self._discovery['issuer']}/.well-known/openid-configuration"
        return self.address == (self._discovery[name] if name else default)

    def change_json(self, change: Change) -> None:
        if self.headers.get("content-type", "").startswith("application/json"):
            members = json.loads(self.body)
            change(members)
            self.body = json.dumps(members).encode()

    def change_parameters(self, change: Change) -> None:
        """Those of an authorization response in a redirect."""
        location = self.headers.get("location", "")
        parts = urlsplit(location)
        for place in ("query", "fragment"):
            members: Members = dict(parse_qsl(getattr(parts, place)))
            if members.keys() & {"code", "id_token", "access_token", "error"}:
                change(members)
                text = urlencode(members, quote_via=quote)
                self.headers["location"] = parts._replace(**{place: text}).geturl()

    def render(self, request: httpx.Request) -> httpx.Response:
        headers = [(name, value) for name, value in self.headers.items() if name != "set-cookie"]
        headers += [("set-cookie", cookie) for cookie in self.cookies]
        return httpx.Response(self.status, headers=headers, content=self.body, request=request)


Spoil = Callable[[Draft], None]


class _Transport(httpx.AsyncBaseTransport):
    def __init__(self, inner: httpx.AsyncBaseTransport, spoil: Spoil, discovery: Mapping[str, Any]) -> None:
        self._inner = inner
        self._discovery = discovery
        self._spoil = spoil
        self._history: dict[str, bytes] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        await response.aread()
        draft = Draft(request, response, self._discovery, self._history)
        self._spoil(draft)
        self._history.setdefault(draft.address, draft.body)
        return draft.render(request)

    async def aclose(self) -> None:
        await self._inner.aclose()


def spoil(shared: Shared, way: Spoil) -> Shared:
    """The same provider, whose answers are spoiled; who uses it closes its `http`."""
    inner = httpx.AsyncHTTPTransport(verify=shared.party.trust)
    http = build_cookieless(transport=_Transport(inner, way, shared.discovery))
    browser = Browser(http, shared.browser.cookies if shared.browser else None)
    return Shared(shared.provider, shared.party, http, shared.discovery, shared.clients, browser)


def leave_alone(_: Draft) -> None:
    """What a way is compared with."""


def change_answer(**changes: str | None) -> Spoil:
    """Parameters of the authorization response: another value, or None to leave one out."""
    return lambda draft: draft.change_parameters(partial(_set, changes))


def change_json(endpoint: str, **changes: object) -> Spoil:
    """Members of its JSON answers."""

    def way(draft: Draft) -> None:
        if draft.is_from(endpoint):
            draft.change_json(partial(_set, changes))

    return way


def change_token(**changes: object) -> Spoil:
    """Claims of all id tokens, which are signed anew by a key that is published with the others."""
    return _rewrite(lambda claims: _sign({**claims, **changes}))


def sign_by_stranger() -> Spoil:
    """By a key that is published nowhere."""
    return _rewrite(_sign, is_published=False)


def sign_by_none() -> Spoil:
    return _rewrite(lambda claims: write_unsigned(_drop_none(claims)))


def publish_key(draft: Draft) -> None:
    """Nothing but the key by which `spoil_forms` signs."""
    draft.change_json(_add_key)


def _add_key(members: Members) -> None:
    if "keys" in members:
        members["keys"].append(describe_key(_SPOILER))


@contextmanager
def spoil_forms(party: RelyingParty, **changes: object) -> Iterator[None]:
    """Claims of the logout tokens that come to the client, which are signed anew."""

    def change(form: dict[str, str]) -> None:
        if "logout_token" in form:
            form["logout_token"] = _sign({**decode(form["logout_token"])[1], **changes})

    party.change_form = change
    try:
        yield
    finally:
        party.change_form = leave_form


def repeat_first(endpoint: str) -> Spoil:
    """Whatever is asked there, the first answer comes again."""

    def way(draft: Draft) -> None:
        if draft.is_from(endpoint) and draft.address in draft.history:
            draft.status, draft.body = 200, draft.history[draft.address]

    return way


def move_to_query(draft: Draft) -> None:
    """What belongs into the fragment."""
    location = draft.headers.get("location", "")
    draft.headers["location"] = location.replace("#", "?")


def _set(changes: Mapping[str, object], members: Members) -> None:
    for name, value in changes.items():
        if value is None:
            members.pop(name, None)
        else:
            members[name] = value


def _drop_none(claims: Members) -> Members:
    return {name: value for name, value in claims.items() if value is not None}


def _sign(claims: Members) -> str:
    header = {"alg": "RS256", "kid": describe_key(_SPOILER)["kid"]}
    return jwt.encode(header, _drop_none(claims), read_key(_SPOILER))


def _rewrite(write: Callable[[Members], str], *, is_published: bool = True) -> Spoil:
    def change(members: Members) -> None:
        if "id_token" in members:
            members["id_token"] = write(decode(members["id_token"])[1])
        if is_published:
            _add_key(members)

    def way(draft: Draft) -> None:
        draft.change_parameters(change)
        draft.change_json(change)

    return way
