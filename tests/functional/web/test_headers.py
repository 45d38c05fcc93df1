"""What every answer carries, and how cookies change with https."""

from collections.abc import AsyncIterator

import httpx
import msgspec
import pytest

from borvo.assembly import Platform, build_platform
from borvo.settings import Settings
from tests.functional.application import build_app_for
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock, reuse_key
from tests.functional.identity.flows import ADA

PAGES = ["/", "/account/sign-in", "/account/sign-up", "/connect/endsession"]
HTTPS = "https://health.example.org"


@pytest.fixture
async def secure(settings: Settings, clock: TestClock) -> AsyncIterator[Browser]:
    """A browser at an instance whose issuer is https."""
    changed = msgspec.structs.replace(settings, issuer=HTTPS)
    platform = build_platform(changed, clock=clock, generate=reuse_key)
    await platform.database.open()
    transport = httpx.ASGITransport(app=build_app_for(platform, "secure"))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=HTTPS) as client:
        yield Browser(client)
    await platform.database.close()


@pytest.mark.parametrize("path", PAGES)
async def test_pages_run_nothing_inline_and_are_not_kept(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.get(path)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "base-uri 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    for markup in ("<style", " style=", " onclick=", " onload=", "javascript:"):
        assert markup not in answer.text


@pytest.mark.parametrize("path", [*PAGES, "/nowhere", "/health/live", "/connect/userinfo", "/connect/token"])
async def test_every_answer_is_hardened(http: httpx.AsyncClient, path: str) -> None:
    headers = (await http.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert headers["content-security-policy"]
    assert headers["x-request-id"]
    assert "server" not in headers
    assert "strict-transport-security" not in headers


async def test_on_http_cookies_are_httponly_and_lax(browser: Browser) -> None:
    planted: list[str] = []

    async def note(answer: httpx.Response) -> None:
        planted.extend(answer.headers.get_list("set-cookie"))

    browser.client.event_hooks["response"].append(note)
    await browser.sign_up(ADA)
    names = {cookie.partition("=")[0] for cookie in planted}
    assert {"borvo_csrf", "borvo_session", "borvo_known", "borvo_passkey"} <= names
    for cookie in planted:
        assert {"httponly", "samesite=lax"} <= {part.strip().lower() for part in cookie.split(";")}


async def test_on_https_cookies_are_bound_to_the_host_and_hsts_is_on(secure: Browser) -> None:
    page = await secure.open("/account/sign-up")
    assert page.headers["strict-transport-security"].startswith("max-age=")
    cookie = page.headers["set-cookie"]
    assert cookie.startswith("__Host-borvo_csrf=")
    assert {"secure", "path=/"} <= {part.strip().lower() for part in cookie.split(";")}
    assert "domain" not in cookie.lower()
    await secure.sign_up(ADA)
    assert "__Host-borvo_session" in secure.client.cookies
    assert (await secure.client.get("/account")).status_code == 200


async def test_on_https_a_cookie_under_the_plain_name_is_not_read(secure: Browser) -> None:
    await secure.sign_up(ADA)
    value = secure.client.cookies["__Host-borvo_session"]
    secure.client.cookies.clear()
    answer = await secure.client.get("/account", headers={"cookie": f"borvo_session={value}"})
    assert answer.status_code == 303


@pytest.mark.parametrize("given", ["x" * 65, "a b c d e f g", "é" * 9, "<script>", "short"])
async def test_a_request_id_from_outside_is_taken_only_in_a_safe_form(
    http: httpx.AsyncClient, given: str
) -> None:
    answer = await http.get("/health/live", headers={b"x-request-id": given.encode()})
    assert answer.headers["x-request-id"] != given
    kept = await http.get("/health/live", headers={"x-request-id": "0af7651916cd43dd"})
    assert kept.headers["x-request-id"] == "0af7651916cd43dd"


@pytest.mark.parametrize(
    "path", ["/%ff", "/static/..%2f..%2fpages.py", "/static/%00", "/%00", "/account/%2e%2e"]
)
async def test_an_odd_path_is_never_an_internal_error(http: httpx.AsyncClient, path: str) -> None:
    assert (await http.get(path)).status_code in {303, 400, 404}


async def test_more_platforms_than_one_share_no_secret(platform: Platform, settings: Settings) -> None:
    other = build_platform(msgspec.structs.replace(settings, secret_key="eHh4" * 11))
    assert platform.keyring.derive("csrf") != other.keyring.derive("csrf")


@pytest.mark.parametrize("name", ["redoc", "swagger", "elements", "rapidoc", "openapi.yaml", "openapi.yml"])
async def test_the_framework_adds_no_page_about_the_apis(http: httpx.AsyncClient, name: str) -> None:
    """They would name other hosts, and a second's work would be had for one request."""
    assert (await http.get(f"/schema/{name}")).status_code == 404
