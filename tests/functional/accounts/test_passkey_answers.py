"""What is wrong with an answer of a passkey gets nobody in, and each answer is good for once."""

import asyncio

import pytest

from borvo.accounts.factors import second_step
from borvo.accounts.factors.store import note_use
from borvo.accounts.limits import Limit
from borvo.assembly import Platform
from borvo.storage.security_events.model import INSTANCE
from tests.functional.accounts.authenticator import (
    PRESENT,
    VERIFIED,
    Authenticator,
    read_options,
)
from tests.functional.accounts.enrolment import (
    FACTORS,
    add_passkey,
    come_half,
    is_signed_in,
    open_passkeys,
    read_mails,
    sign_in_by_passkey,
)
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.identity.flows import count

BY_PASSKEY = "/account/sign-in/passkey"
SECOND_PASSKEY = "/account/sign-in/second-passkey"


@pytest.mark.parametrize(
    "change",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://localhost:9000"},
        {"relying_party": "evil.example"},
        {"flags": PRESENT},
        {"flags": VERIFIED},
        {"user": b"x" * 16},
        {"user": b""},
        {"credential_id": b"y" * 32},
        {"key": Authenticator().key},
    ],
)
async def test_an_answer_that_is_not_right_gets_nobody_in(
    browser: Browser, ada: Browser, change: dict[str, object]
) -> None:
    key = await add_passkey(ada)
    browser.client.cookies.clear()
    for name, value in change.items():
        setattr(key, name, value)
    answer = await sign_in_by_passkey(browser, key)
    assert answer.status_code == 400
    assert not await is_signed_in(browser)


REFUSED = "select array_agg(person_id) from security_event where kind = 'passkey_refused'"


@pytest.mark.parametrize(
    ("change", "is_hers"), [({"key": Authenticator().key}, True), ({"credential_id": b"y" * 32}, False)]
)
async def test_a_passkey_that_is_refused_is_written_down_where_it_belongs(
    platform: Platform, browser: Browser, ada: Browser, change: dict[str, object], *, is_hers: bool
) -> None:
    """In her log for one of hers, and for one that nobody has in that of the instance: no stranger fills hers up."""
    key = await add_passkey(ada)
    browser.client.cookies.clear()
    for name, value in change.items():
        setattr(key, name, value)
    await sign_in_by_passkey(browser, key)
    owner = await platform.database.pool.fetchval("select id from person")
    assert await platform.database.pool.fetchval(REFUSED) == [owner if is_hers else INSTANCE]


async def test_what_only_came_too_late_is_no_alarm(
    platform: Platform, browser: Browser, ada: Browser, clock: TestClock
) -> None:
    key = await add_passkey(ada)
    browser.client.cookies.clear()
    page = await browser.open("/account/sign-in")
    clock.advance(minutes=10)
    await browser.submit(page, BY_PASSKEY, credential=key.get(read_options(page.text)))
    assert await platform.database.pool.fetchval(REFUSED) is None


