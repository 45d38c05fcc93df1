"""A batch of samples made ready to be stored: ids, digests, and what to do about ids that were sent before."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple
from uuid import UUID

import msgspec
from msgspec import Struct, structs

from borvo.dataserver.model import Fault, Receipt, Sample, Verdict
from borvo.kernel.entropy import Entropy, create_uuid

_DIGEST_BYTES = 16


class Kept(NamedTuple):
    """What is kept under a client's own id: the sample, or the tombstone of the last one."""

    id: str
    digest: bytes
    version: int | None
    is_deleted: bool = False


# By the client's own id. None, which stands for "no id", is never present.
Present = dict[str | None, Kept]

_encode = msgspec.msgpack.Encoder().encode


class Batch(Struct, frozen=True):
    """`samples`, `ids` and `digests` run side by side. `places` tells for each submitted sample which of them it
    is, so that a sample submitted twice is stored once; None for one that was refused."""

    samples: list[Sample]
    ids: list[str]
    digests: list[bytes | None]
    places: list[int | None]

    def pick(self, places: Sequence[int], ids: Sequence[str] | None = None) -> "Batch":
        """The samples in these places, under other ids when they are given."""
        picked = ids or [self.ids[place] for place in places]
        return Batch(
            [self.samples[place] for place in places],
            [*picked],
            [self.digests[place] for place in places],
            [*range(len(places))],
        )


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


def join_batches(first: Batch, second: Batch) -> Batch:
    """One behind the other."""
    if not first.places:
        return second
    count = len(first.samples)
    return Batch(
        first.samples + second.samples,
        first.ids + second.ids,
        first.digests + second.digests,
        first.places + [None if place is None else place + count for place in second.places],
    )


def gather_batch(submitted: Sequence[Sample | None], ids: Sequence[str]) -> tuple[Batch, list[Fault]]:
    """Without those that have the id of an earlier one and other content: they are the faults. Of `ids` the first are
    used, as many as there are samples to be stored."""
    samples: list[Sample] = []
    digests: list[bytes | None] = []
    places: list[int | None] = []
    faults: list[Fault] = []
    seen: dict[str, int] = {}
    for index, sample in enumerate(submitted):
        if sample is None:
            places.append(None)
            continue
        name = sample.client_assigned_id
        digest = None if name is None else digest_content(sample)
        place = len(samples) if name is None else seen.setdefault(name, len(samples))
        if place == len(samples):
            samples.append(sample)
            digests.append(digest)
        elif digests[place] != digest:
            faults.append(Fault(f"[{index}].clientAssignedId", _REPEATED))
            places.append(None)
            continue
        else:
            samples[place] = _raise_version(samples[place], sample.version)
        places.append(place)
    return Batch(samples, [*ids[: len(samples)]], digests, places), faults


_REPEATED = "The same id stands for other content earlier in this batch. Use a new id for a new sample."


def _raise_version(sample: Sample, version: int | None) -> Sample:
    return structs.replace(sample, version=version) if is_higher(version, sample.version) else sample


def is_higher(version: int | None, kept: int | None) -> bool:
    """Any version is higher than none."""
    return version is not None and (kept is None or version > kept)


class Settlement(Struct):
    """What is to be done about the samples of a batch whose ids were there before; all numbers are places."""

    # For each sample where it is kept, and what became of it.
    verdicts: list[tuple[str | None, Verdict]]
    replaced: list[int] = []
    # Deleted before, and sent again under a higher version.
    revived: list[int] = []
    # The same content under a higher version: later ones are measured by that.
    raised: list[int] = []
    conflicts: list[int] = []
    # What would replace something that the caller may not write, with the scopes that it lacks.
    forbidden: dict[int, list[str]] = {}

    def forbid(self, missing: dict[int, list[str]]) -> None:
        """Leaves alone what these would replace."""
        self.forbidden = missing
        self.replaced = [place for place in self.replaced if place not in missing]
        for place in missing:
            self.verdicts[place] = None, Verdict.REFUSED

    @property
    def is_whole(self) -> bool:
        return not self.conflicts and not self.forbidden


def settle(batch: Batch, present: Present) -> Settlement:
    """`present` holds what is kept under the ids of the batch, and may be empty when all of it was created."""
    if not present:
        return Settlement([(id_, Verdict.CREATED) for id_ in batch.ids])
    settlement = Settlement([])
    for place, sample in enumerate(batch.samples):
        kept = present.get(sample.client_assigned_id)
        own = batch.ids[place]
        verdict = Verdict.CREATED
        if kept is not None and kept.id != own:
            verdict = _judge(settlement, place, sample, batch.digests[place], kept)
        # Only what is created has the id that was made for it.
        id_ = own if verdict is Verdict.CREATED or kept is None else kept.id
        settlement.verdicts.append((None if verdict is Verdict.REFUSED else id_, verdict))
    return settlement


def _judge(settlement: Settlement, place: int, sample: Sample, digest: bytes | None, kept: Kept) -> Verdict:
    is_newer = is_higher(sample.version, kept.version)
    if kept.is_deleted:
        if not is_newer:
            return Verdict.DELETED
        settlement.revived.append(place)
        return Verdict.CREATED
    if kept.digest == digest:
        if is_newer:
            settlement.raised.append(place)
        return Verdict.DUPLICATE
    if is_newer:
        settlement.replaced.append(place)
        return Verdict.REPLACED
    if sample.version is not None and kept.version is not None and sample.version < kept.version:
        return Verdict.KEPT
    settlement.conflicts.append(place)
    return Verdict.REFUSED


_CHANGES = {Verdict.CREATED, Verdict.REPLACED}


def count_changes(settlement: Settlement) -> int:
    """How many samples are stored that were not there before."""
    return sum(verdict in _CHANGES for _, verdict in settlement.verdicts)


def issue_receipts(batch: Batch, settlement: Settlement) -> list[Receipt]:
    """One a submitted sample; of one that was submitted twice only the first has changed anything."""
    receipts, met = [], set()
    for place in batch.places:
        if place is None:
            receipts.append(Receipt(None, Verdict.REFUSED, None))
            continue
        id_, verdict = settlement.verdicts[place]
        if place in met and verdict in _CHANGES:
            verdict = Verdict.DUPLICATE
        met.add(place)
        receipts.append(Receipt(id_, verdict, batch.samples[place].client_assigned_id))
    return receipts
