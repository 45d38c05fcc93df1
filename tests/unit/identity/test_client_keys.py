"""The public keys of clients: which is found, and how seldom their addresses are asked."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from joserfc.jwk import ECKey, Key

from borvo.identity.client_keys import LIFETIME, MEMORY_ENTRIES, PATIENCE, PAUSE, SET_BYTES, ClientKeys
from borvo.kernel.ids import ClientId, ClientKey, TenancyId
from borvo.portal.public import KeyFaultError, RegisteredClient
from borvo.web.outgoing import Fetched, OutgoingError

URL = "https://app.example.org/jwks"
FIRST, SECOND = ECKey.generate_key("P-256"), ECKey.generate_key("P-256")
CLIENT = RegisteredClient(
    client_id=ClientId("healthorg.app"),
    client_key=ClientKey(UUID(int=1)),
    tenancy_id=TenancyId(UUID(int=2)),
    suffix="app",
    display_name="App",
    client_uri="",
    redirect_uris=(),
    grant_types=frozenset(),
    scopes=(),
    require_pkce=False,
    is_disabled=False,
    secrets=(),
    jwks_uri=URL,
)


def write(**keys: Key) -> bytes:
    return json.dumps(
        {"keys": [{**key.as_dict(private=False), "kid": kid} for kid, key in keys.items()]}
    ).encode()


class Site:
    """Somebody's server, and the clock on the wall."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, tzinfo=UTC)
        self.answer: Fetched | OutgoingError = Fetched(200, "application/json", write(a=FIRST))
        self.asked: list[str] = []
        self.keys = ClientKeys(self._fetch, lambda: self.now)

    async def _fetch(self, url: str, *, most: int, accept: str) -> Fetched:
        assert most == SET_BYTES
        assert "application/json" in accept
        self.asked.append(url)
        await asyncio.sleep(0)
        if isinstance(self.answer, OutgoingError):
            raise self.answer
        return self.answer

    async def find(self, kid: str = "a", client: RegisteredClient = CLIENT) -> object:
        return (await self.keys.find(client, kid, "ES256")).as_dict()


async def test_registered_keys_are_found_and_nobody_is_asked() -> None:
    site = Site()
    client = replace(CLIENT, jwks=write(b=SECOND).decode(), jwks_uri="")
    assert await site.find("b", client) == SECOND.as_dict(private=False)
    assert site.asked == []


async def test_a_client_without_keys_has_none() -> None:
    with pytest.raises(KeyFaultError, match="registered no public keys"):
        await Site().find("a", replace(CLIENT, jwks_uri=""))


async def test_published_keys_are_asked_for_once_and_then_known() -> None:
    site = Site()
    for _ in range(3):
        assert await site.find() == FIRST.as_dict(private=False)
    assert site.asked == [URL]


async def test_many_at_once_ask_together() -> None:
    site = Site()
    await asyncio.gather(*(site.find() for _ in range(20)))
    assert site.asked == [URL]


async def test_who_leaves_takes_the_answer_from_nobody() -> None:
    site = Site()
    first, second = asyncio.create_task(site.find()), asyncio.create_task(site.find())
    await asyncio.sleep(0)
    first.cancel()
    assert await second == FIRST.as_dict(private=False)
    assert site.asked == [URL]


async def test_after_their_lifetime_keys_are_asked_for_again() -> None:
    site = Site()
    await site.find()
    site.answer, site.now = Fetched(200, "", write(b=SECOND)), site.now + LIFETIME
    with pytest.raises(KeyFaultError):
        await site.find("a")
    assert await site.find("b") == SECOND.as_dict(private=False)
    assert len(site.asked) == 2


async def test_an_unknown_kid_is_asked_for_at_most_once_a_minute() -> None:
    site = Site()
    await site.find()
    site.answer = Fetched(200, "", write(a=FIRST, b=SECOND))
    for _ in range(5):
        with pytest.raises(KeyFaultError):
            await site.find("b")
    assert len(site.asked) == 1
    site.now += PAUSE
    assert await site.find("b") == SECOND.as_dict(private=False)
    for kid in map(str, range(5)):
        with pytest.raises(KeyFaultError):
            await site.find(kid)
    assert len(site.asked) == 2


async def test_an_address_that_does_not_answer_is_left_in_peace_for_a_minute() -> None:
    site = Site()
    site.answer = OutgoingError("no answer: ConnectError")
    for _ in range(5):
        with pytest.raises(KeyFaultError, match="no answer: ConnectError"):
            await site.find()
    assert len(site.asked) == 1
    site.answer, site.now = Fetched(200, "", write(a=FIRST)), site.now + PAUSE
    assert await site.find() == FIRST.as_dict(private=False)


async def test_known_keys_outlast_an_outage_for_an_hour_and_no_longer() -> None:
    site = Site()
    await site.find()
    site.answer, site.now = OutgoingError("no answer"), site.now + LIFETIME
    assert await site.find() == FIRST.as_dict(private=False)
    site.now += PATIENCE - LIFETIME
    with pytest.raises(KeyFaultError, match="no answer"):
        await site.find()


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (Fetched(302, "text/html", b""), "status 302"),
        (Fetched(404, "application/json", write(a=FIRST)), "status 404"),
        (Fetched(200, "text/html", b"<html>"), "not JSON"),
        (Fetched(200, "application/json", b"\xff\xfe"), "not JSON"),
        (Fetched(200, "application/json", b'{"keys": []}'), "no key in it"),
    ],
)
async def test_an_answer_without_keys_is_called_so(answer: Fetched, fault: str) -> None:
    site = Site()
    site.answer = answer
    with pytest.raises(KeyFaultError, match=fault):
        await site.find()


async def test_a_clock_that_was_set_back_does_not_freeze_the_memory() -> None:
    site = Site()
    await site.find()
    site.now -= timedelta(days=1)
    await site.find()
    assert len(site.asked) == 2


async def test_the_memory_does_not_grow_for_ever() -> None:
    site = Site()
    for number in range(MEMORY_ENTRIES + 10):
        await site.find("a", replace(CLIENT, jwks_uri=f"{URL}/{number}"))
    await site.find("a", replace(CLIENT, jwks_uri=f"{URL}/{MEMORY_ENTRIES}"))
    assert len(site.asked) == MEMORY_ENTRIES + 10
    await site.find("a", replace(CLIENT, jwks_uri=f"{URL}/0"))
    assert len(site.asked) == MEMORY_ENTRIES + 11
