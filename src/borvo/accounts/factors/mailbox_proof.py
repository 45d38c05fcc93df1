"""Who sets up her first second factor shows first that she reads her mail: until then the password is all there is, and
whoever has it would have the factor. Later ones are proved by those before them."""

from urllib.parse import urlencode
from uuid import UUID

from borvo.accounts import address_store, limits
from borvo.accounts.factors import mailbox_store, store, words
from borvo.accounts.factors.mailbox_model import (
    CODE_LIFETIME,
    PROOF_LIFETIME,
    MailboxProof,
    create_code,
    group_code,
    parse_code,
)
from borvo.accounts.factors.new_tokens import strengthen
from borvo.accounts.model import Login, SessionCookie
from borvo.accounts.service import Accounts
from borvo.accounts.signing_in import FACTORS_PATH, SignInNeededError
from borvo.kernel.digests import digest_with_key, is_same
from borvo.kernel.ids import LoginSessionId, PersonId
from borvo.mail.posting import post_mail
from borvo.storage.database import Connection
from borvo.storage.security_events.model import SecurityEvent, SecurityEventKind

PROOF_PATH = f"{FACTORS_PATH}/mailbox"


class MailboxProofNeededError(SignInNeededError):
    """She is signed in, and has still to show that she reads her mail; the answer leads there, and on to `then`."""

    def __init__(self, then: str = "", return_to: str = "") -> None:
        super().__init__(return_to)
        self.location = build_proof_url(then, return_to)


def build_proof_url(then: str, return_to: str) -> str:
    given = {"then": then, "return_to": return_to}
    text = urlencode({name: value for name, value in given.items() if value})
    return PROOF_PATH + (f"?{text}" if text else "")


async def require_mailbox(accounts: Accounts, login: Login, then: str = "", return_to: str = "") -> None:
    """Raises `MailboxProofNeededError` for who has no second factor and has not shown in this session that she reads
    her mail."""
    async with accounts.database.connection() as connection:
        if await store.has_second_factor(connection, login.person.id):
            return
        if not await is_proved(connection, accounts, login):
            raise MailboxProofNeededError(then, return_to)


async def is_proved(connection: Connection, accounts: Accounts, login: Login) -> bool:
    """Whether she has shown it in this session, and for the address that counts now."""
    proof = await _load(connection, accounts, login)
    return proof is not None and proof.is_proved


async def _load(connection: Connection, accounts: Accounts, login: Login) -> MailboxProof | None:
    now = accounts.clock()
    address = await address_store.load_settled_address(connection, login.person.id, now)
    proof = await mailbox_store.load_proof(connection, login.person.id, login.session_id, now)
    return proof if proof and proof.email == address else None


async def find_proof(accounts: Accounts, login: Login) -> tuple[str, MailboxProof | None]:
    """The address that a code goes to, and what there is of this session."""
    async with accounts.database.connection() as connection:
        address = await address_store.load_settled_address(connection, login.person.id, accounts.clock())
        return address, await _load(connection, accounts, login)


async def send_code(accounts: Accounts, login: Login) -> None:
    """A new one, in the place of any before. Raises `TooManyRequestsError`; who is signed in as
    her elsewhere uses up at most what a new password gives back."""
    now, person = accounts.clock(), login.person
    counted = [
        (limits.MAILBOX_CODE, f"{person.id} {login.session_id}"),
        (limits.MAILBOX_CODE_BY_PERSON, str(person.id)),
    ]
    await accounts.limiter.spend_each(counted, now)
    code = create_code(accounts.entropy)
    async with accounts.database.transaction() as connection:
        address = await address_store.load_settled_address(connection, person.id, now)
        proof = MailboxProof(person.id, login.session_id, address)
        await mailbox_store.keep_code(connection, proof, _digest(accounts, proof, code), now + CODE_LIFETIME)
        mail = words.write_mailbox_code(address, accounts.issuer, group_code(code))
        language = accounts.speak(person.locale)
        await post_mail(accounts.outbox, connection, mail, person_id=person.id, language=language)


def _digest(accounts: Accounts, proof: MailboxProof, code: str) -> bytes:
    key = accounts.keyring.derive("codes to a mailbox")
    return digest_with_key(key, f"{proof.person_id} {proof.session_id} {code}")


async def prove_mailbox(accounts: Accounts, login: Login, text: str) -> SessionCookie | None:
    """None for a code that is wrong, used or too old, or of another session. The address counts as proved from then
    on, and the session goes on under a new token: one that was stolen before has no part in the proof."""
    now, person = accounts.clock(), login.person
    async with accounts.database.connection() as connection:
        proof = await _load(connection, accounts, login)
        digest = await mailbox_store.count_attempt(connection, proof, now) if proof else None
    code = parse_code(text)
    if proof is None or digest is None:
        return None
    if code is None or not is_same(digest, _digest(accounts, proof, code)):
        # Those that were counted, and so not without end.
        await _record(accounts, person.id)
        return None
    async with accounts.database.transaction() as connection:
        if not await mailbox_store.spend_code(connection, proof, digest, now, now + PROOF_LIFETIME):
            return None
        if proof.email == person.email and await address_store.mark_verified(connection, person.id, now):
            event = SecurityEvent(SecurityEventKind.EMAIL_VERIFIED, person.id)
            await accounts.events.record(connection, event)
        return await strengthen(connection, accounts, login, login.methods)


async def _record(accounts: Accounts, person_id: PersonId) -> None:
    async with accounts.database.transaction() as connection:
        event = SecurityEvent(SecurityEventKind.SECOND_STEP_FAILED, person_id)
        await accounts.events.record(connection, event)


async def note_link_opened(
    accounts: Accounts, person_id: PersonId, cookie: SessionCookie, email: str
) -> None:
    """She came to the session of the cookie by a link in a mail to the address, and need not show the same again at
    once."""
    now = accounts.clock()
    proof = MailboxProof(person_id, LoginSessionId(UUID(bytes=cookie.session_id)), email)
    async with accounts.database.connection() as connection:
        await mailbox_store.keep_proof(connection, proof, now, now + PROOF_LIFETIME)