async def test_answers_of_a_second_passkey_are_bounded(
    platform: Platform, browser: Browser, ada: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each that is not right is written down."""
    key = await add_passkey(ada)
    key.key = Authenticator().key
    page = await come_half(browser)
    # What strangers of her network do with passkeys of theirs keeps nobody from a second step.
    monkeypatch.setattr(second_step, "PASSKEY_BY_ADDRESS", Limit("passkey-address", 0))
    monkeypatch.setattr(second_step, "PASSKEY_BY_PERSON", Limit("passkey-person", 2))
    statuses = []
    for _ in range(3):
        page = await browser.submit(page, SECOND_PASSKEY, credential=key.get(read_options(page.text)))
        statuses.append(page.status_code)
    assert statuses == [400, 400, 429]
    assert len(await platform.database.pool.fetchval(REFUSED)) == 2


HOSTILE = [
    "",
    "x",
    "[]",
    "{}",
    "1",
    '"x"',
    "[" * 5000,
    '{"id":"AA","rawId":"AA","type":"public-key","response":{}}',
    '{"id":1,"rawId":[],"type":{},"response":1}',
    (
        '{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"AA","authenticatorData":"AA",'
        '"signature":"AA","attestationObject":"AA","userHandle":"AAAAAAAAAAAAAAAAAAAAAA"}}'
    ),
    "\ud7ff" * 100,
    "9" * 100_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
async def test_a_hostile_answer_is_a_fault_and_never_an_internal_error(ada: Browser, text: str) -> None:
    page = await open_passkeys(ada)
    answer = await ada.submit(page, f"{FACTORS}/passkeys", name="Phone", credential=text)
    assert answer.status_code == 400
    page = await ada.open("/account/sign-in")
    assert (await ada.submit(page, BY_PASSKEY, credential=text)).status_code == 400


async def test_an_answer_works_once(browser: Browser, ada: Browser) -> None:
    key = await add_passkey(ada)
    browser.client.cookies.clear()
    page = await browser.open("/account/sign-in")
    answer = key.get(read_options(page.text))
    cookie = browser.client.cookies["borvo_passkey"]
    assert (await browser.submit(page, BY_PASSKEY, credential=answer)).url.path == "/account"
    browser.client.cookies.set("borvo_passkey", cookie, domain="localhost.local")
    assert (await browser.submit(page, BY_PASSKEY, credential=answer)).status_code == 400


async def test_of_many_that_bring_one_answer_at_once_one_gets_in(
    platform: Platform, browser: Browser, ada: Browser
) -> None:
    key = await add_passkey(ada)
    browser.client.cookies.clear()
    before = await count(platform, "login_session")
    page = await browser.open("/account/sign-in")
    answer = key.get(read_options(page.text))
    token = page.text.split('name="_csrf_token" value="')[1].split('"')[0]
    header = "; ".join(f"{name}={value}" for name, value in browser.client.cookies.items())
    browser.client.cookies.clear()
    data = {"_csrf_token": token, "credential": answer}
    answers = await asyncio.gather(
        *(browser.client.post(BY_PASSKEY, data=data, headers={"cookie": header}) for _ in range(5))
    )
    assert sorted(each.status_code for each in answers) == [303, 400, 400, 400, 400]
    assert await count(platform, "login_session") == before + 1


async def test_an_answer_is_bound_to_the_browser_that_was_asked(browser: Browser, ada: Browser) -> None:
    key = await add_passkey(ada)
    browser.client.cookies.clear()
    phished = key.get(read_options((await browser.open("/account/sign-in")).text))
    browser.client.cookies.clear()
    page = await browser.open("/account/sign-in")
    assert (await browser.submit(page, BY_PASSKEY, credential=phished)).status_code == 400
    browser.client.cookies.delete("borvo_passkey")
    assert (await browser.submit(page, BY_PASSKEY, credential=phished)).status_code == 400


async def test_an_answer_comes_within_ten_minutes(browser: Browser, ada: Browser, clock: TestClock) -> None:
    key = await add_passkey(ada)
    browser.client.cookies.clear()
    page = await browser.open("/account/sign-in")
    clock.advance(minutes=10)
    answer = await browser.submit(page, BY_PASSKEY, credential=key.get(read_options(page.text)))
    assert answer.status_code == 400
    assert (await sign_in_by_passkey(browser, key)).url.path == "/account"


@pytest.mark.spec("WebAuthn", "7.2")
async def test_a_count_that_goes_back_is_refused_and_written_down(
    platform: Platform, browser: Browser, ada: Browser
) -> None:
    key = await add_passkey(ada, key=Authenticator(count=5))
    browser.client.cookies.clear()
    for count_now in (5, 4, 0):
        key.count = count_now
        assert (await sign_in_by_passkey(browser, key)).status_code == 400
    kinds = "select count(*) from security_event where kind = 'passkey_count_went_back'"
    assert await platform.database.pool.fetchval(kinds) == 3
    assert "A passkey of yours was refused" in await read_mails(platform)
    key.count = 6
    assert (await sign_in_by_passkey(browser, key)).url.path == "/account"
    # Nor may one that was looked at before a higher count came set it back.
    owner = await platform.database.pool.fetchval("select person_id from person_passkey")
    async with platform.database.connection() as connection:
        late = await note_use(connection, owner, key.credential_id, 6, platform.clock())
    assert not late


async def test_an_answer_that_is_sent_twice_is_no_copy_of_the_passkey(
    platform: Platform, browser: Browser, ada: Browser
) -> None:
    key = await add_passkey(ada, key=Authenticator(count=5))
    browser.client.cookies.clear()
    page = await browser.open("/account/sign-in")
    key.count = 6
    answer, cookie = key.get(read_options(page.text)), browser.client.cookies["borvo_passkey"]
    assert (await browser.submit(page, BY_PASSKEY, credential=answer)).url.path == "/account"
    browser.client.cookies.set("borvo_passkey", cookie, domain="localhost.local")
    assert (await browser.submit(page, BY_PASSKEY, credential=answer)).status_code == 400
    kinds = "select count(*) from security_event where kind = 'passkey_count_went_back'"
    assert await platform.database.pool.fetchval(kinds) == 0
