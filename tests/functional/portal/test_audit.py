"""The audit trail: every change is written down where it is made, and nobody changes what is written."""

import json
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from borvo.assembly import Platform
from borvo.kernel.ids import TenancyId
from borvo.portal.audit import Action, Change, record_change
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.portal.journeys import register

CLIENT = "/portal/clients/healthorg.myapp"
OWN = "k7Qe-9fZp_2mXv!3rTba <&\" '+%"


async def read(platform: Platform, action: Action) -> list[dict[str, Any]]:
    rows = await platform.database.pool.fetch(
        "select * from portal_audit where action = $1 order by at, id", action.value
    )
    return [{**row, "before": json.loads(row["before"]), "after": json.loads(row["after"])} for row in rows]


async def find_person_id(platform: Platform, email: str) -> object:
    return await platform.database.pool.fetchval("select person_id from person_email where email = $1", email)


async def test_a_registration_is_recorded_with_who_what_and_when(
    platform: Platform, developer: Browser, clock: TestClock
) -> None:
    await register(developer)
    [change] = await read(platform, Action.CLIENT_REGISTERED)
    assert change["actor_id"] == await find_person_id(platform, "grace@example.org")
    assert (change["subject"], change["at"]) == ("healthorg.myapp", clock())
    assert change["before"] == {}
    assert change["after"]["display_name"] == "My App"
    assert change["after"]["scopes"] == ["openid", "profile", "email"]


async def test_a_registration_that_fails_leaves_no_trace(platform: Platform, developer: Browser) -> None:
    await register(developer)
    await register(developer)
    assert len(await read(platform, Action.CLIENT_REGISTERED)) == 1


async def test_a_change_names_only_what_differs(platform: Platform, developer: Browser) -> None:
    page = await register(developer)
    await developer.submit(page, CLIENT, display_name="Other", pkce="required")
    [change] = await read(platform, Action.CLIENT_CHANGED)
    assert change["before"] == {"display_name": "My App", "require_pkce": False}
    assert change["after"] == {"display_name": "Other", "require_pkce": True}


async def test_saving_without_a_change_is_none(platform: Platform, developer: Browser) -> None:
    await developer.submit(await register(developer), CLIENT)
    assert await read(platform, Action.CLIENT_CHANGED) == []


async def test_secrets_come_and_go_in_the_trail_and_are_never_in_it(
    platform: Platform, developer: Browser, clock: TestClock
) -> None:
    await register(developer)
    page = await developer.open(f"{CLIENT}/secret")
    shown = await developer.submit(page, f"{CLIENT}/secret")
    clock.advance(seconds=1)
    await developer.submit(shown, f"{CLIENT}/secret/own", secret=OWN)
    secrets = await platform.database.pool.fetch("select id, digest from client_secret order by id")
    removal = f"{CLIENT}/secret/{secrets[0]['id']}/removal"
    await developer.submit(await developer.open(removal), removal)
    added = await read(platform, Action.SECRET_ADDED)
    assert [each["after"]["is_generated"] for each in added] == [True, False]
    [removed] = await read(platform, Action.SECRET_REMOVED)
    assert removed["before"] == added[0]["after"]
    trail = str(await platform.database.pool.fetch("select t::text from portal_audit t"))
    generated = shown.text.partition('id="generated-secret">')[2].partition("<")[0]
    assert generated
    for planted in (generated, OWN, *(row["digest"].hex() for row in secrets)):
        assert planted not in trail


async def record(platform: Platform, at: datetime) -> None:
    tenancy_id = TenancyId(await platform.database.pool.fetchval("select id from tenancy"))
    async with platform.database.transaction() as connection:
        await record_change(
            connection, Change(tenancy_id, None, Action.CLIENT_CHANGED, "healthorg.myapp", at)
        )


@pytest.mark.usefixtures("developer")
@pytest.mark.parametrize(
    "change",
    [
        "update portal_audit set action = 'x'",
        "delete from portal_audit",
        "truncate portal_audit",
        "insert into portal_audit select * from portal_audit on conflict (tenancy_id, id) do update set action = ''",
    ],
)
async def test_the_database_refuses_to_change_the_trail(platform: Platform, change: str) -> None:
    await record(platform, datetime.now(UTC))
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="never changed"):
        await platform.database.pool.execute(change)


@pytest.mark.usefixtures("developer")
async def test_even_old_entries_are_not_rewritten(platform: Platform) -> None:
    await record(platform, datetime(2020, 1, 1, tzinfo=UTC))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await platform.database.pool.execute("update portal_audit set action = 'x'")
