"""What is left here of a person whose account is erased, or whom support suspends."""

from borvo.kernel.ids import PersonId
from borvo.storage.database import Connection

_TABLES = ("agency_relationship", "agency_kept_invite", "agency_reminder_refusal")


async def forget_person(connection: Connection, person_id: PersonId) -> None:
    """No agency has a name for her from now on. The versions of her consents and what was read stay, without her name,
    as evidence for whoever relied on them: until the term of the log is over, and a year at least."""
    for table in _TABLES:
        await connection.execute(f"delete from {table} where person_id = $1", person_id)


async def end_tokens_of(connection: Connection, person_id: PersonId) -> None:
    """Query tokens that she was given as an agent open nothing any more."""
    await connection.execute(
        "delete from agency_query_token where agent_id = $1 and used_at is null", person_id
    )
