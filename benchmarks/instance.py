"""The instance under measurement: the embedded PostgreSQL with its durability on, and the real server."""

import asyncio
import base64
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

from msgspec import structs

from borvo.accounts.public import Person, Registration, create_person, find_person
from borvo.assembly import Platform, build_platform
from borvo.cli.demo_data import PREFIX, DemoClient
from borvo.identity.consent_store import grant_consent
from borvo.identity.tokens import CONSENT_CLAIM, sign_access_token
from borvo.portal.public import (
    AccessTokenFormat,
    ClientDetails,
    GrantType,
    add_chosen_secret,
    create_tenancy,
    list_tenancies,
    load_client,
    register_client,
)
from borvo.settings import Settings
from borvo.storage.embedded import EmbeddedPostgres
from borvo.storage.migration import migrate

EMAIL = "bench@demo.test"
HOST = "127.0.0.1"
SERVICE = DemoClient("worker", "Service", GrantType.CLIENT_CREDENTIALS, ("agency_api",))
APP = DemoClient(
    "app",
    "App",
    GrantType.HYBRID,
    (
        "openid",
        "read.heart_rate",
        "write.heart_rate",
        "read.step_count",
        "write.food",
        "write.food.dietary_iron",
    ),
)
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Instance:
    """A running server with one service client and one person, whose access token may write and read."""

    settings: Settings
    pid: int
    person_id: UUID
    token: str

    @property
    def port(self) -> int:
        return self.settings.port

    def read_worker_seconds(self) -> float:
        """CPU seconds that the worker processes have used so far, in user and system mode."""
        return read_worker_seconds(list_workers(self.pid))


def list_workers(parent: int) -> list[int]:
    """The server's own children; the resource tracker among them uses next to nothing."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii")
    return [int(pid) for pid in children.split()]


def list_with_children(pid: int) -> list[int]:
    """The process and those that it started: what signs for a worker counts as the worker."""
    # Each thread has a list of those that it started itself.
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    return [pid, *(int(child) for each in lists for child in each.read_text(encoding="ascii").split())]


def read_cpu(pid: int) -> float:
    """CPU seconds of the process so far, in user and system mode."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def read_worker_seconds(workers: Iterable[int]) -> float:
    """CPU seconds of the workers so far, and of what they started."""
    return sum(read_cpu(pid) for worker in workers for pid in list_with_children(worker))


def read_parent(pid: int) -> int:
    """The process that started it."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return int(fields[1])


def find_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port


async def _seed(settings: Settings) -> tuple[UUID, str]:
    await migrate(settings.database_url)
    platform = build_platform(settings)
    await platform.database.open()
    try:
        developer = await create_developer(platform)
        await seed_client(platform, developer, SERVICE)
        await seed_client(platform, developer, APP)
        return developer.id, await issue_token(platform, developer)
    finally:
        await platform.database.close()


async def issue_token(platform: Platform, person: Person, app: DemoClient = APP) -> str:
    """What the code flow would end in, consent included."""
    async with platform.database.transaction() as connection:
        client = await load_client(connection, app.client_id)
        if client is None:
            raise RuntimeError("the app was not registered")
        consent = await grant_consent(connection, person.id, client.client_key, app.scopes, platform.clock())
    now = int(time.time())
    claims = {
        "iss": platform.settings.issuer,
        "aud": platform.settings.issuer,
        "sub": str(person.id),
        "client_id": app.client_id,
        "iat": now,
        "exp": now + 3600,
        "jti": "bench",
        "scope": " ".join(app.scopes),
        CONSENT_CLAIM: consent.version,
    }
    return sign_access_token((await platform.identity.cabinet.current()).active["RS256"], claims)


async def create_developer(platform: Platform) -> Person:
    await create_person(platform.accounts, Registration(EMAIL, "Bench", "Mark", "borvo-demo-pass"))
    await create_tenancy(platform.portal, EMAIL, PREFIX)
    async with platform.database.connection() as connection:
        person = await find_person(connection, EMAIL)
    if person is None:
        raise RuntimeError("the person was not seeded")
    return person


async def seed_client(
    platform: Platform,
    developer: Person,
    client: DemoClient,
    access_token_format: AccessTokenFormat = AccessTokenFormat.JWT,
) -> None:
    """With its secret, in the developer's tenancy."""
    (tenancy,) = await list_tenancies(platform.portal, developer)
    has_callback = client.grant_type is not GrantType.CLIENT_CREDENTIALS
    details = ClientDetails(
        display_name=client.name,
        client_uri="http://localhost:5001",
        redirect_uris=("http://localhost:5001/signin-oidc",) if has_callback else (),
        grant_types=frozenset({client.grant_type}),
        scopes=client.scopes,
        require_pkce=False,
        access_token_format=access_token_format,
    )
    registered = await register_client(platform.portal, developer, tenancy.id, client.suffix, details)
    await add_chosen_secret(platform.portal, developer, registered.client_id, client.secret)


@contextmanager
def run_instance(workers: int = 1) -> Iterator[Instance]:
    """Starts everything in a temporary directory and stops it again."""
    with tempfile.TemporaryDirectory(prefix="borvo-bench-") as folder:
        Path(folder).chmod(0o711)
        postgres = EmbeddedPostgres(Path(folder) / "data", settings={"shared_buffers": "256MB"})
        with postgres, run_on(postgres.url, workers) as instance:
            yield instance


@contextmanager
def run_on(database_url: str, workers: int = 1) -> Iterator[Instance]:
    """A server on a database that is there already, and where nobody is."""
    port = find_port()
    settings = Settings(
        issuer=f"http://localhost:{port}",
        database_url=database_url,
        secret_key=base64.b64encode(os.urandom(32)).decode(),
        host=HOST,
        port=port,
        workers=workers,
        log_level="warning",
    )
    person_id, token = asyncio.run(_seed(settings))
    with _serve(settings) as pid:
        yield Instance(settings, pid, person_id, token)


@contextmanager
def run_beside(instance: Instance, *, workers: int = 1, has_metrics: bool = False) -> Iterator[Instance]:
    """Another server on the same database, meanwhile."""
    port = find_port()
    settings = structs.replace(
        instance.settings,
        issuer=f"http://localhost:{port}",
        port=port,
        workers=workers,
        metrics_port=find_port() if has_metrics else 0,
    )
    with _serve(settings) as pid:
        yield replace(instance, settings=settings, pid=pid)


@contextmanager
def _serve(settings: Settings) -> Iterator[int]:
    own = {f"BORVO_{name.upper()}": str(getattr(settings, name)) for name in settings.__struct_fields__}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BORVO_")}
    with subprocess.Popen(  # noqa: S603
        [str(Path(sys.executable).with_name("borvo")), "serve"],
        env={**environment, **own},
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            await_ready(server)
            yield server.pid
        finally:
            server.terminate()
            try:
                server.wait(30)
            except subprocess.TimeoutExpired:
                server.kill()
                raise


def await_ready(server: "subprocess.Popen[str]") -> None:
    """Until it says so on its standard output."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.stdout is not None:
        line = server.stdout.readline()
        if line.startswith("ready "):
            return
        if not line:
            break
    raise RuntimeError("the server did not start")
