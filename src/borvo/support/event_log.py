"""What operators read of the security log in the console, and how it is written down that they did."""

from collections.abc import AsyncIterator, Mapping
from uuid import UUID

import msgspec

from borvo.accounts.public import Accounts, Intervention, Login
from borvo.storage.security_events.log import list_chosen_events, list_events_between
from borvo.storage.security_events.model import (
    EventFilter,
    RecordedEvent,
    SecurityEvent,
    SecurityEventKind,
    by_supporter,
)
from borvo.storage.security_events.streaming import SentEvent
from borvo.support.event_words import EVERYTHING, MEMBERS_SHOWN, redact
from borvo.support.sinks import describe_event


async def note_reading(accounts: Accounts, intervention: Intervention, asked: Mapping[str, str]) -> None:
    """In the log itself: by whom, and what was asked for."""
    words = ", ".join(f"{name} {value}" for name, value in asked.items()) or str(EVERYTHING)
    detail = {"filter": words, "reason": intervention.reason}
    event = SecurityEvent(SecurityEventKind.SUPPORT_READ_LOG, actor=intervention.actor, detail=detail)
    async with accounts.database.transaction() as connection:
        await accounts.events.record(connection, event)


async def note_deed(accounts: Accounts, intervention: Intervention, deed: str, subject: str) -> None:
    """What is about no person, before it is tried: so nothing is done that is not written down, and what was refused
    is there, too."""
    detail = {"deed": deed, "subject": subject[:200], "reason": intervention.reason}
    event = SecurityEvent(SecurityEventKind.SUPPORT_ACTED, actor=intervention.actor, detail=detail)
    async with accounts.database.transaction() as connection:
        await accounts.events.record(connection, event)


async def note_members_shown(accounts: Accounts, supporter: Login, subject: str) -> None:
    """That the addresses of who belongs to a thing were shown: nobody of them was looked for by hers."""
    detail = {"deed": str(MEMBERS_SHOWN), "subject": subject[:200]}
    event = SecurityEvent(
        SecurityEventKind.SUPPORT_ACTED, actor=by_supporter(supporter.person.id), detail=detail
    )
    async with accounts.database.transaction() as connection:
        await accounts.events.record(connection, event)


async def list_page(
    accounts: Accounts, chosen: EventFilter, before: UUID | None, most: int
) -> list[RecordedEvent]:
    """Newest first, without what support may not see."""
    async with accounts.database.connection() as connection:
        events = await list_chosen_events(connection, chosen, before=before, most=most)
    return [redact(event) for event in events]


async def export_redacted(accounts: Accounts, chosen: EventFilter) -> AsyncIterator[str]:
    """A line of JSON for each, the oldest first, without what support may not see."""
    async with accounts.database.transaction() as connection:
        async for position, event in list_events_between(connection, chosen):
            yield msgspec.json.encode(describe_event(SentEvent(position, redact(event)))).decode() + "\n"
