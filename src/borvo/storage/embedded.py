"""The PostgreSQL that Borvo brings along, so that a trial or a small site needs nothing else installed.

It runs as a child of Borvo, in a process group of its own: Ctrl-C reaches Borvo, which closes its connections
and then stops the database. Nobody else can connect: no TCP, a private socket directory, a random password.
"""

import fcntl
import os
import secrets
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self
from urllib.parse import quote

from borvo.storage.cluster import (
    ENVIRONMENT,
    OWNER,
    check_version,
    create_cluster,
    end_orphan,
    run_program,
    try_program,
)
from borvo.storage.placement import EmbeddedPostgresError, Placement, place
from borvo.storage.private_file import write_private

__all__ = ["EmbeddedPostgres", "EmbeddedPostgresError"]

DATABASE = "borvo"
READY_WITHIN = 60.0  # seconds; recovery after a power cut can take a while
STOP_WITHIN = 30.0
LOG_LIMIT = 16 * 2**20  # bytes
CREATE_DATABASE = (
    f"SELECT 'CREATE DATABASE {DATABASE}'"
    f" WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{DATABASE}') \\gexec\n"
)


class EmbeddedPostgres:
    """One cluster below `data_dir`. `settings` are PostgreSQL's own, such as `{"fsync": "off"}` in tests."""

    def __init__(
        self,
        data_dir: Path,
        *,
        settings: Mapping[str, str] = MappingProxyType({}),
        install: Path | None = None,
    ) -> None:
        """`install` names other binaries than the wheel's: a directory with `bin`, `lib` and `share`."""
        self._data_dir = data_dir.expanduser().resolve()
        self._settings = dict(settings)
        self._install = install
        self._held = ExitStack()
        self._server: subprocess.Popen[bytes] | None = None
        self._url: str | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        if self._url is None:
            raise EmbeddedPostgresError("the embedded database is not running: call start() first")
        return self._url

    def start(self) -> str:
        """Returns once the database answers. A failed start leaves nothing running and nothing locked."""
        if self._url is None:
            with ExitStack() as undo:
                undo.callback(self.stop)
                self._url = self._launch()
                undo.pop_all()
        return self.url

    def stop(self) -> None:
        """Ends sessions, writes everything to disk and returns when the server is gone; harmless twice."""
        self._url = None
        server, self._server = self._server, None
        try:
            if server is not None:
                _end(server)
        finally:
            self._held.close()

    def watch(self, call: Callable[[], None]) -> None:
        """Calls it, from a thread, when the server ends although nobody asked it to."""
        threading.Thread(target=self._watch, args=(self._server, call), daemon=True).start()

    def _watch(self, server: "subprocess.Popen[bytes] | None", call: Callable[[], None]) -> None:
        if server is not None:
            server.wait()
        # `stop` lets go of the server before it ends it.
        if self._server is server:
            call()

    def _launch(self) -> str:
        try:
            self._claim()
            at = place(self._data_dir, self._install)
            self._lock(at.home, os.O_RDONLY | os.O_DIRECTORY)
            password = self._provide_cluster(at)
            end_orphan(at)
            self._server = self._spawn(at)
            self._await_ready(at)
            self._create_database(at, password)
        except OSError as error:
            raise EmbeddedPostgresError(
                f"cannot keep a database in {self._data_dir} ({error.strerror}: {error.filename}):"
                " correct its owner and mode, or choose another data directory"
            ) from error
        return f"postgresql://{OWNER}:{password}@/{DATABASE}?host={quote(str(at.sockets))}"

    def _claim(self) -> None:
        # 0711 and not 0700, because the database's account has to pass through; what lies inside is private.
        self._data_dir.mkdir(mode=0o711, parents=True, exist_ok=True)
        self._lock(self._data_dir / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW)

    def _lock(self, path: Path, flags: int) -> None:
        """Held until `stop`, and let go by the kernel when this process dies in any way."""
        handle = os.open(path, flags, 0o600)
        self._held.callback(os.close, handle)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise EmbeddedPostgresError(
                f"another Borvo is using {self._data_dir}: stop it, or choose another data directory"
            ) from None

    def _provide_cluster(self, at: Placement) -> str:
        secret = self._data_dir / "postgres.password"
        if at.cluster.exists():
            check_version(at)
        elif not secret.exists():
            write_private(secret, secrets.token_urlsafe(32))
        if not secret.exists():
            raise EmbeddedPostgresError(f"{secret} is lost: restore it from the backup of {self._data_dir}")
        password = secret.read_text(encoding="utf-8").strip()
        if not password:
            raise EmbeddedPostgresError(
                f"{secret} is empty: restore it from the backup of {self._data_dir}, or remove it if there was no"
                " database yet"
            )
        if not at.cluster.exists():
            create_cluster(at, password)
        return password

    def _spawn(self, at: Placement) -> subprocess.Popen[bytes]:
        # Ours come last and so win: nobody opens the database to the network by a setting.
        fixed = {
            "listen_addresses": "",
            "unix_socket_directories": str(at.sockets),
            "unix_socket_permissions": "0700",
            "port": "5432",
        }
        options = [word for pair in (self._settings | fixed).items() for word in ("-c", "=".join(pair))]
        log = self._open_log()
        try:
            return subprocess.Popen(  # noqa: S603
                [at.program("postgres"), "-D", str(at.cluster), *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=ENVIRONMENT,
                cwd="/",
                umask=0o077,
                start_new_session=True,
                **at.account.identity(),
            )
        finally:
            os.close(log)

    def _open_log(self) -> int:
        path = self.log_path
        if path.exists() and path.stat().st_size > LOG_LIMIT:
            path.replace(path.with_suffix(".log.old"))
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)

    @property
    def log_path(self) -> Path:
        return self._data_dir / "postgres.log"

    def _await_ready(self, at: Placement) -> None:
        deadline = time.monotonic() + READY_WITHIN
        while not try_program(at, "pg_isready", "--quiet", *_address(at)):
            if self._server is None or self._server.poll() is not None:
                raise EmbeddedPostgresError(f"the embedded database did not start: read {self.log_path}")
            if time.monotonic() > deadline:
                raise EmbeddedPostgresError(f"the embedded database does not get ready: read {self.log_path}")
            time.sleep(0.03)

    def _create_database(self, at: Placement, password: str) -> None:
        options = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", *_address(at)]
        run_program(at, "psql", *options, text=CREATE_DATABASE, password=password)


def _address(at: Placement) -> list[str]:
    return [f"--host={at.sockets}", "--port=5432", f"--username={OWNER}", "--dbname=postgres"]


def _end(server: subprocess.Popen[bytes]) -> None:
    """First the fast shutdown, then the immediate one, which costs a recovery at the next start."""
    for step, patience in ((signal.SIGINT, STOP_WITHIN), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
        server.send_signal(step)
        with suppress(subprocess.TimeoutExpired):
            server.wait(patience)
            return
