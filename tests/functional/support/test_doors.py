"""Nobody gets into the support console but who is support and has proved a second factor."""

from collections.abc import Iterable, Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from litestar import Litestar

from borvo.assembly import Platform, build_litestar
from borvo.support.organisation_deeds import ORGANISATION_DEEDS
from borvo.support.people import DEEDS
from borvo.support.public import add_role
from borvo.support.tenancy_deeds import TENANCY_DEEDS
from tests.functional.accounts.enrolment import add_passkey, sign_in_by_passkey
from tests.functional.browser import Browser
from tests.functional.identity.flows import execute
from tests.functional.support.console import SUE, Office, find, post

NOBODY = "0197f3a0-0000-7000-8000-000000000000"


def _list_deeds(path: str) -> Iterable[str]:
    if "{deed:str}" not in path:
        return [""]
    deeds: dict[str, Iterable[str]] = {
        "people": DEEDS,
        "tenancies": TENANCY_DEEDS,
        "organisations": ORGANISATION_DEEDS,
    }
    return deeds[path.split("/")[2]]


def list_doors(app: Litestar) -> Iterator[tuple[str, str]]:
    """Every address of the console with each of its methods; each deed is one."""
    for route in app.routes:
        if route.path == "/support" or route.path.startswith("/support/"):
            path = route.path.replace("{name:str}", NOBODY)
            for deed in _list_deeds(path):
                for method in sorted(route.methods & {"GET", "POST"}):
                    yield method, path.replace("{deed:str}", deed)


async def knock(browser: Browser, method: str, path: str) -> httpx.Response:
    if method == "POST":
        return await post(browser, path, whom=SUE, reason="to get in", id=NOBODY)
    return await browser.client.get(path)


@pytest.fixture
def doors(platform: Platform) -> list[tuple[str, str]]:
    return [*list_doors(build_litestar(platform))]


def test_the_doors_are_those_of_the_console(doors: list[tuple[str, str]]) -> None:
    assert ("GET", "/support") in doors
    assert ("POST", f"/support/people/{NOBODY}/suspension") in doors
    assert ("GET", "/support/events.jsonl") in doors
    assert len(doors) > 40


async def test_a_stranger_is_sent_to_sign_in(office: Office, doors: list[tuple[str, str]]) -> None:
    stranger = await office.open_browser()
    for door in doors:
        answer = await knock(stranger, *door)
        assert answer.status_code == 303, door
        assert answer.headers["location"].startswith("/account/sign-in"), door


async def test_no_other_role_opens_anything_with_a_second_factor_either(
    office: Office, doors: list[tuple[str, str]]
) -> None:
    browser = await office.open_browser("eve@example.org")
    for role in ("developer", "agent", "membership_manager"):
        await add_role(office.platform.accounts, "eve@example.org", role)
    await add_passkey(browser)
    for door in doors:
        answer = await knock(browser, *door)
        assert answer.status_code == 403, door
        assert "for the support team" in answer.text
    assert "/support" not in (await browser.open("/account")).text


async def test_support_without_a_second_factor_is_led_to_one_and_back(
    office: Office, doors: list[tuple[str, str]]
) -> None:
    browser = await office.open_browser(SUE)
    await add_role(office.platform.accounts, SUE, "support")
    for method, path in doors:
        answer = await knock(browser, method, path)
        target = urlsplit(answer.headers["location"])
        assert (answer.status_code, target.path) == (303, "/account/step-up"), path
        assert parse_qs(target.query)["return_to"] == [path if method == "GET" else "/support"]
    assert "What you want to open asks for a second step." in (await browser.open("/support")).text
    key = await add_passkey(browser)
    assert (await browser.open("/support")).url.path == "/support"
    # With the password alone the console stays shut, though the factor is there.
    await execute(office.platform, "update login_session set methods = '{pwd}'")
    assert (await browser.client.get("/support")).status_code == 303
    browser.client.cookies.clear()
    await sign_in_by_passkey(browser, key)
    assert (await browser.client.get("/support")).status_code == 200


async def test_who_is_suspended_or_loses_the_role_is_out_at_once(
    office: Office, sue: Browser, doors: list[tuple[str, str]]
) -> None:
    await execute(office.platform, "delete from person_role")
    assert (await sue.client.get("/support")).status_code == 403
    await execute(office.platform, "update person set suspended_at = now(), closed_at = now()")
    for door in doors:
        answer = await knock(sue, *door)
        assert answer.headers["location"].startswith("/account/sign-in"), door


async def test_no_post_works_from_a_foreign_page(sue: Browser, doors: list[tuple[str, str]]) -> None:
    for method, path in doors:
        if method == "POST":
            assert (await sue.client.post(path, data={"reason": "to get in"})).status_code == 403, path


async def test_a_person_who_was_not_looked_up_is_not_shown_and_not_touched(
    office: Office, sue: Browser
) -> None:
    await office.open_browser("ada@example.org")
    path = f"/support/people/{await office.find_id()}"
    for name in ("", *(f"/{deed}" for deed in DEEDS)):
        for answer in (await sue.client.get(path + name), await post(sue, path + name, reason="no reason")):
            if name or answer.request.method == "GET":
                assert answer.headers["location"].startswith("/support?person="), name
    assert (await find(sue)).url.path == path
    assert (await sue.client.get(path)).status_code == 200
