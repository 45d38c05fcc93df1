"""Use cases of who has proved one thing and is asked for the second."""

from dataclasses import replace
from uuid import UUID

from borvo.accounts import epochs, holder_store
from borvo.accounts.entering import Device, Entry, enter
from borvo.accounts.factors import half_store, store, totp, words
from borvo.accounts.factors.challenge import Challenge
from borvo.accounts.factors.model import (
    HALF_LOGIN_LIFETIME,
    WRONG_CODES_TOLD,
    HalfLogin,
    parse_recovery_code,
)
from borvo.accounts.factors.new_tokens import strengthen
from borvo.accounts.factors.passkeys import PasskeyError, use_passkey
from borvo.accounts.factors.service import list_recovery_digests, name_purpose
from borvo.accounts.limits import (
    PASSKEY_BY_ADDRESS,
    PASSKEY_BY_PERSON,
    SECOND_STEP_BY_PAIR,
    SECOND_STEP_BY_PERSON,
)
from borvo.accounts.methods import ONE_TIME_CODE, PASSWORD, Methods, combine_methods
from borvo.accounts.model import Holder, Login, Person, SessionCookie, parse_session_cookie
from borvo.accounts.service import Accounts, note_debt
from borvo.accounts.signing_in import SignInNeededError
from borvo.kernel.digests import digest_token, is_same
from borvo.kernel.entropy import TOKEN_BYTES, create_uuid, encode_bytes
from borvo.kernel.text import say
from borvo.mail.posting import post_mail
from borvo.storage.database import Connection
from borvo.storage.security_events.model import SecurityEvent, SecurityEventKind
from borvo.web.addresses import find_network


async def begin(
    accounts: Accounts, person: Person, return_to: str, login: Login | None = None
) -> SessionCookie:
    """After the right password, or for a `login` that is to be worth more. What the browser gets opens nothing but
    the page that asks for the second step. Raises `SignInNeededError` when all her sessions have ended meanwhile."""
    now, token = accounts.clock(), accounts.entropy(TOKEN_BYTES)
    half = HalfLogin(
        person,
        create_uuid(now, accounts.entropy),
        login.methods if login else PASSWORD,
        return_to,
        login.session_id if login else None,
    )
    async with accounts.database.transaction() as connection:
        if not await epochs.hold_epoch(connection, person):
            raise SignInNeededError(return_to, notice="again")
        digest = digest_token(encode_bytes(token))
        await half_store.insert_half(connection, half, digest, now + HALF_LOGIN_LIFETIME)
    return SessionCookie(person.id.bytes, half.id.bytes, token)


async def find_half(accounts: Accounts, cookie_text: str | None) -> HalfLogin | None:
    """Who is asked in this browser; None for a missing, forged, ended or expired one."""
    cookie = parse_session_cookie(cookie_text) if cookie_text else None
    if cookie is None:
        return None
    async with accounts.database.connection() as connection:
        found = await half_store.load_half(
            connection, UUID(bytes=cookie.person_id), UUID(bytes=cookie.session_id), accounts.clock()
        )
    if found is None or not is_same(found[1], digest_token(encode_bytes(cookie.token))):
        return None
    return found[0]


async def prove_by_code(accounts: Accounts, half: HalfLogin, text: str, address: str) -> Methods | None:
    """What is proved by a code of her app or a recovery code; None for a wrong or used one. Raises
    `TooManyRequestsError`. Only who knows the password gets here, so no stranger can use the limits up."""
    person, now, network = half.person, accounts.clock(), find_network(address)
    counted = [(SECOND_STEP_BY_PAIR, f"{network} {person.id}"), (SECOND_STEP_BY_PERSON, str(person.id))]
    attempt = await accounts.limiter.spend_each(counted, now)
    async with accounts.database.connection() as connection:
        if not await half_store.count_attempt(connection, half):
            return None
    async with accounts.database.transaction() as connection:
        # A factor that is being removed for its owner is used before that, and so not lost, or does not count.
        await epochs.hold_person(connection, person.id)
        is_right = await _spend_code(connection, accounts, person, text)
        if is_right:
            await store.forget_wrong_codes(connection, person.id)
        else:
            await _note_wrong(connection, accounts, person, text)
    if not is_right:
        return None
    await accounts.limiter.give_back(attempt)
    return combine_methods(half.methods, ONE_TIME_CODE)


