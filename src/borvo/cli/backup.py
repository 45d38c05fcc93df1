"""`borvo backup` and `borvo restore`."""

import argparse
import asyncio
import os
import sys
from pathlib import Path
from typing import Any

from borvo.accounts.public import end_all_sessions
from borvo.assembly import Platform, build_platform
from borvo.cli.failure import CommandError
from borvo.cli.server import check_keys, check_schema, check_version
from borvo.identity.public import end_all_grants
from borvo.kernel.clock import read_system_clock
from borvo.portal.public import void_all_tokens
from borvo.settings import Settings, read_settings
from borvo.storage.backup import (
    BackupError,
    create_identity,
    dump_database,
    encrypt_text,
    load_database,
    read_identity,
    read_recipient,
)
from borvo.storage.migration import migrate
from borvo.storage.private_file import write_private
from borvo.storage.restoration import (
    Stage,
    abandon_restoration,
    begin_restoration,
    finish_restoration,
    read_fingerprint,
)

_OTHERS_NAME = "BORVO_OTHER_SECRET_KEYS"
_SECRET_NAME = "BORVO_SECRET_KEY"  # noqa: S105 - the name of a setting


def add_backup(parser: argparse.ArgumentParser) -> None:
    """The subcommands and their options."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    key = actions.add_parser("key", help="make the key that reads backups; keep it away from the server")
    key.add_argument("file", type=Path, metavar="FILE", help="where its private half is written")
    key.set_defaults(run=_make_key)
    create = actions.add_parser("create", help="write the whole database, encrypted, into a file")
    create.add_argument("file", type=Path, metavar="FILE")
    create.add_argument(
        "--recipient",
        dest="recipients",
        action="append",
        required=True,
        metavar="KEY",
        help="who can read it: what `borvo backup key` printed, or an ssh public key; repeated for more",
    )
    create.add_argument(
        "--secret-key-file",
        type=Path,
        metavar="FILE",
        help=f"write {_SECRET_NAME} too, encrypted, into this file of its own: without it the signing keys in the "
        "backup cannot be used; keep the two apart",
    )
    create.set_defaults(run=_create)


def add_restore(parser: argparse.ArgumentParser) -> None:
    """The options of `borvo restore`."""
    parser.add_argument("file", type=Path, metavar="FILE", help="what `borvo backup create` wrote")
    parser.add_argument(
        "--identity", type=Path, required=True, metavar="FILE", help="the private half of a key that reads it"
    )
    parser.set_defaults(run=_restore)


def _make_key(options: argparse.Namespace) -> None:
    private, recipient = create_identity()
    if options.file.exists():
        raise CommandError(f"{options.file} is there already; choose another name")
    write_private(options.file, f"# reads backups for {recipient}\n{private}\n")
    sys.stdout.write(f"{recipient}\n")


def _create(options: argparse.Namespace) -> None:
    settings = read_settings(os.environ)
    recipients = [read_recipient(text) for text in options.recipients]
    asyncio.run(check_schema(settings.database_url))
    size = dump_database(settings.database_url, options.file, recipients)
    sys.stdout.write(f"{options.file}: {size:,} bytes\n")
    if options.secret_key_file:
        encrypt_text(_list_secrets(settings), options.secret_key_file, recipients)
        sys.stdout.write(f"{options.secret_key_file}: {_SECRET_NAME}, to be kept apart from the backup\n")


def _list_secrets(settings: Settings) -> str:
    """Those that may have sealed something in the backup, as a file of settings names them."""
    others = f"{_OTHERS_NAME}={settings.other_secret_keys}\n" if settings.other_secret_keys else ""
    return f"{_SECRET_NAME}={settings.secret_key}\n{others}"


def _restore(options: argparse.Namespace) -> None:
    settings = read_settings(os.environ)
    identity = read_identity(options.identity)
    if asyncio.run(_begin(settings.database_url, options.file)) is Stage.EMPTY:
        _load(settings.database_url, options.file, identity)
    asyncio.run(_finish(settings))
    sys.stdout.write(
        "Restored. All sessions and tokens have ended, so that none which was ended since the backup lives on.\n"
        "What else was done since the backup has to be done again: docs/operations.md lists it.\n"
    )


async def _begin(url: str, file: Path) -> Stage:
    """Raises `CommandError`, `RestorationError`."""
    await check_version(url)
    return await begin_restoration(url, read_fingerprint(file))


def _load(url: str, file: Path, identity: Any) -> None:
    """All of it, or the database is as empty as before."""
    try:
        load_database(url, file, identity)
    except (BackupError, OSError):
        asyncio.run(abandon_restoration(url))
        raise


async def _finish(settings: Settings) -> None:
    """Looks whether the signing keys can be used, then ends what the backup brought back to life. Until that is
    committed nobody serves the database, and the command can be run again."""
    await migrate(settings.database_url)
    await check_keys(settings)
    platform = build_platform(settings)
    await platform.database.open()
    try:
        await _end_all(platform)
    finally:
        await platform.database.close()


async def _end_all(platform: Platform) -> None:
    now = read_system_clock()
    async with platform.database.transaction() as connection:
        await end_all_sessions(connection, now)
        await end_all_grants(connection, now)
        await void_all_tokens(connection, now)
        await finish_restoration(connection, now)
