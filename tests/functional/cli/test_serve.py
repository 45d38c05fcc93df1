"""`borvo serve`, `migrate` and `support`: what they refuse, and in which words."""

import base64
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import pytest

from borvo.accounts.public import Registration, Role, create_person, find_person
from borvo.assembly import Platform
from borvo.storage.marks import DEMO, set_mark
from borvo.storage.migration import find_head, find_revision
from tests.databases import replace_database
from tests.functional.cli.commands import Ended, run, start, wait
from tests.processes import find_free_port, read_line

KEY = base64.b64encode(b"k" * 32).decode()


def configure(database_url: str, **changes: str) -> dict[str, str]:
    """Settings that would do; an empty change leaves one out."""
    port = str(find_free_port())
    settings = {
        "BORVO_ISSUER": f"http://localhost:{port}",
        "BORVO_PORT": port,
        "BORVO_DATABASE_URL": database_url,
        "BORVO_SECRET_KEY": KEY,
        **changes,
    }
    return {name: value for name, value in settings.items() if value}


async def serve(database_url: str, **changes: str) -> Ended:
    return await run("serve", environment=configure(database_url, **changes))


async def execute(url: str, sql: str, *values: object) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(sql, *values)
    await connection.close()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BORVO_ISSUER", "http://health.example.org"),
        ("BORVO_ISSUER", ""),
        ("BORVO_SECRET_KEY", ""),
        ("BORVO_SECRET_KEY", base64.b64encode(b"short").decode()),
        ("BORVO_DATABASE_URL", ""),
        ("BORVO_DATABASE_URL", "sqlite:///here"),
        ("BORVO_PORT", "eighty"),
        ("BORVO_PROT", "8000"),
        ("BORVO_METRICS_PORT", "8000"),
    ],
)
async def test_a_setting_that_is_missing_or_unsafe_is_named(name: str, value: str) -> None:
    ended = await serve("postgresql://nobody@localhost/nothing", **{"BORVO_PORT": "8000", name: value})
    assert name in ended.complaint
    assert ended.code == 2
    assert ended.out == ""


@pytest.mark.parametrize("port", [None, 99999])
async def test_a_database_that_does_not_answer_is_said_without_its_password(port: int | None) -> None:
    ended = await serve(f"postgresql://someone:hidden@127.0.0.1:{port or find_free_port()}/borvo")
    assert "BORVO_DATABASE_URL" in ended.complaint
    assert "hidden" not in ended.err
    assert ended.code == 1


@pytest.mark.parametrize("revision", ["0000", "9999"])
async def test_a_database_of_another_release_is_refused(database_url: str, revision: str) -> None:
    await execute(database_url, "update alembic_version set version_num = $1", revision)
    ended = await serve(database_url)
    assert revision in ended.complaint
    assert ("borvo migrate" in ended.complaint) is (revision < find_head())
    assert ended.code == 1


async def test_a_demos_database_is_refused(database_url: str, platform: Platform) -> None:
    async with platform.database.transaction() as connection:
        await set_mark(connection, DEMO)
    ended = await serve(database_url)
    assert "demo" in ended.complaint
    assert ended.code == 1


async def test_migrate_brings_an_empty_database_up_once_and_again(server_url: str, database_url: str) -> None:
    name = f"empty_{uuid4().hex}"
    await execute(server_url, f'create database "{name}"')
    url = replace_database(database_url, name)
    refused = await serve(url)
    assert "borvo migrate" in refused.complaint
    for _ in range(2):
        ended = await run("migrate", environment={"BORVO_DATABASE_URL": url})
        assert (ended.code, ended.err) == (0, "")
    assert await find_revision(url) == find_head()
    await execute(server_url, f'drop database "{name}" with (force)')


MAIL = {"BORVO_SMTP_URL": "smtp://localhost:2525", "BORVO_MAIL_FROM": "desk@example.org"}


def has_folder_of_metrics(folder: Path) -> bool:
    return any(folder.glob("borvo-metrics-*"))


