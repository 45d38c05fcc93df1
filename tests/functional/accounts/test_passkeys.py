"""Passkeys, answered by an authenticator in software: what is wrong with an answer gets nobody in."""

import json
import secrets

import httpx
import pytest

from borvo.assembly import Platform
from tests.functional.accounts.authenticator import (
    MAY_BE_COPIED,
    PRESENT,
    VERIFIED,
    Authenticator,
    read_options,
)
from tests.functional.accounts.enrolment import (
    FACTORS,
    SECOND_STEP,
    add_passkey,
    is_signed_in,
    make_codes,
    open_passkeys,
    read_mails,
    sign_in_by_passkey,
)
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.identity.flows import ADA, count, execute

BY_PASSKEY = "/account/sign-in/passkey"
SECOND_PASSKEY = "/account/sign-in/second-passkey"


async def test_a_passkey_signs_in_without_a_password(
    platform: Platform, browser: Browser, ada: Browser
) -> None:
    key = await add_passkey(ada)
    browser.client.cookies.clear()
    page = await sign_in_by_passkey(browser, key)
    assert page.url.path == "/account"
    assert "A way to sign in was added to your account" in await read_mails(platform)
    methods = await platform.database.pool.fetchval(
        "select methods from login_session where methods[1] <> 'pwd'"
    )
    assert methods == ["hwk", "user", "mfa"]


async def test_a_passkey_is_the_second_step_after_a_password(browser: Browser, ada: Browser) -> None:
    key = await add_passkey(ada)
    browser.client.cookies.clear()
    page = await browser.sign_in(ADA)
    assert page.url.path == SECOND_STEP
    assert not await is_signed_in(browser)
    options = read_options(page.text)
    assert len(options["allowCredentials"]) == 1
    answer = key.get(options)
    page = await browser.submit(page, SECOND_PASSKEY, credential=answer)
    assert page.url.path == "/account"


async def test_another_persons_passkey_is_no_second_step(browser: Browser, ada: Browser) -> None:
    await add_passkey(ada)
    browser.client.cookies.clear()
    await browser.sign_up("bob@example.org")
    theirs = await add_passkey(browser)
    browser.client.cookies.clear()
    page = await browser.sign_in(ADA)
    answer = theirs.get(read_options(page.text))
    page = await browser.submit(page, SECOND_PASSKEY, credential=answer)
    assert page.status_code == 400
    assert not await is_signed_in(browser)


@pytest.mark.parametrize(
    "change",
    [{"origin": "https://evil.example"}, {"relying_party": "evil.example"}, {"flags": PRESENT}],
)
async def test_a_passkey_that_is_not_right_is_not_kept(
    platform: Platform, ada: Browser, change: dict[str, object]
) -> None:
    key = Authenticator(**change)  # type: ignore[arg-type]
    page = await open_passkeys(ada)
    credential = key.create(read_options(page.text))
    answer = await ada.submit(page, f"{FACTORS}/passkeys", name="Phone", credential=credential)
    assert answer.status_code == 400
    assert await count(platform, "person_passkey") == 0


@pytest.mark.spec("WebAuthn", "7.1")
@pytest.mark.parametrize(("size", "status"), [(1023, 200), (1024, 400), (4000, 400)])
async def test_a_name_of_a_passkey_is_not_too_long(ada: Browser, size: int, status: int) -> None:
    key = Authenticator(credential_id=secrets.token_bytes(size))
    page = await open_passkeys(ada)
    credential = key.create(read_options(page.text))
    answer = await ada.submit(page, f"{FACTORS}/passkeys", name="Phone", credential=credential)
    assert answer.status_code == status


async def test_ways_to_a_passkey_are_kept_once_each(platform: Platform, ada: Browser) -> None:
    page = await open_passkeys(ada)
    answer = json.loads(Authenticator().create(read_options(page.text)))
    answer["response"]["transports"] = ["usb", "nfc"] * 500
    await ada.submit(page, f"{FACTORS}/passkeys", name="Phone", credential=json.dumps(answer))
    assert await platform.database.pool.fetchval("select transports from person_passkey") == ["usb", "nfc"]


