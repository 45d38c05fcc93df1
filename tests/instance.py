"""The real server in a process of its own."""

import base64
import os
import sys
from asyncio import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

from argon2 import PasswordHasher
from playwright.async_api import Page

from borvo.accounts.public import Passwords, Registration, create_person
from borvo.assembly import Platform, build_platform
from borvo.portal.public import create_tenancy
from borvo.settings import read_settings
from tests.functional.mails import find_link
from tests.processes import find_free_port, inherit_environment, read_line, stop

PASSWORD = "correct horse pony"


@dataclass(frozen=True)
class Instance:
    """The server that runs, and the same platform in this process, to make what a test begins with."""

    origin: str
    platform: Platform

    async def create_person(self, *, tenancy: str = "") -> str:
        """A new person's e-mail address; with a prefix, a developer who owns a tenancy."""
        email = f"{uuid4().hex[:12]}@example.org"
        await create_person(self.platform.accounts, Registration(email, "Ada", "Byron", PASSWORD))
        if tenancy:
            await create_tenancy(self.platform.portal, email, tenancy)
        return email

    async def prove_mailbox(self, email: str) -> None:
        """Wherever she is signed in, as if she had come there by a link in a mail."""
        await self.platform.database.pool.execute(
            """insert into mailbox_proof (person_id, session_id, email, proved_at, expires_at)
               select p.id, s.id, p.email, now(), now() + interval '10 minutes'
               from person p join login_session s on s.person_id = p.id where p.email = $1""",
            email,
        )

    async def sign_up(self, page: Page, email: str) -> None:
        """From the page that asks for an address to where she was going, as Paula Patient."""
        await page.get_by_label("E-mail address").fill(email)
        await page.get_by_role("button", name="Send the link").click()
        await page.get_by_role("heading", name="Look at your mail").wait_for()
        await page.goto(self.origin + await find_link(self.platform, email))
        await page.get_by_label("Given name").fill("Paula")
        await page.get_by_label("Family name").fill("Patient")
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Create account").click()


@asynccontextmanager
async def _open_platform(environment: dict[str, str]) -> AsyncIterator[Platform]:
    passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    platform = build_platform(read_settings(environment), passwords=passwords)
    await platform.database.open()
    try:
        yield platform
    finally:
        await platform.database.close()


@asynccontextmanager
async def serve_instance(database_url: str, *, profile: str = "compatible") -> AsyncIterator[Instance]:
    """`borvo serve` on a migrated database, until the end of the context."""
    port = find_free_port()
    environment = {
        "BORVO_ISSUER": f"http://localhost:{port}",
        "BORVO_PORT": str(port),
        "BORVO_DATABASE_URL": database_url,
        "BORVO_SECRET_KEY": base64.b64encode(os.urandom(32)).decode(),
        "BORVO_LOG_LEVEL": "warning",
        "BORVO_PROFILE": profile,
    }
    program = "from borvo.cli.main import main; main(['serve'])"
    process = await subprocess.create_subprocess_exec(
        sys.executable, "-c", program, env=inherit_environment(environment), stdout=subprocess.PIPE
    )
    try:
        assert await read_line(process) == f"ready {environment['BORVO_ISSUER']}"
        async with _open_platform(environment) as platform:
            yield Instance(environment["BORVO_ISSUER"], platform)
    finally:
        await stop(process)
