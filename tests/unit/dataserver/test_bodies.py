"""Bodies that hold too much."""

import pytest

from borvo.dataserver import bodies
from borvo.dataserver.bodies import BATCH_LIMIT, parse_samples
from borvo.kernel.errors import TooLargeError


@pytest.mark.parametrize("item", ["1", "{}", '{"Type":1}'])
def test_nothing_is_done_for_each_item_of_a_batch_that_is_too_long(
    item: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("an item was looked at")

    monkeypatch.setattr(bodies, "_parse_leniently", refuse)
    with pytest.raises(TooLargeError):
        parse_samples(f"[{','.join([item] * (BATCH_LIMIT + 1))}]".encode())
