"""The `borvo` command."""

import argparse
import sys
from collections.abc import Collection, Sequence
from importlib import import_module

import asyncpg

import borvo
from borvo.cli.failure import CommandError
from borvo.kernel.errors import BorvoError
from borvo.settings import SettingsError
from borvo.storage.failure import StorageError
from borvo.web.logs import configure_logs

# What a command answers with one line; everything else is a defect and shows its traceback.
_EXPECTED = (
    CommandError,
    SettingsError,
    StorageError,
    BorvoError,
    OSError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
)

# By name: what it does, and which function adds its options. It is loaded only when it is asked for: `borvo client`
# runs in other people's CI and shall not wait for the whole platform.
_COMMANDS = {
    "serve": ("run the platform, configured by BORVO_* variables", "borvo.cli.operation", "add_serve"),
    "migrate": (
        "bring BORVO_DATABASE_URL to this release's schema",
        "borvo.cli.operation",
        "add_migrate",
    ),
    "demo": ("run the platform with sample people, clients and data", "borvo.cli.demo", "add_demo"),
    "backup": ("copy the whole database, encrypted, into a file", "borvo.cli.backup", "add_backup"),
    "restore": ("fill an empty database from such a file", "borvo.cli.backup", "add_restore"),
    "keys": ("signing keys: list them, rotate them", "borvo.cli.keys", "add_keys"),
    "client": ("manage the clients of a tenancy, also from CI", "borvo.cli.clients.options", "add_clients"),
    "support": (
        "what the support team does on the server itself",
        "borvo.cli.support_options",
        "add_support",
    ),
}


def build_parser(loaded: Collection[str] = frozenset(_COMMANDS)) -> argparse.ArgumentParser:
    """The whole command line, of which the reference in `docs/` is made; the options of the `loaded` commands alone."""
    parser = argparse.ArgumentParser(prog="borvo", description=borvo.__doc__)
    parser.add_argument("--version", action="version", version=f"borvo {borvo.__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (summary, module, add_options) in _COMMANDS.items():
        command = commands.add_parser(name, help=summary)
        if name in loaded:
            getattr(import_module(module), add_options)(command)
    return parser


def main(arguments: Sequence[str] | None = None) -> None:
    """Exit codes: 0 done, 1 refused or failed, 2 wrong usage or settings, 130 interrupted; those of `borvo client`
    stand in `cli/clients/connection.py`."""
    given = sys.argv[1:] if arguments is None else arguments
    # argparse takes the first word that is no option for the command.
    options = build_parser(loaded=set(given)).parse_args(given)
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
