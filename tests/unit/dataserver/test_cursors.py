"""A cursor is of use to nobody but the reader to whom it was given, and for the same query only."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from borvo.catalogue.sample_types import list_sample_types
from borvo.dataserver.cursors import Reader, SharedReader, read_cursor, write_cursor
from borvo.dataserver.model import Key, Order, Query, Range
from borvo.kernel.errors import InvalidInputError
from borvo.kernel.ids import ClientId, PersonId

SECRET = b"s" * 32
QUERY = Query(types=list_sample_types()[:2], start=Range(datetime(2024, 1, 1, tzinfo=UTC)))
READER = Reader(PersonId(uuid4()), ClientId("demo.app"), frozenset({"read.height"}), QUERY)
KEY = Key(datetime(2024, 2, 3, 4, 5, 6, 789012, tzinfo=UTC), uuid4())

instants = st.datetimes(timezones=st.just(UTC))


@given(instants, st.uuids(), st.none() | st.uuids())
def test_a_cursor_holds_its_key_to_the_microsecond(
    instant: datetime, name: UUID, subject: UUID | None
) -> None:
    key = Key(instant, name, subject)
    assert read_cursor(SECRET, READER, write_cursor(SECRET, READER, key)) == key


def change(**members: object) -> Reader:
    return READER._replace(query=structs.replace(QUERY, **members))


@pytest.mark.parametrize(
    "other",
    [
        READER._replace(person_id=PersonId(uuid4())),
        READER._replace(client_id=ClientId("demo.other")),
        change(types=list_sample_types()[:1]),
        change(start=Range()),
        change(end=Range(datetime(2024, 1, 1, tzinfo=UTC))),
        change(creation=Range(None, datetime(2024, 1, 1, tzinfo=UTC))),
        change(devices=("watch",)),
        change(clients=("watch",)),
        change(order=Order.END),
        change(is_descending=True),
    ],
)
def test_it_is_refused_for_another_reader_or_query(other: Reader) -> None:
    with pytest.raises(InvalidInputError):
        read_cursor(SECRET, other, write_cursor(SECRET, READER, KEY))


PEOPLE = (uuid4(), 1), (uuid4(), 2)
AGENCY = SharedReader(PersonId(uuid4()), READER.client_id, frozenset(PEOPLE), QUERY)


@pytest.mark.parametrize(
    "other",
    [
        READER,
        READER._replace(person_id=PersonId(UUID(int=0))),
        AGENCY._replace(agent_id=PersonId(uuid4())),
        AGENCY._replace(agent_id=None),
        AGENCY._replace(client_id=ClientId("demo.other")),
        AGENCY._replace(people=frozenset(PEOPLE[:1])),
        AGENCY._replace(people=frozenset({PEOPLE[0], (PEOPLE[1][0], 3)})),
        AGENCY._replace(query=structs.replace(QUERY, is_descending=True)),
    ],
)
def test_an_agencys_is_refused_for_other_callers_people_and_consents(other: Reader | SharedReader) -> None:
    cursor = write_cursor(SECRET, AGENCY, KEY)
    assert read_cursor(SECRET, AGENCY, cursor) == KEY
    for reader, text in ((other, cursor), (AGENCY, write_cursor(SECRET, other, KEY))):
        with pytest.raises(InvalidInputError):
            read_cursor(SECRET, reader, text)


def test_without_types_the_scopes_belong_to_the_query() -> None:
    reader = change(types=())
    cursor = write_cursor(SECRET, reader, KEY)
    assert read_cursor(SECRET, reader, cursor) == KEY
    with pytest.raises(InvalidInputError):
        read_cursor(SECRET, reader._replace(scopes=frozenset({"read.food"})), cursor)


def test_the_size_of_a_page_and_how_it_is_written_may_change() -> None:
    cursor = write_cursor(SECRET, READER, KEY)
    other = change(take=7, limit=7, fields=("type",), units=("kg",), cursor=cursor)
    assert read_cursor(SECRET, other, cursor) == KEY


@given(st.integers(0, 39), st.integers(1, 255))
def test_no_byte_of_it_can_be_changed(place: int, difference: int) -> None:
    data = bytearray(urlsafe_b64decode(write_cursor(SECRET, READER, KEY) + "=="))
    data[place] ^= difference
    with pytest.raises(InvalidInputError):
        read_cursor(SECRET, READER, urlsafe_b64encode(data).decode().rstrip("="))


@given(st.text(max_size=80))
def test_no_other_text_is_a_cursor(text: str) -> None:
    with pytest.raises(InvalidInputError):
        read_cursor(SECRET, READER, text)
