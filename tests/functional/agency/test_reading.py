"""Query tokens, and what is read by them."""

import asyncio
from collections import Counter
from datetime import timedelta
from itertools import product
from typing import Any
from uuid import uuid4

import pytest
from msgspec import structs

from borvo.agency import access_store
from borvo.assembly import Platform
from borvo.dataserver import shared_reading, shared_statements
from borvo.dataserver.model import StoredSample
from borvo.organisations.public import OrganisationRole, add_member, remove_member
from borvo.support.service import remove_role
from tests.factories.samples import create_blood_pressure, create_body
from tests.functional.agency.scenes import (
    AGENT,
    BOB,
    BP,
    PATIENT,
    WRITE,
    Stage,
    read,
    seat_agent,
    weigh,
    write,
)
from tests.functional.conftest import TestClock


async def list_first_reads(platform: Platform) -> list[str]:
    """Who was told by mail that an agency has looked for the first time."""
    mails = [mail for _, mail in await platform.outbox.list_payloads("mail", 50)]
    return [mail["to"] for mail in mails if "for the first time" in mail["subject"]]


@pytest.mark.usefixtures("diary")
@pytest.mark.spec("contract", "3.1")
async def test_an_agent_reads_what_a_person_shares_and_she_sees_it(platform: Platform, stage: Stage) -> None:
    headers = await stage.start_agent()
    subject = await stage.share(headers)
    await write(stage, PATIENT, create_blood_pressure(), weigh(1, 70.0))
    types = "&".join(
        f"types={name}" for name in ("blood_pressure", "blood_pressure_diastolic", "blood_pressure_systolic")
    )
    answer = await read(
        stage, headers, f"{types}&orderProperty=EndDate&orderDirection=Descending&take=100", subject
    )
    assert answer.status_code == 200, answer.text
    page = answer.json()
    assert (page["totalAvailable"], page["count"]) == (1, 1)
    (sample,) = page["datas"]
    assert sample["subject"] == subject
    assert [child["subject"] for child in sample["correlationObjects"]] == [subject] * 2
    log = await (await stage.find_browser(PATIENT)).open("/account/access-log")
    assert "Agnes Agent" in log.text
    assert "Blood pressure" in log.text
    sharing = await (await stage.find_browser(PATIENT)).open("/account/sharing")
    assert "Looked 1 time," in sharing.text
    assert await list_first_reads(platform) == [PATIENT]
    assert (await read(stage, headers, types, subject)).status_code == 200
    exported = (await (await stage.find_browser(PATIENT)).open("/account/access-log/export")).json()
    assert [each["samples"] for each in exported] == [1, 1]
    assert await list_first_reads(platform) == [PATIENT]


@pytest.mark.usefixtures("diary")
async def test_several_people_come_in_one_order_with_their_total_and_pages(stage: Stage) -> None:
    headers = await stage.start_agent()
    scopes = ["read.body_mass", "read.height"]
    ada = await stage.share(headers, requestedScopes=scopes)
    bob = await stage.share(headers, BOB, requestedScopes=scopes)
    await write(stage, PATIENT, *(weigh(day, 60.0) for day in (1, 3, 5)), create_body("height", 1.7))
    await write(stage, BOB, *(weigh(day, 80.0) for day in (2, 4)))
    seen = []
    for skip in range(0, 6, 2):
        page = (await read(stage, headers, f"types=body_mass&take=2&skip={skip}")).json()
        assert page["totalAvailable"] == 5
        seen += [(each["dateRange"]["lowerBound"][8:10], each["subject"]) for each in page["datas"]]
    assert seen == [("01", ada), ("02", bob), ("03", ada), ("04", bob), ("05", ada)]
    latest = (await read(stage, headers, "types=body_mass&orderDirection=Descending&take=1")).json()
    assert latest["datas"][0]["subject"] == ada
    everything = (await read(stage, headers)).json()
    assert Counter(each["subject"] for each in everything["datas"]) == {ada: 4, bob: 2}
    bounded = (
        await read(
            stage,
            headers,
            "RangeOfStartDate.LowerBound=2026-01-02T00:00:00Z&RangeOfStartDate.UpperBound=2026-01-03T23:00:00Z",
        )
    ).json()
    assert bounded["totalAvailable"] == 2


