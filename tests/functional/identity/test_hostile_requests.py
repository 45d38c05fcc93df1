"""Nothing that a stranger can send to the authorization endpoint leads to an internal error."""

from collections.abc import AsyncIterator
from urllib.parse import urlencode

import httpx
import pytest

from borvo.assembly import Platform
from tests.factories.clients import REDIRECT_URI
from tests.functional.browser import Browser
from tests.functional.identity.aspnet import Handler
from tests.functional.identity.flows import CODE_FLOW, count

FORM = {"content-type": "application/x-www-form-urlencoded"}
NAMES = [
    "response_type",
    "response_mode",
    "scope",
    "state",
    "nonce",
    "prompt",
    "max_age",
    "login_hint",
    "id_token_hint",
    "client_id",
    "redirect_uri",
    "code_challenge",
    "code_challenge_method",
    "unknown",
]
VALUES = ["\x00", 'é"\\\r\n\t', "\u2028\u00ad\U0001f600", "\ud800", "x" * 60_000, "%00%ff", "{{7*7}}<script>"]


@pytest.mark.parametrize("name", NAMES)
async def test_no_hostile_value_leads_to_an_internal_error(handler: Handler, ada: Browser, name: str) -> None:
    plain = {"client_id": handler.client_id, "redirect_uri": REDIRECT_URI, "response_type": "code"}
    for value in VALUES:
        fields = {**plain, "scope": "openid", "state": "s", name: value}
        query = urlencode(fields, errors="surrogatepass")
        for client in (ada.client, handler.http):
            got = await client.get("/connect/authorize?" + query[:65_000])
            posted = await client.post("/connect/authorize", content=query, headers=FORM)
            assert got.status_code < 500
            assert posted.status_code < 500
            if posted.status_code == 303 and "continue" in posted.headers["location"]:
                assert (await client.get(posted.headers["location"])).status_code < 500


@pytest.mark.parametrize(
    "query", ["a\x00b=1", "%ff=%ff", "&".join(f"p{n}=1" for n in range(5000)), "é=é", "=", "&&&", "%"]
)
async def test_an_unreadable_query_gets_a_page_that_says_so(
    handler: Handler, ada: Browser, query: str
) -> None:
    raw = query.encode("utf-8").replace(b"\x00", b"%00")
    posted = await ada.client.post("/connect/authorize", content=raw, headers=FORM)
    assert posted.status_code == 400
    url = f"{await handler.build_authorization_url(**CODE_FLOW)}&" + raw.decode("latin-1")
    assert (await ada.client.get(url)).status_code < 500


@pytest.mark.parametrize("content_type", ["", "application/json", "multipart/form-data; boundary=x", "\x00"])
async def test_a_post_of_another_media_type_is_refused_with_a_page(
    http: httpx.AsyncClient, content_type: str
) -> None:
    answer = await http.post("/connect/authorize", content=b"{}", headers={"content-type": content_type})
    assert answer.status_code == 400


async def test_a_post_that_names_no_known_destination_or_is_huge_stores_nothing(
    handler: Handler, platform: Platform
) -> None:
    fields = {"client_id": handler.client_id, "redirect_uri": REDIRECT_URI, "response_type": "code"}
    for changes in ({"client_id": "x"}, {"redirect_uri": "https://evil.example"}, {"state": "s" * 100_000}):
        answer = await handler.http.post("/connect/authorize", data={**fields, **changes})
        assert answer.status_code == 400
    assert await count(platform, "authorization_request") == 0


async def _send_in_pieces(count: int) -> AsyncIterator[bytes]:
    yield b"grant_type=client_credentials&client_secret="
    for _ in range(count):
        yield b"x" * 10_000


async def test_a_token_request_may_come_in_pieces_but_not_without_end(handler: Handler) -> None:
    short = await handler.http.post("/connect/token", content=_send_in_pieces(2), headers=FORM)
    endless = await handler.http.post("/connect/token", content=_send_in_pieces(101), headers=FORM)
    assert (short.status_code, short.json()["error"]) == (401, "invalid_client")
    assert endless.status_code == 413
