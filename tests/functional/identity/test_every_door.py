"""Whatever a stranger or a person sends to any address of an instance is answered, and never by an internal error."""

import re
from collections.abc import Iterator
from itertools import cycle, islice, product
from urllib.parse import urlencode

import httpx
import pytest
from litestar.routes import HTTPRoute

from borvo.assembly import Platform
from borvo.web.forms import FORM_MEDIA_TYPE
from tests.factories.clients import REDIRECT_URI, SECRET
from tests.functional.application import register_handlers
from tests.functional.browser import Browser, read_forms
from tests.functional.identity.aspnet import Handler

METHODS = ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "POST", "TRACE", "BREW"]
SEGMENTS = ["x", "%00", "%ff", "%C3%A9", "a" * 3000, "%2F..", "{}"]
BODIES = [b"", b"\xff\xfe=1", b"a=%ff", b"a=%00", b"[" * 100_000, b"a=1&" * 5000, b"&&=&"]
MEDIA_TYPES = ["", FORM_MEDIA_TYPE, "application/json", "multipart/form-data", "text/plain; charset=nope"]
TOKENS = [
    "",
    "a.b.c",
    "a.b.c.d.e",
    "e30.e30.e30",
    "W10.W10.W10",
    "bnVsbA.e30.e30",
    "A" * 64,
    "A" * 128,
    "x" * 20_000,
]
CREDENTIALS = ["Basic", "Basic !", "Basic YQ==", "Basic OnM=", "Basic " + "/" * 9000, "Digest a", ","]
# Each address gets a few of the values in turn, and each value meets many of the addresses.
# Deep, long, foreign and half-broken.
VALUES = [
    'é"\\\r\n\t\u2028\U0001f600',
    "\x00",
    "\ud800",
    "x" * 5000,
    "9" * 5000,
    "-1",
    "1e999",
    "[" * 3000,
    '{"id_token":{"sub":{"value":["x"]}}}',
    "none login",
    "a.b.c.d.e",
    "A" * 128,
]
HEADERS = [
    "user-agent",
    "x-forwarded-for",
    "origin",
    "cookie",
    "accept",
    "x-request-id",
    "host",
    "x-csrftoken",
    "dpop",
]
HEADER_VALUES = [
    b"\xff\xfe",
    b"x" * 9000,
    b"\x00",
    b"borvo_session=\xff; borvo_csrf=\xff",
    b"http://[::1",
    b"null",
]
OAUTH_FIELDS = """
client_id client_secret grant_type code refresh_token device_code redirect_uri code_verifier scope token access_token
token_type_hint id_token_hint post_logout_redirect_uri state nonce claims response_type code_challenge dpop_jkt unknown
"""
PERSON_FIELDS = """
user_code decision person request scope email password given_name family_name return_to login_hint session which before
notice birthdate birth_year zoneinfo locale phone_number street_address website suffix tenancy secret display_name
redirect_uris grant_types scopes unknown
"""
GRANTS = [
    "authorization_code",
    "refresh_token",
    "urn:ietf:params:oauth:grant-type:device_code",
    "client_credentials",
]


class Knocker:
    """Knocks, and remembers who answered with an internal error."""

    def __init__(self, clients: list[httpx.AsyncClient], csrf_token: str) -> None:
        self.clients = clients
        self.csrf = {"x-csrftoken": csrf_token}
        self.faults: list[str] = []

    async def knock(self, method: str, url: str, **kwargs: object) -> None:
        for client in self.clients:
            try:
                answer = await client.request(method, url, **kwargs)  # type: ignore[arg-type]
            except (httpx.InvalidURL, httpx.LocalProtocolError, UnicodeEncodeError):
                continue
            except Exception as fault:
                raise AssertionError(f"{method} {url[:120]} {str(kwargs)[:300]}") from fault
            if answer.status_code >= 500:
                self.faults.append(f"{answer.status_code} {method} {url[:120]} {str(kwargs)[:200]}")

    async def post_form(self, url: str, **fields: str) -> None:
        headers = {"content-type": FORM_MEDIA_TYPE, **self.csrf}
        await self.knock("POST", url, content=urlencode(fields, errors="surrogatepass"), headers=headers)


