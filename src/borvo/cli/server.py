"""Runs the platform on uvicorn: checks first, then workers, metrics and the line that says it is ready."""

import errno
import http.client
import os
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import asyncpg
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector

from borvo.assembly import build_platform
from borvo.cli.failure import CommandError
from borvo.cli.workers import run_workers
from borvo.settings import Settings
from borvo.storage.marks import DEMO, has_mark
from borvo.storage.migration import find_head, find_revision
from borvo.storage.restoration import is_unfinished
from borvo.storage.sealing import SealError

SUPPORTED_POSTGRESQL = range(15, 19)
_READY_WITHIN = 60.0
_WATCHED_EVERY = 0.1


async def check_version(url: str) -> None:
    """Raises `CommandError` for a server that does not answer or is of another major version."""
    try:
        connection = await asyncpg.connect(url, timeout=10)
    except (OSError, asyncpg.PostgresError, ValueError, OverflowError) as fault:
        # The text of some errors repeats the URL, which holds the password.
        raise CommandError(
            f"the database does not answer ({type(fault).__name__}); check BORVO_DATABASE_URL"
        ) from None
    try:
        major = connection.get_server_version().major
    finally:
        await connection.close()
    if major not in SUPPORTED_POSTGRESQL:
        raise CommandError(f"PostgreSQL {major} is not supported; use one of 15 to 18")


async def check_schema(url: str) -> None:
    """Raises `CommandError` unless the database is at this release's schema, and all there."""
    await check_version(url)
    await _check_finished(url)
    revision, head = await find_revision(url), find_head()
    if revision is None:
        raise CommandError("the database is empty; run: borvo migrate")
    if revision < head:
        raise CommandError(
            f"the database is at schema {revision}, this release needs {head}; run: borvo migrate"
        )
    if revision > head:
        raise CommandError(
            f"the database is at schema {revision}, which is newer than this release knows ({head})"
        )


async def _check_finished(url: str) -> None:
    """Sessions and tokens that have ended since are live in a database whose restore broke off."""
    connection = await asyncpg.connect(url)
    try:
        if await is_unfinished(connection):
            raise CommandError(
                "the restore of this database has not finished; run borvo restore again, with the same file"
            )
    finally:
        await connection.close()


async def check_database(url: str) -> None:
    """As `check_schema`; refuses demo data too."""
    await check_schema(url)
    connection = await asyncpg.connect(url)
    try:
        if await has_mark(connection, DEMO):
            raise CommandError(
                "the database holds the demo's people, whose passwords everybody knows; use one of your own"
            )
    finally:
        await connection.close()


async def check_keys(settings: Settings, source: str = "BORVO_SECRET_KEY") -> None:
    """Raises `CommandError` when the signing keys in the database were sealed under another secret. Makes the
    keys on the first start. `source` names where the secret came from."""
    platform = build_platform(settings)
    try:
        await platform.database.open()
        await platform.identity.cabinet.current()
    except SealError:
        raise refuse_secret_key(source) from None
    finally:
        await platform.database.close()


def refuse_secret_key(source: str = "BORVO_SECRET_KEY") -> CommandError:
    return CommandError(
        f"{source} is not the one under which the database's signing keys were sealed; use that one"
    )


def check_port(host: str, port: int) -> str:
    """The IP address that `host` stands for. Raises `CommandError` when there is none, and when somebody listens
    there."""
    address = _find_address(host)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as fault:
            other = "host" if fault.errno == errno.EADDRNOTAVAIL else "port"
            raise CommandError(
                f"cannot listen on {host} port {port} ({fault.strerror}); choose another {other}"
            ) from None
    return address


def _find_address(host: str) -> str:
    """The first of IPv4 when there are several; an empty name would stand for every address of the machine."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM) if host else []
    except (OSError, UnicodeError):
        found = []
    addresses = [str(target[0]) for *_, target in found]
    if not addresses:
        raise CommandError(f"{host!r} is no address to listen on; choose another host, such as 127.0.0.1")
    return min(addresses, key=lambda address: ":" in address)


def _ask_ready(host: str, port: int) -> bool:
    target = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    connection = http.client.HTTPConnection(target, port, timeout=5)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _announce(settings: Settings, address: str, announce: Callable[[], None]) -> None:
    deadline, is_late = time.monotonic() + _READY_WITHIN, False
    while not _ask_ready(address, settings.port):
        if not is_late and time.monotonic() >= deadline:
            is_late = True
            _write_late(settings)
        time.sleep(_WATCHED_EVERY)
    announce()


def _write_late(settings: Settings) -> None:
    sys.stderr.write(
        f"borvo: still not ready after {_READY_WITHIN:.0f} seconds; look at the messages above, whether the database "
        f"answers, and what http://{settings.host}:{settings.port}/health/ready says\n"
    )
    sys.stderr.flush()


@contextmanager
def _serve_metrics(settings: Settings) -> Iterator[None]:
    if not settings.metrics_port:
        yield
        return
    check_port("127.0.0.1", settings.metrics_port)
    with tempfile.TemporaryDirectory(prefix="borvo-metrics-", ignore_cleanup_errors=True) as folder:
        # Each worker writes its counters to files in this directory; only then do they add up over workers.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        registry = CollectorRegistry()
        MultiProcessCollector(registry, path=folder)  # type: ignore[no-untyped-call]
        site, thread = start_http_server(settings.metrics_port, "127.0.0.1", registry)
        try:
            yield
        finally:
            site.shutdown()
            site.server_close()
            thread.join()


def _write_ready(settings: Settings) -> None:
    sys.stdout.write(f"ready {settings.issuer}\n")
    sys.stdout.flush()


def run_server(
    settings: Settings,
    *,
    announce: Callable[[], None] | None = None,
    target: str = "borvo.assembly:create_app",
    ends_with_terminal: bool = False,
) -> None:
    """Serves what `target` builds until it is interrupted. The workers read the settings from the environment of
    this process."""
    address = check_port(settings.host, settings.port)
    say = announce or (lambda: None)

    def announce_ready() -> None:
        say()
        _write_ready(settings)

    threading.Thread(target=_announce, args=(settings, address, announce_ready), daemon=True).start()
    with _serve_metrics(settings):
        run_workers(settings, address, target, ends_with_terminal=ends_with_terminal)