async def _note_wrong(connection: Connection, accounts: Accounts, person: Person, text: str) -> None:
    """She is told at some counts, since whoever comes as far as this got past her password."""
    await accounts.events.record(connection, SecurityEvent(SecurityEventKind.SECOND_STEP_FAILED, person.id))
    if totp.parse_code(text) is None:
        return
    count = await store.count_wrong_code(connection, person.id)
    if count in WRONG_CODES_TOLD:
        mail = words.write_wrong_codes(person.email, accounts.issuer, count)
        await post_mail(
            accounts.outbox, connection, mail, person_id=person.id, language=accounts.speak(person.locale)
        )


async def _spend_code(connection: Connection, accounts: Accounts, person: Person, text: str) -> bool:
    if code := totp.parse_code(text):
        return await _spend_app_code(connection, accounts, person, code)
    if recovery := parse_recovery_code(text):
        return await _spend_recovery_code(connection, accounts, person, recovery)
    return False


async def _spend_app_code(connection: Connection, accounts: Accounts, person: Person, code: str) -> bool:
    sealed = await store.load_secret(connection, person.id, is_confirmed=True)
    if sealed is None:
        return False
    secret = accounts.keyring.unseal(name_purpose(person.id), sealed).decode()
    step = totp.find_step(secret, code, accounts.clock())
    return step is not None and await store.spend_step(connection, person.id, step)


async def _spend_recovery_code(connection: Connection, accounts: Accounts, person: Person, code: str) -> bool:
    digests = list_recovery_digests(accounts, person.id, code)
    if not await store.spend_recovery_code(connection, person.id, digests, accounts.clock()):
        return False
    left = (await store.load_factors(connection, person.id)).codes_left
    mail = words.write_code_used(person.email, accounts.issuer, left)
    await post_mail(
        accounts.outbox, connection, mail, person_id=person.id, language=accounts.speak(person.locale)
    )
    event = SecurityEvent(SecurityEventKind.RECOVERY_CODE_USED, person.id, detail={"left": left})
    await accounts.events.record(connection, event)
    return True


async def prove_by_passkey(
    accounts: Accounts, half: HalfLogin, answer: str, challenge: Challenge | None
) -> Methods:
    """Raises `PasskeyError` and `TooManyRequestsError`."""
    person_id, now = half.person.id, accounts.clock()
    await accounts.limiter.spend(PASSKEY_BY_PERSON, str(person_id), now)
    _, passkey = await use_passkey(accounts, answer, challenge, person_id)
    await accounts.limiter.refund(PASSKEY_BY_PERSON, str(person_id), now)
    return combine_methods(half.methods, passkey.methods)


async def finish(
    accounts: Accounts, half: HalfLogin, methods: Methods, previous: Login | None, device: Device
) -> Entry | None:
    """The login that the half one becomes, once; None when it has become one already, when the login that it was to
    strengthen is not this browser's any more, and when all sessions of the person have ended meanwhile."""
    async with accounts.database.transaction() as connection:
        # The person first, as whoever ends her sessions does.
        if not await epochs.hold_epoch(connection, half.person):
            return None
        if not await half_store.end_half(connection, half, accounts.clock()):
            return None
        if half.login_session_id is None:
            return await enter(connection, accounts, previous, half.person, device, methods)
        if previous is None or previous.session_id != half.login_session_id:
            return None
        return await _strengthen(connection, accounts, previous, methods)


async def _strengthen(
    connection: Connection, accounts: Accounts, login: Login, methods: Methods
) -> Entry | None:
    cookie = await strengthen(connection, accounts, login, methods)
    if cookie is None:
        return None
    detail = {"methods": list(methods)}
    event = SecurityEvent(SecurityEventKind.SIGN_IN, login.person.id, detail=detail)
    await accounts.events.record(connection, event)
    return Entry(cookie, note_debt(accounts, replace(login, methods=methods)))


async def sign_in_by_passkey(
    accounts: Accounts, answer: str, challenge: Challenge | None, address: str
) -> tuple[Holder, Methods]:
    """Without a password: whom the passkey names, who may have closed her account and come back now. Raises
    `PasskeyError` and `TooManyRequestsError`."""
    network, now = find_network(address), accounts.clock()
    await accounts.limiter.spend(PASSKEY_BY_ADDRESS, network, now)
    person_id, passkey = await use_passkey(accounts, answer, challenge)
    async with accounts.database.connection() as connection:
        person = await holder_store.load_holder(connection, person_id, now)
        # From here on her epoch tells; until here the passkey may have gone, and all sessions with it.
        is_there = await store.load_passkey(connection, person_id, passkey.credential_id)
    if person is None or is_there is None:
        raise PasskeyError(say("This account is closed."))
    await accounts.limiter.refund(PASSKEY_BY_ADDRESS, network, now)
    return person, passkey.methods
