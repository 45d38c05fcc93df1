"""Mails as programs show them: readable in both colour schemes, on a desk and on a phone, with nothing loaded."""

from typing import Any

import pytest

from borvo.accounts.words import write_account_exists
from borvo.mail.model import Mail
from borvo.mail.page import render_mail
from tests.browser.conftest import PHONE, OpenPage, run_axe

pytestmark = pytest.mark.browser

LISTS = "Two things:\n\n- one\n- two\n\n1. https://health.example.org/" + "x" * 80 + "\n2. second\n"
MAILS = [write_account_exists("ada@example.org", "https://health.example.org", "l" * 64)]
MAILS.append(Mail("ada@example.org", "A list of things", LISTS))


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_mail_is_readable_and_asks_nobody_for_anything(
    open_page: OpenPage, axe: str, scheme: Any
) -> None:
    page, asked = await open_page(viewport=PHONE), []
    page.on("request", lambda request: asked.append(request.url))
    await page.emulate_media(color_scheme=scheme)
    for mail in MAILS:
        await page.set_content(render_mail(mail))
        assert await run_axe(page, axe) == []
        assert await page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert asked == []
