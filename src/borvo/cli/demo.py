"""`borvo demo`: the whole platform on the embedded PostgreSQL, with sample people, clients and data."""

import argparse
import asyncio
import base64
import binascii
import os
import secrets
import signal
import sys
import threading
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import asyncpg

from borvo.assembly import build_platform
from borvo.cli import demo_data
from borvo.cli.failure import CommandError
from borvo.cli.server import check_keys, check_port, run_server
from borvo.settings import Settings, read_settings
from borvo.storage.embedded import EmbeddedPostgres
from borvo.storage.marks import DEMO, DEMO_COMPLETE, has_mark, set_mark
from borvo.storage.migration import find_head, find_revision, migrate
from borvo.storage.private_file import write_private
from borvo.storage.sealing import MINIMUM_SECRET_BYTES

_KEY_FILE = "secret_key"


def add_demo(parser: argparse.ArgumentParser) -> None:
    """The options of `borvo demo`."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on (default: %(default)s)")
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=Path(".borvo"),
        help="where everything is kept (default: %(default)s)",
    )
    parser.add_argument("--fresh", action="store_true", help="throw away what an earlier demo kept there")
    parser.set_defaults(run=run_demo)


def _stop(number: int, _: Any) -> None:
    # Turned into an exit, so that the database is stopped on the way out.
    sys.exit(128 + number)


def _open_data_dir(path: Path) -> Path:
    try:
        data_dir = path.expanduser().resolve()
    except RuntimeError:
        # What pathlib raises for a user whom the system does not know.
        raise CommandError(f"there is no home directory for {path}; choose another --data-dir") from None
    try:
        # Root's database runs as an account of its own, which has to pass through.
        data_dir.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
        # A name of its own, so that two starts at once do not remove each other's.
        with TemporaryFile(dir=data_dir):
            pass
    except OSError as fault:
        raise CommandError(
            f"cannot write to {data_dir} ({fault.strerror}); choose another --data-dir"
        ) from None
    return data_dir


def _load_secret_key(data_dir: Path, *, is_fresh: bool, is_empty: bool) -> str:
    """Makes one only for a database that is still empty: keys that another one sealed would be lost."""
    path = data_dir / _KEY_FILE
    if is_empty and is_fresh:
        path.unlink(missing_ok=True)
    if not path.exists():
        if not is_empty:
            raise CommandError(f"{path} is lost; restore it, or start anew with --fresh")
        write_private(path, base64.b64encode(secrets.token_bytes(MINIMUM_SECRET_BYTES)).decode())
    key = path.read_bytes().strip()
    if not _is_key(key):
        raise CommandError(f"{path} is empty or damaged; restore it, or start anew with --fresh")
    return key.decode()


def _is_key(text: bytes) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) >= MINIMUM_SECRET_BYTES
    except binascii.Error:
        return False


async def _empty_database(url: str) -> None:
    """Only the database: the directory may hold what is not ours to delete."""
    head, _, query = url.partition("?")
    connection = await asyncpg.connect(f"{head.rpartition('/')[0]}/postgres?{query}")
    try:
        name = head.rpartition("/")[2]
        await connection.execute(f'drop database "{name}" with (force)')
        await connection.execute(f'create database "{name}"')
    finally:
        await connection.close()


async def _check_empty(url: str) -> bool:
    """Whether no demo ever was in the database; raises `CommandError` for one of a later release."""
    revision, head = await find_revision(url), find_head()
    if revision is not None and revision > head:
        raise CommandError(
            f"the data directory was made by a later release (schema {revision}, this one knows {head}); "
            "use that release, another --data-dir, or --fresh"
        )
    return revision is None


async def _prepare(settings: Settings) -> None:
    await migrate(settings.database_url)
    await check_keys(settings, f"the data directory's {_KEY_FILE}")
    platform = build_platform(settings)
    await platform.database.open()
    try:
        async with platform.database.transaction() as connection:
            # Before the first of the demo's people is there, so that not even an interrupted start is servable.
            await set_mark(connection, DEMO)
            is_complete = await has_mark(connection, DEMO_COMPLETE)
        if not is_complete:
            await demo_data.seed(platform)
            async with platform.database.transaction() as connection:
                await set_mark(connection, DEMO_COMPLETE)
    finally:
        await platform.database.close()


def _configure(options: argparse.Namespace, database_url: str, secret_key: str) -> Settings:
    """The workers read the settings from the environment, so that is where the demo's own go."""
    own = {
        # Always localhost, whatever address is listened on: browsers treat it as a secure place.
        "BORVO_ISSUER": f"http://localhost:{options.port}",
        "BORVO_DATABASE_URL": database_url,
        "BORVO_SECRET_KEY": secret_key,
        "BORVO_HOST": options.host,
        "BORVO_PORT": str(options.port),
        "BORVO_LOG_LEVEL": os.environ.get("BORVO_LOG_LEVEL", "warning"),
    }
    for name in [name for name in os.environ if name.startswith("BORVO_")]:
        del os.environ[name]
    os.environ.update(own)
    return read_settings(os.environ)


def _print_start_page(settings: Settings) -> None:
    sys.stdout.write(demo_data.render_start_page(settings.issuer))


def _run_beside(postgres: EmbeddedPostgres, settings: Settings) -> None:
    """Raises `CommandError` when the database ends by itself: without it nothing can be served."""
    lost = threading.Event()

    def give_up() -> None:
        lost.set()
        os.kill(os.getpid(), signal.SIGTERM)

    postgres.watch(give_up)
    try:
        run_server(
            settings,
            announce=lambda: _print_start_page(settings),
            target="borvo.assembly:create_demo_app",
            ends_with_terminal=True,
        )
    finally:
        if lost.is_set():
            raise CommandError(f"the database ended by itself; read {postgres.log_path}, then start again")


def run_demo(options: argparse.Namespace) -> None:
    """Runs until it is interrupted; then the database stops too, and its data stays."""
    signal.signal(signal.SIGTERM, _stop)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # which `nohup` sets
        signal.signal(signal.SIGHUP, _stop)
    if not 1 <= options.port <= 65535:  # noqa: PLR2004
        raise CommandError("--port takes a number from 1 to 65535", 2)
    check_port(options.host, options.port)
    data_dir = _open_data_dir(options.data_dir)
    sys.stdout.write("Starting the database ...\n")
    sys.stdout.flush()
    with EmbeddedPostgres(data_dir) as postgres:
        if options.fresh:
            asyncio.run(_empty_database(postgres.url))
        is_empty = asyncio.run(_check_empty(postgres.url))
        secret_key = _load_secret_key(data_dir, is_fresh=options.fresh, is_empty=is_empty)
        settings = _configure(options, postgres.url, secret_key)
        asyncio.run(_prepare(settings))
        _run_beside(postgres, settings)
        sys.stdout.write(f"\nStopped. The data is kept in {data_dir}\n")
