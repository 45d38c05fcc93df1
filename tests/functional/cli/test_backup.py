"""`borvo backup` and `borvo restore`: what comes back, what does not, and who can read it."""

import base64
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import pyrage
import pytest

from borvo.assembly import Platform, build_platform
from borvo.settings import Settings
from borvo.storage.backup import dump_database, read_recipient
from borvo.storage.migration import find_head
from tests.databases import replace_database
from tests.functional.application import build_app_for
from tests.functional.browser import Browser
from tests.functional.cli.commands import Ended, run
from tests.functional.cli.test_serve import KEY, configure
from tests.functional.conftest import ISSUER, TestClock
from tests.functional.identity.flows import (
    ADA,
    call_userinfo,
    count,
    execute,
    obtain_lasting,
    refresh,
    register_lasting,
)


@pytest.fixture
async def empty_url(server_url: str) -> AsyncIterator[str]:
    """A database without a table."""
    name = f"restored_{uuid4().hex}"
    connection = await asyncpg.connect(server_url)
    await connection.execute(f'create database "{name}"')
    yield replace_database(server_url, name)
    await connection.execute(f'drop database "{name}" with (force)')
    await connection.close()


@pytest.fixture
def clock() -> TestClock:
    """Of today, a little back: the commands look at the real one."""
    clock = TestClock()
    clock.now = datetime.now(UTC) - timedelta(minutes=1)
    return clock


async def make_key(folder: Path) -> tuple[Path, str]:
    file = folder / "backup.key"
    made = await run("backup", "key", str(file))
    assert (made.code, made.err) == (0, "")
    return file, made.out.strip()


def list_files(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


async def back_up(url: str, file: Path, recipient: str, *options: str, **settings: str) -> Ended:
    command = ("backup", "create", str(file), "--recipient", recipient, *options)
    return await run(*command, environment=configure(url, **settings))


async def restore(url: str, file: Path, identity: Path, **settings: str) -> Ended:
    command = ("restore", str(file), "--identity", str(identity))
    return await run(*command, environment=configure(url, **settings))


async def count_tables(url: str) -> int:
    connection = await asyncpg.connect(url)
    found: int = await connection.fetchval(
        "select count(*) from information_schema.tables where table_schema = 'public'"
    )
    await connection.close()
    return found


async def ask(url: str, question: str, *values: object) -> tuple[object, ...]:
    """The first row, if there is any."""
    connection = await asyncpg.connect(url)
    row = await connection.fetchrow(question, *values)
    await connection.close()
    return tuple(row or ())


async def open_restored(settings: Settings, url: str, clock: TestClock) -> Platform:
    changed = {name: getattr(settings, name) for name in settings.__struct_fields__} | {"database_url": url}
    platform = build_platform(Settings(**changed), clock=clock)
    await platform.database.open()
    return platform


async def test_all_comes_back_but_sessions_and_tokens_that_may_have_been_ended_since(
    platform: Platform,
    http: httpx.AsyncClient,
    ada: Browser,
    settings: Settings,
    clock: TestClock,
    empty_url: str,
    tmp_path: Path,
) -> None:
    handler = await register_lasting(platform, http)
    tokens = await obtain_lasting(handler, ada)
    identity, recipient = await make_key(tmp_path)
    file = tmp_path / "today.borvo"
    made = await back_up(settings.database_url, file, recipient)
    assert (made.code, made.err) == (0, "")
    assert file.stat().st_mode & 0o777 == 0o600
    assert ADA.encode() not in file.read_bytes()
    restored = await restore(empty_url, file, identity)
    assert (restored.code, restored.err) == (0, "")
    clock.now = datetime.now(UTC) + timedelta(seconds=2)
    twin = await open_restored(settings, empty_url, clock)
    try:
        for table in ("person", "client", "client_secret", "consent", "security_event"):
            assert await count(twin, table) == await count(platform, table)
        transport = httpx.ASGITransport(app=build_app_for(twin))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url=ISSUER) as again:
            after = replace(handler, http=again)
            assert (await call_userinfo(again, tokens["access_token"])).status_code == 401
            assert (await refresh(after, tokens["refresh_token"])).json()["error"] == "invalid_grant"
            again.cookies.update(dict(ada.client.cookies))
            assert (await again.get("/account")).status_code == 303
            again.cookies.clear()
            browser = Browser(again)
            await browser.sign_in(ADA)
            fresh = await obtain_lasting(after, browser)
            assert (await call_userinfo(again, fresh["access_token"])).status_code == 200
    finally:
        await twin.database.close()


