"""A batch of samples made ready to be stored: ids, digests, and samples that were submitted twice."""

from datetime import datetime
from hashlib import blake2b
from uuid import UUID

import msgspec
from msgspec import Struct

from borvo.dataserver.model import Receipt, Sample, Verdict
from borvo.kernel.entropy import Entropy, create_uuid
from borvo.kernel.errors import ConflictError

_DIGEST_BYTES = 16
_NAMED = 10
# Id and digest by the client's own id. None, which stands for "no id", is never present.
Present = dict[str | None, tuple[str, bytes]]

_encode = msgspec.msgpack.Encoder().encode


class Batch(Struct, frozen=True):
    """`samples`, `ids` and `digests` run side by side. `places` tells for each submitted sample which of them it
    is, so that a sample submitted twice is stored once."""

    samples: list[Sample]
    ids: list[str]
    digests: list[bytes | None]
    places: list[int]


def digest_content(sample: Sample) -> bytes:
    """The same for the same content, however its dates and numbers were spelt (contract 7, idempotency)."""
    content = [_list_content(sample), *(_list_content(child) for child in sample.children)]
    return blake2b(_encode(content), digest_size=_DIGEST_BYTES).digest()


def _list_content(sample: Sample) -> tuple[object, ...]:
    # Adding 0.0 makes 0.0 of -0.0.
    value = None if sample.value is None else sample.value + 0.0
    dates = (sample.start, sample.end)
    return sample.sample_type.code, *dates, value, sample.category, sample.device, sample.client_assigned_id


def create_ids(count: int, now: datetime, entropy: Entropy) -> list[str]:
    """Version 7 UUIDs that ascend in the order of the batch, so that samples of one instant keep it."""
    first = create_uuid(now, entropy).int
    # The top bit of the last 48 makes room for counting up.
    prefix, low = str(UUID(int=first))[:24], first & (1 << 47) - 1
    return [f"{prefix}{number:012x}" for number in range(low, low + count)]


def gather_batch(submitted: list[Sample], now: datetime, entropy: Entropy) -> Batch:
    """Raises `ConflictError` when one id stands for two contents within the batch."""
    samples: list[Sample] = []
    digests: list[bytes | None] = []
    places: list[int] = []
    seen: dict[str, int] = {}
    for sample in submitted:
        name = sample.client_assigned_id
        digest = None if name is None else digest_content(sample)
        place = len(samples) if name is None else seen.setdefault(name, len(samples))
        places.append(place)
        if place == len(samples):
            samples.append(sample)
            digests.append(digest)
        elif digests[place] != digest:
            raise refuse_conflict([name or ""])
    return Batch(samples, create_ids(len(samples), now, entropy), digests, places)


def refuse_conflict(names: list[str]) -> ConflictError:
    listed = ", ".join(names[:_NAMED]) + (", ..." if len(names) > _NAMED else "")
    return ConflictError(
        f"Nothing was stored: other content was sent before under clientAssignedId {listed}. "
        "Use a new id for a new sample."
    )


def settle(batch: Batch, present: Present) -> list[Receipt]:
    """One receipt a submitted sample. `present` holds id and digest of what is stored under the ids of the batch,
    and may be empty when all of it was created. Raises `ConflictError` when the contents differ."""
    differing = [
        str(name)
        for sample, digest in zip(batch.samples, batch.digests, strict=True)
        if (name := sample.client_assigned_id) in present and present[name][1] != digest
    ]
    if differing:
        raise refuse_conflict(differing)
    receipts, met = [], set()
    for place in batch.places:
        name = batch.samples[place].client_assigned_id
        stored = present[name][0] if name in present else batch.ids[place]
        is_new = stored == batch.ids[place] and place not in met
        met.add(place)
        receipts.append(Receipt(stored, Verdict.CREATED if is_new else Verdict.DUPLICATE, name))
    return receipts
