"""Use cases of developers. Each is bound to the person who acts: clients of others are not found."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, fields
from uuid import UUID

import structlog

from borvo.accounts.public import Accounts, Person, Role, change_role, find_person, normalize_email
from borvo.kernel.clock import Clock
from borvo.kernel.entropy import Entropy, create_token, create_uuid
from borvo.kernel.errors import ConflictError, InvalidInputError, NotFoundError
from borvo.kernel.ids import ClientKey, TenancyId
from borvo.kernel.secret import Secret
from borvo.portal import listing, logo_store, sheet_store, store
from borvo.portal.audit import Action, Change, Values, compare, describe_details, record_change
from borvo.portal.client_secrets import SecretVerifier
from borvo.portal.listing import ClientList, ClientSearch
from borvo.portal.model import (
    ClientDetails,
    ClientSheet,
    LifetimeBounds,
    RegisteredClient,
    SecretAlgorithm,
    StoredSecret,
    Tenancy,
)
from borvo.portal.policy import PREFIX_BYTES, SECRETS_MAXIMUM, check_chosen_secret, check_prefix, check_suffix
from borvo.portal.readiness import find_change_faults
from borvo.portal.usage import ClientUsage
from borvo.storage.database import Connection, Database
from borvo.storage.security_events.log import SecurityLog
from borvo.storage.security_events.model import SecurityEvent, SecurityEventKind

log = structlog.get_logger(__name__)

OnClientEnded = Callable[[Connection, RegisteredClient], Awaitable[None]]
OnClientGone = Callable[[Connection, ClientKey], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Portal:
    """The collaborators of this feature."""

    database: Database
    clock: Clock
    entropy: Entropy
    verifier: SecretVerifier
    accounts: Accounts
    events: SecurityLog
    bounds: LifetimeBounds
    usage: ClientUsage
    on_client_ended: OnClientEnded
    """Ends all that was issued to a client, in the transaction that disables it."""
    on_client_gone: OnClientGone
    """Lets go of what was kept by the client's key, in the transaction that deletes it for good."""


_SHARED = tuple(field.name for field in fields(ClientDetails) if field.name in RegisteredClient.__slots__)


def _refuse_client() -> NotFoundError:
    return NotFoundError("There is no such client in your tenancy.")


async def list_tenancies(portal: Portal, person: Person) -> tuple[Tenancy, ...]:
    """None for a person without the role `developer`: support takes the portal away by taking the role."""
    if not person.is_developer:
        return ()
    async with portal.database.connection() as connection:
        return await store.list_tenancies_of(connection, person.id)


async def search_clients(portal: Portal, person: Person, search: ClientSearch) -> ClientList:
    """The clients of the person's tenancies, as far as they match."""
    tenancies = await list_tenancies(portal, person)
    async with portal.database.connection() as connection:
        return await listing.search_clients(connection, [tenancy.id for tenancy in tenancies], search)


async def find_client(portal: Portal, person: Person, client_id: str) -> RegisteredClient:
    """Raises `NotFoundError` for an unknown client and for that of another tenancy alike."""
    if not person.is_developer:
        raise _refuse_client()
    async with portal.database.connection() as connection:
        client = await store.load_client_of(connection, person.id, client_id)
    if client is None:
        raise _refuse_client()
    return client


async def find_sheet(portal: Portal, person: Person, client_id: str) -> ClientSheet:
    """All that the portal knows of the client; raises as `find_client`."""
    client = await find_client(portal, person, client_id)
    async with portal.database.connection() as connection:
        return await load_sheet_of(connection, client)


async def load_sheet_of(connection: Connection, client: RegisteredClient) -> ClientSheet:
    """The sheet of a client that the caller may see; raises `NotFoundError` when it has gone meanwhile."""
    sheet = await sheet_store.load_sheet(connection, client.client_key)
    if sheet is None:
        raise _refuse_client()
    return sheet


async def find_tenancy(portal: Portal, person: Person, tenancy_id: UUID | None) -> Tenancy:
    """Raises `NotFoundError` unless the person is a member."""
    for tenancy in await list_tenancies(portal, person):
        if tenancy.id == tenancy_id:
            return tenancy
    raise NotFoundError("You are not a member of such a tenancy.")


_TAKEN = "Another client of your tenancy has this id."


