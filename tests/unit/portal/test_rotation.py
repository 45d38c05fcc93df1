"""How far the change of a secret has come."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from borvo.portal.model import SecretRecord
from borvo.portal.rotation import Step, find_rotation

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=5)
LATELY = NOW - timedelta(hours=23)


def make(
    used: datetime | None = None, *, created: datetime = LONG_AGO, end: datetime | None = None
) -> SecretRecord:
    return SecretRecord(uuid4(), "hmac-sha256", created, end, "", "", used, "")


def test_without_a_secret_that_works_there_is_nothing_to_change() -> None:
    assert find_rotation([], NOW) is None
    assert find_rotation([make(end=NOW)], NOW) is None


@pytest.mark.parametrize(
    ("old", "new", "step"),
    [
        (make(LATELY), make(None), Step.SWITCH),
        (make(LONG_AGO), make(None), Step.SWITCH),
        (make(LATELY), make(LATELY), Step.WAIT),
        (make(NOW - timedelta(days=1)), make(LATELY), Step.REMOVE),
        (make(None), make(LATELY), Step.REMOVE),
        (make(None, created=LATELY), make(LATELY), Step.WAIT),
    ],
)
def test_the_next_step_with_two(old: SecretRecord, new: SecretRecord, step: Step) -> None:
    rotation = find_rotation([old, new], NOW)
    assert rotation is not None
    assert rotation.step is step
    assert rotation.latest == new
    assert rotation.old == (old,)
    assert rotation.busy == ((old,) if step is Step.WAIT or old.last_used_at == LATELY else ())


def test_with_one_the_next_is_to_add_another() -> None:
    rotation = find_rotation([make(LATELY)], NOW)
    assert rotation is not None
    assert rotation.step is Step.ADD


def test_one_busy_old_secret_among_several_is_waited_for() -> None:
    busy = make(LATELY)
    rotation = find_rotation([make(LONG_AGO), busy, make(NOW)], NOW)
    assert rotation is not None
    assert rotation.step is Step.WAIT
    assert rotation.busy == (busy,)


def test_expired_secrets_take_no_part() -> None:
    rotation = find_rotation([make(LATELY, end=LATELY), make(LATELY)], NOW)
    assert rotation is not None
    assert rotation.step is Step.ADD
