"""Writing, correcting and deleting samples."""

import asyncio
from collections.abc import Coroutine, Iterable
from datetime import datetime
from typing import Any, TypeVar

from msgspec import structs

from borvo.dataserver import policy
from borvo.dataserver.batch import (
    Batch,
    Kept,
    Settlement,
    count_changes,
    create_ids,
    gather_batch,
    is_higher,
    issue_receipts,
    settle,
)
from borvo.dataserver.bodies import parse_samples
from borvo.dataserver.faults import refuse, refuse_conflicts
from borvo.dataserver.model import Fault, Outcome, Receipt, Sample, Verdict
from borvo.dataserver.preconditions import Condition, create_etag
from borvo.dataserver.preparation import Preparation, Submission, find_place
from borvo.dataserver.rules import check_samples, find_implausible
from borvo.dataserver.service import DataServer, Writer, refuse_scopes
from borvo.dataserver.submission import decompress
from borvo.dataserver.write_store import WritableShelf
from borvo.kernel.errors import ConflictError, InvalidInputError, NotFoundError
from borvo.portal.public import Activity
from borvo.storage.database import Connection

T = TypeVar("T")
_CONFLICT = (
    "Other content was sent before under this id. A new sample needs a new id, new content a higher version."
)


async def write_samples(server: DataServer, writer: Writer, submission: Submission) -> Outcome:
    """Stores the whole batch or nothing, a lenient one without what has faults. Sent again, it changes nothing and the
    receipts say so."""
    if not submission.is_large:
        return await _write(server, writer, submission)
    async with server.intake.take_place():
        return await _write(server, writer, submission)


async def _write(server: DataServer, writer: Writer, submission: Submission) -> Outcome:
    now = server.clock()
    preparation = Preparation(submission, writer.caller.scopes, now, server.entropy)
    # Units may have to be loaded first, which takes most of a second.
    if submission.is_large or b'unit"' in submission.body:
        await asyncio.to_thread(preparation.begin)
    else:
        preparation.begin()
    if not preparation.batch.samples:
        return Outcome(issue_receipts(preparation.batch, Settlement([])), preparation.faults)
    settlement = await _store(server, writer, preparation, now, is_lenient=submission.is_lenient)
    _note(server, writer, count_changes(settlement))
    batch = preparation.batch
    return Outcome(
        issue_receipts(batch, settlement),
        sorted(preparation.faults + _describe_refused(batch, settlement), key=find_place),
        preparation.warnings,
        create_etag(batch.digests[0]) if len(batch.samples) == 1 and settlement.is_whole else None,
    )


def _note(server: DataServer, writer: Writer, changed: int) -> None:
    server.activity.note(writer.caller.client_id, Activity.SAMPLES_WRITTEN, changed)


async def _store(
    server: DataServer, writer: Writer, preparation: Preparation, now: datetime, *, is_lenient: bool
) -> Settlement:
    batch = preparation.batch
    if len(batch.samples) == 1:
        # One that is new, as nearly all are, is one statement and needs no transaction around it.
        async with server.database.connection() as connection:
            _, stored = await WritableShelf(connection, writer.person_id, writer.caller, now).add(batch)
        if stored:
            return settle(batch, {})
    async with server.database.transaction() as connection:
        shelf = WritableShelf(connection, writer.person_id, writer.caller, now)
        position, stored = await _add(shelf, preparation)
        batch = preparation.batch
        if stored == len(batch.samples):
            return settle(batch, {})
        names = [sample.client_assigned_id for sample in batch.samples if sample.client_assigned_id]
        settlement = settle(batch, await shelf.find_present(names))
        if settlement.conflicts and not is_lenient:
            raise _refuse_batch(batch, settlement)
        await _guard_stored(shelf, writer, settlement, is_lenient=is_lenient)
        await _apply(shelf, batch, settlement, position)
        return settlement


async def _add(shelf: WritableShelf, preparation: Preparation) -> tuple[int, int]:
    """All portions, at one position: while the database stores one, a thread makes the next ready. The position, and
    how many samples were new."""
    portion = preparation.take()
    if portion is None:
        raise RuntimeError("nothing was made ready")
    position, stored = await _beside(shelf.add(portion), preparation)
    while portion := preparation.take():
        stored += await _beside(shelf.add_more(portion, position), preparation)
    return position, stored


async def _beside(adding: Coroutine[Any, Any, T], preparation: Preparation) -> T:
    """Both are over when this ends in any way: no statement is under way on a connection that is rolled back."""
    if preparation.is_over:
        return await adding
    advancing = asyncio.ensure_future(asyncio.to_thread(preparation.advance))
    try:
        added = await adding
    finally:
        (fault,) = await asyncio.gather(advancing, return_exceptions=True)
    if fault:
        raise fault
    return added


async def _guard_stored(
    shelf: WritableShelf, writer: Writer, settlement: Settlement, *, is_lenient: bool
) -> None:
    """A higher version may be of another type, and takes the place of what is stored."""
    ids = _list_ids(settlement, settlement.replaced)
    stored = await shelf.list_types(ids) if ids else {}
    missing = {
        place: scopes
        for place, id_ in zip(settlement.replaced, ids, strict=True)
        if (scopes := policy.find_missing_stored_scopes(stored[id_], writer.caller.scopes))
    }
    if missing and not is_lenient:
        raise refuse_scopes(
            "replace these samples", sorted({each for some in missing.values() for each in some})
        )
    settlement.forbid(missing)


