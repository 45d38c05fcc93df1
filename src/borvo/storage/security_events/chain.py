"""Makes it visible when the security event log was changed by somebody who can switch off the trigger that guards it.

Each event gets a link in the order in which it was seen. A link's digest is keyed, and covers the event, its place and
the digest before: nobody without the instance's secret key can change, insert or take out an event, or a link, so that
the rest still fits. What nobody can see from the inside is that the end was cut off, so the head of the chain is to be
kept elsewhere, too. Events are linked seconds after they were committed, since a chain that each deed had to wait for
would let one person sign in at a time."""

import hmac
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

import msgspec

from borvo.storage.database import Connection, Row
from borvo.storage.sealing import KeptKey
from borvo.storage.security_events.log import NAMED_COLUMNS, read_event
from borvo.storage.security_events.model import KEPT_AT_LEAST, RecordedEvent

SEALED_WITHIN = timedelta(minutes=5)
"""How late a link may be before it is worth a word."""

_BATCH = 2_000
_PAGE = 5_000
# An event may be committed that long after it was recorded.
_LOOK_BACK = timedelta(hours=1)
_LOCK = 7_201_902
# While the secret is changed, a worker that has the one before still links under its key.
_OVERLAP = timedelta(days=1)
_COLUMNS = "position, person_id, event_id, at, content, digest"
_GENESIS = bytes(32)
_NO_ID = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Link:
    """One event's place in the chain. `content` stands for the event, `digest` for all up to here."""

    position: int
    person_id: UUID
    event_id: UUID
    at: datetime
    content: bytes
    digest: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """How far the chain goes. Kept elsewhere, it proves later that nothing up to here was cut off."""

    position: int
    digest: bytes

    def __str__(self) -> str:
        return f"{self.position}:{self.digest.hex()}"


def parse_head(text: str) -> Head:
    """The inverse of `str`; raises `ValueError`."""
    position, _, digest = text.partition(":")
    head = Head(int(position), bytes.fromhex(digest))
    if len(head.digest) != len(_GENESIS):
        raise ValueError("a digest has 32 bytes")
    return head


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that does not fit, in words for the operator."""

    position: int
    words: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a look at the whole chain found."""

    head: Head
    events: int
    faults: tuple[Fault, ...]


