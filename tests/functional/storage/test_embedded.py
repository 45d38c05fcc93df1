"""The embedded PostgreSQL, run for real: as whoever runs the tests, and as an ordinary user."""

import os
import pwd
import re
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from borvo.storage.embedded import EmbeddedPostgres, EmbeddedPostgresError
from borvo.storage.placement import SHARED, SOCKET_NAME, find_install
from tests.functional.storage.conftest import open_directory

FAST = {"fsync": "off"}
AS_ROOT = os.geteuid() == 0
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
START = """
import sys, time
from pathlib import Path
from borvo.storage.embedded import EmbeddedPostgres
print(EmbeddedPostgres(Path(sys.argv[1])).start(), flush=True)
time.sleep(600)
"""
# Everything is imported before the rights are given up: the interpreter may live where `nobody` cannot read.
AS_NOBODY = """
import asyncio, os, pwd, sys
from pathlib import Path
import asyncpg
from borvo.storage.embedded import EmbeddedPostgres
nobody = pwd.getpwnam("nobody")
os.setgroups([]); os.setgid(nobody.pw_gid); os.setuid(nobody.pw_uid)
async def ask(url):
    connection = await asyncpg.connect(url)
    print(await connection.fetchval("SELECT 6 * 7"))
    await connection.close()
with EmbeddedPostgres(Path(sys.argv[1]), install=Path(sys.argv[2])) as database:
    asyncio.run(ask(database.url))
"""


def _copy_install(directory: Path) -> Path:
    """The wheel's binaries once more, with the libraries that it lays beside its package."""
    package = find_install().parent
    libraries = package.with_name(f"{package.name}.libs")
    shutil.copytree(libraries, directory / libraries.name)
    return shutil.copytree(find_install(), directory / package.name / "pginstall")


def _socket_dir(url: str) -> Path:
    return Path(url.partition("?host=")[2])