async def _apply(shelf: WritableShelf, batch: Batch, settlement: Settlement, position: int) -> None:
    if settlement.replaced:
        ids = _list_ids(settlement, settlement.replaced)
        await shelf.replace(batch.pick(settlement.replaced, ids), position)
    if settlement.revived:
        await shelf.revive(batch.pick(settlement.revived), position)
    if settlement.raised:
        versions = [batch.samples[place].version for place in settlement.raised]
        await shelf.raise_versions(_list_ids(settlement, settlement.raised), versions)


def _list_ids(settlement: Settlement, places: Iterable[int]) -> list[str]:
    return [str(settlement.verdicts[place][0]) for place in places]


def _describe_refused(batch: Batch, settlement: Settlement) -> list[Fault]:
    lacking = [
        Fault(
            f"[{index}].clientAssignedId",
            f"To replace what is stored the access token lacks {' '.join(scopes)}.",
        )
        for index, place in enumerate(batch.places)
        if place is not None and (scopes := settlement.forbidden.get(place))
    ]
    return lacking + _describe_conflicts(batch, settlement)


def _describe_conflicts(batch: Batch, settlement: Settlement) -> list[Fault]:
    if not settlement.conflicts:
        return []
    conflicts = set(settlement.conflicts)
    return [
        Fault(f"[{index}].clientAssignedId", _CONFLICT)
        for index, place in enumerate(batch.places)
        if place in conflicts
    ]


def _refuse_batch(batch: Batch, settlement: Settlement) -> ConflictError:
    names = [str(batch.samples[place].client_assigned_id) for place in settlement.conflicts]
    return refuse_conflicts(names, _describe_conflicts(batch, settlement))


async def correct_sample(
    server: DataServer, writer: Writer, name: str, submission: Submission, condition: Condition
) -> Outcome:
    """Gives the client's sample of this id another content. Raises `NotFoundError` when there is none, whoever else may
    have one; `PreconditionFailedError` when it is not the one that the condition names."""
    now = server.clock()
    sample = _read_one(submission, name)
    batch, _ = gather_batch([sample], create_ids(1, now, server.entropy))
    async with server.database.transaction() as connection:
        shelf, position, kept = await _open(connection, writer, now, name)
        if missing := policy.find_missing_write_scopes([sample], writer.caller.scopes):
            raise refuse_scopes("correct this sample", missing)
        await _check_stored(shelf, writer, kept, "correct this sample")
        condition.check(kept.digest)
        verdict = await _correct(shelf, batch, kept, position)
    _note(server, writer, verdict is Verdict.REPLACED)
    warnings = _shorten(find_implausible([sample]))
    return Outcome([Receipt(kept.id, verdict, name)], warnings=warnings, etag=create_etag(batch.digests[0]))


def _read_one(submission: Submission, name: str) -> Sample:
    """Of a body that is one object; its faults are named from its top."""
    body = decompress(submission.body, submission.codings)
    bodies, misread = parse_samples(b"[" + body + b"]")
    if len(bodies) != 1:
        raise InvalidInputError("Send one sample.", {"body": ["Send one JSON object."]})
    if bodies[0]:
        given = bodies[0].client_assigned_id or name
        bodies[0].client_assigned_id = name
        if given != name:
            misread = [
                Fault("[0].clientAssignedId", "It must be the id that the address names, or be left out.")
            ]
    (sample,), faults = check_samples(bodies)
    if sample is None or misread:
        raise refuse(_shorten(misread + faults))
    return sample


def _shorten(faults: Iterable[Fault]) -> list[Fault]:
    return [Fault(each.field.removeprefix("[0]").lstrip("."), each.message) for each in faults]


async def _open(
    connection: Connection, writer: Writer, now: datetime, name: str
) -> tuple[WritableShelf, int, Kept]:
    shelf = WritableShelf(connection, writer.person_id, writer.caller, now)
    position = await shelf.take()
    kept = await shelf.find(name)
    if kept is None:
        raise NotFoundError("This client has stored no sample under this id.")
    return shelf, position, kept


async def _check_stored(shelf: WritableShelf, writer: Writer, kept: Kept, deed: str) -> None:
    stored = await shelf.list_types([kept.id])
    if missing := policy.find_missing_stored_scopes(stored[kept.id], writer.caller.scopes):
        raise refuse_scopes(deed, missing)


async def _correct(shelf: WritableShelf, batch: Batch, kept: Kept, position: int) -> Verdict:
    (sample,) = batch.samples
    is_newer = is_higher(sample.version, kept.version)
    if kept.digest == batch.digests[0]:
        if is_newer:
            await shelf.raise_versions([kept.id], [sample.version])
        return Verdict.DUPLICATE
    if sample.version is not None and not is_newer:
        raise ConflictError(f"Version {kept.version} of this sample is stored; send a higher one, or none.")
    batch.samples[0] = structs.replace(sample, version=sample.version if is_newer else kept.version)
    await shelf.replace(batch.pick([0], [kept.id]), position)
    return Verdict.REPLACED


async def delete_sample(server: DataServer, writer: Writer, name: str, condition: Condition) -> None:
    """Leaves a tombstone, so that whoever synchronises learns of it, and a late retry does not bring it back. Raises as
    `correct_sample` does."""
    now = server.clock()
    async with server.database.transaction() as connection:
        shelf, position, kept = await _open(connection, writer, now, name)
        await _check_stored(shelf, writer, kept, "delete this sample")
        condition.check(kept.digest)
        await shelf.delete([kept.id], position)
