"""Ids, digests and repeats of a batch: contract section 7, idempotency."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from borvo.dataserver.batch import create_ids, digest_content, gather_batch, settle
from borvo.dataserver.bodies import parse_samples
from borvo.dataserver.model import Sample
from borvo.dataserver.rules import check_samples
from borvo.kernel.errors import ConflictError
from tests.factories.samples import create_blood_pressure, create_body

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)


def read(*bodies: Any) -> list[Sample]:
    samples, faults = check_samples(parse_samples(json.dumps(bodies).encode())[0])
    assert not faults
    return samples


@pytest.mark.parametrize("byte", [b"\x00", b"\xff", b"\x7f"])
def test_ids_are_version_7_and_ascend(byte: bytes) -> None:
    ids = create_ids(10_000, NOW, lambda count: byte * count)
    assert ids == sorted(set(ids))
    assert len(ids) == 10_000
    assert {(UUID(each).version, UUID(each).variant) for each in ids} == {(7, UUID(int=2**63).variant)}
    assert all(str(UUID(each)) == each for each in (ids[0], ids[-1]))


def test_the_same_content_has_the_same_digest_however_it_is_spelt() -> None:
    body = create_body(value=-0.0, start="2023-01-31T08:30:00Z", clientAssignedId="a")
    other = create_body(value=0, start="2023-01-31T09:30:00.0000009+01:00", clientAssignedId="a", device=None)
    assert digest_content(*read(body)) == digest_content(*read(other))


@pytest.mark.parametrize(
    "change",
    [
        {"quantityValue": 71},
        {"type": "height"},
        {"device": "scales"},
        {"dateRange": {"lowerBound": "2023-01-31T08:30:00Z", "upperBound": "2023-01-31T08:30:01Z"}},
    ],
)
def test_other_content_has_another_digest(change: dict[str, Any]) -> None:
    body = create_body(clientAssignedId="a")
    assert digest_content(*read(body)) != digest_content(*read({**body, **change}))


def test_children_are_part_of_the_content() -> None:
    body = create_blood_pressure()
    other = json.loads(json.dumps(body))
    other["correlationObjects"][1]["quantityValue"] += 1
    assert digest_content(*read(body)) != digest_content(*read(other))


def test_a_sample_submitted_twice_in_a_batch_is_stored_once() -> None:
    twice, once = create_body(), create_body(clientAssignedId=None)
    batch = gather_batch(read(twice, once, twice, once), NOW, lambda count: b"\x01" * count)
    assert len(batch.samples) == 3
    receipts = settle(batch, {})
    assert [each.verdict for each in receipts] == ["created", "created", "duplicate", "created"]
    assert receipts[0].id == receipts[2].id
    assert len({each.id for each in receipts}) == 3


def test_one_id_for_two_contents_in_a_batch_is_refused() -> None:
    bodies = [create_body(value=value, clientAssignedId="mine") for value in (1, 2)]
    with pytest.raises(ConflictError, match="mine"):
        gather_batch(read(*bodies), NOW, lambda count: b"\x01" * count)
