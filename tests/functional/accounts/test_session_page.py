"""The list of devices, and signing out on them."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import httpx
import pytest

from borvo.accounts.public import end_session, end_sessions, sign_out_everywhere
from borvo.accounts.service import find_login
from borvo.assembly import Platform
from borvo.kernel.ids import LoginSessionId, PersonId
from borvo.storage.database import Connection
from tests.functional.accounts.enrolment import is_signed_in
from tests.functional.application import build_app_for
from tests.functional.browser import Browser, read_forms
from tests.functional.conftest import ISSUER, TestClock
from tests.functional.identity.flows import ADA

PATH = "/account/sessions"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:128.0) Gecko/20100101 Firefox/128.0"


class Listener:
    """Remembers which sessions it was told of."""

    def __init__(self) -> None:
        self.told: list[tuple[PersonId, LoginSessionId]] = []
        self.is_broken = False

    async def __call__(
        self, connection: Connection, person_id: PersonId, ended: Sequence[LoginSessionId]
    ) -> None:
        if self.is_broken:
            raise RuntimeError("cannot tell")
        rows = await connection.fetch(
            "select id from login_session where person_id = $1 and ended_at is not null", person_id
        )
        assert set(ended) <= {row["id"] for row in rows}, "told in the transaction that ended them"
        self.told += [(person_id, each) for each in ended]


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
async def listened(platform: Platform, listener: Listener) -> Platform:
    """The platform with somebody who wants to know of the ends of sessions."""
    return replace(platform, accounts=replace(platform.accounts, on_session_ended=listener))


@pytest.fixture
async def desk(listened: Platform) -> AsyncIterator[Browser]:
    async for browser in _open(listened, "curl/8"):
        await browser.sign_up(ADA)
        yield browser


@pytest.fixture
async def phone(
    listened: Platform,
    desk: Browser,  # noqa: ARG001  (signs the person up)
    clock: TestClock,
) -> AsyncIterator[Browser]:
    """Signed in as the same person, a minute later."""
    async for browser in _open(listened, FIREFOX):
        clock.advance(minutes=1)
        await browser.sign_in(ADA)
        yield browser


async def _open(platform: Platform, user_agent: str) -> AsyncIterator[Browser]:
    transport = httpx.ASGITransport(app=build_app_for(platform, part="listened"), client=("192.0.2.7", 1))  # type: ignore[arg-type]
    async with httpx.AsyncClient(
        transport=transport, base_url=ISSUER, headers={"user-agent": user_agent}
    ) as client:
        yield Browser(client)


def list_ids(page: httpx.Response) -> list[str]:
    return [value for form in read_forms(page.text) for value in form.values("session")]


def read_items(page: httpx.Response) -> list[str]:
    return re.findall(r'<li class="list-group-item.*?</li>', page.text, re.DOTALL)


@pytest.mark.usefixtures("desk")
async def test_the_list_says_what_and_when_and_marks_this_device(phone: Browser) -> None:
    here, there = read_items(await phone.open(PATH))
    assert "Firefox on Windows" in here
    assert "This device" in here
    assert "192.0.2.7" in here
    assert "15 January 2026, 12:01 UTC" in here
    assert "Unknown browser" in there
    assert "This device" not in there
    assert "15 January 2026, 12:00 UTC" in there


async def test_signing_out_another_device_ends_it_at_once_and_no_other(
    desk: Browser, phone: Browser, listener: Listener
) -> None:
    page = await phone.open(PATH)
    listener.told.clear()
    other = list_ids(page)[1]
    page = await phone.submit(page, f"{PATH}/end", session=other)
    assert "You are signed out there." in page.text
    assert len(read_items(page)) == 1
    assert not await is_signed_in(desk)
    assert await is_signed_in(phone)
    assert [str(session_id) for _, session_id in listener.told] == [other]


async def test_signing_out_here_drops_the_cookie(desk: Browser) -> None:
    page = await desk.open(PATH)
    page = await desk.submit(page, f"{PATH}/end")
    assert page.url.path == "/"
    assert "borvo_session" not in desk.client.cookies


@pytest.mark.parametrize(("which", "remains"), [("others", True), ("all", False)])
async def test_signing_out_everywhere_with_or_without_this_device(
    desk: Browser, phone: Browser, listener: Listener, which: str, remains: bool
) -> None:
    page = await phone.open(PATH)
    await phone.submit(page, f"{PATH}/end-all", which=which)
    assert not await is_signed_in(desk)
    assert await is_signed_in(phone) is remains
    assert len(listener.told) == (1 if remains else 2)


async def test_nobody_ends_the_session_of_somebody_else(
    browser: Browser, desk: Browser, listener: Listener
) -> None:
    (theirs,) = list_ids(await desk.open(PATH))
    await browser.sign_up("eve@example.org")
    page = await browser.open(PATH)
    assert theirs not in page.text
    for session in (theirs, "nonsense", ""):
        await browser.submit(page, f"{PATH}/end", session=session)
    await browser.submit(page, f"{PATH}/end-all", which="all")
    assert await is_signed_in(desk)
    assert listener.told == []


@pytest.mark.parametrize("hours", [3, 13])
async def test_sessions_that_are_over_are_not_listed(desk: Browser, clock: TestClock, hours: int) -> None:
    clock.advance(hours=hours)
    await desk.sign_in(ADA)
    assert len(read_items(await desk.open(PATH))) == 1


async def test_every_way_of_signing_out_is_told(desk: Browser, listener: Listener) -> None:
    page = await desk.open("/account")
    await desk.submit(page, "/account/sign-out")
    await desk.sign_in(ADA)
    await desk.submit(await desk.open("/connect/endsession"), "/connect/endsession/confirm")
    await desk.sign_in(ADA)
    assert len(set(listener.told)) == len(listener.told) == 2
    # Signing in again is no end, unless it is somebody else.
    await desk.sign_in(ADA)
    assert len(listener.told) == 2
    await desk.sign_up("eve@example.org")
    assert len(set(listener.told)) == len(listener.told) == 3


async def test_a_session_does_not_end_when_it_cannot_be_told(desk: Browser, listener: Listener) -> None:
    listener.is_broken = True
    page = await desk.open("/account")
    assert (await desk.submit(page, "/account/sign-out")).status_code == 500
    assert await is_signed_in(desk)


async def test_of_many_who_end_a_session_at_once_one_does(
    listened: Platform, desk: Browser, listener: Listener
) -> None:
    login = await find_login(listened.accounts, desk.client.cookies["borvo_session"])
    assert login is not None
    people, person_id = listened.accounts, login.person.id
    ended = await asyncio.gather(*(end_session(people, person_id, login.session_id) for _ in range(25)))
    assert sum(ended) == 1
    assert listener.told == [(person_id, login.session_id)]


@pytest.mark.usefixtures("desk")
async def test_ending_all_at_once_tells_of_each_session_once(
    listened: Platform, phone: Browser, listener: Listener
) -> None:
    login = await find_login(listened.accounts, phone.client.cookies["borvo_session"])
    assert login is not None
    await asyncio.gather(
        *(sign_out_everywhere(listened.accounts, login, spare_this=False) for _ in range(10))
    )
    assert len(set(listener.told)) == len(listener.told) == 2
    async with listened.database.transaction() as connection:
        assert await end_sessions(connection, listened.accounts, login.person.id) == []


async def test_the_account_names_its_pages_and_which_one_this_is(ada: Browser) -> None:
    paths = ("/account", "/account/profile", PATH)
    for path in paths:
        page = await ada.open(path)
        for other in paths:
            assert f'href="{other}"' in page.text
        assert set(re.findall(r'href="([^"]+)" aria-current="page"', page.text)) == {path}
