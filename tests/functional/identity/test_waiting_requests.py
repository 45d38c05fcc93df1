"""How many requests of apps may wait for people who sign in."""

import asyncio
from urllib.parse import parse_qsl, urlsplit

import pytest

from borvo.assembly import Platform
from borvo.identity.service.waiting import WAITING_REQUESTS
from borvo.web.addresses import find_network
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.identity.aspnet import Handler
from tests.functional.identity.flows import CODE_FLOW, count


async def fill(platform: Platform, attempts: int) -> None:
    """So many requests of this network wait already, as far as is counted."""
    network, now = find_network("127.0.0.1"), platform.clock()
    counter = platform.identity.limiter.find_counter(WAITING_REQUESTS, network, now)
    await platform.database.pool.execute(
        "insert into attempt_counter (subject, window_start, attempts) values ($1, $2, $3)",
        counter.subject,
        counter.window,
        attempts,
    )


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_nobody_fills_the_database_with_requests_that_wait(
    handler: Handler, platform: Platform, browser: Browser, clock: TestClock, method: str
) -> None:
    await fill(platform, WAITING_REQUESTS.attempts)
    url = await handler.build_authorization_url(**CODE_FLOW)
    refused = await browser.client.request(method, url, data=dict(parse_qsl(urlsplit(url).query)))
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    assert await count(platform, "authorization_request") == 0
    clock.advance(minutes=15)
    assert (await browser.open(url)).url.path == "/account/sign-in"


async def test_of_requests_that_come_together_just_as_many_wait_as_may(
    handler: Handler, platform: Platform
) -> None:
    await fill(platform, WAITING_REQUESTS.attempts - 5)
    url = await handler.build_authorization_url(**CODE_FLOW)
    answers = await asyncio.gather(*(handler.http.get(url) for _ in range(15)))
    assert sorted(answer.status_code for answer in answers) == [303] * 5 + [429] * 10
    assert await count(platform, "authorization_request") == 5
