"""Text messages go to a gateway, and each of its answers has the right consequence."""

import pytest
import structlog
from msgspec import structs

from borvo.assembly import Platform, build_handlers
from borvo.assembly.outgoing import build_outgoing
from borvo.mail.texting import TextMessage, post_text
from borvo.storage.outbox.courier import Courier
from borvo.web.outgoing import OutgoingError
from tests.functional.conftest import TestClock
from tests.functional.mail.text_gateway import run_text_gateway

MESSAGE = TextMessage("+447700900123", "Grüße: https://health.example.org/x")


def build_courier(platform: Platform, url: str, **changes: str) -> Courier:
    settings = structs.replace(platform.settings, sms_url=url, sms_token="planted-token", **changes)
    return Courier(platform.outbox, build_handlers(settings, platform.clock))


async def post(platform: Platform) -> None:
    async with platform.database.transaction() as connection:
        await post_text(platform.outbox, connection, MESSAGE)


async def load(platform: Platform, column: str) -> object:
    return await platform.database.pool.fetchval(f"select {column} from outbox_message")


async def test_a_message_is_handed_over_with_the_credential(platform: Platform) -> None:
    async with run_text_gateway() as gateway:
        await post(platform)
        assert await build_courier(platform, gateway.url, sms_sender="Clinic").deliver_due() == 1
    (posted,) = gateway.posted
    assert posted.line == "POST /messages HTTP/1.1"
    assert posted.body == {"to": MESSAGE.to, "text": MESSAGE.text, "from": "Clinic"}
    assert posted.headers["authorization"] == "Bearer planted-token"
    assert posted.headers["content-type"] == "application/json"
    assert await load(platform, "delivered_at") is not None


async def test_a_repetition_keeps_its_key(platform: Platform, clock: TestClock) -> None:
    async with run_text_gateway(503) as gateway:
        await post(platform)
        await build_courier(platform, gateway.url).deliver_due()
        clock.advance(minutes=1)
        gateway.status = 200
        await build_courier(platform, gateway.url).deliver_due()
    first, second = (posted.headers["idempotency-key"] for posted in gateway.posted)
    assert first == second
    assert "from" not in gateway.posted[0].body
    assert await load(platform, "delivered_at") is not None


@pytest.mark.parametrize(
    ("status", "is_final"), [(422, True), (400, True), (401, False), (404, False), (429, False), (302, False)]
)
async def test_what_the_gateway_refuses_for_good_is_a_dead_letter_and_the_rest_waits(
    platform: Platform, status: int, is_final: bool
) -> None:
    async with run_text_gateway(status) as gateway:
        await post(platform)
        with structlog.testing.capture_logs() as logged:
            await build_courier(platform, gateway.url).deliver_due()
    # A redirect is not followed: the credential goes where the operator said.
    assert len(gateway.posted) == 1
    assert bool(await load(platform, "dead_at")) is is_final
    assert await load(platform, "last_error") == f"the text message gateway answered {status}"
    assert not any(word in str(logged) for word in (MESSAGE.to, "planted-token", "Grüße"))


async def test_the_operators_own_gateway_is_reached_where_developers_addresses_are_not(
    platform: Platform,
) -> None:
    public = structs.replace(platform.settings, issuer="https://health.example.org")
    assert public.outgoing_networks == "public"
    async with run_text_gateway() as gateway:
        await post(platform)
        await build_courier(platform, gateway.url, issuer=public.issuer).deliver_due()
        assert len(gateway.posted) == 1
        with pytest.raises(OutgoingError):
            await build_outgoing(public).get(gateway.url)
        assert len(gateway.posted) == 1
    assert await load(platform, "delivered_at") is not None


async def test_a_gateway_that_is_not_there_is_tried_again(platform: Platform) -> None:
    async with run_text_gateway() as gateway:
        pass
    await post(platform)
    await build_courier(platform, gateway.url).deliver_due()
    reason = await load(platform, "last_error")
    assert reason == "the text message gateway was not reached: no answer: ConnectError"
    assert await load(platform, "dead_at") is None


async def test_without_a_gateway_nothing_delivers_text_messages(platform: Platform) -> None:
    assert build_handlers(platform.settings) == {}
