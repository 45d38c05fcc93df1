"""The demo shows the mail that it does not send; an instance in earnest has no such page."""

import httpx

from borvo.assembly import Platform, build_app
from borvo.mail.keeping import build_outbox_router, keep_mail
from borvo.mail.posting import KIND
from borvo.storage.outbox.courier import Courier
from tests.functional.browser import Browser
from tests.functional.conftest import ISSUER, TestClock


async def test_the_demo_shows_its_mail_newest_first(
    platform: Platform, browser: Browser, clock: TestClock
) -> None:
    for email in ("ada@example.org", "bob@example.org"):
        await browser.submit(await browser.open("/account/sign-up"), "/account/sign-up", email=email)
        clock.advance(minutes=1)
    await Courier(platform.outbox, {KIND: keep_mail}).deliver_due()
    transport = httpx.ASGITransport(app=build_app(platform, [build_outbox_router()]))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=ISSUER) as client:
        page = (await client.get("/outbox")).text
    assert 0 < page.index("bob@example.org") < page.index("ada@example.org")
    assert "Finish your account" in page
    assert "12:01 UTC" in page


async def test_an_instance_in_earnest_shows_nobodys_mail(http: httpx.AsyncClient) -> None:
    assert (await http.get("/outbox")).status_code == 404
