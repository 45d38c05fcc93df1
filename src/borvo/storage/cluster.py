"""The files of the embedded PostgreSQL: made once, checked, freed from a server that outlived its Borvo."""

import os
import shutil
import subprocess
from pathlib import Path
from types import MappingProxyType

from borvo.storage.placement import SOCKET_NAME, EmbeddedPostgresError, Placement
from borvo.storage.private_file import write_private

OWNER = "borvo"  # the superuser
PROGRAM_WITHIN = 120.0  # seconds
# The user's PG* variables must not lead our programs elsewhere, so they get an environment of their own.
ENVIRONMENT = MappingProxyType({"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"})


def run_program(at: Placement, name: str, *arguments: str, text: str = "", password: str = "") -> None:
    done = _execute(at, name, *arguments, text=text, password=password)
    if done.returncode != 0:
        reason = " ".join(done.stderr.split())
        raise EmbeddedPostgresError(
            f"PostgreSQL's {name} failed: remove the cause and start again ({reason})"
        )


def try_program(at: Placement, name: str, *arguments: str) -> bool:
    return _execute(at, name, *arguments).returncode == 0


def _execute(
    at: Placement, name: str, *arguments: str, text: str = "", password: str = ""
) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(  # noqa: S603
            [at.program(name), *arguments],
            check=False,
            capture_output=True,
            text=True,
            input=text,
            timeout=PROGRAM_WITHIN,
            env={**ENVIRONMENT, "PGPASSWORD": password},
            cwd="/",
            **at.account.identity(),
        )
    except subprocess.TimeoutExpired:
        raise EmbeddedPostgresError(
            f"PostgreSQL's {name} hangs: look at the disk, then start again"
        ) from None


def create_cluster(at: Placement, password: str) -> None:
    """Built under another name, so that a half-made cluster is never taken for a whole one."""
    draft, secret = at.home / "cluster.new", at.home / "password.new"
    secret.unlink(missing_ok=True)
    write_private(secret, password)
    if at.account.is_separate:
        os.chown(secret, at.account.uid, at.account.gid, follow_symlinks=False)
    options = [f"--pgdata={draft}", f"--username={OWNER}", f"--pwfile={secret}", "--auth=scram-sha-256"]
    options += ["--encoding=UTF8", "--data-checksums", "--no-instructions"]
    try:
        _initialise(at, draft, options)
    finally:
        secret.unlink()
    draft.rename(at.cluster)


def _initialise(at: Placement, draft: Path, options: list[str]) -> None:
    shutil.rmtree(draft, ignore_errors=True)
    # Not every system has C.UTF-8; plain C sorts the same way and only knows fewer letters' cases.
    if not try_program(at, "initdb", *options, "--locale=C.UTF-8"):
        shutil.rmtree(draft, ignore_errors=True)
        run_program(at, "initdb", *options, "--locale=C")


def check_version(at: Placement) -> None:
    made_by = (at.cluster / "PG_VERSION").read_text(encoding="utf-8").strip()
    output = _execute(at, "postgres", "--version").stdout  # "postgres (PostgreSQL) 16.14"
    ours = output.split()[-1].partition(".")[0] if output else "nothing"
    if made_by != ours:
        raise EmbeddedPostgresError(
            f"{at.cluster} was made by PostgreSQL {made_by}, but this Borvo brings {ours}:"
            f" start the Borvo that made it, dump the database, and load the dump here"
        )


def end_orphan(at: Placement) -> None:
    """Stops a server whose Borvo was killed. The locks are held, so no living Borvo owns it."""
    record = at.cluster / "postmaster.pid"
    pid = record.read_text(encoding="utf-8").partition("\n")[0] if record.exists() else ""
    if pid.isdecimal() and str(at.cluster) in _command_of(int(pid)):
        run_program(at, "pg_ctl", "stop", "--mode=fast", "--wait", f"--pgdata={at.cluster}")
    # What a crash left behind names a dead server. PostgreSQL would refuse to start when another program, or
    # a process that nobody reaped, has the number by now, as happens in containers. That no old server still
    # works on the files, it also learns from their shared memory.
    for leftover in (record, at.sockets / f"{SOCKET_NAME}.lock"):
        leftover.unlink(missing_ok=True)


def _command_of(pid: int) -> str:
    """The command line of a running process, or nothing."""
    try:
        if Path("/proc/self/cmdline").exists():
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""
    command = ["ps", "-p", str(pid), "-o", "args="]
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout  # noqa: S603
