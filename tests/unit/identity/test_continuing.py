"""A request that comes again by its address says what it said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from borvo.identity.model import FIELD_LIMIT, Parameters
from borvo.identity.service.continuing import name_repetition, read_repetition
from borvo.web.addresses import is_local_path

TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))
NAMES = TEXTS.filter(lambda name: name not in {"request", "request_uri"})


@given(st.lists(st.tuples(NAMES, TEXTS), max_size=FIELD_LIMIT))
def test_a_request_is_read_from_its_address_as_it_was(pairs: list[tuple[str, str]]) -> None:
    parameters = Parameters(tuple(pairs))
    address = name_repetition(parameters)
    assert is_local_path(address)
    assert read_repetition(address.partition("?")[2]) == parameters


@pytest.mark.parametrize(
    "query",
    [
        "client_id=a&request=e30.e30.",
        "client_id=a&request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3Ax",
        "client_id=%ff",
        "client_id=a%00",
        "client_id=a#b",
        "&".join(["a=b"] * (FIELD_LIMIT + 1)),
    ],
)
def test_what_cannot_be_repeated_is_not_read(query: str) -> None:
    assert read_repetition(query) is None
