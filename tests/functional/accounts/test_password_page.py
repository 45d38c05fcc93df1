"""A person who is signed in changes her password."""

import pytest

from borvo.accounts import recovery
from borvo.assembly import Platform
from borvo.kernel.errors import TooManyRequestsError
from borvo.kernel.ids import PersonId
from tests.functional.browser import Browser
from tests.functional.identity.flows import ADA, fetch_value
from tests.functional.mails import list_mails

OLD, NEW = "correct horse pony", "another tiger lamp"
LIVE = "select count(*) from login_session where ended_at is null"
PATH = "/account/password"


@pytest.mark.parametrize(("others", "left"), [("on", 1), (None, 2)])
async def test_other_devices_stay_signed_in_only_if_she_wants(
    ada: Browser, platform: Platform, others: str | None, left: int
) -> None:
    page = await ada.open(PATH)
    ada.client.cookies.delete("borvo_session")
    await ada.sign_in(ADA)
    page = await ada.submit(page, PATH, current_password=OLD, password=NEW, others=others)
    assert "Your password is changed" in page.text
    assert await fetch_value(platform, LIVE) == left
    assert (await list_mails(platform, ADA))[0].subject == "Your password was changed"
    assert (await ada.sign_in(ADA, OLD)).status_code == 400
    assert (await ada.sign_in(ADA, NEW)).url.path == "/account"


async def test_a_borrowed_browser_does_not_know_the_old_one(ada: Browser, platform: Platform) -> None:
    page = await ada.submit(await ada.open(PATH), PATH, current_password="wrong horse", password=NEW)
    assert page.status_code == 400
    assert "This is not your password" in page.text
    assert await list_mails(platform, ADA) == []
    assert (await ada.sign_in(ADA, OLD)).url.path == "/account"


async def test_a_weak_one_is_refused(ada: Browser) -> None:
    page = await ada.submit(await ada.open(PATH), PATH, current_password=OLD, password="adabyronadabyron")
    assert page.status_code == 400
    assert "easy to guess" in page.text


async def test_it_cannot_be_guessed_from_a_session(ada: Browser, platform: Platform) -> None:
    person_id = PersonId(await fetch_value(platform, "select id from person"))
    for _ in range(10):
        assert not await recovery.confirm_password(platform.accounts, person_id, "wrong horse")
    with pytest.raises(TooManyRequestsError):
        await recovery.confirm_password(platform.accounts, person_id, OLD)
    page = await ada.submit(await ada.open(PATH), PATH, current_password=OLD, password=NEW)
    assert page.status_code == 429


async def test_strangers_are_sent_to_sign_in_and_foreign_pages_away(browser: Browser, ada: Browser) -> None:
    answer = await ada.client.post(PATH, data={"current_password": OLD, "password": NEW})
    assert answer.status_code == 403
    browser.client.cookies.clear()
    assert (await browser.open(PATH)).url.path == "/account/sign-in"
