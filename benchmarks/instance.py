"""The instance under measurement: the embedded PostgreSQL with its durability on, and the real server."""

import asyncio
import base64
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from borvo.accounts.public import Person, Registration, Role, change_role, create_person, find_person
from borvo.assembly import Platform, build_platform
from borvo.cli.demo_data import DemoClient
from borvo.portal.public import (
    ClientDetails,
    GrantType,
    add_chosen_secret,
    create_tenancy,
    list_tenancies,
    register_client,
)
from borvo.settings import Settings
from borvo.storage.embedded import EmbeddedPostgres
from borvo.storage.migration import migrate

EMAIL = "bench@demo.test"
HOST = "127.0.0.1"
SERVICE = DemoClient("worker", "Service", GrantType.CLIENT_CREDENTIALS, ("agency_api",))
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Instance:
    """A running server with one service client and one person."""

    settings: Settings
    pid: int

    @property
    def port(self) -> int:
        return self.settings.port

    def read_worker_seconds(self) -> float:
        """CPU seconds that the worker processes have used so far, in user and system mode."""
        return sum(_read_cpu(pid) for pid in list_workers(self.pid))


def list_workers(parent: int) -> list[int]:
    """The server's own children; the resource tracker among them uses next to nothing."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii")
    return [int(pid) for pid in children.split()]


def _read_cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _find_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port


async def _seed(settings: Settings) -> None:
    await migrate(settings.database_url)
    platform = build_platform(settings)
    await platform.database.open()
    try:
        person = await create_person(
            platform.accounts, Registration(EMAIL, "Bench", "Mark", "borvo-demo-pass")
        )
        if person is not None:
            await _register(platform)
    finally:
        await platform.database.close()


async def load_developer(platform: Platform) -> Person:
    async with platform.database.transaction() as connection:
        await change_role(connection, platform.accounts, EMAIL, Role.DEVELOPER, granted=True)
        person = await find_person(connection, EMAIL)
    if person is None:
        raise RuntimeError("the person was not seeded")
    return person


async def _register(platform: Platform) -> None:
    await create_tenancy(platform.portal, EMAIL, "demo")
    developer = await load_developer(platform)
    (tenancy,) = await list_tenancies(platform.portal, developer)
    details = ClientDetails(
        display_name=SERVICE.name,
        client_uri="http://localhost:5001",
        redirect_uris=(),
        grant_types=frozenset({SERVICE.grant_type}),
        scopes=SERVICE.scopes,
        require_pkce=False,
    )
    client = await register_client(platform.portal, developer, tenancy.id, SERVICE.suffix, details)
    await add_chosen_secret(platform.portal, developer, client.client_id, SERVICE.secret)


@contextmanager
def run_instance(workers: int = 1) -> Iterator[Instance]:
    """Starts everything in a temporary directory and stops it again."""
    with tempfile.TemporaryDirectory(prefix="borvo-bench-") as folder:
        Path(folder).chmod(0o711)
        with EmbeddedPostgres(Path(folder) / "data", settings={"shared_buffers": "256MB"}) as postgres:
            port = _find_port()
            settings = Settings(
                issuer=f"http://localhost:{port}",
                database_url=postgres.url,
                secret_key=base64.b64encode(os.urandom(32)).decode(),
                host=HOST,
                port=port,
                workers=workers,
                log_level="warning",
            )
            asyncio.run(_seed(settings))
            with _serve(settings) as pid:
                yield Instance(settings, pid)


@contextmanager
def _serve(settings: Settings) -> Iterator[int]:
    own = {f"BORVO_{name.upper()}": str(getattr(settings, name)) for name in settings.__struct_fields__}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BORVO_")}
    server = subprocess.Popen(  # noqa: S603
        [str(Path(sys.executable).with_name("borvo")), "serve"],
        env={**environment, **own},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        _await_ready(server)
        yield server.pid
    finally:
        server.terminate()
        server.wait(30)


def _await_ready(server: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.stdout is not None:
        line = server.stdout.readline()
        if line.startswith("ready "):
            return
        if not line:
            break
    raise RuntimeError("the server did not start")