def list_paths(platform: Platform) -> Iterator[tuple[str, set[str]]]:
    for route in register_handlers(platform).routes:
        # Static files have tests of their own; signing out would leave the person outside.
        if isinstance(route, HTTPRoute) and "static" not in route.path and route.path != "/account/sign-out":
            yield route.path, {str(method) for method in route.methods}


def fill_path(path: str, segment: str) -> str:
    return re.sub(r"\{[^}]+\}", lambda _: segment, path)


@pytest.fixture
async def knocker(http: httpx.AsyncClient, ada: Browser) -> Knocker:
    token = read_forms((await ada.open("/account")).text)[0].values("_csrf_token")[0]
    return Knocker([http, ada.client], token)


async def test_every_method_and_path_is_answered(platform: Platform, knocker: Knocker) -> None:
    methods = cycle(METHODS)
    for path, known in list_paths(platform):
        for segment in SEGMENTS if "{" in path else ["x"]:
            for method in {*known, *islice(methods, 2)}:
                await knocker.knock(method, fill_path(path, segment))
    assert knocker.faults == []


async def test_every_body_of_every_kind_is_answered(platform: Platform, knocker: Knocker) -> None:
    pairs = cycle(product(MEDIA_TYPES, BODIES))
    for path, methods in list_paths(platform):
        if "POST" in methods:
            for kind, body in islice(pairs, 12):
                headers = {"content-type": kind, **knocker.csrf}
                await knocker.knock("POST", fill_path(path, "x"), content=body, headers=headers)
    assert knocker.faults == []


async def test_every_header_is_answered(platform: Platform, knocker: Knocker) -> None:
    knocker.clients.pop()
    texts = cycle([*CREDENTIALS, *(f"Bearer {token}" for token in TOKENS)])
    pairs = cycle(product(HEADERS, HEADER_VALUES))
    for path, methods in list_paths(platform):
        for method in methods & {"GET", "POST"}:
            url = fill_path(path, "x")
            for text in islice(texts, 5):
                await knocker.knock(method, url, headers={"authorization": text})
            for name, value in islice(pairs, 7):
                await knocker.knock(method, url, headers={name.encode(): value})
    assert knocker.faults == []


@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
async def test_every_value_in_every_field_of_a_program_is_answered(
    platform: Platform, knocker: Knocker, handler: Handler, value: str
) -> None:
    usual = {"client_id": handler.client_id, "client_secret": SECRET, "redirect_uri": REDIRECT_URI}
    knocker.clients.pop()
    for path in (
        path for path, methods in list_paths(platform) if path.startswith("/connect") and "POST" in methods
    ):
        for name in OAUTH_FIELDS.split():
            for grant in GRANTS if path == "/connect/token" else [""]:
                await knocker.post_form(path, **{"grant_type": grant, **usual, name: value})
    assert knocker.faults == []


async def test_every_value_in_every_field_of_a_person_is_answered(
    platform: Platform, knocker: Knocker
) -> None:
    values = cycle(VALUES)
    del knocker.clients[0]
    for path, methods in list_paths(platform):
        url = fill_path(path, "x")
        if path.startswith("/connect") and "decision" not in path:
            continue
        names = PERSON_FIELDS.split()
        if "GET" in methods:
            for part in (names[::3], names[1::3], names[2::3]):
                query = urlencode({name: next(values) for name in part}, errors="surrogatepass")
                await knocker.knock("GET", f"{url}?{query}")
        for name in names if "POST" in methods else []:
            await knocker.post_form(url, **{name: next(values)})
    assert knocker.faults == []
