"""Mail goes by SMTP to a real server, and each of its answers has the right consequence."""

from email import message_from_string
from email.policy import default

import pytest

from borvo.assembly import Platform, build_handlers
from borvo.mail.model import Mail
from borvo.mail.posting import post_mail
from borvo.settings import Settings
from borvo.storage.outbox.courier import Courier
from borvo.support.public import list_outbox
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.identity.flows import ADA
from tests.functional.mail.smtp_server import MailServer, run_mail_server

MAIL = Mail(ADA, "Grüße", "A line.\n.A line that begins with a dot.\n")


def build_courier(platform: Platform, url: str) -> Courier:
    settings = Settings(
        issuer=platform.settings.issuer,
        database_url=platform.settings.database_url,
        secret_key=platform.settings.secret_key,
        smtp_url=url,
        mail_from="borvo@health.example.org",
    )
    return Courier(platform.outbox, build_handlers(settings, platform.clock))


async def post(platform: Platform, mail: Mail = MAIL) -> None:
    async with platform.database.transaction() as connection:
        await post_mail(platform.outbox, connection, mail)


async def deliver(platform: Platform, server: MailServer) -> None:
    assert await build_courier(platform, f"smtp://127.0.0.1:{server.port}").deliver_due() == 1


async def is_dead(platform: Platform) -> bool:
    return bool(await platform.database.pool.fetchval("select dead_at is not null from outbox_message"))


async def test_a_mail_arrives_as_it_was_written(platform: Platform) -> None:
    async with run_mail_server() as server:
        await post(platform)
        await deliver(platform, server)
    message = message_from_string(server.mails[0].replace("\n..", "\n."), policy=default)
    assert (message["To"], message["Subject"]) == (ADA, "Grüße")
    assert message["From"] == "borvo@health.example.org"
    assert message["Auto-Submitted"] == "auto-generated"
    plain, page = (part.get_content() for part in message.iter_parts())
    assert message.get_content_type() == "multipart/alternative"
    assert plain == MAIL.text
    assert page.startswith("<!doctype html>")
    assert all(word in page for word in MAIL.text.split())
    assert f"RCPT TO:<{ADA}>" in server.commands
    assert "EHLO health.example.org" in server.commands
    assert await platform.database.pool.fetchval("select delivered_at from outbox_message") is not None


async def test_a_repetition_keeps_its_id(platform: Platform, clock: TestClock) -> None:
    async with run_mail_server(end="451 not now") as server:
        await post(platform)
        await deliver(platform, server)
        clock.advance(minutes=1)
        server.answers.clear()
        await deliver(platform, server)
    first, second = (message_from_string(mail)["Message-ID"] for mail in server.mails)
    assert first == second


@pytest.mark.parametrize(
    ("command", "answer", "is_final"),
    [
        ("RCPT", "550 no such person ada@example.org", True),
        ("end", "554 spam", True),
        ("RCPT", "450 greylisted", False),
        ("end", "452 full", False),
        ("MAIL", "550 who are you", False),
        ("EHLO", "500 what", False),
    ],
)
async def test_only_a_refusal_that_will_stay_ends_the_attempts(
    platform: Platform, command: str, answer: str, *, is_final: bool
) -> None:
    async with run_mail_server(**{command: answer, "HELO": "500 what"}) as server:
        await post(platform)
        await deliver(platform, server)
    assert await is_dead(platform) is is_final
    shown = await list_outbox(platform.outbox, is_dead=is_final)
    assert f"the mail server answered {answer[:3]}" in shown
    assert ADA not in shown


async def test_a_server_that_is_not_there_is_asked_again(platform: Platform) -> None:
    async with run_mail_server() as server:
        pass
    await post(platform)
    await deliver(platform, server)
    assert not await is_dead(platform)


async def test_without_a_server_mail_waits(platform: Platform, browser: Browser) -> None:
    assert build_handlers(platform.settings) == {}
    await ask_for_account(browser)
    assert await platform.courier.deliver_due() == 0
    assert "  mail  " in await list_outbox(platform.outbox, is_dead=False)


async def ask_for_account(browser: Browser) -> None:
    await browser.submit(await browser.open("/account/sign-up"), "/account/sign-up", email=ADA)


async def test_who_signs_up_is_told_at_the_address(platform: Platform, browser: Browser) -> None:
    async with run_mail_server() as server:
        await ask_for_account(browser)
        await deliver(platform, server)
    assert f"RCPT TO:<{ADA}>" in server.commands
    assert "If it was not you" in server.mails[0]
