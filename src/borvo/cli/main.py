"""The `borvo` command."""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import asyncpg

import borvo
from borvo.accounts.public import Role
from borvo.cli import demo, keys, organisations, server, support
from borvo.cli.clients.options import add_clients
from borvo.cli.failure import CommandError
from borvo.kernel.errors import BorvoError
from borvo.settings import SettingsError, read_settings
from borvo.storage.citus import CitusMissingError, spread
from borvo.storage.embedded import EmbeddedPostgresError
from borvo.storage.migration import UnknownSchemaError, migrate
from borvo.storage.schema import metadata
from borvo.web.logs import configure_logs

# What a command answers with one line; everything else is a defect and shows its traceback.
_EXPECTED = (
    CommandError,
    SettingsError,
    EmbeddedPostgresError,
    UnknownSchemaError,
    CitusMissingError,
    BorvoError,
    OSError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
)


# Everybody is a patient: that role is neither given nor taken.
_GIVEN_ROLES = [role for role in Role if role is not Role.PATIENT]


def build_parser() -> argparse.ArgumentParser:
    """The whole command line; the reference in `docs/` is made from it."""
    parser = argparse.ArgumentParser(prog="borvo", description=borvo.__doc__)
    parser.add_argument("--version", action="version", version=f"borvo {borvo.__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("serve", help="run the platform, configured by BORVO_* variables").set_defaults(
        run=_serve
    )
    _add_migrate(commands.add_parser("migrate", help="bring BORVO_DATABASE_URL to this release's schema"))
    _add_demo(commands.add_parser("demo", help="run the platform with sample people, clients and data"))
    keys.add_keys(commands.add_parser("keys", help="signing keys: list them, rotate them"))
    client = commands.add_parser("client", help="manage the clients of a tenancy, also from CI")
    add_clients(client.add_subparsers(dest="topic", required=True, metavar="ACTION"))
    _add_support(commands.add_parser("support", help="what the support team does on the server itself"))
    return parser


def _add_migrate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--citus",
        action="store_true",
        help="then spread the tables over the database's Citus cluster (not tested on one, see docs/scale.md)",
    )
    parser.set_defaults(run=_migrate)


def _add_demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on (default: %(default)s)")
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=Path(".borvo"),
        help="where everything is kept (default: %(default)s)",
    )
    parser.add_argument("--fresh", action="store_true", help="throw away what an earlier demo kept there")
    parser.set_defaults(run=demo.run_demo)


def _read_role(name: str) -> Role:
    # argparse's own `choices` would answer with the names of Python objects.
    if name not in _GIVEN_ROLES:
        raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(_GIVEN_ROLES)}")
    return Role(name)


def _add_support(parser: argparse.ArgumentParser) -> None:
    topics = parser.add_subparsers(dest="topic", required=True, metavar="TOPIC")
    _add_roles(_add_topic(topics, "role", "give or take a role"))
    _add_tenancies(_add_topic(topics, "tenancy", "developer tenancies"))
    organisations.add_organisations(_add_topic(topics, "organisation", "clinics and the like"), _add_topic)
    _add_events(_add_topic(topics, "events", "the security event log"))
    _add_outbox(_add_topic(topics, "outbox", "messages that are to leave the instance"))


def _add_topic(topics: Any, name: str, summary: str) -> Any:
    return topics.add_parser(name, help=summary).add_subparsers(
        dest="action", required=True, metavar="ACTION"
    )


def _add_roles(roles: Any) -> None:
    for action in ("add", "remove"):
        command = roles.add_parser(action, help=f"{action} a role of a person")
        command.add_argument("email", metavar="EMAIL")
        command.add_argument("role", metavar="ROLE", type=_read_role, help=", ".join(_GIVEN_ROLES))
        command.set_defaults(run=support.change_role, is_granted=action == "add")


