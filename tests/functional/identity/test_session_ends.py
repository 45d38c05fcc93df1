"""Clients are told when a session ends: through the browser, and behind it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from borvo.assembly import Platform
from borvo.identity.public import clean_up
from borvo.storage.outbox.model import DeliveryError
from borvo.web.outgoing import Outgoing, OutgoingError, is_public
from tests.factories.clients import register_client
from tests.functional.browser import Browser, read_forms
from tests.functional.conftest import ISSUER, TestClock
from tests.functional.identity.aspnet import Handler
from tests.functional.identity.flows import ADA, execute, obtain_tokens

CALLBACK = "https://localhost:5001/signout-callback-oidc"
SIGN_OUT = "/account/sign-out"


@dataclass
class Party:
    """A client's server that notes what it is told."""

    port: int = 0
    status: int = 204
    told: list[tuple[str, dict[str, list[str]]]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/logout"

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(
            int(line.split(":")[1])
            for line in head.split("\r\n")
            if line.lower().startswith("content-length")
        )
        body = (await reader.readexactly(length)).decode()
        self.told.append((head.partition("\r\n")[0], parse_qs(body)))
        writer.write(f"HTTP/1.1 {self.status} x\r\nContent-Length: 0\r\nLocation: /else\r\n\r\n".encode())
        await writer.drain()
        writer.close()


@asynccontextmanager
async def serve_party() -> AsyncIterator[Party]:
    party = Party()
    server = await asyncio.start_server(party.answer, "127.0.0.1", 0)
    party.port = server.sockets[0].getsockname()[1]
    async with server:
        yield party


@pytest.fixture
async def party() -> AsyncIterator[Party]:
    async with serve_party() as party:
        yield party


async def register(platform: Platform, http: httpx.AsyncClient, **settings: object) -> Handler:
    return Handler(http, await register_client(platform, "demo.rp", **settings), "openid email")  # type: ignore[arg-type]


async def leave(browser: Browser) -> httpx.Response:
    return await browser.submit(await browser.open("/account"), SIGN_OUT)


@pytest.mark.spec("OpenID Connect Back-Channel Logout", "2.4")
async def test_a_client_is_told_behind_the_browser(
    platform: Platform, http: httpx.AsyncClient, ada: Browser, party: Party
) -> None:
    client = await register(platform, http, backchannel_logout_uri=party.url)
    signed_in = await client.read_id_token((await obtain_tokens(client, ada))["id_token"])
    assert await platform.courier.deliver_due() == 0
    await leave(ada)
    while await platform.courier.deliver_due():
        pass
    ((line, fields),) = party.told
    assert line == "POST /logout HTTP/1.1"
    keys = (await http.get("/.well-known/openid-configuration/jwks")).json()
    token = jwt.decode(fields["logout_token"][0], KeySet.import_key_set(keys), algorithms=["RS256"])
    assert token.header["typ"] == "logout+jwt"
    claims = token.claims
    assert (claims["iss"], claims["aud"]) == (ISSUER, client.client_id)
    assert (claims["sub"], claims["sid"]) == (signed_in["sub"], signed_in["sid"])
    assert claims["events"] == {"http://schemas.openid.net/event/backchannel-logout": {}}
    assert claims["exp"] - claims["iat"] <= 120
    assert claims["jti"]
    assert "nonce" not in claims


async def test_a_logout_token_is_no_hint_and_no_access_token(
    platform: Platform, http: httpx.AsyncClient, ada: Browser, party: Party
) -> None:
    client = await register(platform, http, backchannel_logout_uri=party.url)
    await obtain_tokens(client, ada)
    await leave(ada)
    await platform.courier.deliver_due()
    token = party.told[0][1]["logout_token"][0]
    answer = await http.get("/connect/userinfo", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401
    await ada.sign_in(ADA)
    page = await ada.open(f"/connect/endsession?id_token_hint={token}&post_logout_redirect_uri={CALLBACK}")
    assert "Sign out?" in page.text


async def test_only_clients_of_the_session_are_told_and_only_once(
    platform: Platform, http: httpx.AsyncClient, ada: Browser, party: Party
) -> None:
    client = await register(platform, http, backchannel_logout_uri=party.url)
    await register_client(platform, "demo.other", backchannel_logout_uri=party.url)
    await obtain_tokens(client, ada)
    await obtain_tokens(client, ada)
    await leave(ada)
    while await platform.courier.deliver_due():
        pass
    assert len(party.told) == 1


async def test_a_client_of_a_session_that_goes_on_for_months_is_still_told(
    platform: Platform, http: httpx.AsyncClient, ada: Browser, party: Party
) -> None:
    client = await register(platform, http, backchannel_logout_uri=party.url)
    await obtain_tokens(client, ada)
    await execute(platform, "update session_client set signed_in_at = signed_in_at - interval '40 days'")
    await obtain_tokens(client, ada)
    await clean_up(platform.identity)
    await leave(ada)
    await platform.courier.deliver_due()
    assert len(party.told) == 1


@pytest.mark.parametrize("way", ["/account/sessions/end-all", "another person"])
async def test_every_end_of_a_session_is_told(
    platform: Platform, http: httpx.AsyncClient, ada: Browser, party: Party, way: str
) -> None:
    client = await register(platform, http, backchannel_logout_uri=party.url)
    await obtain_tokens(client, ada)
    if way == "another person":
        await ada.sign_up("eve@example.org")
    else:
        page = await ada.open("/account/sessions")
        action = next(
            form.action
            for form in read_forms(page.text)
            if "end" in form.action and "sessions" in form.action
        )
        await ada.submit(page, action)
    while await platform.courier.deliver_due():
        pass
    assert len(party.told) == 1


@pytest.mark.parametrize(
    ("status", "is_final"), [(500, False), (503, False), (429, False), (302, False), (400, True), (404, True)]
)
async def test_a_failed_notification_is_repeated_where_that_can_help(
    platform: Platform, http: httpx.AsyncClient, ada: Browser, party: Party, status: int, is_final: bool
) -> None:
    client = await register(platform, http, backchannel_logout_uri=party.url)
    await obtain_tokens(client, ada)
    party.status = status
    await leave(ada)
    await platform.courier.deliver_due()
    assert len(party.told) == 1
    assert bool(await platform.outbox.list_entries(is_dead=True)) is is_final


async def test_a_repeated_notification_arrives_with_a_fresh_token(
    platform: Platform, http: httpx.AsyncClient, ada: Browser, party: Party, clock: TestClock
) -> None:
    client = await register(platform, http, backchannel_logout_uri=party.url)
    await obtain_tokens(client, ada)
    party.status = 500
    await leave(ada)
    await platform.courier.deliver_due()
    party.status = 200
    clock.advance(minutes=5)
    await platform.courier.deliver_due()
    first, second = (fields["logout_token"][0] for _, fields in party.told)
    assert first != second
    assert await platform.courier.deliver_due() == 0


async def test_a_client_that_was_disabled_meanwhile_is_not_told(
    platform: Platform, http: httpx.AsyncClient, ada: Browser, party: Party
) -> None:
    client = await register(platform, http, backchannel_logout_uri=party.url)
    await obtain_tokens(client, ada)
    await leave(ada)
    await execute(platform, "update client set disabled_at = now()")
    await platform.courier.deliver_due()
    assert party.told == []


@pytest.mark.spec("OpenID Connect Front-Channel Logout", "3")
async def test_the_browser_loads_the_clients_address_and_then_goes_on(
    platform: Platform, http: httpx.AsyncClient, ada: Browser
) -> None:
    uri = "https://localhost:5001/signout-oidc"
    client = await register(platform, http, frontchannel_logout_uri=uri)
    tokens = await obtain_tokens(client, ada)
    sid = (await client.read_id_token(tokens["id_token"]))["sid"]
    page = await ada.open(
        f"/connect/endsession?id_token_hint={tokens['id_token']}&post_logout_redirect_uri={CALLBACK}&state=s"
    )
    assert page.status_code == 200
    assert f'src="{uri}?iss=http%3A%2F%2Flocalhost%3A8000&amp;sid={sid}"' in page.text
    assert f'href="{CALLBACK}?state=s"' in page.text
    assert "frame-src https://localhost:5001;" in page.headers["content-security-policy"]
    assert "/account/sign-in" in str((await ada.open("/account")).url)


async def test_signing_out_in_the_account_tells_the_browser_too(
    platform: Platform, http: httpx.AsyncClient, ada: Browser
) -> None:
    client = await register(platform, http, frontchannel_logout_uri="https://localhost:5001/out?a=b")
    await obtain_tokens(client, ada)
    page = await leave(ada)
    assert "https://localhost:5001/out?a=b&amp;iss=" in page.text


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),  # noqa: S104
        ("::1", False),
        ("::ffff:127.0.0.1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("224.0.0.1", False),
        ("192.0.0.8", False),
        ("192.88.99.1", False),
        ("2002:7f00:1::1", False),
        ("2002:a00:1::1", False),
        ("64:ff9b::a00:1", False),
        ("64:ff9b:1::1", False),
        ("::10.0.0.1", False),
        ("::ffff:0:10.0.0.1", False),
        ("fec0::1", False),
        ("2001::1", False),
        ("3fff::1", False),
        ("ff0e::1", False),
    ],
)
def test_what_counts_as_a_public_address(address: str, expected: bool) -> None:
    assert is_public(address) is expected


async def test_nothing_is_sent_into_the_operators_own_network(party: Party) -> None:
    with pytest.raises(OutgoingError):
        await Outgoing(is_open=False).post_form(party.url, {"a": "b"})
    with pytest.raises(OutgoingError):
        await Outgoing(is_open=False).post_form(party.url.replace("127.0.0.1", "localhost"), {"a": "b"})
    assert party.told == []
    assert await Outgoing(is_open=True).post_form(party.url, {"a": "b"}) == 204


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "http://nowhere.invalid/", "http://127.0.0.1:1/"])
async def test_what_cannot_be_reached_is_an_error_to_be_repeated(url: str) -> None:
    with pytest.raises(OutgoingError) as caught:
        await Outgoing(is_open=True).post_form(url, {})
    assert "127.0.0.1" not in str(caught.value)
    assert not DeliveryError(str(caught.value)).is_final
