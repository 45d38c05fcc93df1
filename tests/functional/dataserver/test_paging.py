"""Pages that follow each other by links, filters beside those of the contract, answers that need not be repeated."""

import random
import re
from urllib.parse import quote

import httpx
import pytest

from borvo import __version__
from borvo.assembly import Platform
from borvo.web.validators import create_tag
from tests.factories.samples import create_blood_pressure, create_body
from tests.functional.conftest import TestClock
from tests.functional.dataserver.conftest import Program

TYPES = ("height", "body_mass", "step_count")


def find_next(answer: httpx.Response) -> str | None:
    """The query of the next page."""
    found = re.fullmatch(r'<(/[\w/]+)\?([^>]*)>; rel="next"', answer.headers.get("link", ""))
    return found[2] if found else None


async def follow(program: Program, query: str) -> tuple[list[float], int]:
    """The values of all pages, and how many pages there were."""
    values: list[float] = []
    pages = 0
    following: str | None = query
    while following is not None:
        answer = await program.read(following)
        assert answer.status_code == 200, answer.text
        values += [each["quantityValue"] for each in answer.json()["datas"]]
        pages, following = pages + 1, find_next(answer)
    return values, pages


async def write_many(program: Program, clock: TestClock, count: int = 50) -> None:
    """Many of one date, so that only their ids tell them apart, in batches that mix the orders."""
    chance = random.Random(3)  # noqa: S311  (no secret)
    for first in range(0, count, 10):
        batch = [
            create_body(
                TYPES[n % 3],
                n,
                start=f"2023-01-0{1 + chance.randrange(3)}T00:00:00Z",
                end=f"2023-02-0{1 + chance.randrange(3)}T00:00:00Z",
            )
            for n in range(first, first + 10)
        ]
        assert (await program.write(batch)).status_code == 200
        clock.advance(seconds=1)


