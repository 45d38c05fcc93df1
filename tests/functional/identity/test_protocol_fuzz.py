"""Whatever bytes come to an address of the protocol, none leads to an internal error, and no answer sends a browser to
a place that nobody registered. The same examples every time; `BORVO_FUZZ=1000` tries so many new ones."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count, product
from urllib.parse import quote_plus, urlsplit

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from litestar.types import ASGIApp

from borvo.assembly import Platform
from borvo.identity.description import FIELDS
from borvo.portal.public import create_tenancy
from borvo.web.forms import FORM_MEDIA_TYPE
from tests.factories.clients import REDIRECT_URI, SECRET, register_client
from tests.functional.application import build_app_for, register_handlers
from tests.functional.browser import Browser, read_forms
from tests.functional.conftest import ISSUER
from tests.functional.identity.aspnet import Handler
from tests.functional.identity.flows import (
    ADA,
    CHALLENGE,
    CODE_FLOW,
    VERIFIER,
    build_basic,
    obtain_code,
    obtain_lasting,
    register_lasting,
)
from tests.functional.identity.protocol import Got, Sent, deliver, list_addresses
from tests.functional.portal.registrations import METADATA, REGISTER, Registrar, create_initial_token

EXAMPLES = int(os.environ.get("BORVO_FUZZ", "0"))
_IS_FIXED = not EXAMPLES
fuzz = settings(
    max_examples=EXAMPLES or 150,
    deadline=None,
    derandomize=_IS_FIXED,
    database=None,
    phases=[Phase.generate] if _IS_FIXED else [Phase.generate, Phase.shrink],
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)

# What a request carries beside what the description names: the fields of people's pages, and of what is not served.
OTHER_FIELDS = (
    "person", "decision", "request", "user_code", "_csrf_token", "client_assertion", "client_assertion_type",
    "authorization_details", "dpop_jkt", "ui_locales", "display", "registration", "assertion", "subject_token", "é", "",
)  # fmt: skip
MEDIA_TYPES = (
    FORM_MEDIA_TYPE,
    f"{FORM_MEDIA_TYPE}; charset=utf-16",
    f"{FORM_MEDIA_TYPE}; charset=nope",
    "application/json",
    "application/jwt",
    "multipart/form-data; boundary=x",
    "multipart/form-data",
    "text/plain",
    "*/*",
    "",
)
WORDS = {
    *(
        "S256",
        "openid offline_access",
        "code id_token",
        "id_token token",
        "none",
        "login",
        "consent",
        "form_post",
        "query",
    ),
    *("fragment", "client_credentials", "implicit", "demo.page", "true", "1"),
    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    "urn:ietf:params:oauth:request_uri:x",
}
# Of clients that register themselves (RFC 7591).
MEMBERS = (
    "client_id", "redirect_uris", "grant_types", "response_types", "scope", "jwks", "jwks_uri", "keys", "kty",
    "subject_type", "token_endpoint_auth_method", "client_name", "contacts", "sector_identifier_uri", "request_uris",
    "software_statement",
)  # fmt: skip
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
NAMES = (
    "Authorization", "DPoP", "Cookie", "Content-Length", "Content-Encoding", "Transfer-Encoding", "Host", "Origin",
    "Accept", "Accept-Encoding", "X-Forwarded-For", "X-Request-Id", "Content-Type", "X-HTTP-Method-Override",
    "If-None-Match", "Access-Control-Request-Method",
)  # fmt: skip


@dataclass
class Target:
    """The application, words that mean something to it, and by path forms that it would grant: what is made from them
    by few changes gets past the first checks."""

    app: ASGIApp
    addresses: list[tuple[str, set[str]]]
    words: list[str]
    usual: dict[str, list[dict[str, str]]]
    headers: list[tuple[str, str]]
    networks: Callable[[], int]

    async def send(self, sent: Sent) -> Got:
        got = await deliver(self.app, sent, self.networks())
        assert 200 <= got.status < 500, (got.status, got.body[:500])
        for name, value in got.headers:
            assert not set(name + value) & set(b"\r\n\x00"), "a header that splits"
        for location in got.find(b"location"):
            assert is_known(location.decode()), location
        return got


def is_known(location: str) -> bool:
    """Whether it stays here or leads to the registered address."""
    return (location.startswith("/") and not location.startswith(("//", "/\\"))) or location.startswith(
        (f"{ISSUER}/", REDIRECT_URI)
    )


@pytest.fixture
async def target(platform: Platform, ada: Browser, handler: Handler) -> Target:
    lasting = await register_lasting(platform, handler.http, access_token_format="opaque")
    await create_tenancy(platform.portal, ADA, "healthorg")
    registrar = Registrar(handler.http, await create_initial_token(ada, most="1000"))
    registered = await registrar.register()
    await register_client(platform, "demo.page", grant_types=["implicit"], is_public=True)
    await register_client(
        platform, "demo.thing", grant_types=["device_code"], redirect_uris=[], is_public=True
    )
    usual = await list_usual(lasting, ada)
    cookies = "; ".join(f"{name}={value}" for name, value in ada.client.cookies.items())
    headers = [
        ("Authorization", build_basic(lasting.client_id, SECRET)["Authorization"]),
        ("Authorization", f"Bearer {usual['/connect/userinfo'][0]['access_token']}"),
        ("Authorization", f"Bearer {registrar.initial_token}"),
        ("Authorization", f"Bearer {registered['registration_access_token']}"),
        ("Cookie", cookies),
        ("Cookie", cookies),
        ("Origin", "https://localhost:5001"),
    ]
    words = sorted({value for forms in usual.values() for form in forms for value in form.values()} | WORDS)
    addresses = [
        (path.replace("{client_id}", registered["client_id"]), methods)
        for path, methods in sorted(list_addresses(register_handlers(platform)))
    ]
    return Target(build_app_for(platform), addresses, words, usual, headers, count(1).__next__)


async def list_usual(lasting: Handler, ada: Browser) -> dict[str, list[dict[str, str]]]:
    """Forms that would be granted once, by path."""
    proof = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    tokens = await obtain_lasting(lasting, ada)
    code = await obtain_code(lasting, ada, **proof)
    device = Handler(lasting.http, "demo.thing", "openid", secret="")
    begun = (await device.call("device_authorization_endpoint", scope="openid")).json()
    page = await ada.open(await lasting.build_authorization_url(**CODE_FLOW, prompt="consent"))
    waiting = dict(next(form for form in read_forms(page.text) if "decision" in form.action).fields)
    client = {"client_id": lasting.client_id, "client_secret": SECRET}
    asked = {"response_type": "code", "redirect_uri": REDIRECT_URI, "scope": "openid", "state": "s", **proof}
    csrf, person = {"_csrf_token": waiting["_csrf_token"]}, {"person": waiting["person"], "decision": "allow"}
    entered = {"user_code": begun["user_code"], **csrf}
    redeemed = {"code": code, "redirect_uri": REDIRECT_URI, "code_verifier": VERIFIER}
    leaving = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": REDIRECT_URI, "state": "s"}
    return {
        "/connect/token": [
            {"grant_type": "authorization_code", **redeemed, **client},
            {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], **client},
            {"grant_type": DEVICE_GRANT, "device_code": begun["device_code"], "client_id": "demo.thing"},
        ],
        "/connect/introspect": [
            {"token": tokens[name], **client} for name in ("access_token", "refresh_token")
        ],
        "/connect/revocation": [{"token": tokens["id_token"], "token_type_hint": "access_token", **client}],
        "/connect/deviceauthorization": [{"client_id": "demo.thing", "scope": "openid"}],
        "/connect/par": [{**asked, **client}],
        "/connect/authorize": [{"client_id": lasting.client_id, **asked}],
        "/connect/authorize/continue": [{"request": waiting["request"]}],
        "/connect/authorize/decision": [{"request": waiting["request"], **person, **csrf}],
        "/connect/endsession": [leaving],
        "/connect/endsession/confirm": [{**leaving, **csrf}],
        "/connect/userinfo": [{"access_token": tokens["access_token"]}],
        "/account/device": [entered],
        "/account/device/decision": [{**entered, **person, "scope": "openid"}],
    }


texts = st.one_of(
    st.text(max_size=40),
    st.text(st.characters(categories=["Cs", "Cc", "Cf", "Zl"]), max_size=8),
    st.sampled_from([
        "x" * 20_000, "[" * 5_000, "9" * 5_000, "-1", "1e999", "{}", '{"id_token": {"sub": null}}', "a.b.c.d.e", "..",
        "e30.e30.e30", "https://127.0.0.1:9/evil", "//evil.example", "https://localhost:5001/signin-oidc\r\nX: y",
        "%00%ff", "javascript:alert(1)", "\x00",
    ]),
)  # fmt: skip
names = st.sampled_from([*FIELDS, *OTHER_FIELDS])


def build_form(pairs: list[tuple[str, str]]) -> bytes:
    return "&".join(
        f"{quote_plus(name, errors='surrogatepass')}={quote_plus(value, errors='surrogatepass')}"
        for name, value in pairs
    ).encode()


@st.composite
def draw_form(draw: st.DrawFn, target: Target, path: str) -> bytes:
    """A form that would be granted, with some fields changed, added, left out or there twice; now and then bytes."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.binary(max_size=60))
    usual = draw(st.sampled_from(target.usual.get(path, [{}])))
    values = st.sampled_from(target.words) | texts
    fields = {
        **usual,
        **draw(st.dictionaries(st.sampled_from([*usual]) | names if usual else names, values, max_size=2)),
    }
    for name in draw(st.lists(st.sampled_from([*fields]), max_size=1)) if fields else []:
        del fields[name]
    pairs = [*fields.items()]
    return build_form(pairs + pairs[: draw(st.integers(0, 1))])


documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(MEMBERS) | texts, inner, max_size=4)
    ),
    max_leaves=8,
)


@st.composite
def draw_document(draw: st.DrawFn) -> bytes:
    """Metadata that would be taken, with some members changed or added; or any JSON."""
    if draw(st.integers(0, 3)) == 0:
        return json.dumps(draw(documents)).encode()
    members = st.sampled_from([*METADATA, *MEMBERS])
    changes = draw(st.dictionaries(members, documents, max_size=2))
    return json.dumps({**METADATA, **changes}).encode()


@st.composite
def draw_headers(draw: st.DrawFn, known: list[tuple[str, str]], media_type: str) -> list[tuple[bytes, bytes]]:
    kept = draw(st.lists(st.sampled_from(known), min_size=1, max_size=2))
    values = st.binary(max_size=30) | texts.map(lambda text: text.encode("utf-8", "surrogatepass"))
    others = draw(st.lists(st.tuples(st.sampled_from(NAMES), values), max_size=1))
    given = [(name.encode(), value.encode()) for name, value in [*kept, ("Content-Type", media_type)]]
    return given + [(name.encode(), value) for name, value in others]


@st.composite
def draw_request(draw: st.DrawFn, target: Target) -> Sent:
    path, methods = draw(st.sampled_from(target.addresses))
    rare = draw(st.integers(0, 19))
    odd = st.sampled_from(["OPTIONS", "HEAD", "PUT", "DELETE", "PATCH", "TRACE", "BREW"])
    method = draw(odd if rare == 0 else st.sampled_from(sorted(methods - {"OPTIONS"})))
    form = draw(draw_form(target, path))
    media_type = draw(st.sampled_from(MEDIA_TYPES)) if rare in {1, 2} else FORM_MEDIA_TYPE
    if method == "GET":
        return Sent(method, path, form, draw(draw_headers(target.headers, media_type)))
    if path.startswith(REGISTER) != (rare in {3, 4}):
        media_type, form = "application/json", draw(draw_document())
    cut = draw(st.integers(0, len(form)))
    query = draw(draw_form(target, path)) if rare == 5 else b""
    return Sent(method, path, query, draw(draw_headers(target.headers, media_type)), [form[:cut], form[cut:]])


