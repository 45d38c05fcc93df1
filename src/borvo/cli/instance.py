"""How a command works on the instance that the environment describes, without serving it."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable

from borvo.assembly import Platform, build_platform
from borvo.cli.server import check_schema, refuse_secret_key
from borvo.settings import read_settings
from borvo.storage.sealing import SealError


def run_on_instance(work: Callable[[Platform], Awaitable[str]], *, ends_with: str = "\n") -> None:
    """Opens the database, does the work and prints what it answers. Raises `CommandError` for a database of another
    release, and for a secret under which its keys were not sealed."""
    settings = read_settings(os.environ)

    async def run() -> str:
        await check_schema(settings.database_url)
        platform = build_platform(settings)
        try:
            await platform.database.open()
            return await work(platform)
        except SealError:
            raise refuse_secret_key() from None
        finally:
            await platform.database.close()

    sys.stdout.write(asyncio.run(run()) + ends_with)
