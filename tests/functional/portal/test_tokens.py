"""Personal access tokens: made on a page, shown once, kept as a digest, revoked by their owner or a report."""

import asyncio
import re
from datetime import timedelta

import httpx
import pytest

from borvo.assembly import Platform
from borvo.portal.public import TeamRole, add_member, maintain, remove_member
from borvo.portal.tokens.admission import FAILURES
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.portal.conftest import StartPerson
from tests.functional.portal.secrets import list_mails
from tests.functional.portal.teams import post
from tests.functional.portal.tokens import (
    API,
    Program,
    create_token,
    find_page,
    read_created,
    submit_token,
)

PAGE = find_page()


async def list_trail(platform: Platform, action: str) -> list[str]:
    rows = await platform.database.pool.fetch(
        "select t::text as entry from portal_audit t where action = $1 order by at", action
    )
    return [row["entry"] for row in rows]


async def test_a_token_is_shown_once_and_kept_as_a_digest(platform: Platform, developer: Browser) -> None:
    answer = await submit_token(developer, ["clients:write"], label="deploy <pipeline>")
    token = read_created(answer)
    assert answer.headers["cache-control"] == "no-store"
    assert re.fullmatch(r"borvo_pat_[0-9A-Za-z]{49}", token)
    page = (await developer.open(PAGE)).text
    assert token not in page
    assert "deploy &lt;pipeline&gt;" in page
    assert token[-4:] in page
    assert "clients:read</code>" in page
    dump = await platform.database.pool.fetchval("select json_agg(t)::text from personal_token t")
    assert token not in dump
    assert token[10:] not in dump


async def test_making_and_revoking_are_in_the_audit_trail_and_in_the_owners_log(
    platform: Platform, developer: Browser
) -> None:
    token = await create_token(developer, ["clients:write"])
    token_id = await platform.database.pool.fetchval("select id from personal_token")
    path = f"{PAGE}/{token_id}/revocation"
    asked = await developer.open(path)
    assert "Revoke this token?" in asked.text
    await developer.submit(asked, path)
    for action in ("token_created", "token_revoked"):
        (entry,) = await list_trail(platform, action)
        assert f"token ending {token[-4:]}" in entry
        assert "pipeline" in entry
        assert token not in entry
    log = (await developer.open("/account/security")).text
    assert "You created a personal access token for the tenancy healthorg." in log
    assert "You revoked a personal access token for the tenancy healthorg." in log
    assert (await developer.client.post(path)).status_code == 403
    assert (await developer.open(path)).status_code == 404


async def test_what_cannot_be_is_said_beside_its_field_and_nothing_typed_is_lost(
    platform: Platform, developer: Browser
) -> None:
    cases = [
        ({"label": ""}, "Say what the token is for"),
        ({"label": "x" * 61}, "at most 60"),
        ({"days": "366"}, "Choose one of the lifetimes"),
        ({"days": ""}, "Choose one of the lifetimes"),
        ({"days": "-1"}, "Choose one of the lifetimes"),
    ]
    for fields, words in cases:
        page = await submit_token(developer, ["secrets:write"], **{"label": "kept", **fields})
        assert page.status_code == 400
        assert words in page.text
        assert 'value="secrets:write" checked' in page.text
    assert await platform.database.pool.fetchval("select count(*) from personal_token") == 0


