"""What agencies get: samples of several people, each with the subject whose it is."""

from collections.abc import Iterator, Sequence
from uuid import UUID

import msgspec

from borvo.dataserver.bodies import PageAnswer, SampleAnswer, describe_samples
from borvo.dataserver.members import pick_members
from borvo.dataserver.model import StoredSample
from borvo.dataserver.unit_choice import UnitChoice

Shared = Sequence[tuple[UUID, StoredSample]]


def render_shared_page(total: int, samples: Shared, units: UnitChoice, fields: tuple[str, ...]) -> bytes:
    """Contract 2.2."""
    datas = [*describe_shared(samples, units)]
    if fields:
        picked = [pick_members(each, fields) for each in datas]
        return msgspec.json.encode({"totalAvailable": total, "count": len(picked), "datas": picked})
    return msgspec.json.encode(PageAnswer(total, len(datas), datas))


def describe_shared(samples: Shared, units: UnitChoice | None = None) -> Iterator[SampleAnswer]:
    """In their order."""
    for subject, sample in samples:
        yield from describe_samples([sample], str(subject), units)
