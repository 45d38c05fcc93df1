"""What operators do with the security event log as a whole."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from borvo.accounts.public import Accounts, find_person, has_people, normalize_email
from borvo.kernel.errors import InvalidInputError, NotFoundError
from borvo.storage.database import Connection, Database
from borvo.storage.kept_keys import EVENT_CHAIN
from borvo.storage.sealing import Keyring
from borvo.storage.security_events.chain import Chain, Report
from borvo.storage.security_events.heads import Head, parse_head
from borvo.storage.security_events.links import BATCH
from borvo.storage.security_events.log import list_events_between
from borvo.storage.security_events.model import EventFilter, SecurityEventKind
from borvo.storage.security_events.streaming import SentEvent
from borvo.support.sinks import describe_event

_SHOWN = 20
_EMPTIED = (
    "Warning: people have accounts here, so something must have happened. Whoever empties all of the log leaves no "
    "trace in it: compare with a head that was noted, with the workers' own logs, or with what was sent on."
)


class TamperedLogError(Exception):
    """The log is not as it was written; the text says where."""


@dataclass(frozen=True, slots=True)
class AuditedLog:
    """What a look at the log takes."""

    database: Database
    chain: Chain
    kept: timedelta


def open_log(database: Database, keyring: Keyring, days: int) -> AuditedLog:
    """The log of an instance that keeps its events for so many days."""
    return AuditedLog(database, Chain(*keyring.list_all(EVENT_CHAIN)), timedelta(days=days))


async def seal_due(log: AuditedLog) -> None:
    """All events get their link that are there, some in a transaction; none while another worker sees to it."""
    count = BATCH
    while count >= BATCH:
        async with log.database.transaction() as connection:
            count = await log.chain.seal(connection)


async def read_head(log: AuditedLog) -> str:
    """The signed end, to be kept elsewhere; empty before the first event."""
    async with log.database.connection() as connection:
        return str(await log.chain.heads.load(connection) or "")


async def verify(log: AuditedLog, now: datetime, known_head: str) -> str:
    """A sentence with the head, to be kept elsewhere. Raises `TamperedLogError`, and `InvalidInputError` for what is
    no head."""
    known = _read_head(known_head)
    await seal_due(log)
    async with log.database.transaction() as connection:
        await connection.execute("set transaction isolation level repeatable read")
        report = await log.chain.verify(connection, now, log.kept, known)
        is_emptied = report.head.position == 0 and await has_people(connection)
    if report.faults:
        raise TamperedLogError(_describe_faults(report))
    said = f"{report.events:,} events, none changed, none missing. Keep the head elsewhere: {report.head}"
    return f"{said}\n{_EMPTIED}" if is_emptied else said


def _read_head(text: str) -> Head | None:
    if not text:
        return None
    try:
        return parse_head(text)
    except ValueError:
        raise InvalidInputError("The head is what an earlier look printed, such as 1234:9f86...") from None


def _describe_faults(report: Report) -> str:
    shown = [f"at {fault.position}: {fault.words}" for fault in report.faults[:_SHOWN]]
    more = len(report.faults) - len(shown)
    return "; ".join(
        [
            f"the log was tampered with, {len(report.faults)} faults",
            *shown,
            *([f"and {more} more"] if more else []),
        ]
    )


def parse_kind(name: str) -> SecurityEventKind:
    """Raises `InvalidInputError`."""
    try:
        return SecurityEventKind(name)
    except ValueError:
        raise InvalidInputError(
            f"There is no kind {name}; those there are: {', '.join(SecurityEventKind)}"
        ) from None


async def find_person_id(accounts: Accounts, email: str) -> UUID:
    """Raises `NotFoundError`."""
    async with accounts.database.connection() as connection:
        person = await find_person(connection, normalize_email(email))
    if person is None:
        raise NotFoundError(f"Nobody is registered as {email}.")
    return person.id


async def export_events(database: Database, chosen: EventFilter) -> AsyncIterator[str]:
    """A line of JSON for each, the oldest first, as they are at this moment."""
    async with database.transaction() as connection:
        async for sent in _read(connection, chosen):
            yield msgspec.json.encode(describe_event(sent)).decode()


async def _read(connection: Connection, chosen: EventFilter) -> AsyncIterator[SentEvent]:
    async for position, event in list_events_between(connection, chosen):
        yield SentEvent(position, event)
