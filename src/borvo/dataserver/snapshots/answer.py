"""What the first step answers, and the refusals of both."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec import Struct

from borvo.dataserver.bodies import describe_samples
from borvo.dataserver.media import Form
from borvo.dataserver.members import pick_all
from borvo.dataserver.model import StoredSample
from borvo.dataserver.snapshots.model import Holding
from borvo.dataserver.tabular import render_head, render_rows
from borvo.dataserver.unit_choice import UnitChoice
from borvo.kernel.entropy import encode_bytes
from borvo.kernel.errors import NotFoundError, TooManyRequestsError

_encoder = msgspec.json.Encoder()


class SnapshotAnswer(Struct, rename="pascal"):
    """Contract 2.5 and 6, row 8: the key under both of its names, in the case in which older clients wrote theirs."""

    number_of_results: int
    expiration_date: str
    key: str
    query_key: str


def render_answer(total: int, expires_at: datetime, key: bytes) -> bytes:
    spelt = encode_bytes(key)
    return msgspec.json.encode(SnapshotAnswer(total, expires_at.isoformat(), spelt, spelt))


def render_results(
    form: Form, samples: Sequence[StoredSample], subject: str, units: UnitChoice, fields: tuple[str, ...]
) -> bytes:
    """Contract 2.5: an array; or as lines or as a table."""
    if form is Form.TABLE:
        return render_head() + render_rows(samples, units)
    answers = pick_all(describe_samples(samples, subject, units), fields)
    return _encoder.encode_lines(answers) if form is Form.LINES else _encoder.encode(answers)


def refuse_key() -> NotFoundError:
    """The same for keys that are unknown, another's or expired, and for what has been withdrawn since."""
    return NotFoundError("There are no results under this key, or none any more. Ask the query again.")


def check_holding(holding: Holding, people: int, now: datetime) -> None:
    """Raises `TooManyRequestsError` when its maker may not have one more, of so many people."""
    if refusal := holding.judge(people):
        first = holding.first_expires_at or now
        raise TooManyRequestsError(refusal, retry_after=max(1, int((first - now).total_seconds())))
