"""Puts messages into the outbox, and shows support what lies there."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from borvo.kernel.clock import Clock
from borvo.kernel.entropy import Entropy, create_uuid
from borvo.storage.database import Connection, Database
from borvo.storage.outbox import store
from borvo.storage.outbox.model import NOBODY, Entry, Message, Payload
from borvo.storage.sealing import Keyring, SealedColumn

DELIVERED_KEPT = timedelta(days=7)
WAITING_KEPT = timedelta(days=30)
DEAD_KEPT = timedelta(days=90)
_MOST_SHOWN = 200


SEALED_MESSAGES = SealedColumn(
    "outbox_message",
    "sealed_payload",
    ("person_id", "id"),
    lambda row: _find_purpose(row["kind"]),
    beside=("kind",),
)


class Outbox:
    """Messages are sealed: what leaves the instance often holds personal data, or a link that opens something."""

    def __init__(self, database: Database, clock: Clock, entropy: Entropy, keyring: Keyring) -> None:
        self.database = database
        self.clock = clock
        self.entropy = entropy
        self.news = asyncio.Event()
        self._keyring = keyring

    async def put(
        self,
        connection: Connection,
        kind: str,
        payload: Payload,
        *,
        person_id: UUID | None = None,
        due_at: datetime | None = None,
    ) -> UUID:
        """Within the caller's transaction: delivered at least once if that is committed, never if it is not. The
        payload is what JSON can say; `kind` names the handler that `assembly` registers."""
        now = self.clock()
        sealed = self._keyring.seal(_find_purpose(kind), msgspec.json.encode(payload), self.entropy)
        message = Message(person_id or NOBODY, create_uuid(now, self.entropy), kind, sealed, 0)
        await store.insert_message(connection, message, now, due_at or now)
        self.database.call_after_commit(connection, self.news.set)
        return message.id

    def unseal(self, message: Message) -> dict[str, Any]:
        """What the message says; raises `SealError` when it was sealed under another secret."""
        plain = self._keyring.unseal(_find_purpose(message.kind), message.sealed_payload)
        return msgspec.json.decode(plain, type=dict[str, Any])

    async def list_entries(self, *, is_dead: bool) -> list[Entry]:
        """What was not delivered, oldest first, so many as one can read."""
        async with self.database.connection() as connection:
            return await store.list_entries(connection, is_dead=is_dead, most=_MOST_SHOWN)

    async def list_payloads(self, kind: str, most: int) -> list[tuple[datetime, Mapping[str, Any]]]:
        """What messages of a kind say, newest first, with when they were written."""
        async with self.database.connection() as connection:
            found = await store.list_sealed(connection, kind, most)
        return [(created_at, self.unseal(message)) for created_at, message in found]

    async def retry(self, message_id: UUID) -> bool:
        """Whether it was there, undelivered and in nobody's hands; it is due at once."""
        async with self.database.transaction() as connection:
            self.database.call_after_commit(connection, self.news.set)
            return await store.revive_message(connection, message_id, self.clock())

    async def clean_up(
        self, delivered_kept: timedelta = DELIVERED_KEPT, dead_kept: timedelta = DEAD_KEPT
    ) -> None:
        """Deletes what was delivered long enough ago; gives up what nothing has delivered for a month, as when no
        handler is configured, and deletes that later."""
        now = self.clock()
        async with self.database.transaction() as connection:
            await store.bury_messages(connection, now - WAITING_KEPT, now)
            await store.delete_messages(connection, now - delivered_kept, now - dead_kept)


def _find_purpose(kind: str) -> str:
    """A key for each kind: a message cannot be passed off as one of another kind."""
    return f"outbox {kind}"
