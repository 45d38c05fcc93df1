"""Second factors that a person has lost, and that support removes for her: after a while, in which whoever still has
them can stop it. So somebody who knows her password and talks support into it does not get in before she notices."""

from collections.abc import Collection

from borvo.accounts import address_store, intervention_words, link_store
from borvo.accounts.factors import half_store, loss_store, store
from borvo.accounts.factors.loss_model import FactorKind, FactorRemoval, list_kinds, name_kinds
from borvo.accounts.holder_store import load_holder
from borvo.accounts.interventions import Intervention, find_subject, note
from borvo.accounts.links import AccountLink, LinkPurpose, LinkText
from borvo.accounts.model import Person
from borvo.accounts.registration import LinkGoneError
from borvo.accounts.service import Accounts, end_sessions
from borvo.kernel.entropy import TOKEN_BYTES
from borvo.kernel.errors import ConflictError, InvalidInputError
from borvo.kernel.ids import PersonId
from borvo.kernel.text import say
from borvo.mail.model import Mail
from borvo.mail.posting import post_mail
from borvo.storage.database import Connection
from borvo.storage.security_events.model import BY_THE_CLOCK, STRANGER, SecurityEvent, SecurityEventKind

_MOST_REMOVED = 20


async def ask_for_removal(
    accounts: Accounts,
    person_id: PersonId,
    kinds: Collection[FactorKind],
    checked: str,
    intervention: Intervention,
) -> FactorRemoval:
    """Begins the wait. `checked` says by what support knows that it is her. Raises as `find_subject`,
    `InvalidInputError` for kinds that she has not, and `ConflictError` when a removal is under way."""
    now = accounts.clock()
    async with accounts.database.transaction() as connection:
        person = await find_subject(connection, accounts, person_id, intervention)
        present = list_kinds(await store.load_factors(connection, person_id))
        if not kinds or not present or not set(kinds) <= set(present):
            fault = say("Choose what she has lost.") if present else say("She has no second factor.")
            raise InvalidInputError(fault, {"kinds": [fault]})
        ordered = tuple(kind for kind in present if kind in kinds)
        removal = FactorRemoval(person_id, ordered, now, now + accounts.factor_removal_delay)
        if not await loss_store.insert_removal(connection, removal):
            raise ConflictError(say("A removal is under way already."))
        kind, factor = SecurityEventKind.FACTOR_REMOVAL_ASKED, name_kinds(ordered)
        await note(connection, accounts, person, kind, intervention, factor=factor, checked=checked)
        for email in await address_store.list_addresses(connection, person, now):
            await _tell_asked(connection, accounts, person, removal, email)
    return removal


async def _tell_asked(
    connection: Connection, accounts: Accounts, person: Person, removal: FactorRemoval, email: str
) -> None:
    """At each address that is hers or was until lately: a thief of the password may have changed it."""
    link = await _keep_link(connection, accounts, removal, email)
    hours = int(accounts.factor_removal_delay.total_seconds()) // 3600
    mail = intervention_words.write_removal_asked(
        email, accounts.issuer, removal.factors, hours, link.render()
    )
    await _post(connection, accounts, person, mail)


async def _post(connection: Connection, accounts: Accounts, person: Person, mail: Mail) -> None:
    language = accounts.speak(person.locale)
    await post_mail(accounts.outbox, connection, mail, person_id=person.id, language=language)


async def _keep_link(
    connection: Connection, accounts: Accounts, removal: FactorRemoval, email: str
) -> LinkText:
    """By which she stops it until the last moment."""
    person_id = removal.person_id
    text = LinkText(person_id.bytes, accounts.entropy(TOKEN_BYTES))
    link = AccountLink(LinkPurpose.KEEP_FACTOR, person_id, email, removal.asked_at, removal.due_at)
    await link_store.insert_link(connection, link, text.digest)
    return text


