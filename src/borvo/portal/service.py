"""Use cases of developers. Each is bound to the person who acts: clients of others are not found."""

from dataclasses import dataclass, fields
from uuid import UUID

import structlog

from borvo.accounts.public import Accounts, Person, Role, change_role, find_person, normalize_email
from borvo.kernel.clock import Clock
from borvo.kernel.entropy import Entropy, create_uuid
from borvo.kernel.errors import InvalidInputError, NotFoundError
from borvo.kernel.ids import ClientKey, TenancyId
from borvo.portal import store
from borvo.portal.audit import Action, Change, Values, compare, describe_details, record_change
from borvo.portal.client_secrets import SecretVerifier
from borvo.portal.model import ClientDetails, RegisteredClient, Tenancy
from borvo.portal.policy import PREFIX_BYTES, check_prefix
from borvo.storage.database import Connection, Database
from borvo.storage.security_events.log import SecurityLog

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Portal:
    """The collaborators of this feature."""

    database: Database
    clock: Clock
    entropy: Entropy
    verifier: SecretVerifier
    accounts: Accounts
    events: SecurityLog


def refuse_client() -> NotFoundError:
    return NotFoundError("There is no such client in your tenancy.")


async def list_tenancies(portal: Portal, person: Person) -> tuple[Tenancy, ...]:
    """None for a person without the role `developer`: support takes the portal away by taking the role."""
    if not person.is_developer:
        return ()
    async with portal.database.connection() as connection:
        return await store.list_tenancies_of(connection, person.id)


async def list_clients(portal: Portal, person: Person) -> tuple[RegisteredClient, ...]:
    if not person.is_developer:
        return ()
    async with portal.database.connection() as connection:
        return await store.list_clients_of(connection, person.id)


async def find_client(portal: Portal, person: Person, client_id: str) -> RegisteredClient:
    """Raises `NotFoundError` for an unknown client and for that of another tenancy alike."""
    if not person.is_developer:
        raise refuse_client()
    async with portal.database.connection() as connection:
        client = await store.load_client_of(connection, person.id, client_id)
    if client is None:
        raise refuse_client()
    return client


async def find_tenancy(portal: Portal, person: Person, tenancy_id: UUID | None) -> Tenancy:
    """Raises `NotFoundError` unless the person is a member."""
    for tenancy in await list_tenancies(portal, person):
        if tenancy.id == tenancy_id:
            return tenancy
    raise NotFoundError("You are not a member of such a tenancy.")


async def register_client(
    portal: Portal, person: Person, tenancy_id: UUID | None, suffix: str, details: ClientDetails
) -> RegisteredClient:
    """Raises `InvalidInputError` beside `suffix` when the tenancy has such a client, also when two are at it."""
    tenancy, now = await find_tenancy(portal, person, tenancy_id), portal.clock()
    client = RegisteredClient(
        client_id=tenancy.build_client_id(suffix),
        client_key=ClientKey(create_uuid(now, portal.entropy)),
        tenancy_id=tenancy.id,
        suffix=suffix,
        **{field.name: getattr(details, field.name) for field in fields(ClientDetails)},
        is_disabled=False,
        secrets=(),
    )
    async with portal.database.transaction() as connection:
        if not await store.insert_client(connection, client, now):
            fault = "Another client of your tenancy has this id."
            raise InvalidInputError(fault, {"suffix": [fault]})
        after = {name: value for name, value in describe_details(details).items() if value}
        await note_change(portal, connection, Action.CLIENT_REGISTERED, person, client, after=after)
    log.info("client registered", client_id=client.client_id, person=str(person.id))
    return client


async def change_client(portal: Portal, person: Person, client_id: str, details: ClientDetails) -> None:
    """Replaces all details; the client id stays what it is. Raises `InvalidInputError` for a client that would become
    public while it has secrets, which would go on looking as if they worked."""
    async with portal.database.transaction() as connection:
        client = await lock_client(connection, person, client_id)
        if details.is_public and client.secrets:
            fault = "Remove the app's secrets first: an app that cannot keep one has none."
            raise InvalidInputError(fault, {"is_public": [fault]})
        await store.update_client(connection, client.client_key, details, portal.clock())
        before, after = compare(describe_details(client), describe_details(details))
        if before or after:
            await note_change(portal, connection, Action.CLIENT_CHANGED, person, client, before, after)
    log.info("client changed", client_id=client_id, person=str(person.id))


async def lock_client(connection: Connection, person: Person, client_id: str) -> RegisteredClient:
    """The client as nobody else can change it until the transaction ends; raises as `find_client`."""
    if person.is_developer:
        await store.lock_client_of(connection, person.id, client_id)
        client = await store.load_client_of(connection, person.id, client_id)
        if client is not None:
            return client
    raise refuse_client()


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