async def test_tokens_of_programs_that_may_have_been_revoked_since_have_ended(
    platform: Platform, http: httpx.AsyncClient, settings: Settings, empty_url: str, tmp_path: Path
) -> None:
    await register_lasting(platform, http)
    await execute(
        platform,
        """insert into personal_token (person_id, id, tenancy_id, digest, label, scopes, ending, created_at, expires_at)
             select gen_random_uuid(), gen_random_uuid(), tenancy_id, 'a', 'ci', '{}', 'abcd', now(),
               now() + interval '1 day' from client;
           insert into initial_token (tenancy_id, id, digest, label, ending, created_at, expires_at, most)
             select tenancy_id, gen_random_uuid(), 'a', 'ci', 'abcd', now(), now() + interval '1 day', 9 from client;
           insert into client_registration (client_key, digest, secret_method, registered_at)
             select client_key, 'a', 'client_secret_basic', now() from client;
           insert into person_totp (person_id, sealed_secret, created_at) values (gen_random_uuid(), 'a', now());
           insert into factor_removal (person_id, kinds, asked_at, due_at)
             values (gen_random_uuid(), '{passkey}', now(), now())""",
    )
    identity, recipient = await make_key(tmp_path)
    await back_up(settings.database_url, tmp_path / "x", recipient)
    assert (await restore(empty_url, tmp_path / "x", identity)).code == 0
    ended = """select (select count(*) from personal_token where expires_at <= now()),
                      (select count(*) from initial_token where expires_at <= now()),
                      (select count(*) from client_registration where digest is null),
                      (select count(*) from person_totp where last_step > extract(epoch from now()) / 30 - 100),
                      (select count(*) from factor_removal),
                      (select count(*) from database_mark where name = 'restored' and at > now() - interval '1 hour')"""
    assert await ask(empty_url, ended) == (1, 1, 1, 1, 0, 1)


async def test_a_restore_that_broke_off_is_not_served_and_goes_on(
    platform: Platform, browser: Browser, settings: Settings, empty_url: str, tmp_path: Path
) -> None:
    await browser.sign_up(ADA)
    identity, recipient = await make_key(tmp_path)
    file, other = tmp_path / "today.borvo", tmp_path / "other.borvo"
    await back_up(settings.database_url, other, recipient)
    past = "closed_at = now() - interval '40 days', erase_at = now() - interval '10 days'"
    await execute(platform, f"update alembic_version set version_num = '9999'; update person set {past}")
    dump_database(settings.database_url, file, [read_recipient(recipient)])
    broken = await restore(empty_url, file, identity)
    assert (broken.code, "newer than this release" in broken.complaint) == (1, True)
    live = "select count(*) from login_session where ended_at is null"
    assert await ask(empty_url, live) == (1,)
    await ask(empty_url, "update alembic_version set version_num = $1", find_head())
    for command in (("serve",), ("support", "audit", "verify"), ("backup", "create", str(tmp_path / "y"))):
        options = ("--recipient", recipient) if command[0] == "backup" else ()
        refused = await run(*command, *options, environment=configure(empty_url))
        assert (refused.code, "run borvo restore again" in refused.complaint) == (1, True)
    elsewhere = await restore(empty_url, other, identity)
    assert (elsewhere.code, "holds another backup" in elsewhere.complaint) == (1, True)
    assert await ask(empty_url, live) == (1,)
    done = await restore(empty_url, file, identity)
    assert (done.code, done.err) == (0, "")
    assert await ask(empty_url, live) == (0,)
    # She may have come back since, and must be able to do so again.
    assert await ask(empty_url, "select erase_at > now() + interval '29 days' from person") == (True,)
    again = await restore(empty_url, file, identity)
    assert (again.code, "empty" in again.complaint) == (1, True)


