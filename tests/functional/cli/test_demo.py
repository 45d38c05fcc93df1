"""`borvo demo`: starts with one command, stops without a trace, keeps what it is told."""

import asyncio
import os
import signal
import socket
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import httpx
import pytest

from borvo.cli import demo
from borvo.cli.demo_data import PASSWORD, PATIENT
from borvo.cli.server import check_port
from borvo.storage.embedded import EmbeddedPostgres
from borvo.storage.private_file import write_private
from tests.functional.browser import Browser, sign_up_by_mail
from tests.functional.cli.commands import Ended, run, start, wait
from tests.processes import find_free_port, find_left, list_descendants, list_processes, read_line

NEW_PERSON = "ada@example.org"


@contextmanager
def make_data_dir() -> Iterator[Path]:
    # Not pytest's own directory: its parents are closed to the account that PostgreSQL runs under as root.
    with TemporaryDirectory(prefix="borvo-test-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder) / "data"


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with make_data_dir() as path:
        yield path


@pytest.fixture(scope="module")
async def used_data_dir() -> AsyncIterator[Path]:
    """Of a demo that was started for the first time, where somebody signed up, and that was stopped. Several tests go
    on from there, and each leaves it stopped."""
    with make_data_dir() as path:
        process, port = await start_demo(path)
        async with visit(port) as browser:
            assert PATIENT in (await browser.sign_in(PATIENT, PASSWORD)).text
        async with visit(port) as browser:
            assert NEW_PERSON in (await sign_up_in_demo(browser, NEW_PERSON)).text
        ended = await interrupt(process)
        assert (ended.code, ended.err) == (0, "")
        assert str(path) in ended.out
        yield path


def list_names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def read_until_ready(process: Process) -> list[str]:
    lines = [await read_line(process)]
    while not lines[-1].startswith("ready"):
        lines.append(await read_line(process))
    return lines


async def start_demo(data_dir: Path, port: int = 0) -> tuple[Process, int]:
    """One that is ready, and its port: that one or a free one."""
    port = port or find_free_port()
    process = await start("demo", "--port", str(port), "--data-dir", str(data_dir))
    assert (await read_until_ready(process))[-1] == f"ready http://localhost:{port}"
    return process, port


async def interrupt(process: Process, number: signal.Signals = signal.SIGINT) -> Ended:
    """What Ctrl-C in a terminal does, or closing it; nothing that the command started is left."""
    started = list_descendants(process.pid)
    assert any("postgres" in name for name in started.values())
    os.killpg(process.pid, number)
    ended = await wait(process)
    assert not await find_left(started)
    return ended


@asynccontextmanager
async def visit(port: int) -> AsyncIterator[Browser]:
    async with httpx.AsyncClient(base_url=f"http://localhost:{port}") as client:
        yield Browser(client)


async def sign_up_in_demo(browser: Browser, email: str) -> httpx.Response:
    async def read_link(_: str) -> str:
        page = (await browser.open("/outbox")).text
        return "/account/sign-up/" + page.split("/account/sign-up/")[1].split('"')[0]

    return await sign_up_by_mail(browser, email, read_link)


@pytest.fixture
def terminal() -> Iterator[None]:
    """That tells of its end, also where the tests themselves were told by `nohup` to outlive theirs."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("terminal")
async def test_the_demo_starts_again_with_its_data_and_ends_with_its_terminal(used_data_dir: Path) -> None:
    process, port = await start_demo(used_data_dir)
    async with visit(port) as browser:
        assert PATIENT in (await browser.sign_in(PATIENT, PASSWORD)).text
    async with visit(port) as browser:
        assert NEW_PERSON in (await browser.sign_in(NEW_PERSON)).text
        assert f"To {NEW_PERSON}" in (await browser.open("/outbox")).text
    ended = await interrupt(process, signal.SIGHUP)
    assert (ended.code, ended.err) == (0, "")


async def mark_as_newer(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("create table alembic_version (version_num varchar(32) primary key)")
    await connection.execute("insert into alembic_version values ('9999')")
    await connection.close()


@pytest.fixture
def later_data_dir(data_dir: Path) -> Path:
    """Made by a release that is not out yet."""
    data_dir.mkdir()
    with EmbeddedPostgres(data_dir, settings={"fsync": "off"}) as postgres, ThreadPoolExecutor() as threads:
        # In a thread, since this one has the event loop of the tests.
        threads.submit(asyncio.run, mark_as_newer(postgres.url)).result()
    return data_dir


async def test_data_of_a_later_release_is_left_alone(later_data_dir: Path) -> None:
    ended = await run("demo", "--port", str(find_free_port()), "--data-dir", str(later_data_dir))
    assert "9999" in ended.complaint
    assert ended.code == 1


async def test_a_taken_port_is_said_before_anything_starts(data_dir: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = await run("demo", "--port", str(port), "--data-dir", str(data_dir))
    assert str(port) in ended.complaint
    assert ended.code == 1
    assert list_names(data_dir.parent) == []


async def test_a_place_where_nothing_can_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    place = tmp_path / "file" / "data"
    ended = await run("demo", "--port", str(find_free_port()), "--data-dir", str(place))
    assert str(place) in ended.complaint
    assert ended.code == 1


async def test_an_impossible_port_is_wrong_usage(data_dir: Path) -> None:
    ended = await run("demo", "--port", "70000", "--data-dir", str(data_dir))
    assert "--port" in ended.complaint
    assert ended.code == 2


@pytest.mark.parametrize("host", ["", "no-such-host.invalid", "::g", "ü" * 80])
async def test_a_host_that_stands_for_no_address_is_said(host: str, data_dir: Path) -> None:
    ended = await run("demo", "--host", host, "--port", str(find_free_port()), "--data-dir", str(data_dir))
    assert "choose another host" in ended.complaint
    assert ended.code == 1
    assert list_names(data_dir.parent) == []


def test_the_name_of_a_host_stands_for_its_address() -> None:
    assert check_port("localhost", find_free_port()) == "127.0.0.1"


async def test_a_home_directory_of_nobody_is_named() -> None:
    ended = await run("demo", "--port", str(find_free_port()), "--data-dir", "~nosuchuser/x")
    assert "~nosuchuser/x" in ended.complaint
    assert ended.code == 1


async def test_a_key_that_is_lost_damaged_or_another_is_said_and_kept(used_data_dir: Path) -> None:
    key = used_data_dir / "secret_key"
    assert key.stat().st_mode & 0o077 == 0
    right = key.read_text()
    for damaged in ("", "no base64!", "c2hvcnQ=", "k" * 44):
        key.write_text(damaged)
        ended = await run("demo", "--port", str(find_free_port()), "--data-dir", str(used_data_dir))
        assert "secret_key" in ended.complaint
        assert (ended.code, key.read_text()) == (1, damaged)
    key.unlink()
    ended = await run("demo", "--port", str(find_free_port()), "--data-dir", str(used_data_dir))
    assert "secret_key is lost" in ended.complaint
    assert (ended.code, key.exists()) == (1, False)
    write_private(key, right)


def find_children(pid: int, *, is_database: bool) -> list[int]:
    return [
        child
        for child, (parent, name) in list_processes().items()
        if parent == pid and ("postgres" in name) is is_database
    ]


async def kill(process: Process) -> None:
    """Borvo itself: its workers end, and leave the port to the next."""
    workers = find_children(process.pid, is_database=False)
    assert workers
    process.kill()
    # Its output ends when the last that writes to it has ended.
    await wait(process)
    assert not await find_left(workers)


async def kill_database(process: Process, data_dir: Path) -> None:
    """It ends Borvo, with the reason."""
    workers = find_children(process.pid, is_database=False)
    (database,) = find_children(process.pid, is_database=True)
    os.kill(database, signal.SIGKILL)
    ended = await wait(process)
    # Before it, the workers may have logged that they lost it.
    assert str(data_dir / "postgres.log") in ended.err.splitlines()[-1]
    assert (ended.code, "Stopped" in ended.out) == (1, False)
    assert workers
    assert not await find_left(workers)


async def test_the_demo_starts_again_after_it_was_killed_and_after_its_database_was(
    used_data_dir: Path,
) -> None:
    process, port = await start_demo(used_data_dir)
    await kill(process)
    process, _ = await start_demo(used_data_dir, port)
    await kill_database(process, used_data_dir)
    process, _ = await start_demo(used_data_dir)
    await interrupt(process)


def test_a_data_directory_that_is_made_is_closed_to_others(tmp_path: Path) -> None:
    made = demo._open_data_dir(tmp_path / "data")
    assert made.stat().st_mode & 0o777 == (0o711 if os.geteuid() == 0 else 0o700)
    assert list_names(made) == []