async def find_suffix_fault(
    portal: Portal, person: Person, tenancy_id: UUID | None, suffix: str
) -> str | None:
    """Why a client cannot be registered under the suffix just now; raises as `find_tenancy`."""
    tenancy = await find_tenancy(portal, person, tenancy_id)
    if fault := check_suffix(suffix):
        return fault
    async with portal.database.connection() as connection:
        is_taken = await store.load_client(connection, tenancy.build_client_id(suffix)) is not None
    return _TAKEN if is_taken else None


async def register_client(
    portal: Portal,
    person: Person,
    tenancy_id: UUID | None,
    suffix: str,
    details: ClientDetails,
    *,
    like: str = "",
) -> RegisteredClient:
    """Raises `InvalidInputError` beside `suffix` when the tenancy has such a client, also when two are at it. `like`
    names a client whose logo is taken over; secrets never are."""
    tenancy, now = await find_tenancy(portal, person, tenancy_id), portal.clock()
    client = RegisteredClient(
        client_id=tenancy.build_client_id(suffix),
        client_key=ClientKey(create_uuid(now, portal.entropy)),
        tenancy_id=tenancy.id,
        suffix=suffix,
        **{name: getattr(details, name) for name in _SHARED},
        is_disabled=False,
        secrets=(),
    )
    async with portal.database.transaction() as connection:
        if not await sheet_store.insert_client(connection, client, details, now):
            raise InvalidInputError(_TAKEN, {"suffix": [_TAKEN]})
        original = await store.load_client_of(connection, person.id, like) if like else None
        if original is not None:
            await logo_store.copy_logo(connection, original.client_key, client.client_key, now)
        after = {name: value for name, value in describe_details(details).items() if value}
        await note_change(portal, connection, Action.CLIENT_REGISTERED, person, client, after=after)
    log.info("client registered", client_id=client.client_id, person=str(person.id))
    return client


class StaleDetailsError(ConflictError):
    """Somebody else has saved meanwhile; `sheet` is what is there now."""

    def __init__(self, sheet: ClientSheet) -> None:
        super().__init__("Somebody else has changed this client meanwhile. Reload the page and look at it.")
        self.sheet = sheet


async def change_client(
    portal: Portal, person: Person, client_id: str, details: ClientDetails, version: int
) -> None:
    """Replaces all details; the client id stays what it is. `version` is the one that the person looked at: raises
    `StaleDetailsError` when it is no longer the present one, `InvalidInputError` for what does not go with the
    client's state."""
    async with portal.database.transaction() as connection:
        sheet = await load_sheet_of(connection, await lock_client(connection, person, client_id))
        if sheet.version != version:
            raise StaleDetailsError(sheet)
        if faults := find_change_faults(sheet, details, portal.clock()):
            raise InvalidInputError("The client cannot be changed like this.", faults)
        await sheet_store.update_client(connection, sheet.client.client_key, details, portal.clock())
        before, after = compare(describe_details(sheet.details), describe_details(details))
        if before or after:
            action = Action.CLIENT_CHANGED
            await note_change(portal, connection, action, person, sheet.client, before, after)
    log.info("client changed", client_id=client_id, person=str(person.id))


async def lock_client(connection: Connection, person: Person, client_id: str) -> RegisteredClient:
    """The client as nobody else can change it until the transaction ends; raises as `find_client`."""
    if person.is_developer:
        await store.lock_client_of(connection, person.id, client_id)
        client = await store.load_client_of(connection, person.id, client_id)
        if client is not None:
            return client
    raise _refuse_client()


async def note_change(
    portal: Portal,
    connection: Connection,
    action: Action,
    person: Person,
    client: RegisteredClient,
    before: Values | None = None,
    after: Values | None = None,
) -> None:
    """In the audit trail of the client's tenancy."""
    now, tenancy_id = portal.clock(), client.tenancy_id
    change = Change(tenancy_id, person.id, action, client.client_id, now, before or {}, after or {})
    await record_change(connection, change)


def _describe_secret(secret: StoredSecret) -> Values:
    """Which one it is, and never what it says."""
    return {"secret_id": str(secret.id), "is_generated": secret.is_generated}


async def _record(
    portal: Portal,
    connection: Connection,
    kind: SecurityEventKind,
    person: Person,
    client: RegisteredClient,
    secret: StoredSecret,
) -> None:
    """In the log of the developer who acts; which secret it is, and never what it says."""
    detail = {"app": client.display_name, "secret_id": str(secret.id)}
    event = SecurityEvent(kind, person.id, client_id=client.client_id, detail=detail)
    await portal.events.record(connection, event)