async def test_the_secret_key_goes_into_a_file_of_its_own(database_url: str, tmp_path: Path) -> None:
    identity, recipient = await make_key(tmp_path)
    secret = tmp_path / "secret.age"
    made = await back_up(database_url, tmp_path / "today.borvo", recipient, "--secret-key-file", str(secret))
    assert made.code == 0
    private = identity.read_text().splitlines()[1]
    opened = pyrage.decrypt(secret.read_bytes(), [pyrage.x25519.Identity.from_str(private)])
    assert opened.decode() == f"BORVO_SECRET_KEY={KEY}\n"
    assert KEY.encode() not in (tmp_path / "today.borvo").read_bytes()


async def test_nothing_is_restored_over_a_database_that_holds_something(
    database_url: str, platform: Platform, browser: Browser, tmp_path: Path
) -> None:
    await browser.sign_up(ADA)
    identity, recipient = await make_key(tmp_path)
    file = tmp_path / "today.borvo"
    await back_up(database_url, file, recipient)
    await execute(platform, "update person set given_name = 'Changed since'")
    refused = await restore(database_url, file, identity)
    assert refused.code == 1
    assert "empty" in refused.complaint
    assert await count(platform, "person where given_name = 'Changed since'") == 1


async def test_what_cannot_be_read_leaves_the_database_empty(
    database_url: str, empty_url: str, tmp_path: Path
) -> None:
    identity, recipient = await make_key(tmp_path)
    file = tmp_path / "today.borvo"
    await back_up(database_url, file, recipient)
    whole = file.read_bytes()
    for damaged in (
        whole[:-20_000],
        whole[:-20_000] + bytes([whole[-20_000] ^ 1]) + whole[-19_999:],
        pyrage.encrypt(whole, [pyrage.x25519.Identity.generate().to_public()]),
        pyrage.encrypt(b"a letter", [pyrage.x25519.Recipient.from_str(recipient)]),
    ):
        file.write_bytes(damaged)
        refused = await restore(empty_url, file, identity)
        assert refused.code == 1
        assert "pg_restore" in refused.complaint or str(file) in refused.complaint
        assert await count_tables(empty_url) == 0


async def test_a_backup_never_takes_the_place_of_another(database_url: str, tmp_path: Path) -> None:
    identity, recipient = await make_key(tmp_path)
    file = tmp_path / "today.borvo"
    file.write_bytes(b"yesterday's")
    refused = await back_up(database_url, file, recipient)
    assert "another name" in refused.complaint
    assert file.read_bytes() == b"yesterday's"
    again = await run("backup", "key", str(identity))
    assert "another name" in again.complaint
    assert list_files(tmp_path) == ["backup.key", "today.borvo"]


async def test_a_database_that_cannot_be_read_leaves_no_file(
    database_url: str, platform: Platform, tmp_path: Path
) -> None:
    _, recipient = await make_key(tmp_path)
    role, password = f"reader_{uuid4().hex}", uuid4().hex
    await execute(platform, f"create role {role} login password '{password}'")
    await execute(platform, f"grant select on alembic_version to {role}")
    try:
        url = database_url.partition("@")[2]
        refused = await back_up(f"postgresql://{role}:{password}@{url}", tmp_path / "x", recipient)
        assert refused.code == 1
        assert "pg_dump failed" in refused.complaint
        assert password not in refused.err
        assert list_files(tmp_path) == ["backup.key"]
    finally:
        await execute(platform, f"drop owned by {role}")
        await execute(platform, f"drop role {role}")


async def test_what_is_no_recipient_or_no_private_key_is_said(
    database_url: str, empty_url: str, tmp_path: Path
) -> None:
    refused = await back_up(database_url, tmp_path / "x", "age1nobody")
    assert "no recipient" in refused.complaint
    letter = tmp_path / "letter"
    letter.write_text("dear key")
    file = tmp_path / "y"
    file.write_bytes(b"")
    assert "no private key" in (await restore(empty_url, file, letter)).complaint
    assert (await restore(empty_url, tmp_path / "missing", letter)).code == 1


async def test_another_secret_key_than_that_of_the_backup_is_said(
    database_url: str, platform: Platform, empty_url: str, tmp_path: Path
) -> None:
    await platform.identity.cabinet.current()
    identity, recipient = await make_key(tmp_path)
    await back_up(database_url, tmp_path / "x", recipient)
    other = base64.b64encode(b"o" * 32).decode()
    refused = await restore(empty_url, tmp_path / "x", identity, BORVO_SECRET_KEY=other)
    assert "BORVO_SECRET_KEY" in refused.complaint
