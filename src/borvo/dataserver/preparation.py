"""What was submitted made ready to be stored: read, checked, given ids and digests. Pure, but for randomness."""

from datetime import datetime

from msgspec import Struct

from borvo.dataserver import policy
from borvo.dataserver.batch import Batch, create_ids, gather_batch, join_batches
from borvo.dataserver.bodies import Bodies, parse_samples
from borvo.dataserver.faults import refuse
from borvo.dataserver.model import Fault, Sample
from borvo.dataserver.rules import check_samples, find_implausible
from borvo.dataserver.service import refuse_scopes
from borvo.dataserver.submission import Form, decompress
from borvo.kernel.entropy import Entropy

# Larger bodies are decoded in a thread, or other requests would wait for them.
_THREAD_FROM = 256_000
_PORTION = 2_500
"""Samples. The first portion is what the database waits for, each one costs a statement."""


class Submission(Struct, frozen=True):
    """The body of a request as it arrived."""

    body: bytes
    form: Form = Form.ARRAY
    codings: str = ""
    is_lenient: bool = False

    @property
    def is_large(self) -> bool:
        """Or may be, once it is decompressed."""
        return len(self.body) > _THREAD_FROM or bool(self.codings)


class Preparation:
    """A submission made ready portion by portion, so that one can be stored while the next is checked. Only what cannot
    depend on another portion is divided; all else is one portion. Every step raises what is wrong with the whole."""

    def __init__(
        self, submission: Submission, scopes: frozenset[str], now: datetime, entropy: Entropy
    ) -> None:
        self._submission = submission
        self._scopes = scopes
        self._now = now
        self._entropy = entropy
        self._bodies: Bodies = ()
        self._ids: list[str] = []
        self._next = 0
        self._ready: Batch | None = None
        self.batch = Batch([], [], [], [])
        self.faults: list[Fault] = []
        self.warnings: list[Fault] = []

    def begin(self) -> None:
        """Reads the body, and makes the first portion ready."""
        submission = self._submission
        bodies, misread = parse_samples(decompress(submission.body, submission.codings), submission.form)
        self._bodies = bodies
        if misread or submission.is_lenient or len(bodies) <= _PORTION or _has_repeats(bodies):
            self._prepare_whole(misread)
        else:
            self._ids = create_ids(len(bodies), self._now, self._entropy)
            self.advance()

    @property
    def is_over(self) -> bool:
        """Whether all is ready."""
        return self._next >= len(self._bodies)

    def advance(self) -> None:
        """Makes the next portion ready."""
        first, last = self._next, self._next + _PORTION
        samples, faults = check_samples(self._bodies[first:last])
        portion, repeated = gather_batch(samples, self._ids[first:last])
        if faults or repeated or policy.find_missing_write_scopes(portion.samples, self._scopes):
            # All faults are named together.
            self._prepare_whole([])
            raise RuntimeError("what is wrong with a portion is wrong with the whole")
        self.warnings += find_implausible(samples, first)
        self._ready = portion
        self.batch = join_batches(self.batch, portion)
        self._next = last

    def take(self) -> Batch | None:
        """The portion that is ready and was not taken before."""
        ready, self._ready = self._ready, None
        return ready

    def _prepare_whole(self, misread: list[Fault]) -> None:
        samples, faults = check_samples(self._bodies)
        faults = misread + faults
        if self._submission.is_lenient:
            faults += self._drop_forbidden(samples)
        ids = create_ids(len(samples), self._now, self._entropy)
        batch, repeated = gather_batch(samples, ids)
        self.faults = faults + repeated
        if not self._submission.is_lenient:
            if self.faults:
                raise refuse(sorted(self.faults, key=find_place))
            if missing := policy.find_missing_write_scopes(batch.samples, self._scopes):
                raise refuse_scopes("write these samples", missing)
        self.warnings = find_implausible(samples)
        self.batch = self._ready = batch
        self._next = len(self._bodies)

    def _drop_forbidden(self, samples: list[Sample | None]) -> list[Fault]:
        faults = []
        for index, sample in enumerate(samples):
            if sample and (missing := policy.find_missing_write_scopes([sample], self._scopes)):
                samples[index] = None
                faults.append(Fault(f"[{index}].type", f"The access token lacks {' '.join(missing)}."))
        return faults


def find_place(fault: Fault) -> int:
    """The place in the batch of the sample that has the fault."""
    return int(fault.field[1 : fault.field.index("]")])


def _has_repeats(bodies: Bodies) -> bool:
    """Whether two have the same id of the client's: they have to be looked at together."""
    names = [name for body in bodies if body and (name := body.client_assigned_id)]
    return len(set(names)) < len(names)