@pytest.mark.usefixtures("diary")
async def test_what_a_person_does_not_share_is_never_read(platform: Platform, stage: Stage) -> None:
    headers = await stage.start_agent()
    ada = await stage.share(headers, requestedScopes=["read.body_mass"])
    bob = await stage.share(headers, BOB, requestedScopes=["read.height"])
    await write(stage, PATIENT, weigh(1, 60.0), create_body("height", 1.7))
    await write(stage, BOB, weigh(2, 80.0), create_body("height", 1.9))
    page = (await read(stage, headers)).json()
    assert {(each["subject"], each["type"]) for each in page["datas"]} == {
        (ada, "body_mass"),
        (bob, "height"),
    }
    page = (await read(stage, headers, "types=height")).json()
    assert [each["subject"] for each in page["datas"]] == [bob]
    assert (await read(stage, headers, "types=height", ada)).status_code == 403
    assert (await read(stage, headers, "types=step_count")).status_code == 403
    logged = await platform.database.pool.fetch("select subject, types from agency_access")
    assert Counter((str(row["subject"]), *row["types"]) for row in logged) == {
        (ada, "body_mass"): 1,
        (bob, "height"): 2,
    }


@pytest.mark.usefixtures("diary")
@pytest.mark.spec("contract", "7")
async def test_a_correlation_is_never_shown_with_a_part_missing(stage: Stage) -> None:
    headers = await stage.start_agent()
    ada = await stage.share(headers, requestedScopes=BP[:2])
    bob = await stage.share(headers, BOB, requestedScopes=BP)
    await write(stage, PATIENT, create_blood_pressure())
    await write(stage, BOB, create_blood_pressure())
    assert (await read(stage, headers, "types=blood_pressure", ada)).status_code == 403
    assert (await read(stage, headers, "", ada)).json()["totalAvailable"] == 0
    page = (await read(stage, headers, "types=blood_pressure")).json()
    assert (page["totalAvailable"], [each["subject"] for each in page["datas"]]) == (1, [bob])


@pytest.mark.usefixtures("diary")
async def test_only_data_from_the_chosen_day_on_is_read_and_only_until_the_end(
    stage: Stage, clock: TestClock
) -> None:
    headers = await stage.start_agent()
    link = await stage.invite(headers, requestedScopes=["read.body_mass"])
    browser = await stage.find_browser(PATIENT)
    page = await browser.open(link)
    await browser.submit(page, link, decision="accept", data_from="2026-01-03", duration="30")
    await write(stage, PATIENT, *(weigh(day, 60.0) for day in (1, 2, 3, 4)))
    found = (await read(stage, headers, "types=body_mass")).json()
    assert (found["totalAvailable"], len(found["datas"])) == (2, 2)
    clock.advance(days=30)
    headers = await stage.start_fresh(AGENT)
    assert (await stage.http.get("/agency/v1/claims", headers=headers)).json() == []


