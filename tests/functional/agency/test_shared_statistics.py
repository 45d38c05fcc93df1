"""Statistics of what a person shares with an agency."""

from typing import Any

import httpx
import pytest

from borvo.assembly import Platform
from borvo.dataserver.aggregation import store
from borvo.dataserver.composition import Composition
from tests.factories.samples import create_blood_pressure
from tests.functional.agency.scenes import BOB, BP, PATIENT, Stage, weigh, write

pytestmark = pytest.mark.usefixtures("diary")
JANUARY = "&RangeOfStartDate.LowerBound=2026-01-01T00:00:00Z&RangeOfStartDate.UpperBound=2026-01-31T00:00:00Z"


def compose_slowly(*_: object) -> Composition:
    statement = Composition()
    statement.text = "select pg_sleep(60)"
    return statement


async def aggregate(
    stage: Stage, headers: dict[str, str], token: str, query: str = "type=body_mass"
) -> httpx.Response:
    sent = {**headers, "agency-query-token": token}
    return await stage.http.get(
        f"/sample/v1/statistics?bucket=month&timezone=UTC&{query}{JANUARY}", headers=sent
    )


async def list_looks(stage: Stage) -> list[dict[str, Any]]:
    browser = await stage.find_browser(PATIENT)
    looks: list[dict[str, Any]] = (await browser.open("/account/access-log/export")).json()
    return looks


async def test_an_agent_gets_figures_of_one_person_who_sees_it(platform: Platform, stage: Stage) -> None:
    headers = await stage.start_agent()
    ada = await stage.share(headers, requestedScopes=["read.body_mass"])
    bob = await stage.share(headers, BOB, requestedScopes=["read.body_mass"])
    await write(stage, PATIENT, weigh(1, 60.0), weigh(2, 62.0))
    await write(stage, BOB, weigh(1, 90.0))
    token = await stage.query_token(headers, ada)
    answer = await aggregate(stage, headers, token, "type=body_mass&functions=avg,max&unit=g")
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["subject"], found["unit"]) == (ada, "g")
    (bucket,) = found["buckets"]
    assert (bucket["avg"], bucket["max"], "count" in bucket) == (61_000, 62_000, False)
    (look,) = await list_looks(stage)
    assert (look["types"], look["samples"]) == (["body_mass"], 2)
    # Once, for one person, and for what she shares.
    assert (await aggregate(stage, headers, token)).status_code == 403
    for subjects, query, status in (
        ((ada, bob), "type=body_mass", 400),
        ((ada,), "type=height", 403),
        ((ada,), "type=body_mass&functions=sum", 400),
    ):
        token = await stage.query_token(headers, *subjects)
        assert (await aggregate(stage, headers, token, query)).status_code == status
        assert (await aggregate(stage, headers, token)).status_code == 403
    assert await platform.database.pool.fetchval("select count(*) from agency_access") == 1
    owner = await stage.sign_in(PATIENT, scope="openid read.body_mass")
    assert (await aggregate(stage, owner, await stage.query_token(headers, ada))).status_code == 403


@pytest.mark.spec("contract", "7")
async def test_only_what_could_be_read_sample_by_sample_counts(stage: Stage) -> None:
    headers = await stage.start_agent()
    link = await stage.invite(headers, requestedScopes=[*BP, "read.body_mass"])
    browser = await stage.find_browser(PATIENT)
    await browser.submit(await browser.open(link), link, decision="accept", data_from="2026-01-03")
    ada = await stage.find_subject(PATIENT)
    pressures = [create_blood_pressure(day, 1, instant=f"2026-01-{day:02}T08:00:00Z") for day in (2, 5, 6)]
    mixed = create_blood_pressure(7, 1, instant="2026-01-07T08:00:00Z")
    mixed["correlationObjects"][1]["dateRange"] = pressures[0]["dateRange"]
    await write(stage, PATIENT, *pressures, mixed, weigh(2, 60.0), weigh(4, 61.0))
    systolic = "blood_pressure_systolic"

    bob = await stage.share(headers, BOB, requestedScopes=BP)
    await write(stage, BOB, *pressures, mixed)

    async def count(type_: str, subject: str = ada) -> int:
        token = await stage.query_token(headers, subject)
        answer = await aggregate(stage, headers, token, f"type={type_}&functions=count")
        return sum(each["count"] for each in answer.json()["buckets"])

    assert [await count(each) for each in ("body_mass", systolic, "blood_pressure")] == [1, 2, 2]
    assert [await count(each, bob) for each in (systolic, "blood_pressure")] == [4, 4]
    path = f"/account/sharing/{ada}"
    # Without the other part, no blood pressure is readable as a whole.
    await browser.submit(await browser.open(path), path, scope=BP[:2])
    assert [await count(each) for each in (systolic, "blood_pressure")] == [0, 0]
    looks = await list_looks(stage)
    assert sorted(each["samples"] for each in looks) == [0, 0, 1, 2, 2]
    assert {each["period_from"][:10] for each in looks} == {"2026-01-03"}


async def test_what_takes_too_long_is_refused_and_uses_the_token_up_and_is_in_her_log(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = await stage.start_agent()
    ada = await stage.share(headers, requestedScopes=["read.step_count"])
    token = await stage.query_token(headers, ada)
    monkeypatch.setattr(store, "compose_aggregate", compose_slowly)
    monkeypatch.setattr(store, "TIME_LIMIT", 0.05)
    answer = await aggregate(stage, headers, token, "type=step_count")
    assert (answer.status_code, "took too long" in answer.json()["detail"]) == (400, True)
    monkeypatch.undo()
    assert (await aggregate(stage, headers, token, "type=step_count")).status_code == 403
    (look,) = await list_looks(stage)
    assert (look["types"], look["samples"]) == (["step_count"], 0)
