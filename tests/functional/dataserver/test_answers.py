"""Samples in other forms: chosen members, other units, lines, a table; and streams that end rightly."""

import csv
import io
import json
from typing import Any

import httpx
import pytest

from borvo.dataserver import reading
from borvo.dataserver.media import Form, choose_form
from borvo.dataserver.store import SampleShelf
from tests.factories.samples import create_blood_pressure, create_body
from tests.functional.dataserver.conftest import Program

LINES, TABLE = {"Accept": "application/x-ndjson"}, {"Accept": "text/csv"}


def parse_lines(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    return [json.loads(line) for line in answer.text.splitlines()]


def parse_table(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.text)))


async def test_only_the_members_asked_for_come(program: Program) -> None:
    await program.write([create_body(value=1), create_blood_pressure(2, 3)])
    page = (await program.read("fields=quantityValue,Type&fields=correlationobjects")).json()
    assert page["datas"] == [
        {"type": "body_mass", "quantityValue": 1, "correlationObjects": []},
        {
            "type": "blood_pressure",
            "correlationObjects": [
                {"type": "blood_pressure_systolic", "quantityValue": 2, "correlationObjects": []},
                {"type": "blood_pressure_diastolic", "quantityValue": 3, "correlationObjects": []},
            ],
        },
    ]
    refused = await program.read("fields=value")
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["fields"])


async def test_values_come_in_the_unit_asked_for(program: Program) -> None:
    await program.write([create_blood_pressure(15998.6864898, 10665.7909932), create_body("heart_rate", 1.2)])
    page = (
        await program.read("unit=mm[Hg]&unit=heart_rate:/min&fields=quantityValue,correlationObjects")
    ).json()
    pressure, rate = page["datas"]
    assert [(each["quantityValue"], each["unit"]) for each in pressure["correlationObjects"]] == [
        (120, "mm[Hg]"),
        (80, "mm[Hg]"),
    ]
    assert (rate["quantityValue"], rate["unit"]) == (72, "/min")
    refused = await program.read("types=heart_rate&unit=kg")
    assert refused.status_code == 400
    assert "/min" in refused.json()["errors"]["unit"][0]
    assert "unit" not in (await program.read("types=heart_rate")).json()["datas"][0]


async def test_all_samples_come_as_lines_in_order(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "STREAM_PAGE", 7)
    await program.write([create_body(value=n) for n in range(50)])
    every = await program.read("types=body_mass", **LINES)
    assert [each["quantityValue"] for each in parse_lines(every)] == [*range(50)]
    assert every.headers["cache-control"] == "no-store"
    for query, expected in (
        ("take=20", range(20)),
        ("take=14", range(14)),
        ("skip=45", range(45, 50)),
        ("skip=3&take=9&orderDirection=Descending", range(46, 37, -1)),
        ("skip=50", range(0)),
    ):
        part = parse_lines(await program.read(f"types=body_mass&{query}", **LINES))
        assert [each["quantityValue"] for each in part] == [*expected], query


async def test_a_line_is_a_sample_as_a_page_has_it(program: Program) -> None:
    await program.write([create_blood_pressure(), create_body(value=1)])
    page = (await program.read()).json()
    assert parse_lines(await program.read("", **LINES)) == page["datas"]
    (line,) = parse_lines(await program.read("types=body_mass&fields=type&unit=g", **LINES))
    assert line == {"type": "body_mass"}


async def test_a_table_holds_the_parts_below_their_correlation(program: Program) -> None:
    await program.write(
        [create_body(value=70.5, device='a "new", scale'), create_blood_pressure(15998.6864898)]
    )
    weight, pressure, upper, lower = parse_table(await program.read("unit=mm[Hg]", **TABLE))
    assert (weight["quantityValue"], weight["unit"], weight["device"]) == ("70.5", "kg", 'a "new", scale')
    assert weight["lowerBound"] == "2023-01-31T08:30:00Z"
    assert (upper["type"], upper["quantityValue"], upper["unit"]) == (
        "blood_pressure_systolic",
        "120.0",
        "mm[Hg]",
    )
    assert upper["partOf"] == lower["partOf"] == pressure["id"] != ""
    assert upper["id"] == pressure["quantityValue"] == pressure["unit"] == ""


@pytest.mark.parametrize("device", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1"])
async def test_no_cell_is_a_formula(program: Program, device: str) -> None:
    await program.write([create_body(value=-1.5, device=device, clientAssignedId=device)])
    (row,) = parse_table(await program.read("types=body_mass", **TABLE))
    assert row["device"] == row["clientAssignedId"] == f"'{device}"
    assert row["quantityValue"] == "-1.5"


async def test_a_stream_shows_nobody_elses_samples(program: Program) -> None:
    await program.write([create_body(value=n) for n in range(3)])
    other = program.become_other()
    assert parse_lines(await other.read("", **LINES)) == []
    assert parse_table(await other.read("types=body_mass", **TABLE)) == []


@pytest.mark.parametrize("accept", [LINES, TABLE])
async def test_refusals_of_streams_are_answers(program: Program, accept: dict[str, str]) -> None:
    await program.write([create_blood_pressure()])
    partial = program.narrow("read.blood_pressure", "read.blood_pressure.blood_pressure_systolic")
    for reader, query, status in (
        (program, "take=0", 400),
        (program, "cursor=x", 400),
        (program.narrow("read.height"), "types=body_mass", 403),
        (partial, "types=blood_pressure", 403),
    ):
        answer = await reader.read(query, **accept)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
    # Without types only rows that are readable as a whole are found.
    assert (await partial.read("", **accept)).status_code == 200
    program.callers.ended.add(program.caller.token_id)
    for query in ("", "types=body_mass", "take=0"):
        assert (await program.read(query, **accept)).status_code == 401


async def test_a_stream_breaks_off_when_the_token_ends(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does not end as if that were all."""
    monkeypatch.setattr(reading, "STREAM_PAGE", 2)
    await program.write([create_body(value=n) for n in range(6)])
    read_part = reading._read_part

    async def end_after_first(*arguments: Any) -> Any:
        page = await read_part(*arguments)
        program.callers.ended.add(program.caller.token_id)
        return page

    monkeypatch.setattr(reading, "_read_part", end_after_first)
    with pytest.raises(Exception, match="after response started"):
        await program.read("types=body_mass", **LINES)


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, Form.JSON),
        ("*/*", Form.JSON),
        ("application/json", Form.JSON),
        ("text/html", Form.JSON),
        ("text/csv", Form.TABLE),
        ("text/csv;q=0.5, application/json", Form.JSON),
        ("text/csv, application/json;q=0.9, */*;q=0.1", Form.TABLE),
        ("application/x-ndjson", Form.LINES),
        ("application/ndjson; charset=utf-8", Form.LINES),
        ("text/csv;q=x", Form.JSON),
        ("text/csv;q=0", Form.JSON),
    ],
)
def test_the_form_is_what_the_reader_likes_best(accept: str | None, form: Form) -> None:
    assert choose_form(accept) is form


async def test_a_stream_shows_no_part_that_came_between_its_two_statements(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the sample is replaced after it was found and before its children are read."""
    await program.write([create_blood_pressure()])
    read_page, whole = SampleShelf.read_page, []

    async def keep(*arguments: Any) -> Any:
        whole.append(await read_page(*arguments))
        return whole[0]

    monkeypatch.setattr(SampleShelf, "read_page", keep)
    assert len(parse_lines(await program.read("", **LINES))) == 1
    partial = program.narrow("read.blood_pressure", "read.blood_pressure.blood_pressure_systolic")
    assert (await partial.read("", **LINES)).status_code == 403
