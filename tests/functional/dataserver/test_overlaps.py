"""Overlapping sources against a model that looks at every minute."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from borvo.catalogue.sample_types import map_sample_types
from tests.factories.samples import Body, create_body
from tests.functional.dataserver.conftest import Program

DAWN = datetime(2026, 1, 2, tzinfo=UTC)
DEVICES = ("watch", "phone", None)
WORDS = map_sample_types()["sleep_analysis"].values


class Stretch(NamedTuple):
    """A sample in minutes after dawn; `client` is one of two."""

    client: int
    device: str | None
    start: int
    length: int
    value: int

    def covers(self, minute: int) -> bool:
        return self.start <= minute < self.start + self.length


Ranks = dict[tuple[int, str | None], int]
stretches = st.lists(
    st.builds(
        Stretch,
        st.integers(0, 1),
        st.sampled_from(DEVICES),
        st.integers(0, 200),
        st.integers(0, 150) | st.just(0),
        st.integers(1, 1000),
    ),
    max_size=12,
)


def rank(preferred: tuple[str, ...], is_first_client_first: bool) -> Ranks:
    """Devices named, other devices by name, then none; of one device, the client with the lesser key."""

    def order(source: tuple[int, str | None]) -> tuple[int, bool, str, bool]:
        client, device = source
        place = preferred.index(device) if device in preferred else len(preferred)
        return place, device is None, device or "", (client == 0) != is_first_client_first

    sources = sorted(((client, device) for client in (0, 1) for device in DEVICES), key=order)
    return {source: place for place, source in enumerate(sources)}


def list_minutes(all_: list[Stretch], ranks: Ranks, one: Stretch) -> list[int]:
    """The minutes of the sample that no earlier source has; of an instant, itself."""
    earlier = [each for each in all_ if ranks[each.client, each.device] < ranks[one.client, one.device]]
    if not one.length:
        taken = any(
            each.covers(one.start) or (not each.length and each.start == one.start) for each in earlier
        )
        return [] if taken else [one.start]
    minutes = range(one.start, one.start + one.length)
    return [minute for minute in minutes if not any(each.covers(minute) for each in earlier)]


def model_sums(
    all_: list[Stretch], ranks: Ranks, lower: int, upper: int
) -> tuple[Counter[int], Counter[int]]:
    """Sum and count by hour."""
    sums: Counter[int] = Counter()
    counts: Counter[int] = Counter()
    for one in all_:
        # The end belongs to the range: an instant may lie on it; a stretch has no part there.
        inside = range(lower, upper + 1) if not one.length else range(lower, upper)
        minutes = [minute for minute in list_minutes(all_, ranks, one) if minute in inside]
        counts.update({minute // 60 for minute in minutes})
        for minute in minutes:
            sums[minute // 60] += one.value / (one.length or 1)  # type: ignore[assignment]
    return sums, counts


def spell(minute: int) -> str:
    return (DAWN + timedelta(minutes=minute)).isoformat()


def describe(one: Stretch, type_: str) -> Body:
    end = spell(one.start + one.length)
    if type_ == "step_count":
        return create_body(type_, one.value, device=one.device, start=spell(one.start), end=end)
    word = WORDS[one.value % 3]
    return create_body(type_, None, categoryValue=word, device=one.device, start=spell(one.start), end=end)


async def write(program: Program, all_: list[Stretch], type_: str) -> tuple[Program, bool]:
    """A person of her own has them, by two clients; whether the first has the lesser key."""
    first = program.become_other()
    second = first.become_other(client=True)
    for client, caller in enumerate((first, second)):
        if bodies := [describe(each, type_) for each in all_ if each.client == client]:
            assert (await caller.write(bodies)).status_code == 200
    return first, first.caller.client_key < second.caller.client_key


def hold(count: int) -> settings:
    checks = [HealthCheck.function_scoped_fixture]
    return settings(max_examples=count, deadline=None, suppress_health_check=checks)


@hold(60)
@given(
    all_=stretches,
    preferred=st.permutations(DEVICES[:2]).map(tuple) | st.just(()),
    bounds=st.tuples(st.integers(0, 350), st.integers(0, 350)).map(sorted),
)
async def test_every_minute_counts_for_the_first_source_that_has_it(
    program: Program, all_: list[Stretch], preferred: tuple[str, ...], bounds: list[int]
) -> None:
    reader, is_first = await write(program, all_, "step_count")
    lower, upper = bounds
    answer = await reader.http.get(
        "/sample/v1/statistics",
        params={
            "type": "step_count",
            "bucket": "hour",
            "timezone": "UTC",
            "devices": list(preferred),
            "StartDate.LowerBound": spell(lower),
            "StartDate.UpperBound": spell(upper),
        },
        headers=reader.headers,
    )
    sums, counts = model_sums(all_, rank(preferred, is_first), lower, upper)
    found = {
        (datetime.fromisoformat(each["start"]) - DAWN) // timedelta(hours=1): (each["count"], each["sum"])
        for each in answer.json()["buckets"]
    }
    assert {hour: count for hour, (count, _) in found.items()} == dict(counts)
    for hour, (_, total) in found.items():
        assert abs(total - sums[hour]) < 1e-9 * max(1, total), (hour, total, sums[hour])


@hold(40)
@given(all_=stretches)
async def test_every_minute_of_sleep_counts_for_the_first_source_that_has_it(
    program: Program, all_: list[Stretch]
) -> None:
    reader, is_first = await write(program, all_, "sleep_analysis")
    answer = await reader.http.get(
        "/sample/v1/statistics",
        params={
            "type": "sleep_analysis",
            "timezone": "UTC",
            "StartDate.LowerBound": spell(0),
            "StartDate.UpperBound": spell(400),
        },
        headers=reader.headers,
    )
    ranks = rank((), is_first)
    expected: dict[str, list[int]] = {}
    for one in all_:
        if minutes := list_minutes(all_, ranks, one):
            word = expected.setdefault(WORDS[one.value % 3], [0, 0])
            word[0] += 1
            word[1] += len(minutes) * 60 if one.length else 0
    buckets = answer.json()["buckets"]
    values = buckets[0]["values"] if buckets else {}
    assert {word: [each["count"], each["duration"]] for word, each in values.items()} == expected
