"""What support's commands do with developer tenancies."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import httpx
import pytest
from alembic import command
from sqlalchemy import Connection

from borvo.accounts.public import find_person
from borvo.assembly import Platform
from borvo.kernel.errors import BorvoError, ConflictError, InvalidInputError, NotFoundError
from borvo.portal.public import Portal
from borvo.storage.migration import _configure, migrate, run_synchronously
from borvo.support import public as support
from borvo.support.public import (
    add_member,
    create_tenancy,
    list_tenancies,
    remove_member,
    resume_tenancy,
    set_prefix,
    suspend_tenancy,
)
from tests.factories.clients import SECRET, register_client
from tests.functional.browser import Browser

OWNER, OTHER = "ada@example.org", "bob@example.org"


@pytest.fixture
async def portal(platform: Platform, browser: Browser) -> Portal:
    """With a tenancy, and two people of whom one owns it."""
    await browser.sign_up(OTHER)
    browser.client.cookies.clear()
    await browser.sign_up(OWNER)
    await create_tenancy(platform.portal, OWNER, "healthorg")
    return platform.portal


async def read_trail(platform: Platform, action: str) -> list[dict[str, Any]]:
    rows = await platform.database.pool.fetch(
        "select actor_id, subject, before, after from portal_audit where action = $1 order by at, id", action
    )
    return [{**row, "before": json.loads(row["before"]), "after": json.loads(row["after"])} for row in rows]


async def list_roles(platform: Platform) -> dict[str, str]:
    rows = await platform.database.pool.fetch(
        "select p.email, m.role from tenancy_member m join person p on p.id = m.person_id"
    )
    return {row["email"]: row["role"] for row in rows}


async def ask_token(http: httpx.AsyncClient, client_id: str) -> int:
    fields = {"grant_type": "client_credentials", "scope": "agency_api"}
    return (await http.post("/connect/token", data=fields, auth=(client_id, SECRET))).status_code


@pytest.mark.usefixtures("portal")
async def test_a_new_tenancy_has_its_owner_and_is_in_its_own_trail(platform: Platform) -> None:
    assert await list_roles(platform) == {OWNER: "owner"}
    [entry] = await read_trail(platform, "tenancy_created")
    assert entry["actor_id"] is None
    assert entry["after"] == {"prefix": "healthorg", "owner": OWNER}


async def test_tenancies_are_listed_with_what_is_in_them(platform: Platform, portal: Portal) -> None:
    await register_client(platform, "healthorg.app")
    await create_tenancy(portal, OTHER, "another")
    await suspend_tenancy(portal, "another")
    first, second = (await list_tenancies(portal)).splitlines()
    assert first.startswith("another  ")
    assert first.endswith("members 1  clients 0  created 2026-01-15  suspended")
    assert second.startswith("healthorg  ")
    assert second.endswith("members 1  clients 1  created 2026-01-15")


async def test_without_tenancies_the_list_says_so(platform: Platform) -> None:
    assert await list_tenancies(platform.portal) == "There are no developer tenancies."


async def test_clients_of_a_suspended_tenancy_get_nothing_at_once_and_everything_afterwards(
    platform: Platform, portal: Portal, http: httpx.AsyncClient
) -> None:
    grants = {"grant_types": ["client_credentials"], "scopes": ["agency_api"], "redirect_uris": []}
    for client_id in ("healthorg.app", "healthorg.off", "elsewhere.app"):
        await register_client(platform, client_id, **grants)  # type: ignore[arg-type]
    await platform.database.pool.execute(
        "update client set disabled_at = now() where client_id = 'healthorg.off'"
    )
    assert await ask_token(http, "healthorg.app") == 200
    answer = await suspend_tenancy(portal, "healthorg")
    assert "healthorg is suspended" in answer
    disabled = await ask_token(http, "healthorg.off")
    assert await ask_token(http, "healthorg.app") == disabled == 401
    assert await ask_token(http, "elsewhere.app") == 200
    assert "works again" in await resume_tenancy(portal, "healthorg")
    assert await ask_token(http, "healthorg.app") == 200
    # It was disabled for a reason of its own.
    assert await ask_token(http, "healthorg.off") == 401
    for action in ("tenancy_suspended", "tenancy_resumed"):
        [entry] = await read_trail(platform, action)
        assert (entry["actor_id"], entry["subject"]) == (None, "healthorg")


async def test_suspending_twice_changes_nothing_and_says_so(platform: Platform, portal: Portal) -> None:
    await suspend_tenancy(portal, "healthorg")
    assert "already" in await suspend_tenancy(portal, "healthorg")
    await resume_tenancy(portal, "healthorg")
    assert "was not suspended" in await resume_tenancy(portal, "healthorg")
    assert len(await read_trail(platform, "tenancy_suspended")) == 1


async def test_a_prefix_changes_while_there_are_no_clients(platform: Platform, portal: Portal) -> None:
    assert "begin with betterorg" in await set_prefix(portal, "healthorg", "betterorg")
    [entry] = await read_trail(platform, "prefix_changed")
    assert (entry["before"], entry["after"]) == ({"prefix": "healthorg"}, {"prefix": "betterorg"})
    await register_client(platform, "betterorg.app")
    with pytest.raises(ConflictError, match="has clients"):
        await set_prefix(portal, "betterorg", "third")


@pytest.mark.parametrize("prefix", ["", "Health", "health-org", "a" * 65, "taken", "\x00"])
async def test_a_prefix_that_does_not_do_is_refused(platform: Platform, portal: Portal, prefix: str) -> None:
    await create_tenancy(portal, OTHER, "taken")
    with pytest.raises(InvalidInputError, match="prefix"):
        await set_prefix(portal, "healthorg", prefix)
    assert await read_trail(platform, "prefix_changed") == []


async def test_two_tenancies_that_want_one_prefix_at_once_do_not_both_get_it(portal: Portal) -> None:
    await create_tenancy(portal, OTHER, "another")
    done = await asyncio.gather(
        set_prefix(portal, "healthorg", "wanted"),
        set_prefix(portal, "another", "wanted"),
        return_exceptions=True,
    )
    assert sorted(isinstance(each, InvalidInputError) for each in done) == [False, True]


async def test_a_member_is_added_gets_another_role_and_is_removed(platform: Platform, portal: Portal) -> None:
    assert (await add_member(portal, "healthorg", "Bob@example.org", "viewer")).endswith("as viewer.")
    async with platform.database.connection() as connection:
        person = await find_person(connection, OTHER)
    assert person is not None
    assert person.is_developer
    await add_member(portal, "healthorg", OTHER, "owner")
    assert await list_roles(platform) == {OWNER: "owner", OTHER: "owner"}
    await remove_member(portal, "healthorg", OWNER)
    assert await list_roles(platform) == {OTHER: "owner"}
    [added] = await read_trail(platform, "member_added")
    [changed] = await read_trail(platform, "member_role_changed")
    [removed] = await read_trail(platform, "member_removed")
    assert (added["subject"], added["after"]) == (OTHER, {"role": "viewer"})
    assert (changed["before"], changed["after"]) == ({"role": "viewer"}, {"role": "owner"})
    assert (removed["subject"], removed["before"]) == (OWNER, {"role": "owner"})
    assert {added["actor_id"], changed["actor_id"], removed["actor_id"]} == {None}


async def test_the_operator_leaves_an_owner_too(platform: Platform, portal: Portal) -> None:
    with pytest.raises(ConflictError, match="needs an owner"):
        await remove_member(portal, "healthorg", OWNER)
    with pytest.raises(ConflictError, match="needs an owner"):
        await add_member(portal, "healthorg", OWNER, "viewer")
    assert await list_roles(platform) == {OWNER: "owner"}


async def test_a_command_takes_the_id_as_well_as_the_prefix(platform: Platform, portal: Portal) -> None:
    tenancy_id = str(await platform.database.pool.fetchval("select id from tenancy"))
    assert "is suspended" in await suspend_tenancy(portal, tenancy_id)


MISTAKES: dict[str, tuple[Callable[[Portal], Awaitable[str]], type[BorvoError]]] = {
    "no such tenancy to suspend": (lambda portal: suspend_tenancy(portal, "nothing"), NotFoundError),
    "no such tenancy to resume": (lambda portal: resume_tenancy(portal, "x\x00y"), NotFoundError),
    "no such tenancy to rename": (lambda portal: set_prefix(portal, "nothing", "better"), NotFoundError),
    "no such tenancy to join": (lambda portal: add_member(portal, "nothing", OTHER, "owner"), NotFoundError),
    "nobody to add": (
        lambda portal: add_member(portal, "healthorg", "no@example.org", "owner"),
        NotFoundError,
    ),
    "no such role": (lambda portal: add_member(portal, "healthorg", OTHER, "king"), InvalidInputError),
    "no member to remove": (lambda portal: remove_member(portal, "healthorg", OTHER), NotFoundError),
    "no such tenancy to leave": (lambda portal: remove_member(portal, "nothing", OWNER), NotFoundError),
}


@pytest.mark.parametrize("mistake", MISTAKES)
async def test_a_mistake_is_named_and_changes_nothing(
    platform: Platform, portal: Portal, mistake: str
) -> None:
    act, kind = MISTAKES[mistake]
    before = await platform.database.pool.fetchval("select count(*) from portal_audit")
    with pytest.raises(kind):
        await act(portal)
    assert await platform.database.pool.fetchval("select count(*) from portal_audit") == before
    assert await list_roles(platform) == {OWNER: "owner"}


RECORDED: dict[str, Callable[[Portal], Awaitable[str]]] = {
    "create_tenancy": lambda portal: create_tenancy(portal, OTHER, "new"),
    "suspend_tenancy": lambda portal: suspend_tenancy(portal, "healthorg"),
    "resume_tenancy": lambda portal: resume_tenancy(portal, "healthorg"),
    "set_prefix": lambda portal: set_prefix(portal, "healthorg", "better"),
    "add_member": lambda portal: add_member(portal, "better", OTHER, "owner"),
    "remove_member": lambda portal: remove_member(portal, "better", OTHER),
}
READ_ONLY = {"list_tenancies"}


async def test_every_command_about_tenancies_leaves_an_entry_of_the_operator(
    platform: Platform, portal: Portal
) -> None:
    """A new command without a rule here fails."""
    commands = {name for name in support.__all__ if "tenanc" in name or "member" in name or "prefix" in name}
    assert commands == RECORDED.keys() | READ_ONLY
    count = "select count(*) from portal_audit where actor_id is null"
    for number, act in enumerate(RECORDED.values(), start=2):
        await act(portal)
        assert await platform.database.pool.fetchval(count) == number


async def test_members_from_before_there_were_roles_become_owners(server_url: str) -> None:
    name = "before_roles"
    server = await asyncpg.connect(server_url)
    await server.execute(f'create database "{name}"')
    url = f"{server_url.partition('?')[0].rpartition('/')[0]}/{name}?{server_url.partition('?')[2]}"

    def upgrade(connection: Connection) -> None:
        command.upgrade(_configure(connection), "0009")

    try:
        await run_synchronously(url, upgrade)
        connection = await asyncpg.connect(url)
        await connection.execute(
            "insert into tenancy_member values (gen_random_uuid(), gen_random_uuid(), now())"
        )
        await migrate(url)
        assert await connection.fetchval("select role from tenancy_member") == "owner"
        with pytest.raises(asyncpg.NotNullViolationError):
            await connection.execute(
                """insert into tenancy_member (person_id, tenancy_id, joined_at)
                   values (gen_random_uuid(), gen_random_uuid(), now())"""
            )
        await connection.close()
    finally:
        await server.execute(f'drop database "{name}" with (force)')
        await server.close()
