"""Use cases of support. Each answers with a sentence for whoever gave the command; errors carry theirs."""

import json

from borvo.accounts.public import (
    Accounts,
    Intervention,
    Person,
    Role,
    find_person,
    give_role,
    normalize_email,
    take_role,
)
from borvo.kernel.errors import InvalidInputError, NotFoundError
from borvo.kernel.ids import parse_uuid
from borvo.storage.outbox.messages import Outbox
from borvo.storage.outbox.model import Entry
from borvo.storage.security_events.log import list_events_about, list_events_of
from borvo.storage.security_events.model import RecordedEvent
from borvo.support.event_words import redact


def parse_role(text: str) -> Role:
    """A role that is granted; `patient` is not, since everybody has it. Raises `InvalidInputError`."""
    names = [role.value for role in Role if role is not Role.PATIENT]
    name = text.strip().lower().replace("-", "_")
    if name in names:
        return Role(name)
    others = f"the roles to give or take are {', '.join(names)}."
    if name == Role.PATIENT:
        raise InvalidInputError(f"Everybody is a patient, always; {others}")
    raise InvalidInputError(f"There is no role {text}; {others}")


BY_COMMAND = "by a command on the server"


async def _find(accounts: Accounts, email: str) -> Person:
    async with accounts.database.connection() as connection:
        person = await find_person(connection, normalize_email(email))
    if person is None:
        raise NotFoundError(f"Nobody is registered as {email}.")
    return person


async def add_role(accounts: Accounts, email: str, role_name: str, reason: str = BY_COMMAND) -> str:
    """She is told by mail. Raises `NotFoundError` when nobody has the address."""
    role, person = parse_role(role_name), await _find(accounts, email)
    is_new = await give_role(accounts, person.id, role, Intervention(reason))
    return f"{person.email} {'now has' if is_new else 'already had'} the role {role.value}."


async def remove_role(accounts: Accounts, email: str, role_name: str, reason: str = BY_COMMAND) -> str:
    """As `add_role`; the last one with the role support loses it, too, since another can be given it like this."""
    role, person = parse_role(role_name), await _find(accounts, email)
    had_it = await take_role(accounts, person.id, role, Intervention(reason))
    return f"{person.email} {'no longer has' if had_it else 'did not have'} the role {role.value}."


def _describe_entry(entry: Entry) -> str:
    state = (
        f"dead since {entry.dead_at:%Y-%m-%d %H:%M}"
        if entry.dead_at
        else f"due {entry.due_at:%Y-%m-%d %H:%M}"
    )
    line = f"{entry.id}  {entry.kind}  written {entry.created_at:%Y-%m-%d %H:%M}  {state}  attempts {entry.attempts}"
    return f"{line}  {entry.last_error}" if entry.last_error else line


async def list_outbox(outbox: Outbox, *, is_dead: bool) -> str:
    """One line a message, oldest first, times in UTC; what it says and to whom stays sealed."""
    entries = await outbox.list_entries(is_dead=is_dead)
    if not entries:
        return "There are no dead letters." if is_dead else "Nothing waits in the outbox."
    return "\n".join(_describe_entry(entry) for entry in entries)


async def retry_message(outbox: Outbox, message_id: str) -> str:
    """Raises `NotFoundError` when there is no such message to deliver."""
    parsed = parse_uuid(message_id)
    if parsed is None or not await outbox.retry(parsed):
        raise NotFoundError(f"There is no undelivered message {message_id}, or a worker is at it right now.")
    return f"Message {message_id} is due now; its attempts are counted anew."


_MOST_EVENTS = 200


def _describe_event(recorded: RecordedEvent) -> str:
    event = redact(recorded)
    parts = [f"{event.at:%Y-%m-%d %H:%M:%S}", event.kind, f"by {event.actor}"]
    named = {
        "client": event.client_id,
        "from": event.address,
        "request": event.correlation_id,
        "detail": json.dumps(event.detail) if event.detail else None,
    }
    return "  ".join([*parts, *(f"{name} {value}" for name, value in named.items() if value)])


def _describe_events(events: list[RecordedEvent]) -> str:
    return "\n".join(_describe_event(event) for event in events) or "Nothing was recorded."


async def list_events_of_person(accounts: Accounts, email: str) -> str:
    """One line an event, the newest first, times in UTC. Raises `NotFoundError` when nobody has the address."""
    person = await _find(accounts, email)
    async with accounts.database.connection() as connection:
        return _describe_events(await list_events_of(connection, person.id, most=_MOST_EVENTS))


async def list_events_of_client(accounts: Accounts, client_id: str) -> str:
    """As `list_events_of_person`, over all people; nothing for a client that there is not."""
    async with accounts.database.connection() as connection:
        return _describe_events(await list_events_about(connection, client_id, most=_MOST_EVENTS))
