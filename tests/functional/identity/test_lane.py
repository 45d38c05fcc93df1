"""The short way to tokens, introspection and user info answers what the long one answers."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from litestar.types import HTTPScope

from borvo.assembly import Platform
from borvo.identity import endpoints, lane
from borvo.web.lanes import Reply
from tests.factories.clients import SECRET, register_client
from tests.functional.browser import Browser
from tests.functional.identity.aspnet import Handler
from tests.functional.identity.flows import build_basic, execute, obtain_tokens

FORM = {"content-type": "application/x-www-form-urlencoded"}
ASKED = b"grant_type=client_credentials&scope=agency_api"
TOKEN, INTROSPECT, USERINFO = "/connect/token", "/connect/introspect", "/connect/userinfo"
FRESH = {"access_token"}


@pytest.fixture
async def service(platform: Platform) -> dict[str, str]:
    """The header of a service."""
    client_id = await register_client(
        platform, "demo.service", grant_types=["client_credentials"], scopes=["agency_api"]
    )
    return build_basic(client_id, SECRET)


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses of the requests that went the short way."""
    find, paths = lane.ProviderLane.find, []

    def note(self: lane.ProviderLane, scope: HTTPScope) -> Reply | None:
        reply = find(self, scope)
        if reply is not None:
            paths.append(f"{scope['method']} {scope['path']}")
        return reply

    monkeypatch.setattr(lane.ProviderLane, "find", note)
    return paths


@contextmanager
def close_lane() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lane.ProviderLane, "find", lambda *_: None)
        yield


def describe(answer: httpx.Response) -> tuple[int, Any, list[tuple[str, str]]]:
    """All of an answer but the name of its request, and tokens, which are never the same."""
    headers = sorted(pair for pair in answer.headers.multi_items() if pair[0] != "x-request-id")
    if not answer.content or "application/json" not in answer.headers["content-type"]:
        return answer.status_code, answer.content, headers
    body = answer.json()
    return answer.status_code, [(name, None if name in FRESH else body[name]) for name in body], headers


async def compare(http: httpx.AsyncClient, method: str, path: str, **request: Any) -> httpx.Response:
    """The answer of the short way, which is that of the long one."""
    short = await http.request(method, path, **request)
    with close_lane():
        long = await http.request(method, path, **request)
    assert describe(short) == describe(long)
    return short


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (ASKED, 200),
        (b"grant_type=client_credentials", 200),
        (ASKED + b"&resource=http://localhost:8000/agency/v1", 200),
        (ASKED + b"&resource=https://elsewhere.example", 400),
        (ASKED + b"&scope=agency_api", 400),
        (ASKED + b"+nonsense", 400),
        (ASKED + b"&client_secret=x", 400),
        (b"grant_type=refresh_token&refresh_token=x", 400),
        (b"grant_type=password", 400),
        (b"grant_type=", 400),
        (b"", 400),
        (b"%ff=%ff", 400),
        (b"a=%00", 400),
        (b"&".join(b"p%d=1" % number for number in range(200)), 400),
        (b"grant_type=" + b"x" * 1_000_000, 413),
    ],
)
async def test_a_token_request_is_answered_the_same(
    http: httpx.AsyncClient, service: dict[str, str], taken: list[str], content: bytes, status: int
) -> None:
    answer = await compare(http, "POST", TOKEN, content=content, headers={**FORM, **service})
    assert (answer.status_code, taken) == (status, [f"POST {TOKEN}"])


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-type": "application/json"}, 400),
        ({"content-type": ""}, 400),
        ({"content-type": "Application/X-WWW-form-urlencoded; charset=utf-8"}, 200),
        ({"Authorization": "Basic x"}, 400),
        (build_basic("demo.service", "wrong"), 401),
        (build_basic("demo.nobody", SECRET), 401),
        ({"Authorization": ""}, 401),
        ({"dpop": "x"}, 400),
        ({"origin": "https://elsewhere.example"}, 200),
    ],
)
async def test_whoever_asks_for_a_token_is_looked_at_the_same(
    http: httpx.AsyncClient,
    service: dict[str, str],
    taken: list[str],
    headers: dict[str, str],
    status: int,
) -> None:
    answer = await compare(http, "POST", TOKEN, content=ASKED, headers={**FORM, **service, **headers})
    assert (answer.status_code, taken) == (status, [f"POST {TOKEN}"])


