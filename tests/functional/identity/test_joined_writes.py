"""What is written for many at once by one statement: every one-time thing is still used once, whoever is quicker."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import httpx
import pytest

from borvo.accounts.public import find_login
from borvo.assembly import Platform, build_platform
from borvo.identity.family_store import FamilyName, Redemption, Rotation
from borvo.identity.responses import AuthorizationResponse
from borvo.identity.service import effects
from borvo.identity.service.authorization import resume
from borvo.identity.service.collaborators import Identity
from borvo.identity.service.waiting import AuthorizationRefusedError
from borvo.identity.tokens import OpaqueIssue
from borvo.kernel.digests import digest_token
from borvo.kernel.ids import PersonId
from borvo.settings import Settings
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock, reuse_key
from tests.functional.identity.arrivals import CONTINUE, WAITING, read_return
from tests.functional.identity.aspnet import Handler
from tests.functional.identity.flows import (
    CODE_FLOW,
    LASTING,
    count,
    obtain_code,
    obtain_lasting,
    register_lasting,
)


@pytest.fixture
async def twin(platform: Platform, settings: Settings, clock: TestClock) -> AsyncIterator[Platform]:
    """Another process on the same database."""
    built = build_platform(settings, clock=clock, passwords=platform.accounts.passwords, generate=reuse_key)
    await built.database.open()
    yield built
    await built.database.close()


def _issue(identity: Identity, person_id: PersonId) -> OpaqueIssue:
    claims = {"exp": int(identity.clock().timestamp()) + 60}
    return OpaqueIssue.create(person_id, claims, identity.entropy, identity.aliases)


def _redeem(identity: Identity, code: str) -> Redemption:
    person_id = PersonId(identity.aliases.parse_token(code) or pytest.fail("no code of ours"))
    now, issue = identity.clock(), _issue(identity, person_id)
    return Redemption(person_id, digest_token(code), "id", now + timedelta(hours=1), None, issue, now)


async def test_a_code_is_redeemed_once_among_all_that_come_together_at_two_workers(
    platform: Platform, twin: Platform, http: httpx.AsyncClient, ada: Browser
) -> None:
    handler = await register_lasting(platform, http)
    codes = [await obtain_code(handler, ada, scope=LASTING) for _ in range(4)]
    here = [platform.identity.redemptions.find(_redeem(platform.identity, code)) for code in codes * 3]
    there = [twin.identity.redemptions.find(_redeem(twin.identity, code)) for code in reversed(codes * 3)]
    assert sorted(map(bool, await asyncio.gather(*here, *there))) == [False] * 20 + [True] * 4
    # Of those that lost, nothing is kept.
    assert await count(platform, "access_token") == 4


async def _rotate(identity: Identity, token: str) -> Rotation:
    names = identity.refresh.parse(token)
    assert names is not None
    family = await identity.families.find(FamilyName(*names))
    assert family is not None
    now, issue = identity.clock(), _issue(identity, family.person.id)
    new = digest_token(issue.text)
    return Rotation(family, digest_token(token), new, now + timedelta(days=1), issue, None, now)


async def test_a_refresh_token_is_replaced_once_among_all_that_come_together_at_two_workers(
    platform: Platform, twin: Platform, http: httpx.AsyncClient, ada: Browser
) -> None:
    handler = await register_lasting(platform, http)
    tokens = [(await obtain_lasting(handler, ada))["refresh_token"] for _ in range(4)]
    here = [await _rotate(platform.identity, token) for token in tokens * 3]
    there = [await _rotate(twin.identity, token) for token in reversed(tokens * 3)]
    done = await asyncio.gather(
        *map(platform.identity.rotations.find, here), *map(twin.identity.rotations.find, there)
    )
    won = [rotation for rotation, is_done in zip(here + there, done, strict=True) if is_done]
    assert len(won) == 4
    assert await count(platform, "access_token") == 4
    # What is kept of each family is what its winner was told.
    for rotation in won:
        kept = await twin.identity.families.find(FamilyName(rotation.family.person.id, rotation.family.id))
        assert kept is not None
        assert kept.current_digest == rotation.new


async def _let_wait(handler: Handler) -> str:
    """The id of a request that waits for whoever signs in."""
    answer = await handler.http.get(
        await handler.build_authorization_url(scope=LASTING, **CODE_FLOW, **WAITING)
    )
    return read_return(answer).removeprefix(CONTINUE)


async def test_a_request_that_waited_is_answered_once_among_all_who_come_together_at_two_workers(
    platform: Platform, twin: Platform, http: httpx.AsyncClient, ada: Browser
) -> None:
    handler = await register_lasting(platform, http)
    await obtain_code(handler, ada, scope=LASTING)
    login = await find_login(platform.accounts, ada.client.cookies["borvo_session"])
    waiting = [await _let_wait(handler) for _ in range(4)]
    before = await count(platform, "authorization_code")
    here = [resume(platform.identity, each, login) for each in waiting * 3]
    there = [resume(twin.identity, each, login) for each in reversed(waiting * 3)]
    done = await asyncio.gather(*here, *there, return_exceptions=True)
    assert sum(isinstance(each, AuthorizationResponse) for each in done) == 4
    assert sum(isinstance(each, AuthorizationRefusedError) for each in done) == 20
    assert await count(platform, "authorization_code") == before + 4
    assert await count(platform, "authorization_request") == 0


async def test_a_request_without_an_answer_that_could_be_kept_goes_on_waiting(
    platform: Platform, http: httpx.AsyncClient, ada: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The code and the end of the request are one statement."""
    handler = await register_lasting(platform, http)
    code = await obtain_code(handler, ada, scope=LASTING)
    login = await find_login(platform.accounts, ada.client.cookies["borvo_session"])
    waiting = await _let_wait(handler)
    with monkeypatch.context() as patch:
        patch.setattr(effects, "digest_token", lambda text: digest_token(text if text == waiting else code))
        with pytest.raises(asyncpg.UniqueViolationError):
            await resume(platform.identity, waiting, login)
    assert isinstance(await resume(platform.identity, waiting, login), AuthorizationResponse)
