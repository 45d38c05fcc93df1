"""Seals everything anew under the present secret, so that one it was sealed under before can be taken away."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from borvo.kernel.entropy import Entropy
from borvo.storage.database import Connection, Database
from borvo.storage.sealing import Keyring, SealedColumn, SealError

PORTION = 500
"""So many values are looked at in one transaction. What was done before a break is not done again."""


@dataclass(frozen=True, slots=True)
class Portion:
    """What came of some values: how many were looked at and sealed anew, and how many no secret opens."""

    looked_at: int = 0
    renewed: int = 0
    lost: int = 0

    def __add__(self, other: "Portion") -> "Portion":
        return Portion(self.looked_at + other.looked_at, self.renewed + other.renewed, self.lost + other.lost)


class Rewrapper:
    """Walks through one column after the other. Whoever writes meanwhile is not held up, and what she writes is kept:
    each value is replaced only if it is still the one that was read."""

    def __init__(
        self, database: Database, keyring: Keyring, entropy: Entropy, *, portion: int = PORTION
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._entropy = entropy
        self._portion = portion

    async def walk(self, column: SealedColumn, note: Callable[[Portion], None] = lambda _: None) -> Portion:
        """Once through the column; `note` is given the sum after each portion. None that was renewed in the last walk
        means that nothing is left."""
        total, after = Portion(), None
        while True:
            async with self._database.transaction() as connection:
                rows = await _load(connection, column, after, self._portion)
                total += await self._renew(connection, column, rows)
            note(total)
            if len(rows) < self._portion:
                return total
            after = [rows[-1][name] for name in column.key]

    async def _renew(
        self, connection: Connection, column: SealedColumn, rows: Sequence["asyncpg.Record"]
    ) -> Portion:
        lost, changes = 0, []
        for row in rows:
            purpose, sealed = column.name_purpose(dict(row)), row[column.column]
            if self._keyring.is_current(purpose, sealed):
                continue
            try:
                plain = self._keyring.unseal(purpose, sealed)
            except SealError:
                lost += 1
                continue
            renewed = self._keyring.seal(purpose, plain, self._entropy)
            changes.append((*(row[name] for name in column.key), sealed, renewed))
        await _replace(connection, column, changes)
        return Portion(len(rows), len(changes), lost)


async def _load(
    connection: Connection, column: SealedColumn, after: Sequence[Any] | None, most: int
) -> list["asyncpg.Record"]:
    """In the order of the key, so that the walk comes past each row that was there when it began."""
    key = ", ".join(column.key)
    places = ", ".join(f"${number}" for number in range(2, len(column.key) + 2))
    beyond = f"and ({key}) > ({places})" if after else ""
    return await connection.fetch(
        f"""select {", ".join((*column.key, *column.beside))}, {column.column} from {column.table}
            where {column.column} is not null {beyond} order by {key} limit $1""",
        most,
        *(after or ()),
    )


async def _replace(connection: Connection, column: SealedColumn, changes: list[tuple[Any, ...]]) -> None:
    conditions = [f"{name} = ${number}" for number, name in enumerate((*column.key, column.column), 1)]
    await connection.executemany(
        f"update {column.table} set {column.column} = ${len(conditions) + 1} where {' and '.join(conditions)}",
        changes,
    )