async def find_removal(connection: Connection, person_id: PersonId) -> FactorRemoval | None:
    """What is under way."""
    return await loss_store.load_removal(connection, person_id)


async def stop_removal(accounts: Accounts, person_id: PersonId, intervention: Intervention) -> None:
    """By support. Raises as `find_subject`, and `ConflictError` when none is under way."""
    async with accounts.database.transaction() as connection:
        person = await find_subject(connection, accounts, person_id, intervention)
        if await loss_store.take_removal(connection, person_id) is None:
            raise ConflictError(say("No removal is under way."))
        await link_store.end_links(connection, person_id, [LinkPurpose.KEEP_FACTOR], accounts.clock())
        mail = intervention_words.write_removal_stopped(person.email, accounts.issuer)
        kind = SecurityEventKind.FACTOR_REMOVAL_STOPPED
        await note(connection, accounts, person, kind, intervention, mail)


async def stop_by_link(accounts: Accounts, text: LinkText) -> None:
    """By whoever reads her mail, signed in or not. Raises `LinkGoneError`."""
    now = accounts.clock()
    async with accounts.database.transaction() as connection:
        link = await link_store.consume_link(connection, text, LinkPurpose.KEEP_FACTOR, now)
        person = await load_holder(connection, link.person_id, now) if link else None
        if person is None or await loss_store.take_removal(connection, person.id) is None:
            raise LinkGoneError
        await _tell_stopped(connection, accounts, person, STRANGER, "link")


async def _tell_stopped(
    connection: Connection, accounts: Accounts, person: Person, actor: str, means: str
) -> None:
    kind = SecurityEventKind.FACTOR_REMOVAL_STOPPED
    event = SecurityEvent(kind, person.id, actor, detail={"means": means})
    await accounts.events.record(connection, event)
    for email in await address_store.list_addresses(connection, person, accounts.clock()):
        mail = intervention_words.write_removal_stopped(email, accounts.issuer)
        await _post(connection, accounts, person, mail)


async def remove_due(accounts: Accounts) -> int:
    """Carries out those whose time has come, each in a transaction of its own; how many."""
    async with accounts.database.connection() as connection:
        due = await loss_store.list_due(connection, accounts.clock(), _MOST_REMOVED)
    return sum([await _remove(accounts, person_id) for person_id in due])


async def _remove(accounts: Accounts, person_id: PersonId) -> bool:
    """False when it was stopped meanwhile, when another worker was faster, and when she has used a second factor since:
    then it is not lost, or not hers to lose."""
    now = accounts.clock()
    async with accounts.database.transaction() as connection:
        # First of all: whoever is proving a factor of hers has done so before, or finds it gone.
        await address_store.lock_person(connection, person_id)
        removal = await loss_store.take_removal(connection, person_id, now)
        person = await load_holder(connection, person_id, now) if removal else None
        if removal is None or person is None:
            return False
        if await loss_store.was_used_since(connection, person_id, removal.asked_at):
            await _tell_stopped(connection, accounts, person, BY_THE_CLOCK, "second step")
            return False
        if not await loss_store.delete_factors(connection, removal):
            return False
        await _finish(connection, accounts, person, removal)
    return True


async def _finish(connection: Connection, accounts: Accounts, person: Person, removal: FactorRemoval) -> None:
    if not await store.has_second_factor(connection, person.id):
        await store.delete_codes(connection, person.id)
    await end_sessions(connection, accounts, person.id)
    await half_store.end_halves(connection, person.id, accounts.clock())
    factor = name_kinds(removal.kinds)
    event = SecurityEvent(
        SecurityEventKind.FACTOR_REMOVED, person.id, BY_THE_CLOCK, detail={"factor": factor}
    )
    await accounts.events.record(connection, event)
    for email in await address_store.list_addresses(connection, person, accounts.clock()):
        mail = intervention_words.write_removal_done(email, accounts.issuer, factor)
        await _post(connection, accounts, person, mail)