@pytest.mark.parametrize("return_to", ["https://evil.example/", "//evil.example", "/\\evil.example"])
async def test_the_way_on_never_leaves_the_origin(browser: Browser, ada: Browser, return_to: str) -> None:
    key = await add_passkey(ada)
    browser.client.cookies.clear()
    page = await browser.open("/account/sign-in")
    answer = key.get(read_options(page.text))
    page = await browser.submit(page, BY_PASSKEY, credential=answer, return_to=return_to)
    assert page.url.path == "/account"
    browser.client.cookies.clear()
    page = await browser.open("/account/sign-in")
    fields = {"email": ADA, "password": "correct horse pony", "return_to": return_to}
    page = await browser.submit(page, "/account/sign-in", **fields)
    answer = key.get(read_options(page.text))
    assert (await browser.submit(page, SECOND_PASSKEY, credential=answer)).url.path == "/account"


async def test_two_devices_and_one_of_them_lost(
    platform: Platform, browser: Browser, ada: Browser, clock: TestClock
) -> None:
    phone = await add_passkey(ada, "Phone", Authenticator(flags=PRESENT | VERIFIED | MAY_BE_COPIED))
    clock.advance(seconds=1)
    laptop = await add_passkey(ada, "Laptop")
    page = await ada.open(FACTORS)
    assert "Phone" in page.text
    assert "On several devices" in page.text
    browser.client.cookies.clear()
    await sign_in_by_passkey(browser, laptop)
    page = await browser.open(FACTORS)
    # The first form of the list is that of the phone, which was added first.
    await browser.submit(page, f"{FACTORS}/passkeys/remove")
    assert await platform.database.pool.fetchval("select name from person_passkey") == "Laptop"
    browser.client.cookies.clear()
    assert (await sign_in_by_passkey(browser, phone)).status_code == 400
    assert (await sign_in_by_passkey(browser, laptop)).url.path == "/account"


async def test_who_lost_her_only_device_comes_in_by_a_recovery_code(browser: Browser, ada: Browser) -> None:
    await add_passkey(ada)
    codes = await make_codes(ada)
    browser.client.cookies.clear()
    page = await browser.submit(await browser.sign_in(ADA), SECOND_STEP, code=codes[3])
    assert page.url.path == "/account"
    await browser.submit(await browser.open(FACTORS), f"{FACTORS}/passkeys/remove")
    browser.client.cookies.clear()
    assert (await browser.sign_in(ADA)).url.path == "/account"


async def test_nobody_removes_the_passkey_of_another(
    platform: Platform, browser: Browser, ada: Browser
) -> None:
    key = await add_passkey(ada)
    browser.client.cookies.clear()
    await browser.sign_up("bob@example.org")
    await add_passkey(browser)
    page = await browser.open(FACTORS)
    name = json.loads(key.get({"challenge": "AA"}))["id"]
    await browser.submit(page, f"{FACTORS}/passkeys/remove", credential=name)
    assert await count(platform, "person_passkey") == 2


async def test_a_person_has_twenty_passkeys_at_most(platform: Platform, ada: Browser) -> None:
    await add_passkey(ada)
    await execute(
        platform,
        """insert into person_passkey
           select person_id, n::text::bytea, name, public_key, sign_count, is_synced, transports, created_at, null
           from person_passkey, generate_series(1, 19) n""",
    )
    page = await open_passkeys(ada)
    answer = Authenticator().create(read_options(page.text))
    refused = await ada.submit(page, f"{FACTORS}/passkeys", name="One more", credential=answer)
    assert refused.status_code == 400
    assert await count(platform, "person_passkey") == 20


async def test_a_passkey_of_a_closed_account_opens_nothing(
    platform: Platform, browser: Browser, ada: Browser
) -> None:
    key = await add_passkey(ada)
    browser.client.cookies.clear()
    await execute(platform, "update person set closed_at = $1", platform.clock())
    assert (await sign_in_by_passkey(browser, key)).status_code == 400


async def test_showing_the_sign_in_page_writes_nothing(platform: Platform, http: httpx.AsyncClient) -> None:
    for _ in range(3):
        await http.get("/account/sign-in")
    assert await count(platform, "spent_challenge") == await count(platform, "half_login") == 0
