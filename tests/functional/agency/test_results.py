"""The two-step query of what people share: asked with a query token, fetched by key as long as all consents stand."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from borvo.agency import access_store
from borvo.assembly import Platform
from borvo.dataserver.public import clean_up, erase_person
from borvo.dataserver.snapshots import model, shared_store, store
from borvo.kernel.ids import PersonId
from borvo.organisations.public import OrganisationRole, add_member, remove_member
from borvo.support.service import remove_role
from tests.factories.samples import create_blood_pressure, create_body
from tests.functional.agency.scenes import (
    AGENT,
    BOB,
    BP,
    DIARY,
    PATIENT,
    WRITE,
    Stage,
    seat_agent,
    weigh,
    write,
)
from tests.functional.agency.two_steps import WEIGHTS, ask, fetch, fetch_values, post, share_weights
from tests.functional.conftest import TestClock
from tests.functional.locks import wait_until_blocked

pytestmark = pytest.mark.usefixtures("diary")


async def count(platform: Platform, table: str) -> int:
    number: int = await platform.database.pool.fetchval(f"select count(*) from {table}")
    return number


@pytest.mark.spec("contract", "2.5")
async def test_results_stay_whatever_is_written_and_deleted_later(stage: Stage, platform: Platform) -> None:
    headers = await stage.start_agent()
    scopes = ["read.body_mass", *BP]
    ada = await stage.share(headers, requestedScopes=scopes)
    bob = await stage.share(headers, BOB, requestedScopes=scopes)
    names = [{**weigh(1, 60.0), "clientAssignedId": "a"}, {**weigh(3, 61.0), "clientAssignedId": "b"}]
    pressure = create_blood_pressure(1, 2, instant="2026-01-05T00:00:00Z")
    await write(stage, PATIENT, *names, pressure)
    await write(stage, BOB, weigh(2, 80.0), weigh(1, 81.0))
    weights, everything = await ask(stage, headers), await ask(stage, headers, "")
    assert (weights["NumberOfResults"], everything["NumberOfResults"]) == (4, 5)
    owner = await stage.sign_in(PATIENT, scope=WRITE, client_id=DIARY)
    for name in ("a", pressure["clientAssignedId"]):
        assert (await stage.http.delete(f"/sample/v1/{name}", headers=owner)).status_code == 204
    changed = {**names[1], "quantityValue": 99.0}
    assert (await stage.http.put("/sample/v1/b", json=changed, headers=owner)).status_code == 200
    await write(stage, BOB, weigh(2, 5.0))
    found = await fetch_values(stage, headers, weights["Key"])
    # Of one instant by subject, then by id.
    assert found[:2] == sorted([(ada, 60.0), (bob, 81.0)])
    assert found[2:] == [(bob, 80.0), (ada, 61.0)]
    paged = [await fetch_values(stage, headers, weights["Key"], take=1, skip=n) for n in range(5)]
    assert paged == [*([each] for each in found), []]
    last = (await fetch(stage, headers, everything["Key"])).json()[-1]
    assert [part["quantityValue"] for part in last["correlationObjects"]] == [1, 2]
    assert {part["subject"] for part in last["correlationObjects"]} == {ada}
    log = (await (await stage.find_browser(PATIENT)).open("/account/access-log/export")).json()
    # Each page and each question is a look.
    assert Counter(each["samples"] for each in log) == {0: 5, 1: 2, 2: 1, 3: 1}
    key = weights["Key"]
    assert key not in await platform.database.pool.fetchval("select s::text from shared_snapshot s limit 1")


async def test_results_are_for_their_maker_alone_by_their_key_alone(stage: Stage, clock: TestClock) -> None:
    headers, subject = await share_weights(stage)
    key = (await ask(stage, headers))["Key"]
    other = await stage.start_agent("aron@example.org")
    await stage.share(other, requestedScopes=["read.body_mass"])
    owner = await stage.sign_in(PATIENT, scope="openid read.body_mass")
    own = (await stage.http.post(f"/query/v1?{WEIGHTS}", headers=owner)).json()["Key"]
    refused = [
        await fetch(stage, other, key),
        await fetch(stage, await stage.sign_in(AGENT, client_id="demo.other"), key),
        await fetch(stage, await stage.sign_in(AGENT, scope="openid"), key),
        await fetch(stage, owner, key),
        await fetch(stage, headers, own),
        await fetch(stage, await stage.start_service(), key),
        await fetch(stage, headers, "A" * 43),
    ]
    token = await stage.query_token(headers, subject)
    both = await fetch(stage, {**headers, "agency-query-token": token}, key)
    assert both.status_code == 403
    assert (await stage.read(headers, token)).status_code == 200
    assert (await stage.http.get("/query/v1", params={"key": key})).status_code == 401
    assert len(await fetch_values(stage, headers, key)) == 1
    clock.advance(days=30)
    refused.append(await fetch(stage, await stage.start_fresh(AGENT), key))
    assert {answer.status_code for answer in refused} == {404}
    assert len({answer.json()["detail"] for answer in refused}) == 1


async def test_whatever_one_of_them_changes_ends_results_at_once_and_for_good(
    stage: Stage, clock: TestClock
) -> None:
    headers, subject = await share_weights(stage)
    await stage.share(headers, BOB, requestedScopes=["read.body_mass"])
    browser, path = await stage.find_browser(PATIENT), f"/account/sharing/{subject}"
    keys = [(await ask(stage, headers))["Key"]]
    assert len(await fetch_values(stage, headers, keys[0])) == 1
    await browser.submit(await browser.open(path), path, scope=["read.body_mass"])
    for action in ("pause", "resume", "end"):
        assert {(await fetch(stage, headers, key)).status_code for key in keys} == {404}
        if action != "resume":
            keys.append((await ask(stage, headers))["Key"])
            assert (await fetch(stage, headers, keys[-1])).status_code == 200
        await browser.submit(await browser.open("/account/sharing"), f"{path}/{action}")
    assert {(await fetch(stage, headers, key)).status_code for key in keys} == {404}
    link = await stage.invite(headers, requestedScopes=["read.body_mass"])
    await browser.submit(await browser.open(link), link, decision="accept", duration="30")
    assert {(await fetch(stage, headers, key)).status_code for key in keys} == {404}
    clock.advance(days=15)
    headers = await stage.start_fresh(AGENT)
    latest = (await ask(stage, headers))["Key"]
    assert len(await fetch_values(stage, headers, latest)) == 1
    clock.advance(days=15)
    assert (await fetch(stage, await stage.start_fresh(AGENT), latest)).status_code == 404


@pytest.mark.parametrize("step", ["ask", "fetch"])
async def test_a_consent_that_ends_in_the_midst_of_a_step_ends_the_step(
    platform: Platform, stage: Stage, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """After everything else was looked at: the statement that keeps or reads looks by itself."""
    headers, subject = await share_weights(stage)
    key = (await ask(stage, headers))["Key"]
    token = await stage.query_token(headers, subject)
    browser = await stage.find_browser(PATIENT)
    page = await browser.open("/account/sharing")
    name = {"ask": "measure_holding", "fetch": "load_page"}[step]
    work = getattr(shared_store, name)

    async def work_too_late(*arguments: Any) -> Any:
        await browser.submit(page, f"/account/sharing/{subject}/end")
        return await work(*arguments)

    monkeypatch.setattr(shared_store, name, work_too_late)
    if step == "fetch":
        assert (await fetch(stage, headers, key)).status_code == 404
    else:
        assert (await post(stage, headers, token)).status_code == 403
        assert await count(platform, "shared_snapshot") == await count(platform, "shared_snapshot_part") == 1
        assert (await post(stage, headers, token)).status_code == 403
    # Nobody looked but in the first step of all.
    assert await count(platform, "agency_access") == 1


async def test_who_left_the_organisation_or_lost_the_role_fetches_nothing(
    platform: Platform, stage: Stage
) -> None:
    organisation = await seat_agent(platform, stage)
    colleague = "cole@example.org"
    await stage.find_browser(colleague)
    await add_member(platform.organisations, "North Clinic", colleague, OrganisationRole.AGENT)
    headers, other = await stage.sign_in(AGENT), await stage.sign_in(colleague)
    await stage.share(headers, organizationId=str(organisation.id), requestedScopes=["read.body_mass"])
    keys = [(await ask(stage, each))["Key"] for each in (headers, other)]
    # A colleague makes results of her own.
    assert (await fetch(stage, other, keys[0])).status_code == 404
    await remove_member(platform.organisations, "North Clinic", AGENT, None)
    assert (await fetch(stage, headers, keys[0])).status_code == 404
    assert (await fetch(stage, other, keys[1])).status_code == 200
    await remove_role(platform.accounts, colleague, "agent")
    assert (await fetch(stage, other, keys[1])).status_code == 404


async def test_a_service_fetches_what_it_asked_for_its_organisation(platform: Platform, stage: Stage) -> None:
    organisation = await seat_agent(platform, stage, is_service_allowed=True)
    service = await stage.start_service()
    await stage.share(service, organizationId=str(organisation.id), requestedScopes=["read.body_mass"])
    await write(stage, PATIENT, weigh(1, 60.0))
    key = (await ask(stage, service))["Key"]
    assert len(await fetch_values(stage, service, key)) == 1
    assert (await fetch(stage, await stage.sign_in(AGENT), key)).status_code == 404


async def test_a_token_asks_once_and_of_many_at_once_one_asks(platform: Platform, stage: Stage) -> None:
    headers, _ = await share_weights(stage)
    token = await stage.query_token(headers, is_all=True)
    answers = await asyncio.gather(*(post(stage, headers, token) for _ in range(20)))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 403: 19}
    assert await count(platform, "shared_snapshot") == await count(platform, "agency_access") == 1
    assert (await stage.read(headers, token)).status_code == 403


async def test_a_refusal_uses_the_token_up_and_a_fault_of_ours_does_not(
    platform: Platform, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers, subject = await share_weights(stage)

    async def fail(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    token = await stage.query_token(headers, subject)
    with monkeypatch.context() as patch:
        patch.setattr(access_store, "insert_accesses", fail)
        assert (await post(stage, headers, token)).status_code == 500
    assert await count(platform, "shared_snapshot") == 0
    assert (await post(stage, headers, token)).status_code == 200
    for query, status in (("types=step_count", 403), ("client=demo.diary", 400), ("take=0", 400)):
        token = await stage.query_token(headers, subject)
        assert (await post(stage, headers, token, query)).status_code == status
        assert (await post(stage, headers, token)).status_code == 403
    assert await count(platform, "shared_snapshot") == 1


async def test_a_halt_refuses_and_leaves_the_token_as_it_was(
    platform: Platform, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers, subject = await share_weights(stage)
    token = await stage.query_token(headers, subject)
    monkeypatch.setattr(store, "_WAIT", "1ms")
    async with platform.database.transaction() as connection:
        await store.halt_making(connection)
        assert (await post(stage, headers, token)).status_code == 503
    monkeypatch.undo()
    assert (await post(stage, headers, token)).status_code == 200


@pytest.mark.spec("contract", "7")
async def test_only_what_is_shared_is_found(stage: Stage) -> None:
    headers = await stage.start_agent()
    link = await stage.invite(headers, requestedScopes=[*BP[:2], "read.body_mass"])
    browser = await stage.find_browser(PATIENT)
    await browser.submit(await browser.open(link), link, decision="accept", data_from="2026-01-03")
    bob = await stage.share(headers, BOB, requestedScopes=BP)
    pressure = create_blood_pressure(instant="2026-01-05T00:00:00Z")
    mixed = {**pressure, "clientAssignedId": "m", "dateRange": create_body()["dateRange"]}
    await write(stage, PATIENT, weigh(2, 60.0), weigh(4, 61.0), create_body("height", 1.7), pressure)
    await write(stage, BOB, pressure, {**mixed, "dateRange": pressure["dateRange"]})
    found = await ask(stage, headers, "")
    values = await fetch(stage, headers, found["Key"])
    shown = Counter((each["type"], each["subject"] == bob) for each in values.json())
    assert shown == {("body_mass", False): 1, ("blood_pressure", True): 2}
    assert found["NumberOfResults"] == 3
    ada = await stage.find_subject(PATIENT)
    named = (await ask(stage, headers, "types=blood_pressure", ada))["Key"]
    assert (await fetch(stage, headers, named)).status_code == 403
    log = (await browser.open("/account/access-log/export")).json()
    assert [each["samples"] for each in log if each["types"] == ["blood_pressure"]] == [0, 0]


async def test_results_are_of_the_devices_and_in_the_units_and_members_asked_for(stage: Stage) -> None:
    headers = await stage.start_agent()
    ada = await stage.share(headers, requestedScopes=["read.body_mass"])
    await write(stage, PATIENT, {**weigh(1, 60.0), "device": "scale"}, {**weigh(2, 61.0), "device": "other"})
    query = f"{WEIGHTS}&device=scale&unit=g&fields=subject,quantityValue"
    answer = await ask(stage, headers, query)
    page = (await fetch(stage, headers, answer["Key"])).json()
    assert (answer["NumberOfResults"], page) == (
        1,
        [{"subject": ada, "quantityValue": 60_000.0, "unit": "g"}],
    )
    refused = await post(stage, headers, await stage.query_token(headers, ada), f"{WEIGHTS}&unit=m")
    assert (refused.status_code, [*refused.json()["errors"]]) == (400, ["unit"])


async def test_a_person_known_under_two_subjects_is_shown_under_both(
    platform: Platform, stage: Stage
) -> None:
    organisation = await seat_agent(platform, stage)
    headers = await stage.sign_in(AGENT)
    await stage.start_agent()
    await stage.share(headers, requestedScopes=BP)
    await stage.share(headers, requestedScopes=BP, organizationId=str(organisation.id))
    rows = await platform.database.pool.fetch("select subject from agency_relationship")
    subjects = sorted(str(row["subject"]) for row in rows)
    await write(stage, PATIENT, create_blood_pressure())
    pages = [
        (await fetch(stage, headers, (await ask(stage, headers, "types=blood_pressure"))["Key"])).json(),
        (
            await stage.read(headers, await stage.query_token(headers, is_all=True), "types=blood_pressure")
        ).json()["datas"],
    ]
    for page in pages:
        assert sorted(each["subject"] for each in page) == subjects
        assert [len(each["correlationObjects"]) for each in page] == [2, 2]


async def test_what_is_erased_or_expired_takes_results_with_it(
    platform: Platform, stage: Stage, clock: TestClock
) -> None:
    headers, _ = await share_weights(stage)
    await stage.share(headers, BOB, requestedScopes=["read.body_mass"])
    both = (await ask(stage, headers))["Key"]
    of_bob = (await ask(stage, headers, WEIGHTS, await stage.find_subject(BOB)))["Key"]
    people = dict(await platform.database.pool.fetch("select email, id from person"))

    async def erase(email: str) -> None:
        async with platform.database.transaction() as connection:
            await erase_person(platform.dataserver, connection, PersonId(people[email]))

    await erase(PATIENT)
    assert (await fetch(stage, headers, both)).status_code == 404
    assert (await fetch(stage, headers, of_bob)).status_code == 200
    assert await count(platform, "shared_snapshot_part") == 1
    # Of an agent who is erased, what she made goes, too.
    await erase(AGENT)
    assert await count(platform, "shared_snapshot") == await count(platform, "shared_snapshot_part") == 0
    await ask(stage, headers)
    clock.advance(days=30)
    await clean_up(platform.dataserver)
    assert await count(platform, "shared_snapshot") == await count(platform, "shared_snapshot_part") == 0


@pytest.mark.parametrize("is_first", [True, False])
async def test_results_that_are_asked_for_while_she_is_erased_do_not_show_her(
    platform: Platform, stage: Stage, monkeypatch: pytest.MonkeyPatch, is_first: bool
) -> None:
    """Whoever comes first is waited for by the other."""
    headers, subject = await share_weights(stage)
    token = await stage.query_token(headers, subject)
    person_id = await platform.database.pool.fetchval("select id from person where email = $1", PATIENT)
    asked, erased = asyncio.Event(), asyncio.Event()
    insert = shared_store.insert_snapshot

    async def erase() -> None:
        async with platform.database.transaction() as connection:
            await erase_person(platform.dataserver, connection, PersonId(person_id))
            await connection.execute("update person set closed_at = now() where id = $1", person_id)
            erased.set()
            if not is_first:
                await wait_until_blocked(platform)

    async def insert_slowly(*arguments: Any) -> bool:
        is_kept = await insert(*arguments)
        asked.set()
        if is_first:
            await wait_until_blocked(platform)
        return is_kept

    monkeypatch.setattr(shared_store, "insert_snapshot", insert_slowly)
    if is_first:
        asking = asyncio.create_task(post(stage, headers, token))
        await asyncio.wait_for(asked.wait(), 60)
        erasing = asyncio.create_task(erase())
    else:
        erasing = asyncio.create_task(erase())
        await asyncio.wait_for(erased.wait(), 60)
        asking = asyncio.create_task(post(stage, headers, token))
    await erasing
    assert (await asking).status_code == (200 if is_first else 403)
    assert await count(platform, "shared_snapshot") == await count(platform, "shared_snapshot_part") == 0


async def test_a_maker_holds_so_many_results_and_no_more_however_many_are_asked_at_once(
    platform: Platform, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers, subject = await share_weights(stage)
    owner = await stage.sign_in(PATIENT, scope="openid read.body_mass")
    monkeypatch.setattr(model, "OPEN_MAXIMUM", 3)
    tokens = [await stage.query_token(headers, subject) for _ in range(6)]
    answers = await asyncio.gather(*(post(stage, headers, token) for token in tokens))
    assert Counter(answer.status_code for answer in answers) == {200: 3, 429: 3}
    assert {int(answer.headers["retry-after"]) for answer in answers if answer.status_code == 429} == {
        30 * 86400
    }
    own = await asyncio.gather(*(stage.http.post(f"/query/v1?{WEIGHTS}", headers=owner) for _ in range(6)))
    assert Counter(answer.status_code for answer in own) == {200: 3, 429: 3}
    monkeypatch.setattr(model, "OPEN_MAXIMUM", 9)
    monkeypatch.setattr(model, "PEOPLE_MAXIMUM", 3)
    answer = await post(stage, headers, await stage.query_token(headers, subject))
    assert answer.status_code == 429
    assert await count(platform, "shared_snapshot") == await count(platform, "sample_snapshot") == 3