async def test_a_token_that_is_revoked_twice_at_once_is_revoked_once(
    platform: Platform, developer: Browser
) -> None:
    await create_token(developer)
    token_id = await platform.database.pool.fetchval("select id from personal_token")
    answers = await asyncio.gather(*(post(developer, f"{PAGE}/{token_id}/revocation") for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [303, 404, 404, 404]
    assert len(await list_trail(platform, "token_revoked")) == 1


async def test_a_scope_that_is_not_offered_is_not_given(developer: Browser, http: httpx.AsyncClient) -> None:
    program = Program(http, await create_token(developer, ["team:write", "*"]))
    assert (await program.fetch(f"{API}/tenancy")).json()["scopes"] == ["clients:read"]


async def test_there_are_at_most_so_many_also_when_two_are_made_at_once(
    platform: Platform, developer: Browser, clock: TestClock
) -> None:
    await create_token(developer, days="7")
    await platform.database.pool.execute(
        """insert into personal_token (person_id, id, tenancy_id, digest, label, scopes, ending, created_at, expires_at)
           select person_id, gen_random_uuid(), tenancy_id, digest || n::text::bytea, label, scopes, ending, created_at,
                  expires_at from personal_token, generate_series(1, 18) n"""
    )
    answers = await asyncio.gather(*(submit_token(developer, []) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400]
    clock.advance(days=7)
    await developer.sign_in("grace@example.org")
    assert (await submit_token(developer, [])).status_code == 200


async def test_no_token_outlives_a_removal_that_is_under_way(
    platform: Platform, developer: Browser, start_person: StartPerson
) -> None:
    member = await start_person("fay@example.org")
    for _ in range(3):
        await add_member(platform.portal, "healthorg", "fay@example.org", TeamRole.DEVELOPER)
        await asyncio.gather(
            remove_member(platform.portal, "healthorg", "fay@example.org"),
            *(post(member, PAGE, label="late", days="30") for _ in range(3)),
        )
        assert await platform.database.pool.fetchval("select count(*) from personal_token") == 0
    await create_token(developer)


async def test_the_last_use_is_seen_to_the_minute(
    developer: Browser, http: httpx.AsyncClient, clock: TestClock
) -> None:
    program = Program(http, await create_token(developer))
    assert "Not used yet" in (await developer.open(PAGE)).text
    await program.fetch(f"{API}/tenancy")
    clock.advance(seconds=59)
    await program.fetch(f"{API}/tenancy")
    assert "Last used" in (await developer.open(PAGE)).text
    assert clock().replace(second=0).isoformat() in (await developer.open(PAGE)).text
    clock.advance(seconds=1)
    await program.fetch(f"{API}/tenancy")
    assert clock().isoformat() in (await developer.open(PAGE)).text


async def test_an_owner_sees_and_revokes_the_tokens_of_her_team(
    platform: Platform, developer: Browser, colleague: Browser, http: httpx.AsyncClient
) -> None:
    token = await create_token(colleague, ["clients:write"])
    page = (await developer.open(PAGE)).text
    assert "Of cole@example.org" in page
    assert token not in page
    token_id = await platform.database.pool.fetchval("select id from personal_token")
    path = f"{PAGE}/{token_id}/revocation"
    asked = await developer.open(path)
    assert "It is a token of cole@example.org" in asked.text
    await developer.submit(asked, path)
    assert (await Program(http, token).fetch(f"{API}/tenancy")).status_code == 401
    (entry,) = await list_trail(platform, "token_revoked")
    assert "cole@example.org" in entry
    log = (await colleague.open("/account/security")).text
    assert "An owner of the tenancy healthorg revoked an access token of yours." in log
    assert "You revoked a personal access token" not in (await developer.open("/account/security")).text


async def test_who_is_no_owner_neither_sees_nor_revokes_the_token_of_another(
    platform: Platform, developer: Browser, colleague: Browser, http: httpx.AsyncClient
) -> None:
    program = Program(http, await create_token(developer))
    assert "None yet" in (await colleague.open(PAGE)).text
    token_id = await platform.database.pool.fetchval("select id from personal_token")
    path = f"{PAGE}/{token_id}/revocation"
    assert (await colleague.open(path)).status_code == 404
    assert (await post(colleague, path)).status_code == 404
    assert (await program.fetch(f"{API}/tenancy")).status_code == 200


async def test_a_reported_token_is_revoked_and_its_owner_is_told(
    platform: Platform, developer: Browser, http: httpx.AsyncClient
) -> None:
    token = await create_token(developer)
    program = Program(http, token)
    answer = await http.post("/portal/secrets/report", json={"text": f"export BORVO_PORTAL_TOKEN={token}"})
    assert (answer.status_code, answer.json()) == (202, {"status": "received"})
    assert (await program.fetch(f"{API}/tenancy")).status_code == 401
    ((to, subject, text),) = await list_mails(platform)
    assert to == "grace@example.org"
    assert "was published and has been revoked" in subject
    assert f"ending in {token[-4:]}" in text
    assert token not in text
    (entry,) = await list_trail(platform, "token_reported")
    assert "grace@example.org" in entry
    assert token not in entry
    trail = (await developer.open("/portal/tenancies/healthorg/audit")).text
    assert "somebody who found it in public" in trail
    log = (await developer.open("/account/security")).text
    assert "A personal access token of yours was found in public" in log


async def test_an_expired_token_is_shown_for_a_while_and_then_forgotten(
    platform: Platform, developer: Browser, clock: TestClock
) -> None:
    await create_token(developer, days="7")
    clock.advance(days=8)
    await developer.sign_in("grace@example.org")
    assert ">Expired</span>" in (await developer.open(PAGE)).text
    clock.now += timedelta(days=90)
    await maintain(platform.portal)
    assert await platform.database.pool.fetchval("select count(*) from personal_token") == 0


async def test_tokens_that_fail_are_limited_by_network_and_those_that_work_are_not(
    developer: Browser, http: httpx.AsyncClient
) -> None:
    program, wrong = Program(http, await create_token(developer)), Program(http, "borvo_pat_wrong")
    answers = await asyncio.gather(*(wrong.fetch(f"{API}/tenancy") for _ in range(FAILURES.attempts + 1)))
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(429) == 1
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert int(refused.headers["retry-after"]) > 0
    assert (await program.fetch(f"{API}/tenancy")).status_code == 200


async def test_tokens_reach_no_log(
    developer: Browser, http: httpx.AsyncClient, capfd: pytest.CaptureFixture[str]
) -> None:
    token = await create_token(developer)
    await Program(http, token).fetch(f"{API}/clients")
    await Program(http, f"{token[:-1]}x").fetch(f"{API}/clients")
    output = "".join(capfd.readouterr())
    assert "personal token created" in output
    assert token[:-1] not in output
