"""A copy of the whole database, encrypted before it touches a disk.

It is what PostgreSQL's own pg_dump writes, in the age format (age-encryption.org/v1) for one or more recipients:
whoever makes a backup need not be able to read it. Both programs are those of the PostgreSQL that Borvo brings along,
which read every version that is supported."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import pyrage
from sqlalchemy import URL, make_url

from borvo.storage.cluster import ENVIRONMENT
from borvo.storage.failure import StorageError
from borvo.storage.placement import find_install

_OPTIONS = ("--no-owner", "--no-privileges")


class BackupError(StorageError):
    """A backup cannot be made or used; nothing was changed."""


def read_recipient(text: str) -> Any:
    """Of `age1...` or of an ssh public key. Raises `BackupError`."""
    kind = pyrage.ssh if text.startswith("ssh-") else pyrage.x25519
    try:
        return kind.Recipient.from_str(text.strip())
    except pyrage.RecipientError:
        raise BackupError(
            f"{text[:60]!r} is no recipient: give what `borvo backup key` printed, or an ssh public key"
        ) from None


def read_identity(path: Path) -> Any:
    """The private half, from a file as `borvo backup key` writes it or an ssh private key. Raises `BackupError`."""
    content = path.read_bytes()
    lines = [line for line in content.decode("utf-8", "replace").splitlines() if line and line[0] != "#"]
    try:
        if lines and lines[0].startswith("AGE-SECRET-KEY-"):
            return pyrage.x25519.Identity.from_str(lines[0].strip())
        return pyrage.ssh.Identity.from_buffer(content)
    except pyrage.IdentityError:
        raise BackupError(f"{path} holds no private key for backups") from None


def create_identity() -> tuple[str, str]:
    """A new pair: the private text, and the recipient."""
    identity = pyrage.x25519.Identity.generate()
    return str(identity), str(identity.to_public())


@contextmanager
def open_new(path: Path) -> Iterator[IO[bytes]]:
    """A file that only its owner reads, and that is there only once all of it is on disk. Raises `BackupError` rather
    than overwrite one."""
    draft = path.with_name(f"{path.name}.part")
    if path.exists():
        raise BackupError(f"{path} is there already; choose another name")
    draft.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        # A link, since a rename would replace what somebody else has just written.
        os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def dump_database(url: str, path: Path, recipients: Sequence[Any]) -> int:
    """The bytes written. What others commit meanwhile is not in it: it is the database of one moment. Raises
    `BackupError`, and leaves no file."""
    with open_new(path) as file, _run("pg_dump", url, "--format=custom", stdout=subprocess.PIPE) as program:
        pyrage.encrypt_io(program.stdout, file, recipients)
    return path.stat().st_size


def encrypt_text(text: str, path: Path, recipients: Sequence[Any]) -> None:
    """Raises `BackupError` rather than overwrite a file."""
    with open_new(path) as file:
        file.write(pyrage.encrypt(text.encode(), recipients))


def load_database(url: str, path: Path, identity: Any) -> None:
    """Into an empty database, all of it or nothing. Raises `BackupError`."""
    options = ("--single-transaction", "--exit-on-error")
    with path.open("rb") as file, _run("pg_restore", url, *options, stdin=subprocess.PIPE) as program:
        try:
            pyrage.decrypt_io(file, program.stdin, [identity])
        except BrokenPipeError:
            # The program has ended, and says why.
            pass
        except (pyrage.DecryptError, OSError):
            # It does not see the end, so the database undoes what it was given.
            raise BackupError(
                f"{path} cannot be read with this key, or was changed or cut off; nothing was restored"
            ) from None


@contextmanager
def _run(
    name: str, url: str, *options: str, stdin: int | None = None, stdout: int | None = None
) -> Iterator["subprocess.Popen[bytes]"]:
    """Waits for the program to end, and kills it when the block fails. Raises `BackupError` when the program fails."""
    with TemporaryFile() as said:
        bare, password = split_password(url)
        program = subprocess.Popen(  # noqa: S603
            [str(find_install() / "bin" / name), *options, *_OPTIONS, f"--dbname={bare}"],
            stdin=stdin,
            stdout=stdout,
            stderr=said,
            env={**ENVIRONMENT, "PGPASSWORD": password},
        )
        try:
            yield program
            if program.stdin:
                with suppress(BrokenPipeError):
                    program.stdin.close()
            program.wait()
        finally:
            program.kill()
            _close(program)
        if program.returncode != 0:
            said.seek(0)
            words = " ".join(said.read(2_000).decode("utf-8", "replace").split())
            raise BackupError(f"{name} failed: {words}")


def _close(program: "subprocess.Popen[bytes]") -> None:
    for pipe in (program.stdin, program.stdout):
        if pipe:
            with suppress(BrokenPipeError):
                pipe.close()
    program.wait()


def split_password(url: str) -> tuple[str, str]:
    """The address without its password, and the password, wherever it stood: everybody on the machine sees what
    programs were started with."""
    whole = make_url(url)
    named = whole.query.get("password", "")
    password = whole.password or (named if isinstance(named, str) else named[-1])
    query = whole.difference_update_query(["password"]).query
    # Made anew: `set` takes None for "as it is".
    bare = URL.create("postgresql", whole.username, None, whole.host, whole.port, whole.database, query)
    return bare.render_as_string(hide_password=False), password
