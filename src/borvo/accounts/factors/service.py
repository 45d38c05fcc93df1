"""Use cases of who manages her second factors. Adding and removing them asks for a fresh sign-in first, which the
pages see to."""

from dataclasses import dataclass

from borvo.accounts import address_store, epochs, link_store
from borvo.accounts.factors import half_store, store, totp, words
from borvo.accounts.factors.challenge import Challenge
from borvo.accounts.factors.mailbox_proof import MailboxProofNeededError, is_proved
from borvo.accounts.factors.model import (
    PASSKEYS_MAXIMUM,
    RECOVERY_CODES,
    Factors,
    create_recovery_code,
)
from borvo.accounts.factors.passkeys import PasskeyError, spend, verify_registration
from borvo.accounts.factors.words import APP, PASSKEY
from borvo.accounts.links import LinkPurpose
from borvo.accounts.methods import ONE_TIME_CODE, SEVERAL, Methods, combine_methods
from borvo.accounts.model import Login, Person, SessionCookie
from borvo.accounts.registration import keep_link
from borvo.accounts.service import Accounts, end_sessions
from borvo.accounts.signing_in import FACTORS_PATH, SignInNeededError
from borvo.kernel.digests import digest_token, digest_with_key
from borvo.kernel.entropy import TOKEN_BYTES, encode_bytes
from borvo.kernel.ids import PersonId
from borvo.kernel.text import say
from borvo.mail.model import Mail
from borvo.mail.posting import post_mail
from borvo.storage.database import Connection
from borvo.storage.kept_keys import RECOVERY_CODES as RECOVERY_CODES_KEY
from borvo.storage.sealing import SealedColumn
from borvo.storage.security_events.model import SecurityEvent, SecurityEventKind


@dataclass(frozen=True, slots=True)
class Setup:
    """What an app needs before it is confirmed: the key as text, and as a picture."""

    key: str
    picture: str


async def find_factors(accounts: Accounts, person_id: PersonId) -> Factors:
    async with accounts.database.connection() as connection:
        return await store.load_factors(connection, person_id)


def name_purpose(person_id: PersonId) -> str:
    """Sealed for her alone: a row copied to somebody else opens nothing."""
    return f"authenticator app of {person_id}"


SEALED_APPS = SealedColumn(
    "person_totp", "sealed_secret", ("person_id",), lambda row: name_purpose(row["person_id"])
)


def list_recovery_digests(accounts: Accounts, person_id: PersonId, code: str) -> list[bytes]:
    """What the code may be kept as, the last of which is how a new one is: fifty random bits, which a fast digest keeps
    as long as the key of it is not in the database."""
    keys = accounts.keyring.list_all(RECOVERY_CODES_KEY)
    return [digest_with_key(each.key, f"{person_id} {code}") for each in keys]


async def begin_app(accounts: Accounts, person: Person) -> None:
    """A new secret that does not count yet; nothing for who has an app already."""
    sealed = accounts.keyring.seal(
        name_purpose(person.id), totp.create_secret(accounts.entropy).encode(), accounts.entropy
    )
    async with accounts.database.connection() as connection:
        await store.keep_secret(connection, person.id, sealed, accounts.clock())


async def find_setup(accounts: Accounts, person: Person) -> Setup | None:
    """None unless she has begun and not confirmed."""
    async with accounts.database.connection() as connection:
        sealed = await store.load_secret(connection, person.id, is_confirmed=False)
    if sealed is None:
        return None
    secret = accounts.keyring.unseal(name_purpose(person.id), sealed).decode()
    return Setup(totp.group_secret(secret), totp.draw(totp.build_uri(secret, person.email, accounts.issuer)))


async def confirm_app(accounts: Accounts, login: Login, code: str) -> SessionCookie | None:
    """None for a wrong code. The app counts from then on, and this login is worth what both prove, under a new token.
    Raises `SignInNeededError` when it has ended meanwhile, and for the first factor of who has not shown that she reads
    her mail."""
    person, now = login.person, accounts.clock()
    async with accounts.database.transaction() as connection:
        await epochs.lock_person(connection, person.id)
        sealed = await store.load_secret(connection, person.id, is_confirmed=False)
        if sealed is None:
            return None
        secret = accounts.keyring.unseal(name_purpose(person.id), sealed).decode()
        step = totp.find_step(secret, code, now)
        if step is None or not await store.confirm_secret(connection, person.id, sealed, step, now):
            return None
        return await _note_added(connection, accounts, login, ONE_TIME_CODE, APP)