async def _add_secret(
    portal: Portal, person: Person, client_id: str, algorithm: SecretAlgorithm, digest: bytes
) -> None:
    now = portal.clock()
    secret = StoredSecret(create_uuid(now, portal.entropy), algorithm.value, digest, now)
    async with portal.database.transaction() as connection:
        # Without the lock, two at once would both count one too few.
        client = await lock_client(connection, person, client_id)
        if client.is_public:
            fault = "An app that cannot keep a secret has none."
            raise InvalidInputError(fault, {"form": [fault]})
        if len(client.secrets) >= SECRETS_MAXIMUM:
            fault = f"A client has at most {SECRETS_MAXIMUM} secrets. Remove one first."
            raise InvalidInputError(fault, {"form": [fault]})
        await store.insert_secret(connection, client.client_key, secret, person.id)
        await _record(portal, connection, SecurityEventKind.CLIENT_SECRET_ADDED, person, client, secret)
        after = _describe_secret(secret)
        await note_change(portal, connection, Action.SECRET_ADDED, person, client, after=after)
    log.info("client secret added", client_id=client_id, secret=str(secret.id), person=str(person.id))


async def generate_secret(portal: Portal, person: Person, client_id: str) -> Secret[str]:
    """The only time that it can be had; what is kept is a keyed digest."""
    await find_client(portal, person, client_id)
    secret = create_token(portal.entropy)
    await _add_secret(portal, person, client_id, SecretAlgorithm.KEYED_DIGEST, portal.verifier.digest(secret))
    return Secret(secret)


async def add_chosen_secret(portal: Portal, person: Person, client_id: str, secret: str) -> None:
    """Raises `InvalidInputError` beside `secret` for one that is too weak or already in use."""
    client = await find_client(portal, person, client_id)
    names = (client.client_id, *client.client_id.split("."), client.display_name)
    fault = check_chosen_secret(secret, names)
    if not fault and await portal.verifier.verify(client, secret):
        # Two copies would outlive the removal of one.
        fault = "This already is a secret of the client."
    if fault:
        raise InvalidInputError(fault, {"secret": [fault]})
    digest = await portal.verifier.hash(secret)
    await _add_secret(portal, person, client_id, SecretAlgorithm.SLOW_HASH, digest)


async def find_secret(
    portal: Portal, person: Person, client_id: str, secret_id: UUID | None
) -> tuple[RegisteredClient, StoredSecret]:
    """Raises `NotFoundError` when it is gone or another's."""
    client = await find_client(portal, person, client_id)
    secret = client.find_secret(secret_id) if secret_id else None
    if secret is None:
        raise _refuse_secret()
    return client, secret


def _refuse_secret() -> NotFoundError:
    return NotFoundError("There is no such secret; it may have been removed already.")


async def remove_secret(portal: Portal, person: Person, client_id: str, secret_id: UUID | None) -> None:
    """It stops working with the next request. Raises `NotFoundError` as `find_secret`."""
    async with portal.database.transaction() as connection:
        client = await lock_client(connection, person, client_id)
        secret = client.find_secret(secret_id) if secret_id else None
        if secret is None:
            raise _refuse_secret()
        await store.delete_secret(connection, client.client_key, secret.id)
        await _record(portal, connection, SecurityEventKind.CLIENT_SECRET_REMOVED, person, client, secret)
        before = _describe_secret(secret)
        await note_change(portal, connection, Action.SECRET_REMOVED, person, client, before=before)
    log.info("client secret removed", client_id=client_id, secret=str(secret.id), person=str(person.id))


async def create_tenancy(portal: Portal, owner_email: str, prefix: str | None = None) -> Tenancy:
    """Makes the owner its first member and a developer. Without `prefix` it is 64 hex digits (contract 7)."""
    chosen = portal.entropy(PREFIX_BYTES).hex() if prefix is None else prefix
    if fault := check_prefix(chosen):
        raise InvalidInputError(fault, {"prefix": [fault]})
    now = portal.clock()
    tenancy = Tenancy(TenancyId(create_uuid(now, portal.entropy)), chosen)
    async with portal.database.transaction() as connection:
        owner = await find_person(connection, normalize_email(owner_email))
        if owner is None:
            raise NotFoundError(f"Nobody is registered as {owner_email}.")
        if not await store.insert_tenancy(connection, tenancy, now):
            fault = f"Another tenancy has the prefix {chosen}."
            raise InvalidInputError(fault, {"prefix": [fault]})
        await store.insert_member(connection, owner.id, tenancy.id, now)
        await change_role(connection, portal.accounts, owner.email, Role.DEVELOPER, granted=True)
    return tenancy
