"""Ids, digests and repeats of a batch: contract section 7, idempotency."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from borvo.dataserver.batch import (
    Batch,
    Kept,
    Settlement,
    create_ids,
    digest_content,
    gather_batch,
    issue_receipts,
    settle,
)
from borvo.dataserver.bodies import parse_samples
from borvo.dataserver.model import Fault, Receipt, Sample
from borvo.dataserver.rules import check_samples
from tests.factories.samples import create_blood_pressure, create_body

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)


def read(*bodies: Any) -> list[Sample]:
    samples, faults = check_samples(parse_samples(json.dumps(bodies).encode())[0])
    assert not faults
    return [sample for sample in samples if sample]


def gather(samples: list[Sample]) -> tuple[Batch, list[Fault]]:
    return gather_batch(samples, create_ids(len(samples), NOW, lambda count: b"\x01" * count))


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
    batch, _ = gather(read(twice, once, twice, once))
    assert len(batch.samples) == 3
    receipts = issue_receipts(batch, settle(batch, {}))
    assert [each.verdict for each in receipts] == ["created", "created", "duplicate", "created"]
    assert receipts[0].id == receipts[2].id
    assert len({each.id for each in receipts}) == 3


def test_one_id_for_two_contents_in_a_batch_is_a_fault_of_the_second() -> None:
    bodies = [create_body(value=value, clientAssignedId="mine") for value in (1, 2)]
    batch, (fault,) = gather(read(create_body(), *bodies))
    assert fault.field == "[2].clientAssignedId"
    assert batch.places == [0, 1, None]


def test_of_a_sample_submitted_twice_the_higher_version_counts() -> None:
    bodies = [create_body(clientAssignedId="mine", version=version) for version in (1, 3, 2)]
    batch, faults = gather(read(*bodies))
    assert not faults
    assert [sample.version for sample in batch.samples] == [3]


def settle_against(
    sent: int | None, kept: int | None, *, value: float = 2, is_deleted: bool = False
) -> tuple[Receipt, Settlement]:
    """One sample of this version and value, where one of value 1 is kept."""
    body = create_body(value=1, clientAssignedId="mine")
    ((sample,), (other,)) = (read(body), read({**body, "quantityValue": value, "version": sent}))
    batch, _ = gather([other])
    settlement = settle(batch, {"mine": Kept("there", digest_content(sample), kept, is_deleted)})
    (receipt,) = issue_receipts(batch, settlement)
    return receipt, settlement


@pytest.mark.parametrize(
    ("sent", "kept", "verdict"),
    [
        (2, 1, "replaced"),
        (1, None, "replaced"),
        (0, None, "replaced"),
        (1, 2, "kept"),
        (1, 1, "refused"),
        (None, 1, "refused"),
        (None, None, "refused"),
    ],
)
def test_other_content_replaces_only_by_a_higher_version(
    sent: int | None, kept: int | None, verdict: str
) -> None:
    receipt, settlement = settle_against(sent, kept)
    assert receipt.verdict == verdict
    assert receipt.id == (None if verdict == "refused" else "there")
    assert settlement.replaced == ([0] if verdict == "replaced" else [])
    assert settlement.conflicts == ([0] if verdict == "refused" else [])


@pytest.mark.parametrize(("sent", "kept", "raised"), [(2, 1, [0]), (1, 1, []), (1, 2, []), (None, 1, [])])
def test_the_same_content_of_a_higher_version_is_a_duplicate_that_raises_the_version(
    sent: int | None, kept: int | None, raised: list[int]
) -> None:
    receipt, settlement = settle_against(sent, kept, value=1)
    assert (receipt.verdict, receipt.id) == ("duplicate", "there")
    assert settlement.raised == raised


@pytest.mark.parametrize("value", [1, 2])
@pytest.mark.parametrize(
    ("sent", "kept", "verdict"),
    [
        (None, None, "deleted"),
        (1, 1, "deleted"),
        (None, 1, "deleted"),
        (2, 1, "created"),
        (0, None, "created"),
    ],
)
def test_what_was_deleted_stays_so_unless_a_higher_version_comes(
    value: float, sent: int | None, kept: int | None, verdict: str
) -> None:
    receipt, settlement = settle_against(sent, kept, value=value, is_deleted=True)
    assert receipt.verdict == verdict
    assert (receipt.id == "there") == (verdict == "deleted")
    assert settlement.revived == ([0] if verdict == "created" else [])