def _add_tenancies(tenancies: Any) -> None:
    create = tenancies.add_parser("create", help="create a tenancy for a developer")
    create.add_argument("--owner", required=True, metavar="EMAIL", help="a registered person")
    create.add_argument(
        "--prefix", help="of its client ids: a-z and 0-9; 64 random hex characters by default"
    )
    create.set_defaults(run=support.create_tenancy)
    tenancies.add_parser("list", help="list all tenancies").set_defaults(run=support.list_tenancies)
    for name, run, summary in (
        (
            "suspend",
            support.suspend_tenancy,
            "disable all its clients at once, and keep its members from changes",
        ),
        ("resume", support.resume_tenancy, "end a suspension"),
    ):
        command = tenancies.add_parser(name, help=summary)
        _name_tenancy(command)
        command.set_defaults(run=run)
    prefix = _add_topic(tenancies, "prefix", "the prefix of its client ids").add_parser(
        "set", help="give a tenancy without clients another prefix"
    )
    _name_tenancy(prefix)
    prefix.add_argument("prefix", metavar="PREFIX", help="a-z and 0-9, at most 64 characters")
    prefix.set_defaults(run=support.set_prefix)
    _add_members(_add_topic(tenancies, "member", "who belongs to it"))


def _name_tenancy(command: argparse.ArgumentParser) -> None:
    command.add_argument("tenancy", metavar="TENANCY", help="its prefix or its id")


def _add_members(members: Any) -> None:
    add = members.add_parser("add", help="make a registered person a member, or give a member another role")
    _name_tenancy(add)
    add.add_argument("email", metavar="EMAIL")
    add.add_argument("--role", default="developer", help="owner, developer or viewer (default: %(default)s)")
    add.set_defaults(run=support.add_member)
    remove = members.add_parser("remove", help="remove a member")
    _name_tenancy(remove)
    remove.add_argument("email", metavar="EMAIL")
    remove.set_defaults(run=support.remove_member)


def _add_events(events: Any) -> None:
    listing = events.add_parser("list", help="list what happened, newest first, times in UTC")
    subject = listing.add_mutually_exclusive_group(required=True)
    subject.add_argument("--person", metavar="EMAIL", help="the log of a registered person")
    subject.add_argument("--client", metavar="CLIENT_ID", help="what concerns a client")
    listing.set_defaults(run=support.list_events)


def _add_outbox(outbox: Any) -> None:
    listing = outbox.add_parser("list", help="list what waits to be delivered")
    listing.add_argument("--dead", action="store_true", help="what was given up, instead")
    listing.set_defaults(run=support.list_outbox)
    retry = outbox.add_parser("retry", help="try an undelivered message again now")
    retry.add_argument("id", metavar="ID", help="as `outbox list` shows it")
    retry.set_defaults(run=support.retry_message)


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
        for each in asyncio.run(spread(url, metadata)):
            way = f"spread by {each.column}" if each.column else "copied to every node"
            sys.stdout.write(f"{each.table}: {way}\n")


async def _bring_up(url: str) -> None:
    await server.check_version(url)
    await migrate(url)


def main(arguments: Sequence[str] | None = None) -> None:
    """Exit codes: 0 done, 1 refused or failed, 2 wrong usage or settings, 130 interrupted; those of `borvo client`
    stand in `cli/clients/connection.py`."""
    options = build_parser().parse_args(arguments)
    # A command speaks by what it prints; workers configure their own logs.
    configure_logs("warning")
    if code := run_command(options):
        sys.exit(code)


def run_command(options: argparse.Namespace) -> int:
    """The exit code; what went wrong stands in one line on standard error."""
    try:
        options.run(options)
    except _EXPECTED as fault:
        public = fault.public if isinstance(fault, BorvoError) else str(fault)
        sys.stderr.write(f"borvo: {' '.join(public.split())}\n")
        return fault.code if isinstance(fault, CommandError) else 2 if isinstance(fault, SettingsError) else 1
    except KeyboardInterrupt:
        return 130
    return 0
