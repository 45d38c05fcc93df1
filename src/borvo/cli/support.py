"""`borvo support`: runs on the server itself, so whoever can read its settings may use it."""

import argparse
import asyncio
import os
import sys
from collections.abc import Awaitable, Callable

from borvo.assembly import Platform, build_platform
from borvo.cli.server import check_version
from borvo.settings import read_settings
from borvo.support import public as team


def _run(work: Callable[[Platform], Awaitable[str]]) -> None:
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


def change_role(options: argparse.Namespace) -> None:
    act = team.add_role if options.is_granted else team.remove_role
    _run(lambda platform: act(platform.accounts, options.email, options.role))


def create_tenancy(options: argparse.Namespace) -> None:
    _run(lambda platform: team.create_tenancy(platform.portal, options.owner, options.prefix))


def list_outbox(options: argparse.Namespace) -> None:
    _run(lambda platform: team.list_outbox(platform.outbox, is_dead=options.dead))


def retry_message(options: argparse.Namespace) -> None:
    _run(lambda platform: team.retry_message(platform.outbox, options.id))


def list_events(options: argparse.Namespace) -> None:
    if options.client:
        _run(lambda platform: team.list_events_of_client(platform.accounts, options.client))
    else:
        _run(lambda platform: team.list_events_of_person(platform.accounts, options.person))
