"""Steps that tests of teams take."""

import re
from collections.abc import Mapping
from typing import Any

import httpx

from borvo.assembly import Platform
from borvo.kernel.ids import PersonId
from borvo.mail.posting import KIND
from tests.functional.browser import Browser, read_forms

TEAM = "/portal/tenancies/healthorg/team"
INVITATIONS = "/portal/tenancies/healthorg/invitations"


async def list_mails(platform: Platform, email: str) -> list[Mapping[str, Any]]:
    """Newest first, without the welcome of new accounts."""
    mails = [payload for _, payload in await platform.outbox.list_payloads(KIND, 100)]
    return [mail for mail in mails if mail["to"] == email and "invited" in mail["subject"]]


async def find_link(platform: Platform, email: str) -> str:
    """The path of the link in the last invitation."""
    found = re.search(r"/portal/invitations/\S+", (await list_mails(platform, email))[0]["text"])
    assert found is not None
    return found[0]


async def invite(owner: Browser, email: str, role: str = "developer") -> httpx.Response:
    """By the form; those of open invitations have addresses that begin as its does."""
    page = await owner.open(TEAM)
    form = next(form for form in read_forms(page.text) if form.action == INVITATIONS)
    fields = {**dict(form.fields), "email": email, "role": role}
    answer = await owner.client.post(form.action, data=fields)
    return await owner.open(answer.headers["location"]) if answer.is_redirect else answer


async def accept(browser: Browser, link: str) -> httpx.Response:
    return await browser.submit(await browser.open(link), link)


async def join(
    platform: Platform, owner: Browser, browser: Browser, email: str, role: str = "developer"
) -> None:
    """The person, who is signed in, is invited and accepts."""
    await invite(owner, email, role)
    page = await accept(browser, await find_link(platform, email))
    assert page.status_code == 200
    assert "You are a member" in page.text


async def find_person_id(platform: Platform, email: str) -> PersonId:
    return PersonId(
        await platform.database.pool.fetchval("select person_id from person_email where email = $1", email)
    )


async def list_roles(platform: Platform, prefix: str = "healthorg") -> dict[str, str]:
    """Who has which role, by address."""
    rows = await platform.database.pool.fetch(
        """select p.email, m.role from tenancy_member m join person p on p.id = m.person_id
           join tenancy t on t.id = m.tenancy_id where t.prefix = $1""",
        prefix,
    )
    return {row["email"]: row["role"] for row in rows}


async def post(browser: Browser, path: str, **fields: str) -> httpx.Response:
    """As the browser's forms do, also where no page offers one."""
    page = await browser.open("/account")
    token = read_forms(page.text)[0].values("_csrf_token")[0]
    return await browser.client.post(path, data={"_csrf_token": token, **fields})


async def change_role(
    platform: Platform, browser: Browser, email: str, seen: str, role: str
) -> httpx.Response:
    member = await find_person_id(platform, email)
    return await post(browser, f"{TEAM}/{member}/role", seen=seen, role=role)