async def test_introspection_and_user_info_are_answered_the_same(
    http: httpx.AsyncClient, service: dict[str, str], handler: Handler, ada: Browser, taken: list[str]
) -> None:
    token = (await obtain_tokens(handler, ada))["access_token"]
    taken.clear()
    for fields, status in (({"token": token}, 200), ({"token": "x"}, 200), ({}, 400)):
        answer = await compare(http, "POST", INTROSPECT, data=fields, headers={**FORM, **service})
        assert answer.status_code == status
    bearer = {"Authorization": f"Bearer {token}"}
    assert (await compare(http, "GET", USERINFO, headers=bearer)).status_code == 200
    assert (await compare(http, "HEAD", USERINFO, headers=bearer)).status_code == 200
    assert (await compare(http, "GET", USERINFO)).status_code == 401
    assert (await compare(http, "GET", USERINFO, headers={"Authorization": "Bearer x"})).status_code == 401
    assert (await compare(http, "POST", USERINFO, data={"access_token": token})).status_code == 200
    assert (
        await compare(http, "POST", USERINFO, data={"access_token": token}, headers=bearer)
    ).status_code == 400
    assert taken == [*[f"POST {INTROSPECT}"] * 3, *[f"GET {USERINFO}"] * 4, *[f"POST {USERINFO}"] * 2]


async def test_other_methods_addresses_and_odd_hosts_take_the_long_way(
    http: httpx.AsyncClient, service: dict[str, str], taken: list[str]
) -> None:
    for method, path, headers, status in (
        ("GET", TOKEN, {}, 405),
        ("PUT", TOKEN, {}, 405),
        ("DELETE", USERINFO, {}, 405),
        ("POST", f"{TOKEN}/", {}, 200),
        ("POST", "/connect/revocation", {}, 400),
        ("POST", TOKEN, {"host": "a b"}, 400),
    ):
        asked = {**FORM, **service, **headers}
        assert (await http.request(method, path, content=ASKED, headers=asked)).status_code == status
    assert not taken


async def test_a_fault_of_ours_is_answered_once(
    http: httpx.AsyncClient, service: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    async def fail(*_: object) -> None:
        calls.append(1)
        raise ConnectionRefusedError

    monkeypatch.setattr(endpoints, "read_form_parameters", fail)
    answer = await http.post(TOKEN, content=ASKED, headers={**FORM, **service})
    assert (answer.status_code, len(calls)) == (503, 1)
    assert answer.headers["retry-after"]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ("update client set disabled_at = now()", "invalid_client"),
        ("delete from client_secret", "invalid_client"),
        ("update client_secret set expires_at = created_at", "invalid_client"),
        ("update client set scopes = '{openid}'", "invalid_scope"),
        ("update client set grant_types = '{hybrid}'", "unauthorized_client"),
        ("update client set dpop_bound_access_tokens = true", "invalid_dpop_proof"),
        ("update client set token_endpoint_auth_method = 'private_key_jwt'", "invalid_client"),
    ],
)
async def test_what_changes_about_a_client_counts_with_its_next_request(
    platform: Platform, http: httpx.AsyncClient, service: dict[str, str], change: str, error: str
) -> None:
    asked = {"content": ASKED, "headers": {**FORM, **service}}
    for _ in range(2):
        assert (await http.post(TOKEN, **asked)).status_code == 200  # type: ignore[arg-type]
    await execute(platform, change)
    answer = await http.post(TOKEN, **asked)  # type: ignore[arg-type]
    assert answer.json()["error"] == error
