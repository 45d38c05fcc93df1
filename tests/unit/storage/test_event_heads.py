"""Behind what the next link of the security event log comes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from borvo.storage.security_events.heads import GENESIS, End, Head, find_place, parse_head

heads = st.builds(Head, st.integers(0, 9), st.binary(min_size=32, max_size=32))


@given(end=heads, is_headed=st.booleans(), known=st.lists(heads, max_size=2), sent=st.integers(0, 9))
def test_no_place_that_is_known_to_have_been_taken_is_taken_again(
    end: Head, is_headed: bool, known: list[Head], sent: int
) -> None:
    place = find_place(End(end, None, is_headed), known, sent)
    assert place.position >= max([end.position, sent, *(head.position for head in known)])
    assert place.digest in {end.digest, *(head.digest for head in known)}


@given(end=heads, sent=st.integers(0, 9))
def test_where_the_end_is_as_it_was_signed_the_next_link_follows_it(end: Head, sent: int) -> None:
    assert find_place(End(end, None, is_headed=True), [end, end], min(sent, end.position)) == end
    assert find_place(End(end), [], 0) == end


@given(end=heads)
def test_a_signed_end_that_is_gone_leaves_a_place_free(end: Head) -> None:
    assert find_place(End(end, None, is_headed=True), [], 0).position == end.position + 1


@given(head=heads)
def test_a_head_is_read_as_it_was_written(head: Head) -> None:
    assert parse_head(str(head)) == head


@pytest.mark.parametrize("text", ["", "1", "x:00", f"1:{GENESIS.hex()}00"])
def test_what_is_no_head_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_head(text)
