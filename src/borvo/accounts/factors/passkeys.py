"""What browsers are asked of passkeys and what they answer: WebAuthn 7.1 and 7.2. The library checks form, origin,
challenge and signature; whose passkey it is, and that an answer is good for once, is checked here."""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from urllib.parse import urlsplit
from uuid import UUID

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import parse_authentication_credential_json, parse_registration_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from borvo.accounts import holder_store
from borvo.accounts.epochs import hold_person
from borvo.accounts.factors import store, words
from borvo.accounts.factors.challenge import Challenge
from borvo.accounts.factors.model import Passkey
from borvo.accounts.model import Person
from borvo.accounts.service import Accounts
from borvo.kernel.digests import digest_token
from borvo.kernel.entropy import TOKEN_BYTES, encode_bytes
from borvo.kernel.ids import PersonId
from borvo.kernel.text import say
from borvo.mail.posting import post_mail
from borvo.storage.database import Connection
from borvo.storage.security_events.model import INSTANCE, STRANGER, SecurityEvent, SecurityEventKind
from borvo.web.addresses import parse_origin

_ANSWER_MAXIMUM = 50_000
# WebAuthn 7.1, step 24.
_CREDENTIAL_ID_MAXIMUM = 1023
_TRANSPORTS_MAXIMUM = 8
# What the library lets through of answers that nobody's browser wrote.
_FAULTS = (
    WebAuthnException,
    InvalidSignature,
    UnsupportedAlgorithm,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    OverflowError,
    RecursionError,
)
_STALE = say("The page was open for too long, or the passkey was used already. Please try again.")
_UNFIT = say("The browser's answer cannot be used. Please try again.")
_WRONG = say("This passkey cannot be used here. Try another way to sign in.")


class PasskeyError(Exception):
    """The answer proves nothing; the text is for the person."""

    def __init__(self, public: str) -> None:
        super().__init__(public)
        self.public = public


def find_relying_party(issuer: str) -> str:
    """The domain that passkeys belong to."""
    return urlsplit(issuer).hostname or ""


def _find_origin(issuer: str) -> str:
    return parse_origin(issuer) or ""


def describe_registration(
    accounts: Accounts, person: Person, challenge: Challenge, present: Iterable[Passkey]
) -> str:
    """The options of `navigator.credentials.create()` as JSON: a passkey that finds its person itself, and verifies
    her."""
    options = generate_registration_options(
        rp_id=find_relying_party(accounts.issuer),
        rp_name="Borvo",
        user_id=person.id.bytes,
        user_name=person.email,
        user_display_name=person.display_name,
        challenge=challenge.value,
        exclude_credentials=_list_descriptors(present),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
    )
    return options_to_json(options)


def describe_authentication(accounts: Accounts, challenge: Challenge, allowed: Iterable[Passkey] = ()) -> str:
    """The options of `navigator.credentials.get()` as JSON; without `allowed` ones whichever she has."""
    relying_party, descriptors = find_relying_party(accounts.issuer), _list_descriptors(allowed)
    if descriptors:
        return _write_authentication(relying_party, challenge.value, descriptors)
    ahead, behind = _frame_authentication(relying_party)
    return f"{ahead}{encode_bytes(challenge.value)}{behind}"