@fuzz
@given(st.data())
async def test_no_request_is_answered_by_a_fault_of_ours(target: Target, data: st.DataObject) -> None:
    await target.send(data.draw(draw_request(target)))


LARGE = {
    "a long field": (FORM_MEDIA_TYPE, b"client_id=demo.mybp&state=" + b"x" * 900_000),
    "many fields": (FORM_MEDIA_TYPE, b"client_id=demo.mybp&" + b"a=1&" * 50_000),
    "a body without end": (FORM_MEDIA_TYPE, b"x" * 1_100_000),
    "deep JSON": ("application/json", b'{"a":' * 100_000),
    "deep closed JSON": ("application/json", b"[" * 100_000 + b"]" * 100_000),
    "parts without end": ("multipart/form-data; boundary=x", b"--x\r\n" * 50_000),
}


async def test_what_is_large_is_refused_everywhere(target: Target) -> None:
    posted = [path for path, methods in target.addresses if "POST" in methods]
    for (kind, (media_type, body)), path in product(LARGE.items(), posted):
        headers = [(b"content-type", media_type.encode()), (b"content-length", b"%d" % len(body))]
        got = await target.send(Sent("POST", path, headers=headers, pieces=[body]))
        # By a page that asks to sign in, by an error, or as a sign-out of nobody.
        assert got.status in {303, 400, 401, 403, 404, 413, 415}, (path, kind, got.status)


def test_an_address_that_leads_elsewhere_is_noticed() -> None:
    elsewhere = (
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "http://localhost:8000.evil.example/",
    )
    assert [each for each in elsewhere if is_known(each)] == []
    assert is_known("/account")
    assert urlsplit(REDIRECT_URI).path
    assert is_known(f"{REDIRECT_URI}?code=x")
