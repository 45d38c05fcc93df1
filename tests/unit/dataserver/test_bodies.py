"""Bodies that hold too much, and bodies of lines."""

import json

import pytest

from borvo.dataserver import bodies
from borvo.dataserver.bodies import BATCH_LIMIT, parse_samples
from borvo.dataserver.submission import Form
from borvo.kernel.errors import TooLargeError
from tests.factories.samples import create_blood_pressure, create_body


@pytest.mark.parametrize("item", ["1", "{}", '{"Type":1}'])
def test_nothing_is_done_for_each_item_of_a_batch_that_is_too_long(
    item: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("an item was looked at")

    monkeypatch.setattr(bodies, "_parse_leniently", refuse)
    for body, form in (
        (f"[{','.join([item] * (BATCH_LIMIT + 1))}]", Form.ARRAY),
        (f"{item}\n" * 10_001, Form.LINES),
    ):
        with pytest.raises(TooLargeError):
            parse_samples(body.encode(), form)


def test_lines_are_read_like_the_items_of_an_array() -> None:
    items = [create_body(), create_blood_pressure(), {"TYPE": "height"}]
    lines = "\r\n\n".join(json.dumps(item) for item in items) + "\n  \n"
    assert parse_samples(lines.encode(), Form.LINES) == parse_samples(json.dumps(items).encode())


def test_a_line_that_is_no_json_is_a_fault_of_its_own() -> None:
    lines = [json.dumps(create_body()), "{", "[" * 5000, json.dumps({"type": 7}), "\udcff", "7"]
    body = "\n".join(lines).encode("utf-8", "surrogateescape")
    samples, faults = parse_samples(body, Form.LINES)
    assert [sample is not None for sample in samples] == [True] + [False] * 5
    assert [fault.field for fault in faults] == ["[1]", "[2]", "[3].type", "[4]", "[5]"]
