"""`borvo serve` and `borvo migrate`."""

import argparse
import asyncio
import os
import sys

from borvo.assembly.schema import load_metadata
from borvo.cli import server
from borvo.cli.failure import CommandError
from borvo.settings import read_settings
from borvo.storage.citus import spread
from borvo.storage.migration import migrate


def add_serve(parser: argparse.ArgumentParser) -> None:
    """It has no options: all of it is in the environment."""
    parser.set_defaults(run=_serve)


def add_migrate(parser: argparse.ArgumentParser) -> None:
    """The options of `borvo migrate`."""
    parser.add_argument(
        "--citus",
        action="store_true",
        help="then spread the tables over the database's Citus cluster (not tested on one, see docs/scale.md)",
    )
    parser.set_defaults(run=_migrate)


def _serve(_: argparse.Namespace) -> None:
    settings = read_settings(os.environ)
    asyncio.run(server.check_database(settings.database_url))
    asyncio.run(server.check_keys(settings))
    if not settings.smtp_url:
        # Here and not in the workers, which would each say it.
        sys.stderr.write(
            "borvo: no mail will be sent, it waits in the outbox; set BORVO_SMTP_URL to send it\n"
        )
    server.run_server(settings)


def _migrate(options: argparse.Namespace) -> None:
    url = os.environ.get("BORVO_DATABASE_URL", "")
    if not url:
        raise CommandError("BORVO_DATABASE_URL is not set", 2)
    asyncio.run(_bring_up(url))
    sys.stdout.write("The database is at this release's schema.\n")
    if options.citus:
        _spread(url)


def _spread(url: str) -> None:
    for each in asyncio.run(spread(url, load_metadata())):
        way = f"spread by {each.column}" if each.column else "copied to every node"
        sys.stdout.write(f"{each.table}: {way}\n")


async def _bring_up(url: str) -> None:
    await server.check_version(url)
    await migrate(url)