@pytest.mark.parametrize("order", ["StartDate", "EndDate", "CreationDate"])
@pytest.mark.parametrize("direction", ["Ascending", "Descending"])
async def test_links_lead_through_all_pages_in_every_order(
    program: Program, clock: TestClock, order: str, direction: str
) -> None:
    await write_many(program, clock)
    for types in ("", f"types={','.join(TYPES)}&", "types=height&"):
        query = f"{types}orderProperty={order}&orderDirection={direction}"
        whole = await program.read(f"{query}&take=1000")
        expected = [each["quantityValue"] for each in whole.json()["datas"]]
        assert find_next(whole) is None
        assert await follow(program, f"{query}&take=7") == (expected, -(-len(expected) // 7))


async def test_every_page_of_a_link_knows_the_total(program: Program, clock: TestClock) -> None:
    await write_many(program, clock)
    first = await program.read("take=20")
    second = await program.read(find_next(first) or "")
    assert first.json()["totalAvailable"] == second.json()["totalAvailable"] == 50
    await program.write([create_body("height", 99)])
    assert (await program.read(find_next(first) or "")).json()["totalAvailable"] == 51


async def test_samples_that_come_meanwhile_shift_no_page(program: Program) -> None:
    await program.write([create_body(value=n, start=f"2023-01-{n:02}T00:00:00Z") for n in range(10, 20)])
    first = await program.read("types=body_mass&take=5")
    await program.write([create_body(value=n, start=f"2023-01-0{n}T00:00:00Z") for n in range(1, 6)])
    values, _ = await follow(program, find_next(first) or "")
    assert values == [15, 16, 17, 18, 19]


async def test_the_bounds_of_a_range_hold_on_every_page(program: Program) -> None:
    await program.write([create_body(value=n, start=f"2023-01-{n:02}T00:00:00Z") for n in range(1, 21)])
    bounds = "StartDate.LowerBound=2023-01-05T00:00:00Z&StartDate.UpperBound=2023-01-15T00:00:00Z"
    for direction in ("Ascending", "Descending"):
        values, _ = await follow(program, f"types=body_mass&take=3&{bounds}&orderDirection={direction}")
        assert values == sorted(range(5, 16), reverse=direction == "Descending")


async def test_a_cursor_opens_nothing_to_others_and_for_another_query(program: Program) -> None:
    await program.write([create_body(value=n) for n in range(5)])
    following = find_next(await program.read("types=body_mass&take=2"))
    assert following
    answer = await program.become_other().read(following)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["cursor"])
    for query in (
        following.replace("types=body_mass", "types=height"),
        f"{following}&orderDirection=Descending",
        following.replace("cursor=A", "cursor=B"),
        f"{following}&skip=1",
    ):
        assert (await program.read(query)).status_code == 400, query
    assert (await program.read(following.replace("take=2", "take=1"))).json()["count"] == 1


async def test_devices_and_clients_are_filters(program: Program) -> None:
    await program.write([create_body(value=n, device=f"watch, {n % 2}") for n in range(6)])
    answer = await program.read(f"types=body_mass&device={quote('watch, 1')}&device=other")
    assert [each["quantityValue"] for each in answer.json()["datas"]] == [1, 3, 5]
    assert answer.json()["totalAvailable"] == 3
    unknown = (await program.read("types=body_mass&client=demo.nobody")).json()
    assert unknown == {"totalAvailable": 0, "count": 0, "datas": []}


async def test_a_known_page_is_not_sent_again_until_something_changes(program: Program) -> None:
    await program.write([create_body(value=1)])
    first = await program.read("types=body_mass")
    tag = first.headers["etag"]
    assert first.headers["vary"] == "Authorization, Accept, agency-query-token"
    again = await program.read("types=body_mass", **{"If-None-Match": f'"x", W/{tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    await program.write([create_body("height", 2)])
    changed = await program.read("types=body_mass", **{"If-None-Match": tag})
    assert (changed.status_code, changed.json()["count"]) == (200, 1)
    assert changed.headers["etag"] != tag


async def test_a_tag_is_of_one_reader_and_query(program: Program) -> None:
    await program.write([create_body(value=1)])
    other = program.become_other()
    await other.write([create_body(value=1)])
    tags = {
        (await reader.read(query)).headers["etag"]
        for reader in (program, other, program.narrow("read.body_mass"))
        for query in ("types=body_mass", "types=body_mass&take=1")
    }
    assert len(tags) == 6


async def test_who_knows_all_that_a_tag_is_made_of_cannot_make_it(
    platform: Platform, program: Program
) -> None:
    """Or a client that knows her by a pairwise name could try ids until one fits."""
    await program.write([create_body(value=1)])
    tag, caller = (await program.read("types=body_mass")).headers["etag"], program.caller
    scopes = " ".join(sorted(caller.scopes))
    texts = (__version__, str(caller.person_id), caller.client_id, scopes, "types=body_mass", "1")
    parts = [text.encode() for text in texts]
    assert create_tag(*parts, key=platform.dataserver.tag_key) == tag
    assert create_tag(*parts) != tag


async def test_a_token_that_has_ended_learns_nothing_from_a_tag(program: Program) -> None:
    await program.write([create_body(value=1)])
    tag = (await program.read()).headers["etag"]
    program.callers.ended.add(program.caller.token_id)
    assert (await program.read("", **{"If-None-Match": tag})).status_code == 401


async def test_the_total_follows_every_change(program: Program) -> None:
    """It is remembered, but never longer than nothing changes; by whomever."""
    other = program.become_other(client=True)
    for count in range(1, 5):
        await (program if count % 2 else other).write([create_body(value=count)])
        for _ in range(2):
            for query in ("types=body_mass", "types=body_mass&EndDate.LowerBound=2020-01-01T00:00:00Z"):
                assert (await program.read(query)).json()["totalAvailable"] == count


async def test_the_oldest_address_of_queries_serves_the_same(program: Program) -> None:
    await program.write([create_blood_pressure()])
    answer = await program.http.get("/query/v1/sample?types=blood_pressure&take=1", headers=program.headers)
    assert len(answer.json()["datas"][0]["correlationObjects"]) == 2
