"""What agencies get: samples of several people, each with the subject whose it is."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from borvo.dataserver.bodies import describe_samples
from borvo.dataserver.media import Form
from borvo.dataserver.members import pick_all
from borvo.dataserver.model import StoredSample
from borvo.dataserver.tabular import render_shared_table
from borvo.dataserver.unit_choice import UnitChoice

_encoder = msgspec.json.Encoder()
Shared = Sequence[tuple[UUID, StoredSample]]


def render_shared(
    form: Form, samples: Shared, units: UnitChoice, fields: tuple[str, ...], total: int | None = None
) -> bytes:
    """As lines or as a table; in JSON a page (contract 2.2), or without a `total` an array (2.5)."""
    if form is Form.TABLE:
        return render_shared_table(samples, units)
    answers = [
        answer for subject, sample in samples for answer in describe_samples([sample], str(subject), units)
    ]
    datas = pick_all(answers, fields)
    if form is Form.LINES:
        return _encoder.encode_lines(datas)
    return _encoder.encode(
        datas if total is None else {"totalAvailable": total, "count": len(datas), "datas": datas}
    )
