"""Reminders of requests that people wanted to decide on later, and turning them off."""

from uuid import UUID

from borvo.accounts.public import load_person
from borvo.agency import invite_store, reminder_store
from borvo.agency.decisions import describe_request
from borvo.agency.reminder_store import Due
from borvo.agency.service import Agency
from borvo.agency.words import write_reminder
from borvo.kernel.entropy import decode_bytes, encode_bytes
from borvo.kernel.errors import NotFoundError
from borvo.kernel.ids import PersonId
from borvo.kernel.text import say
from borvo.mail.posting import post_mail
from borvo.storage.database import Connection
from borvo.storage.sealing import SealError

MOST = 2
"""How many reminders of one request there are."""
UNSUBSCRIBE_PATH = "/agency/reminders"
_PURPOSE = "agency reminder refusals"


async def send_reminders(agency: Agency) -> int:
    """Posts those that are due, each in a transaction of its own; how many. Any number of workers may do it at
    once."""
    database, now = agency.accounts.database, agency.accounts.clock()
    async with database.transaction() as connection:
        await reminder_store.forget_pointless(connection, now)
        due = await reminder_store.list_due(connection, now)
    sent = 0
    for each in due:
        async with database.transaction() as connection:
            sent += await _remind(agency, connection, each)
    return sent


async def _remind(agency: Agency, connection: Connection, due: Due) -> bool:
    """Nothing is sent for a request that its sender could no longer be granted."""
    accounts, now = agency.accounts, agency.accounts.clock()
    following = now + agency.reminder_delay
    if not await reminder_store.claim_reminder(connection, due, now, following, MOST):
        return False
    person = await load_person(connection, due.person_id)
    invite = await invite_store.load_kept_invite(connection, due.person_id, due.invite_id)
    if person is None or invite is None:
        return False
    try:
        request = await describe_request(agency, connection, invite, person)
    except NotFoundError:
        return False
    mail = write_reminder(person.email, invite, request.names, accounts.issuer, build_link(agency, person.id))
    await post_mail(
        accounts.outbox, connection, mail, person_id=person.id, language=accounts.speak(person.locale)
    )
    return True


def build_link(agency: Agency, person_id: PersonId) -> str:
    """Turns the person's reminders off, and opens nothing else. Nobody else can make it, nor read whose it is."""
    sealed = agency.keyring.seal(_PURPOSE, person_id.bytes, agency.accounts.entropy)
    return f"{agency.accounts.issuer}{UNSUBSCRIBE_PATH}/{encode_bytes(sealed)}"


def read_link(agency: Agency, token: str) -> PersonId:
    """Raises `NotFoundError` for what `build_link` has not made."""
    sealed = decode_bytes(token)
    try:
        return PersonId(UUID(bytes=agency.keyring.unseal(_PURPOSE, sealed or b"")))
    except SealError:
        raise NotFoundError(
            say("This link does not work. Sign in to turn reminders off under Sharing.")
        ) from None


async def turn_off(agency: Agency, person_id: PersonId) -> None:
    """No reminder of any request is sent to her any more."""
    async with agency.accounts.database.transaction() as connection:
        await reminder_store.refuse_reminders(connection, person_id, agency.accounts.clock())


async def turn_on(agency: Agency, person_id: PersonId) -> None:
    async with agency.accounts.database.transaction() as connection:
        await reminder_store.want_reminders(connection, person_id)


async def are_wanted(agency: Agency, person_id: PersonId) -> bool:
    async with agency.accounts.database.connection() as connection:
        return not await reminder_store.has_refused(connection, person_id)