async def _note_added(
    connection: Connection, accounts: Accounts, login: Login, methods: Methods, factor: str
) -> SessionCookie:
    person = login.person
    is_first = (await store.load_factors(connection, person.id)).count == 1
    if is_first and not await is_proved(connection, accounts, login):
        raise MailboxProofNeededError
    if not is_first and SEVERAL not in login.methods:
        # One came between the look and the deed.
        raise SignInNeededError(FACTORS_PATH)
    if is_first:
        await _end_elsewhere(connection, accounts, login)
    cookie = await strengthen(connection, accounts, login, combine_methods(login.methods, methods))
    if cookie is None:
        raise SignInNeededError(FACTORS_PATH)
    # The one that she has had for a week: another may be a stranger's, and he must not get a way in.
    settled = await address_store.load_settled_address(connection, person.id, accounts.clock())
    for email in await address_store.list_addresses(connection, person, accounts.clock()):
        is_hers = email == settled and (person.is_email_verified or email != person.email)
        link = await keep_link(connection, accounts, LinkPurpose.UNDO, person.id, email) if is_hers else None
        undo = link.render() if link else ""
        await _tell(connection, accounts, person, words.write_added(email, accounts.issuer, factor, undo))
    await _record(connection, accounts, SecurityEventKind.FACTOR_ADDED, person.id, factor)
    return cookie


async def _end_elsewhere(connection: Connection, accounts: Accounts, login: Login) -> None:
    """Who is signed in elsewhere came by less than she asks for now, or by what she took away; so did who wished for
    another address."""
    await end_sessions(connection, accounts, login.person.id, spared=login.session_id)
    await half_store.end_halves(connection, login.person.id, accounts.clock())
    purposes = [LinkPurpose.CHANGE]
    await link_store.end_links(connection, login.person.id, purposes, accounts.clock())


async def strengthen(
    connection: Connection, accounts: Accounts, login: Login, methods: Methods
) -> SessionCookie | None:
    """The same login, worth more and under a new token: one that was stolen before gains nothing. None when it has
    ended. When she came by the first factor stays as it was: she has not proved that anew."""
    token = accounts.entropy(TOKEN_BYTES)
    is_live = await half_store.strengthen_session(
        connection, login.person.id, login.session_id, methods, digest_token(encode_bytes(token))
    )
    return SessionCookie(login.person.id.bytes, login.session_id.bytes, token) if is_live else None


async def _tell(connection: Connection, accounts: Accounts, person: Person, mail: Mail) -> None:
    language = accounts.speak(person.locale)
    await post_mail(accounts.outbox, connection, mail, person_id=person.id, language=language)


async def _record(
    connection: Connection, accounts: Accounts, kind: SecurityEventKind, person_id: PersonId, factor: str
) -> None:
    await accounts.events.record(connection, SecurityEvent(kind, person_id, detail={"factor": str(factor)}))


async def remove_app(accounts: Accounts, login: Login) -> bool:
    """Whether there was one. All other sessions end."""
    async with accounts.database.transaction() as connection:
        await epochs.lock_person(connection, login.person.id)
        if not await store.delete_secret(connection, login.person.id):
            return False
        await _note_removed(connection, accounts, login, APP)
    return True


async def _note_removed(connection: Connection, accounts: Accounts, login: Login, factor: str) -> None:
    """Recovery codes go with the last factor: they stand in for it, and alone mean nothing."""
    person = login.person
    await _end_elsewhere(connection, accounts, login)
    if not await store.has_second_factor(connection, person.id):
        await store.delete_codes(connection, person.id)
    await _tell(connection, accounts, person, words.write_removed(person.email, accounts.issuer, factor))
    await _record(connection, accounts, SecurityEventKind.FACTOR_REMOVED, person.id, factor)


async def add_passkey(
    accounts: Accounts, login: Login, name: str, answer: str, challenge: Challenge | None
) -> SessionCookie:
    """As `confirm_app`. Raises `PasskeyError` for an answer that is not one to the challenge, and for one passkey too
    many."""
    person = login.person
    passkey = verify_registration(accounts, answer, challenge, name)
    async with accounts.database.transaction() as connection:
        await epochs.lock_person(connection, person.id)
        await spend(connection, challenge)
        if not await store.insert_passkey(connection, person.id, passkey, PASSKEYS_MAXIMUM):
            raise PasskeyError(
                say("You have this passkey already, or %(most)s of them.", most=PASSKEYS_MAXIMUM)
            )
        return await _note_added(connection, accounts, login, passkey.methods, PASSKEY)


async def remove_passkey(accounts: Accounts, login: Login, credential_id: bytes) -> bool:
    """Whether it was there. All other sessions end."""
    async with accounts.database.transaction() as connection:
        await epochs.lock_person(connection, login.person.id)
        if await store.delete_passkey(connection, login.person.id, credential_id) is None:
            return False
        await _note_removed(connection, accounts, login, PASSKEY)
    return True


async def make_codes(accounts: Accounts, person: Person) -> list[str]:
    """Ten new recovery codes, which nobody can read again; none for who has nothing that they could stand in for."""
    codes = [create_recovery_code(accounts.entropy) for _ in range(RECOVERY_CODES)]
    digests = [list_recovery_digests(accounts, person.id, code.replace("-", ""))[-1] for code in codes]
    async with accounts.database.transaction() as connection:
        if not await store.has_second_factor(connection, person.id):
            return []
        await store.replace_codes(connection, person.id, digests, accounts.clock())
        await _tell(connection, accounts, person, words.write_codes_made(person.email, accounts.issuer))
        event = SecurityEvent(SecurityEventKind.RECOVERY_CODES_MADE, person.id)
        await accounts.events.record(connection, event)
    return codes