class Chain:
    """Links events under the last of the keys and looks whether they still fit. Each key is believed for what was
    linked until it ended. They belong to nothing else."""

    def __init__(self, *keys: bytes | KeptKey) -> None:
        self._keys = [each if isinstance(each, KeptKey) else KeptKey(each) for each in keys]

    def is_link(self, before: bytes, link: Link) -> bool:
        """Whether it was made here, for this place behind that digest."""
        return any(
            hmac.compare_digest(_digest_link(key, before, link.position, link.at, link.content), link.digest)
            for key in self._list_believed(link.at)
        )

    def is_event(self, event: RecordedEvent, link: Link) -> bool:
        """Whether the event is as it was when it was linked."""
        return any(
            hmac.compare_digest(_digest_event(key, event), link.content)
            for key in self._list_believed(link.at)
        )

    def _list_believed(self, at: datetime) -> Iterator[bytes]:
        for each in self._keys:
            if each.ended_at is None or at <= each.ended_at + _OVERLAP:
                yield each.key

    async def seal(self, connection: Connection) -> list[tuple[Link, RecordedEvent]]:
        """Links some of the events that have none, in the caller's transaction. Nothing while another worker does."""
        if not await connection.fetchval("select pg_try_advisory_xact_lock($1)", _LOCK):
            return []
        head, newest = await self._find_head(connection)
        rows = await connection.fetch(_UNLINKED, newest - _LOOK_BACK if newest else None, _BATCH)
        links: list[tuple[Link, RecordedEvent]] = []
        for event in map(read_event, rows):
            link = self._append(head, event)
            links.append((link, event))
            head = Head(link.position, link.digest)
        await _insert_links(connection, [link for link, _ in links])
        return links

    def _append(self, head: Head, event: RecordedEvent) -> Link:
        key = self._keys[-1].key
        content, position = _digest_event(key, event), head.position + 1
        digest = _digest_link(key, head.digest, position, event.at, content)
        return Link(position, event.person_id, event.id, event.at, content, digest)

    async def shorten(self, connection: Connection, kept: timedelta) -> None:
        """Takes away the links at the beginning whose events have gone by age, and keeps the last of them, signed, as
        the anchor of the rest. `kept` is how long events are; what was deleted by others is newer, and stays to be
        seen."""
        row = await connection.fetchrow(_SHORTEN, max(kept, KEPT_AT_LEAST), _GENESIS)
        if row is not None:
            signature = _sign_anchor(self._keys[-1].key, *row)
            await connection.execute("update security_event_anchor set signature = $1", signature)

    def is_signed(self, anchor: Link, signature: bytes | None) -> bool:
        """Whether the chain was shortened here up to the anchor, however long events were kept then."""
        return signature is not None and any(
            hmac.compare_digest(_sign_anchor(key, anchor.position, anchor.at, anchor.digest), signature)
            for key in self._list_believed(anchor.at)
        )

    async def _find_head(self, connection: Connection) -> tuple[Head, datetime | None]:
        row = await connection.fetchrow(
            """select position, digest, at from security_event_link
               union all select position, digest, at from security_event_anchor order by position desc limit 1"""
        )
        return (Head(row["position"], row["digest"]), row["at"]) if row else (Head(0, _GENESIS), None)

    async def verify(
        self, connection: Connection, now: datetime, kept: timedelta, known: Head | None
    ) -> Report:
        """Looks at every link and every event. `kept` is how long events are; what is older may be gone. `known` is a
        head that was noted earlier. Call it in a transaction of one snapshot."""
        look = _Look(self, now - max(kept, KEPT_AT_LEAST), known)
        await look.begin(connection)
        async for row in _read_links(connection, look.head.position):
            look.examine(row)
        unlinked = await connection.fetchval(_COUNT_UNLINKED, now - SEALED_WITHIN)
        return look.conclude(unlinked)


def _digest_event(key: bytes, event: RecordedEvent) -> bytes:
    """Of all that is kept of it."""
    # As the database gives it back, whatever it was recorded as.
    text = msgspec.json.encode(msgspec.to_builtins(event), order="deterministic")
    return hmac.digest(key, b"event " + text, sha256)


def _digest_link(key: bytes, before: bytes, position: int, at: datetime, content: bytes) -> bytes:
    text = f"link {position} {at.isoformat()} ".encode()
    return hmac.digest(key, text + before + content, sha256)


def _sign_anchor(key: bytes, position: int, at: datetime, digest: bytes) -> bytes:
    return hmac.digest(key, f"anchor {position} {at.isoformat()} ".encode() + digest, sha256)


