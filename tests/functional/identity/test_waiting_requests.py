"""Requests of apps that wait for people who sign in: how many may, and what is found with each."""

import asyncio
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from borvo.accounts.public import find_person
from borvo.assembly import Platform
from borvo.identity.consent_store import Party
from borvo.identity.model import Parameters
from borvo.identity.request_store import insert_request, load_waiting
from borvo.identity.service.waiting import WAITING_REQUESTS
from borvo.kernel.digests import digest_token
from borvo.portal.public import load_client
from borvo.web.addresses import find_network
from tests.factories.clients import MYBP_SCOPES
from tests.functional.browser import Browser, asks_to_sign_in
from tests.functional.conftest import TestClock
from tests.functional.identity.arrivals import BOB, WAITING, enter
from tests.functional.identity.aspnet import Handler, read_redirect
from tests.functional.identity.flows import ADA, CODE_FLOW, count, fetch_value, obtain_code


async def fill(platform: Platform, attempts: int) -> None:
    """So many requests of this network wait already, as far as is counted."""
    network, now = find_network("127.0.0.1"), platform.clock()
    counter = platform.identity.limiter.find_counter(WAITING_REQUESTS, network, now)
    await platform.database.pool.execute(
        """insert into attempt_counter (subject, window_start, attempts) values ($1, $2, $3)
           on conflict (subject, window_start) do update set attempts = excluded.attempts""",
        counter.subject,
        counter.window,
        attempts,
    )


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_nobody_fills_the_database_with_requests_that_wait(
    handler: Handler, platform: Platform, browser: Browser, clock: TestClock, method: str
) -> None:
    await fill(platform, WAITING_REQUESTS.attempts)
    url = await handler.build_authorization_url(**CODE_FLOW, **WAITING)
    refused = await browser.client.request(method, url, data=dict(parse_qsl(urlsplit(url).query)))
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    assert await count(platform, "authorization_request") == 0
    clock.advance(minutes=15)
    assert asks_to_sign_in(await browser.open(url))


async def test_of_requests_that_come_together_just_as_many_wait_as_may(
    handler: Handler, platform: Platform
) -> None:
    await fill(platform, WAITING_REQUESTS.attempts - 5)
    url = await handler.build_authorization_url(**CODE_FLOW, **WAITING)
    answers = await asyncio.gather(*(handler.http.get(url) for _ in range(15)))
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [429] * 10
    assert await count(platform, "authorization_request") == 5


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_state_of_4_kb_comes_back_after_the_sign_in(
    app: Handler, known: Browser, method: str
) -> None:
    """Contract 1.3."""
    state = "s+/=&" * 820
    url = await app.build_authorization_url(**CODE_FLOW, state=state)
    if method == "POST":
        posted = await known.client.post(urlsplit(url).path, data=dict(parse_qsl(urlsplit(url).query)))
        url = posted.headers["location"]
    assert read_redirect(await enter(known, await known.open(url)))["state"] == state


@pytest.mark.parametrize(
    "pairs",
    [
        [("client_id", "demo.mybp")],
        [("scope", "client_id"), ("client_id", ""), ("state", "demo.other"), ("client_id", "demo.mybp")],
        [("client_id", "demo.mybp"), ("client_id", "demo.other")],
        [("client_id", "demo.other")],
        [("client_id", "démo.mybp")],
        [("client_id", 'demo.mybp" || true')],
        [("client_id", "")],
        [("redirect_uri", "demo.mybp")],
        [],
    ],
)
async def test_a_request_waits_with_the_client_that_it_names_first(
    handler: Handler, platform: Platform, pairs: list[tuple[str, str]]
) -> None:
    parameters, now = Parameters(tuple(pairs)), platform.clock()
    identity, digest = platform.identity, digest_token("x")
    counter = identity.limiter.find_counter(WAITING_REQUESTS, "", now)
    async with platform.database.connection() as connection:
        await insert_request(connection, digest, parameters, now, now + timedelta(minutes=1), counter, 9)
        found = await load_waiting(connection, digest, now, None)
        assert found is not None
        named = await load_client(connection, parameters.get("client_id") or "")
    assert (found.parameters, found.party) == (parameters, Party(named, None) if named else None)
    assert (named is not None) == (parameters.get("client_id") == handler.client_id)


async def test_a_request_waits_with_what_this_person_allows_its_client(
    handler: Handler, platform: Platform, ada: Browser
) -> None:
    await obtain_code(handler, ada)
    await ada.sign_up(BOB)
    await ada.open(await handler.build_authorization_url(**CODE_FLOW))
    digest = await fetch_value(platform, "select id_digest from authorization_request")
    async with platform.database.connection() as connection:
        people = [await find_person(connection, email) for email in (ADA, BOB)]
        found = [
            await load_waiting(connection, digest, platform.clock(), person.id if person else None)
            for person in (*people, None)
        ]
    consents = [each.party.consent if each and each.party else None for each in found]
    assert [consent is not None and consent.covers(MYBP_SCOPES) for consent in consents] == [
        True,
        False,
        False,
    ]
