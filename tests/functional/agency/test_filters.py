"""What an agent may say about the samples that she asks for, and pages that follow one another."""

import csv
import io
from itertools import product
from typing import Any

import httpx
import msgspec
import pytest

from borvo.assembly import Platform
from tests.factories.samples import create_blood_pressure, create_body
from tests.functional.agency.scenes import AGENT, BOB, BP, PATIENT, Stage, read, seat_agent, weigh, write

pytestmark = pytest.mark.usefixtures("diary")
WEIGHTS = "types=body_mass&take=2"


def find_cursor(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    return answer.headers["link"].split("cursor=")[1].split(">")[0] if "link" in answer.headers else ""


async def share_weights(stage: Stage) -> tuple[dict[str, str], str, str]:
    """An agent's headers, and the subjects of two people with three and two weights."""
    headers = await stage.start_agent()
    ada = await stage.share(headers, requestedScopes=["read.body_mass"])
    bob = await stage.share(headers, BOB, requestedScopes=["read.body_mass", "read.height"])
    await write(stage, PATIENT, *(weigh(day, 60.0 + day) for day in (1, 3, 5)))
    await write(stage, BOB, *(weigh(day, 80.0 + day) for day in (2, 4)))
    return headers, ada, bob


async def follow_links(
    stage: Stage, headers: dict[str, str], query: str, total: int = 5
) -> list[dict[str, Any]]:
    seen: list[dict[str, Any]] = []
    link = f"/sample/v1?{query}"
    while link:
        token = await stage.query_token(headers, is_all=True)
        page = await stage.http.get(link, headers={**headers, "agency-query-token": token})
        assert (page.status_code, page.json()["totalAvailable"]) == (200, total), page.text
        seen += page.json()["datas"]
        link = page.headers["link"].split(">")[0].strip("<") if "link" in page.headers else ""
    return seen


async def test_links_lead_through_everybodys_samples_each_once(stage: Stage) -> None:
    headers, *_ = await share_weights(stage)
    for order, direction in product(("StartDate", "EndDate", "CreationDate"), ("Ascending", "Descending")):
        query = f"{WEIGHTS}&orderProperty={order}&orderDirection={direction}"
        whole = (await read(stage, headers, query.replace("take=2", "take=9"))).json()["datas"]
        assert len(whole) == 5
        assert await follow_links(stage, headers, query) == whole


async def test_lines_and_tables_hold_what_a_page_holds_and_lead_on(stage: Stage) -> None:
    headers, *_ = await share_weights(stage)
    page = await read(stage, headers, WEIGHTS)
    answers = []
    for accept in ("application/x-ndjson", "text/csv"):
        token = await stage.query_token(headers, is_all=True)
        sent = {**headers, "agency-query-token": token, "Accept": accept}
        answers.append(await stage.http.get(f"/sample/v1?{WEIGHTS}", headers=sent))
        assert answers[-1].headers["content-type"].startswith(accept)
        assert find_cursor(answers[-1]) == find_cursor(page)
        # Used up, as by any other answer.
        assert (await stage.http.get(f"/sample/v1?{WEIGHTS}", headers=sent)).status_code == 403
    lines, table = answers
    samples = [msgspec.json.decode(line) for line in lines.content.splitlines()]
    assert samples == page.json()["datas"]
    rows = [*csv.DictReader(io.StringIO(table.text))]
    expected = [(each["subject"], str(each["quantityValue"])) for each in samples]
    assert [(row["subject"], row["quantityValue"]) for row in rows] == expected
    key = (await stage.http.post(f"/query/v1?{WEIGHTS}", headers=await open_all(stage, headers))).json()[
        "Key"
    ]
    kept = await stage.http.get(f"/query/v1?key={key}&take=2", headers={**headers, "Accept": "text/csv"})
    assert [*csv.DictReader(io.StringIO(kept.text))] == rows
    log = (await (await stage.find_browser(PATIENT)).open("/account/access-log/export")).json()
    assert sorted(each["samples"] for each in log) == [0, 1, 1, 1, 1]


async def test_an_agency_is_never_told_that_nothing_changed(stage: Stage) -> None:
    """Each answer is a look, and its token is used up by it."""
    headers, *_ = await share_weights(stage)
    sent = {**await open_all(stage, headers), "If-None-Match": "*"}
    answer = await stage.http.get(f"/sample/v1?{WEIGHTS}", headers=sent)
    assert (answer.status_code, "etag" in answer.headers) == (200, False)
    key = (await stage.http.post(f"/query/v1?{WEIGHTS}", headers=await open_all(stage, headers))).json()[
        "Key"
    ]
    kept = await stage.http.get(f"/query/v1?key={key}", headers={**headers, "If-None-Match": "*"})
    assert (kept.status_code, "etag" in kept.headers) == (200, False)


async def open_all(stage: Stage, headers: dict[str, str]) -> dict[str, str]:
    return {**headers, "agency-query-token": await stage.query_token(headers, is_all=True)}


@pytest.mark.parametrize("direction", ["Ascending", "Descending"])
async def test_links_lead_to_a_sample_under_each_subject_of_its_owner(
    platform: Platform, stage: Stage, direction: str
) -> None:
    organisation = await seat_agent(platform, stage)
    headers = await stage.sign_in(AGENT)
    await stage.start_agent()
    await stage.share(headers, requestedScopes=["read.body_mass"])
    await stage.share(headers, requestedScopes=["read.body_mass"], organizationId=str(organisation.id))
    # Of one instant, so that the ids decide.
    await write(stage, PATIENT, *(weigh(day, 60.0 + n) for n, day in enumerate((1, 1, 2))))
    for take in (1, 2, 5):
        seen = await follow_links(
            stage, headers, f"types=body_mass&take={take}&orderDirection={direction}", total=6
        )
        assert (len(seen), len({(each["subject"], each["id"]) for each in seen})) == (6, 6), take


async def test_a_cursor_is_for_its_agent_her_people_and_their_consents_as_they_were(stage: Stage) -> None:
    headers, ada, bob = await share_weights(stage)
    cursor = find_cursor(await read(stage, headers, WEIGHTS))
    continued = f"{WEIGHTS}&cursor={cursor}"
    assert (await read(stage, headers, continued)).status_code == 200
    # Without a token it opens nothing, and neither does it to those whose samples these are.
    assert (await stage.http.get(f"/sample/v1?{continued}", headers=headers)).status_code in {400, 403}
    owner = await stage.sign_in(PATIENT, scope="openid read.body_mass")
    assert (await stage.http.get(f"/sample/v1?{continued}", headers=owner)).status_code == 400
    own = find_cursor(await stage.http.get("/sample/v1?types=body_mass&take=1", headers=owner))
    other = await stage.start_agent("aron@example.org")
    await stage.share(other, requestedScopes=["read.body_mass"])
    refused = [
        await read(stage, other, continued),
        await read(stage, headers, continued, ada),
        await read(stage, headers, f"{continued}&orderDirection=Descending"),
        await read(stage, headers, f"types=body_mass&take=1&cursor={own}"),
    ]
    browser, path = await stage.find_browser(BOB), f"/account/sharing/{bob}"
    await browser.submit(await browser.open(path), path, scope=["read.body_mass"])
    refused.append(await read(stage, headers, continued))
    assert [(each.status_code, [*each.json()["errors"]]) for each in refused] == [(400, ["cursor"])] * 5


async def test_devices_are_chosen_and_counted(stage: Stage) -> None:
    headers = await stage.start_agent()
    await stage.share(headers, requestedScopes=["read.body_mass"])
    scale = create_body("body_mass", 70.0, device="scale, in the bath")
    await write(stage, PATIENT, scale, create_body("body_mass", 80.0, device="other"), weigh(1, 90.0))
    found = (await read(stage, headers, "device=scale,+in+the+bath")).json()
    assert (found["totalAvailable"], [each["quantityValue"] for each in found["datas"]]) == (1, [70.0])


async def test_values_come_in_the_unit_asked_for_and_only_the_members_asked_for(stage: Stage) -> None:
    headers = await stage.start_agent()
    ada = await stage.share(headers, requestedScopes=BP)
    await write(stage, PATIENT, create_blood_pressure(15998.6864898, 10665.7909932))
    query = "types=blood_pressure&unit=mm[Hg]&fields=subject,quantityValue,correlationObjects"
    (sample,) = (await read(stage, headers, query)).json()["datas"]
    parts = [
        {"subject": ada, "quantityValue": value, "unit": "mm[Hg]", "correlationObjects": []}
        for value in (120.0, 80.0)
    ]
    assert sample == {"subject": ada, "correlationObjects": parts}
    refused = await read(stage, headers, "types=blood_pressure&unit=kg")
    assert (refused.status_code, [*refused.json()["errors"]]) == (400, ["unit"])


async def test_by_which_app_people_write_is_not_told(stage: Stage) -> None:
    headers, *_ = await share_weights(stage)
    answers = [await read(stage, headers, f"client={name}") for name in ("demo.diary", "demo.nobody")]
    assert [answer.status_code for answer in answers] == [400, 400]
    assert answers[0].json()["errors"] == answers[1].json()["errors"]
    assert [*answers[0].json()["errors"]] == ["client"]
