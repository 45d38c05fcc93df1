"""Reads what waits in the outbox, as the people do to whom it is sent."""

import re
from collections.abc import Awaitable, Callable

from borvo.assembly import Platform
from borvo.mail.model import Mail
from borvo.mail.posting import KIND, read_mail

_LINK = re.compile(r"^https?://[^/\s]+(/account/\S+/[\w-]{60,})$", re.MULTILINE)


async def list_mails(platform: Platform, email: str) -> list[Mail]:
    """To one address, newest first."""
    payloads = await platform.outbox.list_payloads(KIND, 100)
    mails = [read_mail(payload) for _, payload in payloads]
    return [mail for mail in mails if mail.to == email]


async def find_link(platform: Platform, email: str) -> str:
    """The path in the newest mail to the address that brings a link of an account."""
    found = [_LINK.search(mail.text) for mail in await list_mails(platform, email)]
    return next(match[1] for match in found if match)


def read_links(platform: Platform) -> Callable[[str], Awaitable[str]]:
    async def read(email: str) -> str:
        return await find_link(platform, email)

    return read