class _Look:
    """One walk along the chain."""

    def __init__(self, chain: Chain, kept_since: datetime, known: Head | None) -> None:
        self._chain = chain
        self._kept_since = kept_since
        self._known = known
        self.head = Head(0, _GENESIS)
        self._events = 0
        self._faults: list[Fault] = []

    async def begin(self, connection: Connection) -> None:
        """From where the clean-up left the chain."""
        row = await connection.fetchrow(
            "select position, at, content, digest, before, signature from security_event_anchor"
        )
        if row is None:
            return
        anchor = Link(row["position"], _NO_ID, _NO_ID, row["at"], row["content"], row["digest"])
        self.head = Head(anchor.position, anchor.digest)
        if not self._chain.is_link(row["before"], anchor):
            self._note("the beginning of the chain was changed")
        elif row["at"] >= self._kept_since and not self._chain.is_signed(anchor, row["signature"]):
            self._note("the chain begins later than events are kept: its beginning was taken away")

    def examine(self, row: Row) -> None:
        link = Link(
            row["position"],
            row["link_person"],
            row["event_id"],
            row["link_at"],
            row["content"],
            row["digest"],
        )
        before, self.head = self.head, Head(link.position, link.digest)
        if link.position != before.position + 1:
            self._note(f"{link.position - before.position - 1} links before this one are missing")
        elif not self._chain.is_link(before.digest, link):
            self._note("this link was changed, or one before it was taken away")
        self._examine_event(link, row)
        if self._known and link.position == self._known.position and link.digest != self._known.digest:
            self._note("the chain is another one than that of the head that was noted")

    def _examine_event(self, link: Link, row: Row) -> None:
        if row["id"] is None:
            if link.at >= self._kept_since:
                self._note(f"the event {link.event_id} of {link.at.isoformat()} was deleted")
            return
        self._events += 1
        event = read_event(row)
        if not self._chain.is_event(event, link):
            self._note(f"the event {link.event_id} of {link.at.isoformat()} was changed")

    def _note(self, words: str) -> None:
        self._faults.append(Fault(self.head.position, words))

    def conclude(self, unlinked: int) -> Report:
        if unlinked:
            self._note(
                f"{unlinked} events have no link: nothing links them, or they were put in with an earlier time"
            )
        if self._known and self._known.position > self.head.position:
            self._note(f"the chain ends before {self._known.position}, which was noted: its end was cut off")
        return Report(self.head, self._events, tuple(self._faults))


_UNLINKED = f"""
    select {NAMED_COLUMNS} from security_event e
    where ($1::timestamptz is null or e.at >= $1)
      and not exists (select from security_event_link l where l.person_id = e.person_id and l.event_id = e.id)
    order by e.id limit $2"""

_COUNT_UNLINKED = """
    select count(*) from security_event e
    where e.at < $1
      and not exists (select from security_event_link l where l.person_id = e.person_id and l.event_id = e.id)"""


async def _insert_links(connection: Connection, links: list[Link]) -> None:
    await connection.executemany(
        f"insert into security_event_link ({_COLUMNS}) values ($1, $2, $3, $4, $5, $6)",
        [
            (each.position, each.person_id, each.event_id, each.at, each.content, each.digest)
            for each in links
        ],
    )


async def _read_links(connection: Connection, after: int) -> AsyncIterator[Row]:
    while True:
        rows = await connection.fetch(
            f"""select l.position, l.person_id as link_person, l.event_id, l.at as link_at, l.content, l.digest,
                  {NAMED_COLUMNS}
                from security_event_link l
                  left join security_event e on e.person_id = l.person_id and e.id = l.event_id
                where l.position > $1 order by l.position limit $2""",
            after,
            _PAGE,
        )
        for row in rows:
            yield row
        if len(rows) < _PAGE:
            return
        after = rows[-1]["position"]


_SHORTEN = f"""
    with first_kept as (
      select coalesce((
        -- By position, so that it ends at the first and does not look at the whole chain.
        select l.position from security_event_link l
        where l.at >= now() - $1::interval
          or exists (select from security_event e where e.person_id = l.person_id and e.id = l.event_id)
        order by l.position limit 1
      ), {2**63 - 1}) as position
    ), gone as (
      delete from security_event_link l using first_kept k
      where l.position < k.position returning {", ".join(f"l.{name}" for name in _COLUMNS.split(", "))}
    ), last_two as (
      select * from gone order by position desc limit 2
    ), last as (select * from last_two order by position desc limit 1)
    insert into security_event_anchor as anchor (id, position, at, content, digest, before)
    select 1, last.position, last.at, last.content, last.digest,
           coalesce((select digest from last_two where position = last.position - 1),
                    (select digest from security_event_anchor where position = last.position - 1), $2)
    from last
    on conflict (id) do update set position = excluded.position, at = excluded.at,
      content = excluded.content, digest = excluded.digest, before = excluded.before
    returning anchor.position, anchor.at, anchor.digest"""
