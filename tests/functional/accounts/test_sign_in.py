"""Signing up, in and out."""

import re
from contextlib import suppress

import httpx
import pytest

from borvo.accounts.public import Registration, create_person
from borvo.accounts.service import sign_in
from borvo.assembly import Platform
from borvo.kernel.errors import TooManyRequestsError
from tests.functional.accounts.counting import come_in
from tests.functional.browser import Browser, read_forms
from tests.functional.conftest import TestClock
from tests.functional.identity.flows import ADA, execute
from tests.functional.mails import find_link

PASSWORD = "correct horse pony"
WRONG = "wrong horse pony"


async def _is_signed_in(browser: Browser) -> bool:
    return (await browser.client.get("/account")).status_code == 200


async def test_a_person_signs_up_out_and_in_again(browser: Browser) -> None:
    page = await browser.sign_up(ADA)
    assert page.url.path == "/account"
    await browser.submit(page, "/account/sign-out")
    assert not await _is_signed_in(browser)
    assert (await browser.sign_in("  ADA@Example.org ", PASSWORD)).url.path == "/account"


async def test_a_wrong_password_and_an_unknown_address_are_answered_alike(browser: Browser) -> None:
    await browser.sign_up(ADA)
    browser.client.cookies.clear()
    known, unknown = await browser.sign_in(ADA, WRONG), await browser.sign_in("eve@example.org", WRONG)
    assert known.status_code == unknown.status_code == 400
    assert _normalize(known, ADA) == _normalize(unknown, "eve@example.org")


def _normalize(page: httpx.Response, email: str) -> str:
    text = re.sub(r"challenge&#34;: &#34;[\w-]{43}", "", page.text.replace(email, ""))
    for form in read_forms(page.text):
        for value in form.values("_csrf_token"):
            text = text.replace(value, "")
    return text


async def test_an_unknown_address_costs_a_hash_as_a_known_one_does(
    browser: Browser, verified_here: list[str]
) -> None:
    await browser.sign_up(ADA)
    verified_here.clear()
    for email in (ADA, "eve@example.org"):
        await browser.sign_in(email, WRONG)
    assert verified_here == [WRONG, WRONG]


async def test_what_was_typed_is_kept_but_never_the_password(browser: Browser) -> None:
    page = await browser.open("/account/sign-in?return_to=/portal")
    page = await browser.submit(page, "/account/sign-in", email="eve@example.org", password=WRONG)
    form = next(form for form in read_forms(page.text) if form.action == "/account/sign-in")
    assert form.values("email") == ["eve@example.org"]
    assert form.values("return_to") == ["/portal"]
    assert WRONG not in page.text


@pytest.mark.parametrize(
    "return_to",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "\t//evil.example",
        "javascript:alert(1)",
        "/\x00",
        "///evil.example",
        "evil.example",
        " //evil.example",
        "/\u2028/evil.example",
    ],
)
async def test_the_way_back_never_leaves_the_origin(browser: Browser, return_to: str) -> None:
    await browser.sign_up(ADA)
    page = await browser.open("/account/sign-in")
    form = next(form for form in read_forms(page.text) if form.action == "/account/sign-in")
    data = {**dict(form.fields), "email": ADA, "password": PASSWORD, "return_to": return_to}
    answer = await browser.client.post("/account/sign-in", data=data)
    assert answer.headers.get("location", "/account") == "/account"
    shown = await browser.client.get("/account/sign-in", params={"return_to": return_to})
    assert "evil.example" not in shown.text


@pytest.mark.parametrize(
    "path", ["/%5cevil.example", "/%2f%2fevil.example", "/.//evil.example", "/@evil.example"]
)
async def test_a_local_path_stays_one_whatever_is_encoded_in_it(browser: Browser, path: str) -> None:
    await browser.sign_up(ADA)
    page = await browser.open("/account/sign-in")
    form = next(form for form in read_forms(page.text) if form.action == "/account/sign-in")
    data = {**dict(form.fields), "email": ADA, "password": PASSWORD, "return_to": path}
    location = (await browser.client.post("/account/sign-in", data=data)).headers["location"]
    assert httpx.URL("http://localhost:8000/").join(location).host == "localhost"


async def test_ten_wrong_passwords_hold_up_their_network_and_no_other_account(
    browser: Browser, clock: TestClock
) -> None:
    await browser.sign_up(ADA)
    await browser.sign_up("bob@example.org")
    for _ in range(10):
        assert (await browser.sign_in(ADA, WRONG)).status_code == 400
    held_up = await browser.sign_in(ADA, PASSWORD)
    assert held_up.status_code == 429
    assert int(held_up.headers["retry-after"]) > 0
    assert "try again in" in held_up.text
    assert (await browser.sign_in("bob@example.org", PASSWORD)).status_code == 200
    clock.advance(minutes=16)
    assert (await browser.sign_in(ADA, PASSWORD)).url.path == "/account"


