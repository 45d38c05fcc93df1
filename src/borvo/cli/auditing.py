"""`borvo support audit`."""

import argparse
import sys
from datetime import UTC, datetime

from borvo.assembly import Platform
from borvo.cli.failure import CommandError
from borvo.cli.instance import run_on_instance
from borvo.storage.security_events.model import EventFilter
from borvo.support import public as team


def read_moment(text: str) -> datetime:
    """For argparse; without an offset it is UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 2026-11-26T08:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def verify(options: argparse.Namespace) -> None:
    """Raises `CommandError` when something does not fit."""

    async def look(platform: Platform) -> str:
        log = team.open_log(platform.database, platform.keyring, platform.settings.security_event_days)
        try:
            return await team.verify(log, platform.clock(), options.head)
        except team.TamperedLogError as fault:
            raise CommandError(str(fault)) from None

    run_on_instance(look)


def export(options: argparse.Namespace) -> None:
    """To standard output; how many there were to standard error, so that the lines stay lines of JSON."""

    async def write(platform: Platform) -> str:
        chosen = EventFilter(
            options.since,
            options.until,
            team.parse_kind(options.kind) if options.kind else None,
            await team.find_person_id(platform.accounts, options.person) if options.person else None,
            options.client,
            options.address,
            options.request,
        )
        count = 0
        async for line in team.export_events(platform.database, chosen):
            sys.stdout.write(line + "\n")
            count += 1
        sys.stderr.write(f"{count:,} events\n")
        return ""

    run_on_instance(write, ends_with="")
