"""What the operator's support does with the account of another: who did it, why, and how the person learns of it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from borvo.accounts import roles_store
from borvo.accounts.holder_store import load_holder
from borvo.accounts.intervention_words import write_work_changed
from borvo.accounts.model import Holder, Person, Role
from borvo.accounts.service import Accounts
from borvo.kernel.errors import ConflictError, ForbiddenError, NotFoundError
from borvo.kernel.ids import PersonId
from borvo.kernel.text import say
from borvo.mail.model import Mail
from borvo.mail.posting import post_mail
from borvo.storage.database import Connection
from borvo.storage.security_events.model import SUPPORT, SecurityEvent, SecurityEventKind, by_supporter


@dataclass(frozen=True, slots=True)
class Intervention:
    """By whom, and why, in words that the person may read. Without `supporter_id` it is by a command on the server."""

    reason: str
    supporter_id: UUID | None = None

    @property
    def actor(self) -> str:
        return by_supporter(self.supporter_id) if self.supporter_id else SUPPORT


async def find_subject(
    connection: Connection, accounts: Accounts, person_id: PersonId, intervention: Intervention
) -> Holder:
    """Whose account it is, while nobody else changes who is support. Raises `NotFoundError`, and `ForbiddenError` for
    her own: nobody helps herself to anything."""
    await roles_store.lock_supporters(connection)
    person = await load_holder(connection, person_id, accounts.clock())
    if person is None:
        raise NotFoundError(say("There is no such person."))
    if person.id == intervention.supporter_id:
        raise ForbiddenError(say("This is your own account. Ask a colleague."))
    return person


async def check_supporter_remains(connection: Connection, person: Person, intervention: Intervention) -> None:
    """Raises `ConflictError` before the last account with the role support is lost to the console. By a command it may
    be: by another, the role is given again."""
    if intervention.supporter_id is None or Role.SUPPORT not in person.roles:
        return
    if not await roles_store.has_other(connection, Role.SUPPORT, person.id):
        raise ConflictError(
            say("This is the last account with the role support: give it to somebody else first.")
        )


async def tell_about_work(connection: Connection, accounts: Accounts, person: Person, said: str) -> None:
    """Of what support did with a tenancy or an organisation of hers, in a sentence of ours."""
    mail = write_work_changed(person.email, accounts.issuer, said)
    language = accounts.speak(person.locale)
    await post_mail(accounts.outbox, connection, mail, person_id=person.id, language=language)


async def note(
    connection: Connection,
    accounts: Accounts,
    person: Person,
    kind: SecurityEventKind,
    intervention: Intervention,
    mail: Mail | None = None,
    **detail: Any,
) -> None:
    """Writes it down in her log, and tells her."""
    event = SecurityEvent(
        kind, person.id, intervention.actor, detail={"reason": intervention.reason, **detail}
    )
    await accounts.events.record(connection, event)
    if mail is not None:
        language = accounts.speak(person.locale)
        await post_mail(accounts.outbox, connection, mail, person_id=person.id, language=language)