async def test_a_stranger_elsewhere_cannot_lock_a_person_out(platform: Platform) -> None:

    await create_person(platform.accounts, Registration(ADA, "Ada", "Byron", PASSWORD))
    for _ in range(10):
        assert await sign_in(platform.accounts, ADA, WRONG, "2001:db8::1") is None
    with pytest.raises(TooManyRequestsError):
        await sign_in(platform.accounts, ADA, PASSWORD, "2001:db8::ffff:1")
    assert await sign_in(platform.accounts, ADA, PASSWORD, "192.0.2.7") is not None


async def test_one_address_cannot_try_one_password_on_everybody(platform: Platform) -> None:

    for number in range(100):
        await sign_in(platform.accounts, f"p{number}@example.org", WRONG, "192.0.2.7")
    with pytest.raises(TooManyRequestsError):
        await sign_in(platform.accounts, "last@example.org", WRONG, "192.0.2.7")


async def test_a_whole_hospital_signs_in_from_one_address(platform: Platform) -> None:

    await create_person(platform.accounts, Registration(ADA, "Ada", "Byron", PASSWORD))
    for _ in range(120):
        assert await come_in(platform) is not None


async def test_the_counters_hold_no_address_in_the_clear(browser: Browser, platform: Platform) -> None:
    await browser.sign_in(ADA, WRONG)
    async with platform.database.connection() as connection:
        dump = await connection.fetchval("select json_agg(a)::text from attempt_counter a")
    assert ADA not in dump
    assert ADA.encode().hex() not in dump


@pytest.mark.parametrize("email", ["\x00a@b.co", "é" * 5000, "%00", "a@b\ud7ff.co", "' or 1=1 --"])
async def test_a_hostile_address_is_a_fault_and_never_an_internal_error(browser: Browser, email: str) -> None:
    for path in ("/account/sign-in", "/account/sign-up"):
        page = await browser.open(path)
        answer = await browser.submit(page, path, email=email, password=PASSWORD)
        assert answer.status_code == 400


async def test_a_closed_account_cannot_sign_in_and_its_sessions_end(
    browser: Browser, platform: Platform
) -> None:
    await browser.sign_up(ADA)
    await execute(platform, "update person set closed_at = $1", platform.clock())
    assert not await _is_signed_in(browser)
    assert (await browser.sign_in(ADA, PASSWORD)).status_code == 400


async def test_in_her_own_browser_strangers_cannot_lock_a_person_out(
    browser: Browser, platform: Platform
) -> None:
    await browser.sign_up(ADA)
    for number in range(101):
        with suppress(TooManyRequestsError):
            await sign_in(platform.accounts, ADA, WRONG, f"192.0.2.{number}")
    known = browser.client.cookies["borvo_known"]
    browser.client.cookies.clear()
    elsewhere = await browser.sign_in(ADA, PASSWORD)
    assert elsewhere.status_code == 429
    assert "/account/reset" in elsewhere.text
    browser.client.cookies.set("borvo_known", known, domain="localhost.local")
    assert (await browser.sign_in(ADA, PASSWORD)).url.path == "/account"


async def test_a_browser_that_knows_her_is_no_place_to_guess_either(browser: Browser) -> None:
    await browser.sign_up(ADA)
    for _ in range(10):
        assert (await browser.sign_in(ADA, WRONG)).status_code == 400
    assert (await browser.sign_in(ADA, PASSWORD)).status_code == 429


async def test_a_cookie_of_ones_own_is_worth_nothing_against_another(
    browser: Browser, platform: Platform
) -> None:
    await create_person(platform.accounts, Registration(ADA, "Ada", "Byron", PASSWORD))
    await browser.sign_up("eve@example.org")
    for _ in range(10):
        await browser.sign_in(ADA, WRONG)
    assert (await browser.sign_in(ADA, PASSWORD)).status_code == 429


async def test_after_a_new_password_by_mail_she_signs_in_whatever_others_try(
    browser: Browser, platform: Platform
) -> None:
    await create_person(platform.accounts, Registration(ADA, "Ada", "Byron", PASSWORD))
    for number in range(101):
        with suppress(TooManyRequestsError):
            await sign_in(platform.accounts, ADA, WRONG, f"192.0.2.{number}")
    await browser.submit(await browser.open("/account/reset"), "/account/reset", email=ADA)
    page = await browser.open(await find_link(platform, ADA))
    page = await browser.submit(page, "/account/reset/", password="another tiger lamp")
    assert (await browser.sign_in(ADA, "another tiger lamp")).url.path == "/account"


async def test_the_database_holds_no_password(platform: Platform, browser: Browser) -> None:
    await browser.sign_up("ada@example.org", password="correct horse pony")
    async with platform.database.connection() as connection:
        rows = await connection.fetch("select digest, p::text as whole from person_password p")
    assert [row["digest"].split("$")[1] for row in rows] == ["argon2id"]
    assert "horse" not in rows[0]["whole"]
