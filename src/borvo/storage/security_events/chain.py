"""Makes it visible when the security event log was changed by somebody who can switch off the trigger that guards it.

Each event gets a link in the order in which it was seen. A link's digest is keyed, and covers the event, its place and
the digest before: nobody without the instance's secret key can change, insert or take out an event, or a link, so that
the rest still fits. Where it ends is signed beside it (`heads.py`), and is to be kept elsewhere, too. Events are linked
seconds after they were committed, since a chain that each deed had to wait for would let one person sign in at a
time."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from borvo.storage.database import Connection, Row
from borvo.storage.sealing import KeptKey
from borvo.storage.security_events.digests import (
    CONTENT_COLUMNS,
    digest_anchor,
    digest_content,
    digest_place,
)
from borvo.storage.security_events.heads import (
    GENESIS,
    Head,
    HeadKeeper,
    find_place,
    list_believed,
    load_end,
    load_sent,
)
from borvo.storage.security_events.links import (
    Link,
    count_unlinked,
    insert_links,
    load_anchor,
    load_unlinked,
    read_anchor,
    read_links,
    shorten,
    sign_anchor,
)
from borvo.storage.security_events.model import KEPT_AT_LEAST

SEALED_WITHIN = timedelta(minutes=5)
"""How late a link may be before it is worth a word."""

_LOCK = 7_201_912
# Nearly every event is committed that soon after it was recorded. A transaction may take an hour: so far back it is
# looked each so many times, which is every second minute.
_NEAR = timedelta(seconds=10)
_FAR = timedelta(hours=1)
_FAR_EVERY = 24

log = structlog.get_logger(__name__)


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
        self.heads = HeadKeeper(self._keys)
        self._told: Head | None = None
        self._looks = 0

    def is_link(self, before: bytes, link: Link) -> bool:
        """Whether it was made here, for this place behind that digest."""
        return any(
            hmac.compare_digest(
                digest_place(key, before, link.position, link.at, link.content, is_headed=link.is_headed),
                link.digest,
            )
            for key in list_believed(self._keys, link.at)
        )

    def is_event(self, event: Sequence[object], link: Link) -> bool:
        """Whether the event, of which these are the `CONTENT_COLUMNS`, is as it was when it was linked."""
        return any(
            hmac.compare_digest(digest_content(key, event), link.content)
            for key in list_believed(self._keys, link.at)
        )

    async def seal(self, connection: Connection) -> int:
        """Links some of the events that have none, in the caller's transaction, and signs where they end; how many, and
        there may be more where they are `BATCH`. None while another worker does. One that was committed late gets its
        link some rounds later, and at once by a chain that has just been opened."""
        known = await self.heads.remember(connection)
        if not await connection.fetchval("select pg_try_advisory_xact_lock($1)", _LOCK):
            return 0
        end = await load_end(connection)
        head = find_place(end, known, await load_sent(connection))
        self._tell_cut(end.head, head)
        events = await load_unlinked(connection, end.at and end.at - self._find_reach())
        if events:
            await self._append(connection, head, events)
        return len(events)

    def _find_reach(self) -> timedelta:
        """How far behind the last link this look begins: far the first time, too."""
        self._looks += 1
        return _FAR if self._looks % _FAR_EVERY == 1 else _NEAR

    def _tell_cut(self, end: Head, place: Head) -> None:
        """Once for each, in the log of the process."""
        if place not in (end, self._told):
            self._told = place
            log.error(
                "the end of the security event log was cut off or changed", end=str(end), known=str(place)
            )

    async def _append(self, connection: Connection, head: Head, events: Sequence[Row]) -> None:
        key, last, digests = self._keys[-1].key, head.digest, []
        contents = [digest_content(key, event) for event in events]
        for position, (event, content) in enumerate(zip(events, contents, strict=True), head.position + 1):
            last = digest_place(key, last, position, event["at"], content)
            digests.append(last)
        await insert_links(connection, head.position + 1, events, contents, digests)
        await self.heads.save(connection, Head(head.position + len(events), last), events[-1]["at"])

    async def shorten(self, connection: Connection, kept: timedelta) -> None:
        """Takes away the links at the beginning whose events have gone by age, and keeps the last of them, signed, as
        the anchor of the rest. `kept` is how long events are; what was deleted by others is newer, and stays to be
        seen."""
        anchor = await shorten(connection, max(kept, KEPT_AT_LEAST))
        if anchor is not None:
            signature = digest_anchor(self._keys[-1].key, anchor.position, anchor.at, anchor.digest)
            await sign_anchor(connection, signature)

    def is_signed(self, anchor: Link, signature: bytes | None) -> bool:
        """Whether the chain was shortened here up to the anchor, however long events were kept then."""
        return signature is not None and any(
            hmac.compare_digest(digest_anchor(key, anchor.position, anchor.at, anchor.digest), signature)
            for key in list_believed(self._keys, anchor.at)
        )

    async def verify(
        self, connection: Connection, now: datetime, kept: timedelta, known: Head | None
    ) -> Report:
        """Looks at every link and every event. `kept` is how long events are; what is older may be gone. `known` is a
        head that was noted earlier. Call it in a transaction of one snapshot."""
        look = _Look(self, now - max(kept, KEPT_AT_LEAST), known)
        await look.begin(connection)
        async for row in read_links(connection, look.head.position):
            look.examine(row)
        look.compare(await self.heads.load(connection))
        look.compare_sent(await load_sent(connection))
        return look.conclude(await count_unlinked(connection, now - SEALED_WITHIN))


class _Look:
    """One walk along the chain."""

    def __init__(self, chain: Chain, kept_since: datetime, known: Head | None) -> None:
        self._chain = chain
        self._kept_since = kept_since
        self._known = known
        self.head = Head(0, GENESIS)
        self._is_headed = False
        self._events = 0
        self._faults: list[Fault] = []

    async def begin(self, connection: Connection) -> None:
        """From where the clean-up left the chain."""
        row = await load_anchor(connection)
        if row is None:
            return
        anchor = read_anchor(row)
        self._is_headed, self.head = anchor.is_headed, Head(anchor.position, anchor.digest)
        if not self._chain.is_link(row["before"], anchor):
            self._note("the beginning of the chain was changed")
        elif anchor.at >= self._kept_since and not self._chain.is_signed(anchor, row["signature"]):
            self._note("the chain begins later than events are kept: its beginning was taken away")

    def examine(self, row: Row) -> None:
        link = Link(
            row["position"],
            row["link_person"],
            row["event_id"],
            row["link_at"],
            row["content"],
            row["digest"],
            row["is_headed"],
        )
        self._is_headed = link.is_headed
        before, self.head = self.head, Head(link.position, link.digest)
        if link.position != before.position + 1:
            self._note(f"{link.position - before.position - 1} links before this one are missing")
        elif not self._chain.is_link(before.digest, link):
            self._note("this link was changed, or one before it was taken away")
        self._examine_event(link, row)
        if self._known and link.position == self._known.position and link.digest != self._known.digest:
            self._note("the chain is another one than that of the head that was noted")

    def compare(self, signed: Head | None) -> None:
        """With the end that was signed, once all links were examined."""
        if signed is None:
            if self._is_headed:
                self._note("the signed end of the chain was taken away or changed")
        elif signed.position > self.head.position:
            self._note(f"the chain ends before {signed.position}, which was signed: its end was cut off")
        elif signed != self.head:
            self._note("the chain ends otherwise than was signed")

    def compare_sent(self, position: int) -> None:
        """With how far events have left the instance."""
        if position > self.head.position:
            self._note(
                f"the chain ends before {position}, up to which events were sent on: its end was cut off"
            )

    def _examine_event(self, link: Link, row: Row) -> None:
        if row["id"] is None:
            if link.at >= self._kept_since:
                self._note(f"the event {link.event_id} of {link.at.isoformat()} was deleted")
            return
        self._events += 1
        if not self._chain.is_event([row[name] for name in CONTENT_COLUMNS], link):
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
