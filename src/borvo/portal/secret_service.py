"""Use cases of client secrets. Each is bound to the person who acts: clients of others are not found."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import structlog

from borvo.accounts.public import Person
from borvo.kernel.entropy import create_uuid
from borvo.kernel.errors import InvalidInputError, NotFoundError
from borvo.kernel.secret import Secret
from borvo.kernel.text import say
from borvo.portal import secret_store
from borvo.portal.audit import Action, Values
from borvo.portal.expiry import check_days, find_end, find_warning
from borvo.portal.model import (
    AuthMethod,
    NewSecret,
    RegisteredClient,
    SecretAlgorithm,
    SecretRecord,
    SecretTerms,
    StoredSecret,
)
from borvo.portal.policy import SECRETS_MAXIMUM, check_chosen_secret, check_label, confirms_removal
from borvo.portal.secret_format import ENDING, create_client_secret
from borvo.portal.service import Portal, find_client, lock_client, note_change
from borvo.portal.team.policy import Deed
from borvo.portal.tokens.bearer import describe_way
from borvo.storage.database import Connection
from borvo.storage.security_events.model import SecurityEvent, SecurityEventKind

log = structlog.get_logger(__name__)

ANY_TERMS = SecretTerms()


@dataclass(frozen=True, slots=True)
class _Digested:
    """A secret as it will be stored."""

    algorithm: SecretAlgorithm
    digest: bytes
    ending: str = ""
    secret: Secret[str] | None = None
    """Of a generated one, in case that the client signs with it."""


async def _record(
    portal: Portal,
    connection: Connection,
    kind: SecurityEventKind,
    person: Person,
    client: RegisteredClient,
    secret: StoredSecret,
) -> None:
    """In the log of the developer who acts; which secret it is, and never what it says."""
    way = {"through": describe_way(person)} if describe_way(person) else {}
    detail = {"app": client.display_name, "secret_id": str(secret.id), **way}
    event = SecurityEvent(kind, person.id, client_id=client.client_id, detail=detail)
    await portal.events.record(connection, event)


def _describe_secret(secret: StoredSecret) -> Values:
    """Which one it is, and never what it says."""
    end = {"expires_at": secret.expires_at.isoformat()} if secret.expires_at else {}
    return {"secret_id": str(secret.id), "is_generated": secret.is_generated, **end}


def check_terms(terms: SecretTerms) -> None:
    """Raises `InvalidInputError` beside the fields `label` and `days`."""
    faults = {"label": check_label(terms.label), "days": check_days(terms.days)}
    errors = {name: [fault] for name, fault in faults.items() if fault}
    if errors:
        raise InvalidInputError(say("The secret cannot be added like this."), errors)


def _check_addition(client: RegisteredClient, now: datetime) -> None:
    if client.is_public:
        fault = say("An app that cannot keep a secret has none.")
        raise InvalidInputError(fault, {"form": [fault]})
    if client.token_endpoint_auth_method is AuthMethod.PRIVATE_KEY_JWT:
        fault = say("This app proves who it is with a key, and needs no secret.")
        raise InvalidInputError(fault, {"form": [fault]})
    if sum(secret.is_live(now) for secret in client.secrets) >= SECRETS_MAXIMUM:
        fault = say("A client has at most %(most)s secrets. Remove one first.", most=SECRETS_MAXIMUM)
        raise InvalidInputError(fault, {"form": [fault]})


async def _add_secret(
    portal: Portal, person: Person, client_id: str, digested: _Digested, terms: SecretTerms
) -> StoredSecret:
    now = portal.clock()
    end = find_end(now, terms.days)
    stored = StoredSecret(
        create_uuid(now, portal.entropy), digested.algorithm.value, digested.digest, now, end
    )
    secret = NewSecret(stored, terms.label, digested.ending, find_warning(now, end))
    async with portal.database.transaction() as connection:
        # Without the lock, two at once would both count one too few.
        client = await lock_client(connection, person, client_id, Deed.CHANGE_SECRETS)
        _check_addition(client, now)
        secret = _complete(portal, client, digested, secret)
        await secret_store.insert_secret(connection, client.client_key, secret, person.id)
        await _record(portal, connection, SecurityEventKind.CLIENT_SECRET_ADDED, person, client, stored)
        after = {**_describe_secret(stored), **({"label": terms.label} if terms.label else {})}
        await note_change(portal, connection, Action.SECRET_ADDED, person, client, after=after)
    log.info("client secret added", client_id=client_id, secret=str(stored.id), person=str(person.id))
    return stored


def _complete(portal: Portal, client: RegisteredClient, digested: _Digested, new: NewSecret) -> NewSecret:
    """Sealed, if the client signs with its secret as it is registered now. Raises `InvalidInputError` for a chosen one
    then: a signature that somebody has seen lets him try weak ones at leisure."""
    method = client.token_endpoint_auth_method
    if digested.secret is None:
        if method is AuthMethod.CLIENT_SECRET_JWT:
            raise InvalidInputError(_GENERATE, {"secret": [_GENERATE]})
        return new
    sealed = portal.vault.seal(method, client.client_key, new.stored, digested.secret)
    return replace(new, stored=replace(new.stored, sealed=sealed))


_GENERATE = say("This app signs with its secret, so it has to be a generated one.")


@dataclass(frozen=True, slots=True)
class IssuedSecret:
    """A generated secret, once, with what is kept of it."""

    secret: Secret[str]
    stored: StoredSecret


async def generate_secret(
    portal: Portal, person: Person, client_id: str, terms: SecretTerms = ANY_TERMS
) -> Secret[str]:
    """As `issue_secret`, for who needs no more than the secret."""
    return (await issue_secret(portal, person, client_id, terms)).secret


async def issue_secret(
    portal: Portal, person: Person, client_id: str, terms: SecretTerms = ANY_TERMS
) -> IssuedSecret:
    """The only time that it can be had; what is kept is a keyed digest, and for an app that signs with it the secret
    itself, sealed. Raises `InvalidInputError` as
    `check_terms`."""
    await find_client(portal, person, client_id, Deed.CHANGE_SECRETS)
    check_terms(terms)
    secret = create_client_secret(portal.entropy)
    digest = portal.verifier.digest(secret)
    digested = _Digested(SecretAlgorithm.KEYED_DIGEST, digest, secret[-ENDING:], Secret(secret))
    stored = await _add_secret(portal, person, client_id, digested, terms)
    return IssuedSecret(Secret(secret), stored)


async def add_chosen_secret(
    portal: Portal, person: Person, client_id: str, secret: str, terms: SecretTerms = ANY_TERMS
) -> None:
    """Raises `InvalidInputError` beside `secret` for one that is too weak or already in use, and as `check_terms`."""
    # Before anything is said of the secret: whoever may not add one could try which ones there are.
    client = await find_client(portal, person, client_id, Deed.CHANGE_SECRETS)
    names = (client.client_id, *client.client_id.split("."), client.display_name)
    fault = check_chosen_secret(secret, names)
    if not fault and await portal.verifier.is_known(client, secret):
        # Two copies would outlive the removal of one, and an expired one would come back to life.
        fault = say("This already is or was a secret of the client.")
    if fault:
        raise InvalidInputError(fault, {"secret": [fault]})
    check_terms(terms)
    digested = _Digested(SecretAlgorithm.SLOW_HASH, await portal.verifier.hash(secret))
    await _add_secret(portal, person, client_id, digested, terms)


async def list_secrets(portal: Portal, client: RegisteredClient) -> tuple[SecretRecord, ...]:
    """Of a client that was found for the person who acts; oldest first, expired ones among them."""
    async with portal.database.connection() as connection:
        return await secret_store.list_records(connection, client.client_key)


@dataclass(frozen=True, slots=True)
class Removal:
    """What is to be removed. `is_last` says that no other secret of the client works."""

    client: RegisteredClient
    secret: SecretRecord
    is_last: bool


async def find_removal(portal: Portal, person: Person, client_id: str, secret_id: UUID | None) -> Removal:
    """Raises `NotFoundError` when it is gone or another's."""
    client = await find_client(portal, person, client_id)
    records = await list_secrets(portal, client)
    record = next((record for record in records if record.id == secret_id), None)
    stored = client.find_secret(secret_id) if secret_id else None
    if record is None or stored is None:
        raise _refuse_secret()
    return Removal(client, record, _is_last(client, stored, portal.clock()))


