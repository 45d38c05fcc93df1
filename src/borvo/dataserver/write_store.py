"""Changing the samples of one person on behalf of one client. Never commits."""

from collections.abc import Sequence
from datetime import datetime

from borvo.accounts.public import load_person
from borvo.dataserver import write_statements as statements
from borvo.dataserver.batch import Batch, Kept, Present
from borvo.dataserver.model import Sample
from borvo.identity.public import Caller
from borvo.kernel.errors import ConflictError, UnauthenticatedError
from borvo.kernel.ids import PersonId
from borvo.storage.database import Connection

# RFC 6750 3.1
_ENDED = 'Bearer error="invalid_token"'

Content = tuple[int, datetime, datetime, float | None, str | None, str | None, str | None, int, int]


def _list_content(sample: Sample) -> Content:
    return (
        sample.sample_type.code,
        sample.start,
        sample.end,
        sample.value,
        sample.category,
        sample.device,
        sample.client_assigned_id,
        sample.start_offset,
        sample.end_offset,
    )


def _list_arrays(batch: Batch) -> tuple[list[Sequence[object]], bool]:
    """One array a column, and whether those of children are among them."""
    columns = zip(*map(_list_content, batch.samples), strict=True)
    arrays = [batch.ids, *columns, [each.version for each in batch.samples], batch.digests]
    children = [
        (id_, position, *_list_content(child))
        for id_, sample in zip(batch.ids, batch.samples, strict=True)
        if sample.children
        for position, child in enumerate(sample.children, start=1)
    ]
    arrays += zip(*children, strict=True)
    return arrays, bool(children)


def _check_turn(changed: int, ids: Sequence[str]) -> None:
    if changed != len(ids):
        raise RuntimeError("somebody else has changed these samples although it was this writer's turn")


class WritableShelf:
    """The samples of one person as one client writes them: whose they are, and who may touch them, is fixed here."""

    def __init__(self, connection: Connection, person_id: PersonId, caller: Caller, now: datetime) -> None:
        self._connection = connection
        self._writer = (person_id, caller.client_key)
        self._person_id = person_id
        self._now = now

    async def take(self) -> int:
        """Takes the turn until the transaction ends. The position of what is changed."""
        position: int = await self._connection.fetchval(statements.TAKE, self._person_id)
        return position

    async def add(self, batch: Batch) -> tuple[int, int]:
        """Takes the turn. The position, and how many samples were new; those whose id is taken, or was taken by one
        that is deleted, are left out with their children."""
        arrays, has_children = _list_arrays(batch)
        while True:
            row = await self._connection.fetchrow(
                statements.ADD[has_children], *self._writer, self._now, *arrays
            )
            if row is None:
                raise RuntimeError("the statement answers one row")
            if row["is_fresh"]:
                return row["at"], row["stored"]
            if row["is_closed"]:
                await self._reopen()
            if row["is_overtaken"]:
                raise ConflictError("All samples of this person were erased meanwhile. Nothing was stored.")

    async def _reopen(self) -> None:
        """After everything was erased: whoever was let in before may come later than that. Looks, in its turn, whether
        the person is still there; raises `UnauthenticatedError`."""
        async with self._connection.transaction():
            await self.take()
            if await load_person(self._connection, self._person_id) is None:
                raise UnauthenticatedError("This account is closed.", challenge=_ENDED)
            await self._connection.execute(statements.REOPEN, self._person_id)

    async def add_more(self, batch: Batch, position: int) -> int:
        """As `add`, at the position that it has taken in the same transaction. How many samples were new."""
        arrays, has_children = _list_arrays(batch)
        stored: int = await self._connection.fetchval(
            statements.ADD_MORE[has_children], *self._writer, self._now, position, *arrays
        )
        return stored

    async def find_present(self, names: Sequence[str]) -> Present:
        """What is kept under the client's ids: the sample, else the tombstone of the last one."""
        return await self._find(statements.FIND_PRESENT, names)

    async def _find(self, statement: str, names: Sequence[str]) -> Present:
        present: Present = {}
        for name, id_, digest, version, is_deleted in await self._connection.fetch(
            statement, *self._writer, names
        ):
            if not is_deleted or name not in present:
                present[name] = Kept(str(id_), digest, version, is_deleted)
        return present

    async def find(self, name: str) -> Kept | None:
        """The sample under this id of the client; None when there is none, or no more."""
        return (await self._find(statements.FIND, [name])).get(name)

    async def list_types(self, ids: Sequence[str]) -> dict[str, set[int]]:
        """For each sample the codes of its type and of its children's."""
        found: dict[str, set[int]] = {}
        for id_, code in await self._connection.fetch(statements.LIST_TYPES, self._person_id, ids):
            found.setdefault(id_, set()).add(code)
        return found

    async def revive(self, batch: Batch, position: int) -> None:
        """Stores samples under ids that were deleted before."""
        arrays, has_children = _list_arrays(batch)
        stored = await self._connection.fetchval(
            statements.REVIVE[has_children], *self._writer, self._now, position, *arrays
        )
        _check_turn(stored, batch.ids)

    async def replace(self, batch: Batch, position: int) -> None:
        """Gives the samples with these ids their new contents, and keeps what they were."""
        arrays, has_children = _list_arrays(batch)
        await self._retire(batch.ids, position, for_good=False)
        stored = await self._connection.fetchval(
            statements.REPLACE[has_children], *self._writer, position, self._now, *arrays
        )
        _check_turn(stored, batch.ids)

    async def delete(self, ids: Sequence[str], position: int) -> None:
        """Leaves tombstones behind."""
        await self._retire(ids, position, for_good=True)

    async def _retire(self, ids: Sequence[str], position: int, *, for_good: bool) -> None:
        gone = await self._connection.fetchval(
            statements.RETIRE, self._person_id, ids, self._now, position, for_good
        )
        _check_turn(gone, ids)

    async def raise_versions(self, ids: Sequence[str], versions: Sequence[int | None]) -> None:
        """Of samples whose content stays."""
        await self._connection.execute(statements.RAISE, self._person_id, ids, versions)


async def erase_samples(connection: Connection, person_id: PersonId) -> None:
    """All of a person's samples, what they were before, and their counts. Writers who are at it are waited for; those
    who wait store nothing. Her position stays, so that whoever comes late, or has read before, learns of it."""
    await connection.fetchval(statements.TAKE, person_id)
    for statement in statements.ERASE:
        await connection.execute(statement, person_id)
