"""The query string of a request for samples: contract section 2.1."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from borvo.dataserver.model import Order, Query, Range
from borvo.dataserver.queries import parse_query
from borvo.kernel.errors import InvalidInputError


def test_nothing_given_means_the_defaults() -> None:
    assert parse_query("") == Query()
    assert parse_query("types=&take=&orderProperty=&api-version=2.0&unknown=1") == Query()
    assert (Query().take, Query().skip, Query().order, Query().is_descending) == (100, 0, Order.START, False)


def test_types_may_be_repeated_joined_and_given_twice() -> None:
    query = parse_query("types=height,body_mass&TYPES=step_count&types=height")
    assert [each.name for each in query.types] == ["height", "body_mass", "step_count"]


@pytest.mark.parametrize(
    "name", ["RangeOfCreationDate", "CreationDate", "rangeofcreationdate", "CREATIONDATE"]
)
def test_a_range_is_read_with_and_without_prefix(name: str) -> None:
    query = parse_query(f"{name}.LowerBound=2023-01-01T00:00:00Z&{name}.upperbound=2023-01-02T00:00:00Z")
    assert query.creation == Range(datetime(2023, 1, 1, tzinfo=UTC), datetime(2023, 1, 2, tzinfo=UTC))
    assert query.start.is_open
    assert query.end.is_open


def test_take_is_clipped() -> None:
    assert parse_query("take=1000").take == 1000
    assert parse_query("take=1001").take == 1000
    assert parse_query("take=99999999999999999999").take == 1000


def test_a_huge_skip_stays_within_what_the_database_can_hold() -> None:
    assert parse_query("skip=99999999999999999999").skip < 2**31


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("take=0", "take"),
        ("take=-1", "take"),
        ("take=ten", "take"),
        ("take=1.5", "take"),
        ("take=%D9%A1", "take"),
        ("take=" + "9" * 5000, "take"),
        ("skip=-1", "skip"),
        ("types=Height", "types"),
        ("types=height&types=nothing", "types"),
        ("types=%00", "types"),
        ("orderProperty=Value", "orderProperty"),
        ("orderDirection=Up", "orderDirection"),
        ("StartDate.LowerBound=2023-01-31", "RangeOfStartDate.LowerBound"),
        ("RangeOfEndDate.UpperBound=2023-01-31T00:00:00", "RangeOfEndDate.UpperBound"),
        ("CreationDate.LowerBound=9999-12-31T23:59:59-01:00", "RangeOfCreationDate.LowerBound"),
        (
            "StartDate.LowerBound=2023-01-02T00:00:00Z&StartDate.UpperBound=2023-01-01T00:00:00Z",
            "RangeOfStartDate",
        ),
    ],
)
def test_a_fault_is_named_by_its_parameter(text: str, field: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse_query(text)
    assert list(caught.value.errors) == [field]


def test_every_fault_is_named() -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse_query("take=0&skip=x&types=nothing")
    assert set(caught.value.errors) == {"take", "skip", "types"}


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        query = parse_query(text)
    except InvalidInputError:
        return
    assert 1 <= query.take <= 1000
