"""Deeds of support on tenancies and organisations, as the console offers them. Each is written into the security log
before it is tried, and who belongs to the thing is told by mail once it is done."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import astuple, dataclass
from typing import Generic, TypeVar

from borvo.accounts.public import Accounts, Intervention, find_person, normalize_email, tell_about_work
from borvo.kernel.errors import ForbiddenError
from borvo.kernel.text import say
from borvo.support.event_log import note_deed
from borvo.support.lookup import note_look

Feature = TypeVar("Feature")


@dataclass(frozen=True, slots=True)
class Words:
    """What was typed for a deed, as it was typed; empty where the deed has no such field."""

    email: str = ""
    role: str = ""
    prefix: str = ""
    client: str = ""
    token: str = ""


@dataclass(frozen=True, slots=True)
class ThingDeed(Generic[Feature]):
    """One thing that can be done. `fields` are those of `Words` that it asks for; `act` answers with a sentence, and
    `tells` whom: somebody named, all who own the thing, or nobody. What `is_grave` or
    `is_delicate` asks for a sign-in just before."""

    name: str
    title: str
    words: str
    button: str
    done: str
    act: Callable[[Feature, str, Words, Intervention], Awaitable[str]]
    fields: tuple[str, ...] = ()
    is_grave: bool = False
    tells: str = ""
    is_delicate: bool = False


async def begin(accounts: Accounts, deed: str, name: str, words: Words, why: Intervention) -> None:
    """Writes down what is tried; and that somebody was named, for the answer tells whether she is there. Raises
    `ForbiddenError` for who names herself, and `TooManyRequestsError`."""
    subject = " ".join(word for word in (name, *astuple(words)) if word)
    await note_deed(accounts, why, deed, subject)
    person = await note_look(accounts, words.email, why) if words.email else None
    # Membership brings roles, and nobody gives herself one.
    if person is not None and person.id == why.supporter_id:
        raise ForbiddenError(say("This is your own account. Ask a colleague."))


async def tell(accounts: Accounts, emails: Sequence[str], said: str) -> None:
    async with accounts.database.transaction() as connection:
        for email in emails:
            person = await find_person(connection, normalize_email(email))
            if person is not None:
                await tell_about_work(connection, accounts, person, said)