@pytest.mark.usefixtures("diary")
async def test_a_part_from_before_the_chosen_day_keeps_its_whole_from_being_read(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = await stage.start_agent()
    link = await stage.invite(headers, requestedScopes=BP)
    browser = await stage.find_browser(PATIENT)
    page = await browser.open(link)
    await browser.submit(page, link, decision="accept", data_from="2026-01-03", duration="30")
    old, new = (create_blood_pressure(instant=f"2026-01-0{day}T08:00:00Z") for day in (2, 4))
    mixed = {
        **create_blood_pressure(instant="2026-01-04T09:00:00Z"),
        "correlationObjects": old["correlationObjects"],
    }
    await write(stage, PATIENT, old, new, mixed)
    # Among few samples, and among many.
    for query, many in product(("types=blood_pressure", ""), (10_000, 0)):
        monkeypatch.setattr(shared_statements, "MANY", many)
        found = (await read(stage, headers, query)).json()
        assert found["totalAvailable"] == 1
        (shown,) = found["datas"]
        assert shown["dateRange"]["lowerBound"].startswith("2026-01-04T08")


@pytest.mark.usefixtures("diary")
async def test_a_part_that_is_moved_back_while_it_is_read_is_not_shown(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Between its statement and the one before lies the moment.
    find = shared_reading._find_children

    async def find_later(*arguments: Any) -> dict[Any, list[StoredSample]]:
        moved = timedelta(days=7300)
        return {
            key: [structs.replace(part, start=part.start - moved) for part in parts]
            for key, parts in (await find(*arguments)).items()
        }

    headers = await stage.start_agent()
    link = await stage.invite(headers, requestedScopes=BP)
    browser = await stage.find_browser(PATIENT)
    await browser.submit(await browser.open(link), link, decision="accept", data_from="2020-01-01")
    await write(stage, PATIENT, create_blood_pressure())
    assert (await read(stage, headers, "types=blood_pressure")).status_code == 200
    monkeypatch.setattr(shared_reading, "_find_children", find_later)
    refused = await read(stage, headers, "types=blood_pressure")
    assert (refused.status_code, "changed while it was read" in refused.text) == (403, True)


@pytest.mark.usefixtures("diary")
async def test_a_look_that_is_refused_for_what_is_stored_is_in_her_log(
    platform: Platform, stage: Stage
) -> None:
    headers = await stage.start_agent()
    ada = await stage.share(headers, requestedScopes=BP[:2])
    await write(stage, PATIENT, create_blood_pressure())
    assert (await read(stage, headers, "types=blood_pressure", ada)).status_code == 403
    exported = (await (await stage.find_browser(PATIENT)).open("/account/access-log/export")).json()
    assert [(each["types"], each["samples"]) for each in exported] == [(["blood_pressure"], 0)]
    # Nothing was read: the mail on the first read comes with the first one that is answered.
    assert await list_first_reads(platform) == []
    assert (await read(stage, headers, "types=height", ada)).status_code == 403
    await stage.share(headers, requestedScopes=BP)
    assert (await read(stage, headers, "types=blood_pressure", ada)).status_code == 200
    assert await list_first_reads(platform) == [PATIENT]


async def test_a_token_works_once_for_its_caller_and_for_thirty_seconds(
    stage: Stage, clock: TestClock
) -> None:
    headers = await stage.start_agent()
    subject = await stage.share(headers)
    token = await stage.query_token(headers, subject)
    other_client = await stage.sign_in(AGENT, client_id="demo.other")
    other_agent = await stage.start_agent("aron@example.org")
    for stranger in (other_client, other_agent):
        assert (await stage.read(stranger, token)).status_code == 403
    assert (await stage.read(headers, token)).status_code == 200
    assert (await stage.read(headers, token)).status_code == 403
    late = await stage.query_token(headers, subject)
    clock.advance(seconds=31)
    assert (await stage.read(headers, late)).status_code == 403
    for nonsense in ("", "x", "A" * 43):
        answer = await stage.http.get("/sample/v1", headers={**headers, "agency-query-token": nonsense})
        assert answer.status_code == 403
    assert (await stage.http.get("/sample/v1", headers={"agency-query-token": late})).status_code == 401


async def test_of_fifty_uses_at_once_one_reads(platform: Platform, stage: Stage) -> None:
    headers = await stage.start_agent()
    token = await stage.query_token(headers, await stage.share(headers))
    answers = await asyncio.gather(*(stage.read(headers, token) for _ in range(50)))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 403: 49}
    assert await platform.database.pool.fetchval("select count(*) from agency_access") == 1


async def test_a_fault_of_ours_leaves_the_token_and_a_refusal_uses_it_up(
    platform: Platform, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = await stage.start_agent()
    token = await stage.query_token(headers, await stage.share(headers))

    async def fail(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    with monkeypatch.context() as patch:
        patch.setattr(access_store, "insert_accesses", fail)
        assert (await stage.read(headers, token)).status_code == 500
    assert await platform.database.pool.fetchval("select count(*) from agency_access") == 0
    assert (await stage.read(headers, token, "take=0")).status_code == 400
    assert (await stage.read(headers, token)).status_code == 403


@pytest.mark.spec("contract", "7")
async def test_somebody_unknown_and_somebody_who_shares_nothing_are_answered_alike(stage: Stage) -> None:
    headers = await stage.start_agent()
    subject = await stage.share(headers)
    other = await stage.sign_in(AGENT, client_id="demo.other")
    elsewhere = await stage.share(other, BOB)
    bodies = [{"specificallyIncludedSubs": [subject, named]} for named in (str(uuid4()), elsewhere)]
    answers = [await stage.http.post("/agency/v1/querytoken", json=body, headers=headers) for body in bodies]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert answers[0].json() == answers[1].json()
    excluded = {"includeAll": True, "specificallyExcludedSubs": [subject]}
    token = (await stage.http.post("/api/agency/querytoken", json=excluded, headers=headers)).json()["value"]
    assert (await stage.read(headers, token)).json()["datas"] == []


async def test_what_is_paused_can_be_narrowed_and_stays_paused(stage: Stage) -> None:
    headers = await stage.start_agent()
    subject = await stage.share(headers)
    browser, path = await stage.find_browser(PATIENT), f"/account/sharing/{subject}"
    await browser.submit(await browser.open("/account/sharing"), f"{path}/pause")
    answer = await browser.submit(await browser.open(path), path, scope=["read.blood_pressure"])
    assert "Changed." in answer.text
    assert (await stage.http.get("/agency/v1/claims", headers=headers)).json() == []
    await browser.submit(await browser.open("/account/sharing"), f"{path}/resume")
    ((*_, scope),) = (await stage.http.get("/agency/v1/claims", headers=headers)).json()
    assert scope == {"type": "scope", "value": "read.blood_pressure"}


@pytest.mark.parametrize("action", ["end", "pause", "change"])
async def test_whatever_she_changes_works_on_the_next_request(stage: Stage, action: str) -> None:
    headers = await stage.start_agent()
    subject = await stage.share(headers)
    token = await stage.query_token(headers, subject)
    browser = await stage.find_browser(PATIENT)
    page = await browser.open("/account/sharing")
    if action == "change":
        page = await browser.open(f"/account/sharing/{subject}")
        await browser.submit(page, f"/account/sharing/{subject}", scope=["read.blood_pressure"])
    else:
        await browser.submit(page, f"/account/sharing/{subject}/{action}")
    assert (await stage.read(headers, token)).status_code == 403
    claims = (await stage.http.get("/agency/v1/claims", headers=headers)).json()
    assert len(claims) == (1 if action == "change" else 0)
    if action == "pause":
        await browser.submit(await browser.open("/account/sharing"), f"/account/sharing/{subject}/resume")
        assert len((await stage.http.get("/agency/v1/claims", headers=headers)).json()) == 1


async def test_an_agent_who_was_removed_loses_access_at_once_and_her_colleague_keeps_it(
    platform: Platform, stage: Stage
) -> None:
    organisation = await seat_agent(platform, stage)
    colleague = "aron@example.org"
    await stage.find_browser(colleague)
    await add_member(platform.organisations, "North Clinic", colleague, OrganisationRole.AGENT)
    headers, other = await stage.sign_in(AGENT), await stage.sign_in(colleague)
    subject = await stage.share(headers, organizationId=str(organisation.id))
    token = await stage.query_token(headers, subject)
    await remove_member(platform.organisations, "North Clinic", AGENT, None)
    assert (await stage.read(headers, token)).status_code == 403
    assert (await stage.http.get("/agency/v1/claims", headers=headers)).status_code == 403
    assert (await read(stage, other, "", subject)).status_code == 200
    log = await (await stage.find_browser(PATIENT)).open("/account/access-log")
    assert "North Clinic" in log.text
    await remove_role(platform.accounts, colleague, "agent")
    assert (await stage.http.get("/agency/v1/claims", headers=other)).status_code == 403


async def test_a_service_reads_for_its_organisation(platform: Platform, stage: Stage) -> None:
    organisation = await seat_agent(platform, stage, is_service_allowed=True)
    service = await stage.start_service()
    subject = await stage.share(service, organizationId=str(organisation.id))
    assert (await read(stage, service, "", subject)).status_code == 200
    agent = await stage.sign_in(AGENT)
    assert (await stage.http.get("/agency/v1/claims", headers=agent)).json() == []


@pytest.mark.spec("contract", "6")
async def test_nobody_writes_with_a_query_token(stage: Stage, diary: str) -> None:
    headers = await stage.start_agent()
    token = await stage.query_token(headers, await stage.share(headers))
    owner = await stage.sign_in(PATIENT, scope=WRITE, client_id=diary)
    for caller in (headers, owner):
        answer = await stage.http.post(
            "/sample/v1", json=[weigh(1, 70.0)], headers={**caller, "agency-query-token": token}
        )
        assert answer.status_code == 403


@pytest.mark.spec("contract", "6")
@pytest.mark.parametrize("path", ["/agency/v1/claims", "/api/agency/claims", "/agency/claims/v1"])
async def test_claims_are_lists_of_lists_on_every_path(stage: Stage, path: str) -> None:
    headers = await stage.start_agent()
    assert (await stage.http.get(path, headers=headers)).json() == []
    subject = await stage.share(headers, requestedScopes=BP)
    (claims,) = (await stage.http.get(path, headers=headers)).json()
    assert claims[:4] == [
        {"type": "sub", "value": subject},
        {"type": "name", "value": "Ada Byron"},
        {"type": "given_name", "value": "Ada"},
        {"type": "family_name", "value": "Byron"},
    ]
    assert sorted(each["value"] for each in claims if each["type"] == "scope") == sorted(BP)
    assert (await stage.http.get(path)).status_code == 401