def _is_last(client: RegisteredClient, secret: StoredSecret, now: datetime) -> bool:
    live = [each.id for each in client.secrets if each.is_live(now)]
    return live == [secret.id]


def _refuse_secret() -> NotFoundError:
    return NotFoundError(say("There is no such secret; it may have been removed already."))


async def remove_secret(
    portal: Portal, person: Person, client_id: str, secret_id: UUID | None, confirmation: str = ""
) -> None:
    """It stops working with the next request. Raises `NotFoundError` as `find_removal`, and `InvalidInputError` beside
    `confirmation` for the last one that works, unless the last part of the client id was typed."""
    async with portal.database.transaction() as connection:
        client = await lock_client(connection, person, client_id, Deed.CHANGE_SECRETS)
        secret = client.find_secret(secret_id) if secret_id else None
        if secret is None:
            raise _refuse_secret()
        # Under the lock: of two that are removed at once, one is the last.
        if _is_last(client, secret, portal.clock()) and not confirms_removal(client, confirmation):
            fault = say(
                "This is the last secret that works. Type %(suffix)s to remove it all the same.",
                suffix=client.suffix,
            )
            raise InvalidInputError(fault, {"confirmation": [fault]})
        await secret_store.delete_secret(connection, client.client_key, secret.id)
        await _record(portal, connection, SecurityEventKind.CLIENT_SECRET_REMOVED, person, client, secret)
        before = _describe_secret(secret)
        await note_change(portal, connection, Action.SECRET_REMOVED, person, client, before=before)
    log.info("client secret removed", client_id=client_id, secret=str(secret.id), person=str(person.id))


async def write_env_file(portal: Portal, person: Person, client_id: str, secret: str) -> str:
    """The lines of a `.env` file around a secret that the page has just shown and now gives back: nothing is kept.
    Raises `InvalidInputError` unless it is a generated secret of the client, so that nobody is handed another's."""
    client = await find_client(portal, person, client_id, Deed.CHANGE_SECRETS)
    if not portal.verifier.is_generated(client, secret):
        raise InvalidInputError(
            say("This is no generated secret of the client. Generate one and download that.")
        )
    lines = {"ISSUER": portal.accounts.issuer, "CLIENT_ID": client.client_id, "CLIENT_SECRET": secret}
    return "".join(f"{name}={value}\n" for name, value in lines.items())