async def test_that_no_mail_will_be_sent_is_said_and_no_metrics_leave_no_directory(
    database_url: str, tmp_path: Path
) -> None:
    settings = configure(database_url, BORVO_METRICS_PORT="0", TMPDIR=str(tmp_path))
    process = await start("serve", environment=settings)
    assert (await read_line(process)).startswith("ready")
    assert not has_folder_of_metrics(tmp_path)
    process.terminate()
    ended = await wait(process)
    assert ended.code == 0
    assert ended.err.count("set BORVO_SMTP_URL to send it") == 1


async def test_metrics_of_all_workers_are_shown_on_a_port_of_their_own(
    database_url: str, tmp_path: Path
) -> None:
    port = find_free_port()
    settings = configure(database_url, BORVO_METRICS_PORT=str(port), BORVO_WORKERS="2", TMPDIR=str(tmp_path))
    process = await start("serve", environment=settings | MAIL)
    assert (await read_line(process)).startswith("ready")
    assert has_folder_of_metrics(tmp_path)
    async with httpx.AsyncClient() as http:
        for _ in range(9):
            # A connection each, so that both workers may have some.
            async with httpx.AsyncClient() as other:
                await other.get(f"{settings['BORVO_ISSUER']}/.well-known/openid-configuration")
        shown = (await http.get(f"http://127.0.0.1:{port}/metrics")).text
    process.terminate()
    ended = await wait(process)
    assert ended.code == 0
    assert not has_folder_of_metrics(tmp_path)
    # Mail is sent here, so nothing is to be said of it.
    assert "BORVO_SMTP_URL" not in ended.err
    route = 'route="/.well-known/openid-configuration",status="200"'
    assert f'borvo_requests_total{{method="GET",{route}}} 9.0' in shown
    assert "borvo_event_loop_delay_seconds_count" in shown


async def test_migrate_leaves_the_database_of_a_later_release_alone(database_url: str) -> None:
    await execute(database_url, "update alembic_version set version_num = '9999'")
    ended = await run("migrate", environment={"BORVO_DATABASE_URL": database_url})
    assert "9999" in ended.complaint
    assert "newer" in ended.complaint
    assert ended.code == 1
    assert await find_revision(database_url) == "9999"


async def test_migrate_without_a_database_names_the_setting() -> None:
    ended = await run("migrate")
    assert "BORVO_DATABASE_URL" in ended.complaint
    assert ended.code == 2


@pytest.mark.parametrize("command", ["keys list", "support outbox list"])
async def test_commands_say_that_a_database_was_not_migrated(command: str, database_url: str) -> None:
    await execute(database_url, "drop schema public cascade")
    await execute(database_url, "create schema public")
    ended = await run(*command.split(), environment=configure(database_url))
    assert "run: borvo migrate" in ended.complaint
    assert ended.code == 1


async def test_support_gives_a_role_and_takes_it(database_url: str, platform: Platform) -> None:
    email, environment = f"{uuid4().hex}@example.org", configure(database_url)
    await create_person(platform.accounts, Registration(email, "Ada", "Byron", "correct horse pony"))
    for action, has_it in (("add", True), ("remove", False)):
        ended = await run("support", "role", action, email, "developer", environment=environment)
        assert (ended.code, ended.err) == (0, "")
        assert email in ended.out
        async with platform.database.connection() as connection:
            person = await find_person(connection, email)
        assert person is not None
        assert (Role.DEVELOPER in person.roles) is has_it


async def test_support_says_that_it_knows_nobody_of_that_address(database_url: str) -> None:
    ended = await run(
        "support", "role", "add", "nobody@example.org", "agent", environment=configure(database_url)
    )
    assert ended.complaint
    assert ended.code == 1


@pytest.mark.parametrize("role", ["wrongrole", "patient"])
async def test_support_names_the_roles_that_can_be_given(role: str) -> None:
    ended = await run("support", "role", "add", "ada@example.org", role)
    assert f"'{role}' is none of agent, membership_manager, developer, support" in ended.err
    assert "<" not in ended.err
    assert ended.code == 2
