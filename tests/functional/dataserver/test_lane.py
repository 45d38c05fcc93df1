"""The short way of a page answers what the long one answers, and shows what other forms show."""

from typing import Any

import httpx
import pytest

from borvo.catalogue.sample_types import Family, list_sample_types, map_sample_types
from borvo.dataserver import lane
from tests.factories.samples import Body, create_blood_pressure, create_body
from tests.functional.dataserver.conftest import Program
from tests.functional.dataserver.test_paging import find_next

# One that the short way leaves to the handler.
LONG_WAY = {"Accept": "application/json;q=1"}
DATES = (
    ("2023-01-31T08:30:00Z", "2023-01-31T08:30:00Z"),
    ("2023-01-31T08:30:00.5Z", "2023-01-31T08:30:01.000001Z"),
    ("0001-01-01T00:00:01Z", "9999-12-31T23:59:59.999999Z"),
    ("2023-03-26T00:30:00+01:00", "2023-03-26T03:30:00+02:00"),
    ("2023-03-26T00:30:00.25-09:30", "2023-03-26T09:00:00.25-01:00"),
    ("2023-03-26T10:00:00+00:00", "2023-03-26T11:00:00+01:00"),
)
DEVICES = (None, "", 'a "b" \\ c/d', "\t\n\x01\x7f", "Wäage 😀 \u2028", "+00:00", "x" * 200)
VALUES = (0.0, -0.0, 5.0, 1.2, 1e-7, 1e16, 123456789.125, 7.8e28, 0.1 + 0.2)


def create_all() -> list[Body]:
    """Each type of a value or a word, and what is hard to write: dates, devices and numbers by turns."""
    bodies = []
    for number, each in enumerate([*list_sample_types(), *list_sample_types()]):
        start, end = DATES[number % len(DATES)]
        members: dict[str, Any] = {"device": DEVICES[number % len(DEVICES)], "start": start, "end": end}
        if each.family is Family.CATEGORY:
            bodies.append(
                create_body(each.name, None, categoryValue=each.values[number % len(each.values)], **members)
            )
        elif each.family is Family.QUANTITY:
            bodies.append(create_body(each.name, VALUES[number % len(VALUES)], **members))
    bodies += [create_blood_pressure(instant=start) for start, _ in DATES]
    return bodies


async def test_a_page_shows_each_sample_as_lines_do(program: Program) -> None:
    """Of every family: a page is written by the database in part, lines by the encoder alone."""
    bodies = create_all()
    assert (await program.write(bodies)).status_code == 200
    for query in ("", "orderProperty=CreationDate&orderDirection=Descending", "unit=kg&unit=mm[Hg]"):
        page = await program.read(f"{query}&take=1000")
        lines = await program.read(f"{query}&take=1000", Accept="application/x-ndjson")
        head = b'{"totalAvailable":%d,"count":%d,"datas":[' % (len(bodies), len(bodies))
        assert page.content == head + lines.content.rstrip(b"\n").replace(b"\n", b",") + b"]}"


@pytest.fixture
def shortened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The queries that were answered on the short way."""
    answer, queries = lane.answer_page, []

    def note(found: Any, path: str, query: str) -> Any:
        queries.append(query)
        return answer(found, path, query)

    monkeypatch.setattr(lane, "answer_page", note)
    return queries


def describe(answer: httpx.Response) -> tuple[int, bytes, list[tuple[str, str]]]:
    """All of an answer but the name of its request."""
    headers = sorted(pair for pair in answer.headers.multi_items() if pair[0] != "x-request-id")
    return answer.status_code, answer.content, headers


@pytest.mark.parametrize(
    "query",
    [
        "",
        "types=body_mass&take=2",
        "types=body_mass,blood_pressure&fields=quantityValue&orderDirection=Descending",
        "unit=kg&orderProperty=EndDate&take=1&skip=2",
        "RangeOfStartDate.LowerBound=2030-01-01T00:00:00Z",
    ],
)
async def test_the_short_way_answers_what_the_long_one_does(
    program: Program, shortened: list[str], query: str
) -> None:
    await program.write([create_body(value=n) for n in range(4)] + [create_blood_pressure()])
    for path in ("/sample/v1", "/api/sample", "/sample", "/query/v1/sample", "/sample//v1"):
        answers = [
            await program.http.get(f"{path}?{query}", headers={**program.headers, **headers})
            for headers in ({}, {"Accept": "application/json"}, LONG_WAY)
        ]
        assert answers[0].status_code == 200
        assert describe(answers[0]) == describe(answers[1]) == describe(answers[2])
    assert shortened == [query] * 10
    following = find_next(answers[0])
    if following:
        assert describe(await program.read(following)) == describe(await program.read(following, **LONG_WAY))


@pytest.mark.parametrize(
    ("query", "status"), [("take=x&types=none", 400), ("types=heart_rate", 403), ("cursor=abc", 400)]
)
async def test_the_short_way_refuses_as_the_long_one_does(
    program: Program, shortened: list[str], query: str, status: int
) -> None:
    narrow = program.narrow("read.body_mass")
    refused = await narrow.read(query)
    assert refused.status_code == status
    assert describe(refused) == describe(await narrow.read(query, **LONG_WAY))
    for headers in ({}, {"Authorization": "Bearer x"}):
        short, long = [
            await program.http.get(f"/sample/v1?{query}", headers={**headers, **more})
            for more in ({}, LONG_WAY)
        ]
        assert short.status_code == 401
        assert describe(short) == describe(long)
    narrow.callers.ended.add(narrow.caller.token_id)
    ended = await narrow.read(query)
    assert ended.status_code == 401
    assert describe(ended) == describe(await narrow.read(query, **LONG_WAY))
    assert not shortened


async def test_what_is_asked_with_conditions_or_by_agencies_takes_the_long_way(
    program: Program, shortened: list[str]
) -> None:
    await program.write([create_body()])
    tag = (await program.read()).headers["etag"]
    assert (await program.read("", **{"If-None-Match": tag})).status_code == 304
    assert (await program.read("", **{"agency-query-token": "x"})).status_code >= 400
    assert (await program.read("", Accept="text/csv")).headers["content-type"].startswith("text/csv")
    assert (await program.read("", Host="a b")).status_code == 400
    assert (await program.http.head("/sample/v1", headers=program.headers)).status_code == 200
    assert shortened == ["", ""]


async def test_a_fault_of_ours_on_the_short_way_is_answered_once(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    async def fail(*_: object) -> None:
        calls.append(1)
        raise ConnectionRefusedError

    monkeypatch.setattr(lane, "read_samples", fail)
    answer = await program.read()
    assert (answer.status_code, len(calls)) == (503, 1)
    assert answer.headers["retry-after"]


def test_every_family_is_among_what_is_written() -> None:
    names = {body["type"] for body in create_all()}
    assert {map_sample_types()[name].family for name in names} == set(Family)


async def test_what_fails_as_a_page_is_written_is_a_problem_too(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(lane, "answer_page", fail)
    answer = await program.read("")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
