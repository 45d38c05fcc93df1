"""How a command works on the instance that the environment describes, without serving it."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable

from borvo.assembly import Platform, build_platform
from borvo.cli.server import check_version
from borvo.settings import read_settings


def run_on_instance(work: Callable[[Platform], Awaitable[str]]) -> None:
    """Opens the database, does the work and prints what it answers."""
    settings = read_settings(os.environ)

    async def run() -> str:
        await check_version(settings.database_url)
        platform = build_platform(settings)
        await platform.database.open()
        try:
            return await work(platform)
        finally:
            await platform.database.close()

    sys.stdout.write(asyncio.run(run()) + "\n")