async def _ask(url: str, query: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


def _start_child(data_dir: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", START, str(data_dir)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT)  # noqa: S603


def _run_as_nobody(data_dir: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", AS_NOBODY, str(data_dir), str(find_install())]
    return subprocess.run(  # noqa: S603
        command, check=False, capture_output=True, text=True, env=ENVIRONMENT, timeout=60, cwd="/"
    )


def _kill(child: subprocess.Popen[str]) -> None:
    child.send_signal(signal.SIGKILL)
    child.communicate(timeout=10)


def _server_pid(data_dir: Path) -> int:
    return int((data_dir / "postgres/cluster/postmaster.pid").read_text().splitlines()[0])


@pytest.fixture(scope="module")
def model() -> Iterator[Path]:
    """A data directory whose first start is over."""
    with open_directory() as directory:
        with EmbeddedPostgres(directory / "data", settings=FAST):
            pass
        yield directory / "data"


@pytest.fixture
def made_dir(open_dir: Path, model: Path) -> Path:
    """With a copy of it: making a cluster takes longer than most of what is tested."""
    subprocess.run(["cp", "--archive", str(model), str(open_dir)], check=True)  # noqa: S603, S607
    return open_dir


async def test_keeps_data_over_a_restart(made_dir: Path) -> None:
    database = EmbeddedPostgres(made_dir / "data")
    url = database.start()
    await _ask(url, "CREATE TABLE note AS SELECT 'still here' AS line")
    database.stop()
    database.stop()
    with database:
        assert database.url == url
        assert await _ask(url, "SELECT line FROM note") == "still here"


async def test_starts_within_seconds_in_utf8_with_checksums(open_dir: Path) -> None:
    began = time.monotonic()
    with EmbeddedPostgres(open_dir / "data", settings=FAST) as database:
        assert time.monotonic() - began < 60
        assert await _ask(database.url, "SHOW server_encoding") == "UTF8"
        assert await _ask(database.url, "SHOW data_checksums") == "on"
        assert await _ask(database.url, "SHOW fsync") == "off"
        assert await _ask(database.url, "SELECT current_user || '@' || current_database()") == "borvo@borvo"


async def test_listens_on_a_private_socket_only(made_dir: Path) -> None:
    settings = {"listen_addresses": "*", "unix_socket_permissions": "0777"}
    with EmbeddedPostgres(made_dir / "data", settings=settings) as database:
        assert not await _ask(database.url, "SHOW listen_addresses")
        assert stat.S_IMODE(_socket_dir(database.url).stat().st_mode) == 0o700
        assert stat.S_IMODE((_socket_dir(database.url) / SOCKET_NAME).stat().st_mode) == 0o700


async def test_refuses_a_wrong_password(made_dir: Path) -> None:
    with EmbeddedPostgres(made_dir / "data", settings=FAST) as database:
        wrong = re.sub(":[^:@]+@", ":wrong@", database.url)
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(wrong)
        rules = "SELECT string_agg(DISTINCT auth_method, ',') FROM pg_hba_file_rules"
        assert await _ask(database.url, rules) == "scram-sha-256"


def test_keeps_the_password_and_the_log_private(made_dir: Path) -> None:
    with EmbeddedPostgres(made_dir / "data", settings=FAST) as database:
        password = made_dir / "data/postgres.password"
        assert password.read_text() in database.url
        for file in (password, made_dir / "data/postgres.log"):
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
        command = Path(f"/proc/{_server_pid(made_dir / 'data')}/cmdline")
        assert password.read_text() not in command.read_text()


def test_runs_in_a_process_group_of_its_own(made_dir: Path) -> None:
    with EmbeddedPostgres(made_dir / "data", settings=FAST):
        assert os.getpgid(_server_pid(made_dir / "data")) != os.getpgid(0)


def test_refuses_a_second_start(made_dir: Path) -> None:
    with EmbeddedPostgres(made_dir / "data", settings=FAST) as first:
        second = EmbeddedPostgres(made_dir / "data")
        with pytest.raises(EmbeddedPostgresError, match=rf"^another Borvo is using {made_dir}/data: .*$"):
            second.start()
        with pytest.raises(EmbeddedPostgresError, match="is not running"):
            _ = second.url
        assert first.start() == first.url


async def test_frees_the_data_from_an_orphan(made_dir: Path) -> None:
    child = _start_child(made_dir / "data")
    assert child.stdout
    assert child.stdout.readline().startswith("postgresql://")
    with pytest.raises(EmbeddedPostgresError, match="another Borvo is using"):
        EmbeddedPostgres(made_dir / "data").start()
    _kill(child)
    orphan = _server_pid(made_dir / "data")
    os.kill(orphan, 0)  # still alive
    with EmbeddedPostgres(made_dir / "data") as database:
        assert _server_pid(made_dir / "data") != orphan
        assert await _ask(database.url, "SELECT 1") == 1


def test_is_not_misled_by_the_old_number_of_a_killed_server(made_dir: Path) -> None:
    """By now another program has it: here the tests themselves, which have to survive."""
    with EmbeddedPostgres(made_dir / "data", settings=FAST) as database:
        records = [made_dir / "data/postgres/cluster/postmaster.pid"]
        records.append(_socket_dir(database.url) / f"{SOCKET_NAME}.lock")
        left = [record.read_text().splitlines() for record in records]
    for record, lines in zip(records, left, strict=True):
        record.write_text("\n".join([str(os.getpid()), *lines[1:], ""]))
        os.chown(record, record.parent.stat().st_uid, record.parent.stat().st_gid)
    with EmbeddedPostgres(made_dir / "data", settings=FAST):
        assert _server_pid(made_dir / "data") != os.getpid()


async def test_recovers_when_the_server_itself_was_killed(made_dir: Path) -> None:
    database = EmbeddedPostgres(made_dir / "data")
    await _ask(database.start(), "CREATE TABLE note AS SELECT 'still here' AS line")
    os.kill(_server_pid(made_dir / "data"), signal.SIGKILL)
    database.stop()
    with database:
        assert await _ask(database.url, "SELECT line FROM note") == "still here"


def test_finishes_a_first_start_that_was_broken_off(made_dir: Path) -> None:
    home = made_dir / "data/postgres"
    (home / "cluster").rename(home / "cluster.new")
    with EmbeddedPostgres(made_dir / "data", settings=FAST) as database:
        assert database.url
    assert not (home / "cluster.new").exists()


def test_lives_behind_a_closed_door(closed_dir: Path) -> None:
    """As root the cluster moves where its user can reach it, and is found there again."""
    data = closed_dir / "data"
    with EmbeddedPostgres(data, settings=FAST) as database:
        url = database.url
    with EmbeddedPostgres(data, settings=FAST) as database:
        assert database.url == url
    assert (data / "postgres").exists() is not AS_ROOT
    if AS_ROOT:
        assert Path((data / "postgres.location").read_text().strip()).parent == SHARED
    assert stat.S_IMODE(closed_dir.stat().st_mode) == 0o700


def test_runs_binaries_from_behind_a_closed_door(closed_dir: Path) -> None:
    install = _copy_install(closed_dir)
    before = set(SHARED.glob("postgres-*"))
    try:
        with EmbeddedPostgres(closed_dir / "data", settings=FAST, install=install) as database:
            assert database.url
        assert len(set(SHARED.glob("postgres-*")) - before) == AS_ROOT
    finally:
        for copy in set(SHARED.glob("postgres-*")) - before:
            shutil.rmtree(copy)


def test_never_touches_what_lies_above(open_dir: Path) -> None:
    above = open_dir / "srv"
    above.mkdir(mode=0o751)
    parents = [above, *above.parents]
    before = [(path.stat().st_mode, path.stat().st_uid, path.stat().st_gid) for path in parents]
    with EmbeddedPostgres(above / "data", settings=FAST):
        pass
    assert [(path.stat().st_mode, path.stat().st_uid, path.stat().st_gid) for path in parents] == before


@pytest.mark.parametrize("name", ["n" * 120, "with space, comma & ümlaut"])
async def test_keeps_the_socket_path_short_and_plain(open_dir: Path, name: str) -> None:
    with EmbeddedPostgres(open_dir / name / "data", settings=FAST) as database:
        sockets = _socket_dir(database.url)
        assert len(os.fsencode(sockets / SOCKET_NAME)) <= 100
        assert await _ask(database.url, "SELECT 1") == 1
    assert not list(sockets.iterdir())
    sockets.rmdir()


def test_refuses_a_socket_directory_of_somebody_else(open_dir: Path) -> None:
    data = open_dir / ("n" * 120)
    with EmbeddedPostgres(data, settings=FAST) as database:
        sockets = _socket_dir(database.url)
    sockets.rmdir()
    sockets.symlink_to(open_dir)
    try:
        with pytest.raises(EmbeddedPostgresError, match="does not belong to"):
            EmbeddedPostgres(data).start()
    finally:
        sockets.unlink()


def test_names_an_unusable_data_directory(open_dir: Path) -> None:
    file = open_dir / "file"
    file.touch()
    with pytest.raises(
        EmbeddedPostgresError, match=rf"^cannot keep a database in {file} .*choose another.*$"
    ):
        EmbeddedPostgres(file).start()


def test_names_a_cluster_of_another_version(made_dir: Path) -> None:
    (made_dir / "data/postgres/cluster/PG_VERSION").write_text("9\n")
    with pytest.raises(EmbeddedPostgresError, match=r"^.* was made by PostgreSQL 9, but .* dump .*$"):
        EmbeddedPostgres(made_dir / "data").start()


def test_names_an_empty_password(made_dir: Path) -> None:
    (made_dir / "data/postgres.password").write_text("")
    with pytest.raises(EmbeddedPostgresError, match=r"^.*postgres\.password is empty: restore it.*$"):
        EmbeddedPostgres(made_dir / "data").start()


def test_names_a_lost_password(made_dir: Path) -> None:
    (made_dir / "data/postgres.password").unlink()
    with pytest.raises(EmbeddedPostgresError, match=r"^.*postgres\.password is lost: restore it.*$"):
        EmbeddedPostgres(made_dir / "data").start()


def test_says_where_to_read_why_it_did_not_start(made_dir: Path) -> None:
    with pytest.raises(EmbeddedPostgresError, match=r"did not start: read .*postgres\.log$"):
        EmbeddedPostgres(made_dir / "data", settings={"no_such_setting": "1"}).start()
    with EmbeddedPostgres(made_dir / "data", settings=FAST) as database:  # nothing stayed locked
        assert database.url


@pytest.mark.skipif(
    not AS_ROOT, reason="only root can become another user; the others run as an ordinary one"
)
def test_runs_as_an_ordinary_user(open_dir: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    os.chown(open_dir, nobody.pw_uid, nobody.pw_gid)
    done = _run_as_nobody(open_dir / "data")
    assert (done.returncode, done.stdout.strip()) == (0, "42"), done.stderr
    assert (open_dir / "data/postgres/cluster").stat().st_uid == nobody.pw_uid


@pytest.mark.skipif(not AS_ROOT, reason="only root can become another user")
def test_names_an_unwritable_data_directory(open_dir: Path) -> None:
    done = _run_as_nobody(open_dir / "data")
    assert done.returncode == 1
    assert re.search(r"EmbeddedPostgresError: cannot keep a database in .*\(Permission denied", done.stderr)