def _write_authentication(
    relying_party: str, challenge: bytes, allowed: list[PublicKeyCredentialDescriptor]
) -> str:
    options = generate_authentication_options(
        rp_id=relying_party,
        challenge=challenge,
        allow_credentials=allowed,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json(options)


@cache
def _frame_authentication(relying_party: str) -> tuple[str, str]:
    """What stands ahead of the challenge and behind it on every sign-in page."""
    example = b"\xff" * TOKEN_BYTES
    ahead, _, behind = _write_authentication(relying_party, example, []).partition(encode_bytes(example))
    return ahead, behind


def _list_descriptors(passkeys: Iterable[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=each.credential_id,
            transports=[AuthenticatorTransport(way) for way in each.transports],
        )
        for each in passkeys
    ]


def verify_registration(accounts: Accounts, answer: str, challenge: Challenge | None, name: str) -> Passkey:
    """The passkey that the browser has made; raises `PasskeyError`."""
    if challenge is None:
        raise PasskeyError(_STALE)
    try:
        parsed = parse_registration_credential_json(answer[:_ANSWER_MAXIMUM])
        verified = verify_registration_response(
            credential=parsed,
            expected_challenge=challenge.value,
            expected_rp_id=find_relying_party(accounts.issuer),
            expected_origin=_find_origin(accounts.issuer),
            require_user_verification=True,
        )
    except _FAULTS as fault:
        raise PasskeyError(_UNFIT) from fault
    if len(verified.credential_id) > _CREDENTIAL_ID_MAXIMUM:
        raise PasskeyError(_UNFIT)
    transports = dict.fromkeys(each.value for each in parsed.response.transports or ())
    return Passkey(
        verified.credential_id,
        name,
        verified.credential_public_key,
        verified.sign_count,
        verified.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
        tuple(transports)[:_TRANSPORTS_MAXIMUM],
        accounts.clock(),
    )


async def spend(connection: Connection, challenge: Challenge | None) -> None:
    """Raises `PasskeyError` for a challenge that was answered before: within the transaction of what it is good for."""
    if challenge is None:
        raise PasskeyError(_STALE)
    digest = digest_token(encode_bytes(challenge.value))
    if not await store.spend_challenge(connection, digest, challenge.expires_at):
        raise PasskeyError(_STALE)


def _parse(answer: str) -> AuthenticationCredential:
    try:
        return parse_authentication_credential_json(answer[:_ANSWER_MAXIMUM])
    except _FAULTS as fault:
        raise PasskeyError(_WRONG) from fault


def _find_owner(credential: AuthenticationCredential) -> UUID:
    """A passkey that was found by itself says whose it is (WebAuthn 7.2, step 6)."""
    handle = credential.response.user_handle
    if handle is None or len(handle) != 16:  # noqa: PLR2004  (a UUID)
        raise PasskeyError(_WRONG)
    return UUID(bytes=bytes(handle))


async def use_passkey(
    accounts: Accounts, answer: str, challenge: Challenge | None, person_id: PersonId | None = None
) -> tuple[PersonId, Passkey]:
    """Whose passkey has answered the challenge; of `person_id`, when it is known who must. Raises `PasskeyError`. What
    is refused is written down, but for what only came too late: in the person's log when the passkey is hers, and in
    that of the instance when nobody has it."""
    credential = _parse(answer)
    owner = PersonId(_find_owner(credential)) if person_id is None else person_id
    async with accounts.database.connection() as connection:
        passkey = await store.load_passkey(connection, owner, credential.raw_id)
    if challenge is None:
        raise PasskeyError(_STALE)
    if passkey is None:
        await _record(accounts, SecurityEventKind.PASSKEY_REFUSED, person_id or INSTANCE)
        raise PasskeyError(_WRONG)
    used = await _verify(accounts, credential, challenge, owner, passkey)
    async with accounts.database.transaction() as connection:
        # First and for good: the same answer sent again must not pass for that of a copy.
        await spend(connection, challenge)
    if passkey.sign_count and used.sign_count <= passkey.sign_count:
        await _note_copy(accounts, owner, passkey)
        raise PasskeyError(_WRONG)
    async with accounts.database.transaction() as connection:
        now = accounts.clock()
        await hold_person(connection, owner)
        if not await store.note_use(connection, owner, passkey.credential_id, used.sign_count, now):
            raise PasskeyError(_WRONG)
        await store.forget_wrong_codes(connection, owner)
    return owner, used


async def _verify(
    accounts: Accounts,
    credential: AuthenticationCredential,
    challenge: Challenge,
    owner: PersonId,
    passkey: Passkey,
) -> Passkey:
    try:
        verified = verify_authentication_response(
            credential=credential,
            expected_challenge=challenge.value,
            expected_rp_id=find_relying_party(accounts.issuer),
            expected_origin=_find_origin(accounts.issuer),
            credential_public_key=passkey.public_key,
            # The count is judged by the caller, who writes down what it means.
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except _FAULTS as fault:
        await _record(accounts, SecurityEventKind.PASSKEY_REFUSED, owner)
        raise PasskeyError(_STALE) from fault
    return replace(passkey, sign_count=verified.new_sign_count)


async def _record(accounts: Accounts, kind: SecurityEventKind, person_id: UUID) -> None:
    async with accounts.database.transaction() as connection:
        await accounts.events.record(connection, SecurityEvent(kind, person_id, STRANGER))


async def _note_copy(accounts: Accounts, person_id: PersonId, passkey: Passkey) -> None:
    """WebAuthn 7.2, step 22: a count that went back says that there are two of what must be one."""
    event = SecurityEvent(
        SecurityEventKind.PASSKEY_COUNT_WENT_BACK, person_id, detail={"credential": passkey.text_id[:100]}
    )
    async with accounts.database.transaction() as connection:
        await accounts.events.record(connection, event)
        person = await holder_store.load_holder(connection, person_id, accounts.clock())
        if person is not None:
            mail = words.write_copied(person.email, accounts.issuer)
            await post_mail(
                accounts.outbox, connection, mail, person_id=person_id, language=accounts.speak(person.locale)
            )
