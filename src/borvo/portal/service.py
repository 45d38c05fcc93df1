"""Use cases of developers. Each is bound to the person who acts: clients of others are not found."""

from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

import structlog

from borvo.accounts.public import Accounts, Person
from borvo.kernel.clock import Clock
from borvo.kernel.entropy import Entropy, create_uuid
from borvo.kernel.errors import InvalidInputError, NotFoundError
from borvo.kernel.ids import ClientKey, TenancyId
from borvo.portal import store
from borvo.portal.audit import Action, Change, Values, compare, describe_details, record_change
from borvo.portal.client_secrets import SecretVerifier
from borvo.portal.model import ClientDetails, RegisteredClient, Tenancy
from borvo.portal.team import store as team_store
from borvo.portal.team.entry import enter, hold
from borvo.portal.team.model import Membership
from borvo.portal.team.policy import Deed
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


async def list_memberships(portal: Portal, person: Person) -> tuple[Membership, ...]:
    """None for a person without the role `developer`: support takes the portal away by taking the role."""
    if not person.is_developer:
        return ()
    async with portal.database.connection() as connection:
        return await team_store.list_memberships(connection, person.id)


async def list_tenancies(portal: Portal, person: Person) -> tuple[Tenancy, ...]:
    return tuple(membership.tenancy for membership in await list_memberships(portal, person))


async def list_clients(portal: Portal, person: Person) -> tuple[RegisteredClient, ...]:
    if not person.is_developer:
        return ()
    async with portal.database.connection() as connection:
        return await store.list_clients_of(connection, person.id)


async def find_client(
    portal: Portal, person: Person, client_id: str, deed: Deed = Deed.READ
) -> RegisteredClient:
    """Raises `NotFoundError` for an unknown client and for that of another tenancy alike, `ForbiddenError` for
    whoever may read it and not do the deed."""
    if not person.is_developer:
        raise refuse_client()
    async with portal.database.connection() as connection:
        client = await store.load_client_of(connection, person.id, client_id)
        if client is None:
            raise refuse_client()
        await enter(connection, person, client.tenancy_id, deed)
    return client


async def find_tenancy(
    portal: Portal, person: Person, tenancy_id: UUID | None, deed: Deed = Deed.READ
) -> Tenancy:
    """Raises `NotFoundError` unless the person is a member, `ForbiddenError` for a member who may not do the deed."""
    named = TenancyId(tenancy_id) if tenancy_id else None
    async with portal.database.connection() as connection:
        return (await enter(connection, person, named, deed)).tenancy


async def register_client(
    portal: Portal, person: Person, tenancy_id: UUID | None, suffix: str, details: ClientDetails
) -> RegisteredClient:
    """Raises `InvalidInputError` beside `suffix` when the tenancy has such a client, also when two are at it."""
    named, now = TenancyId(tenancy_id) if tenancy_id else None, portal.clock()
    async with portal.database.transaction() as connection:
        tenancy = (await hold(connection, person, named, Deed.CHANGE_CLIENTS)).tenancy
        client = _build_client(portal, tenancy, suffix, details, now)
        if not await store.insert_client(connection, client, now):
            fault = "Another client of your tenancy has this id."
            raise InvalidInputError(fault, {"suffix": [fault]})
        after = {name: value for name, value in describe_details(details).items() if value}
        await note_change(portal, connection, Action.CLIENT_REGISTERED, person, client, after=after)
    log.info("client registered", client_id=client.client_id, person=str(person.id))
    return client


def _build_client(
    portal: Portal, tenancy: Tenancy, suffix: str, details: ClientDetails, now: datetime
) -> RegisteredClient:
    return RegisteredClient(
        client_id=tenancy.build_client_id(suffix),
        client_key=ClientKey(create_uuid(now, portal.entropy)),
        tenancy_id=tenancy.id,
        suffix=suffix,
        **{field.name: getattr(details, field.name) for field in fields(ClientDetails)},
        is_disabled=False,
        secrets=(),
    )


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


async def lock_client(
    connection: Connection, person: Person, client_id: str, deed: Deed = Deed.CHANGE_CLIENTS
) -> RegisteredClient:
    """The client as nobody else can change it until the transaction ends, nor take the role for the deed from the
    person; raises as `find_client`. Every change of a client begins with it."""
    client = await store.load_client_of(connection, person.id, client_id) if person.is_developer else None
    if client is None:
        raise refuse_client()
    await hold(connection, person, client.tenancy_id, deed)
    await store.lock_client_of(connection, person.id, client_id)
    client = await store.load_client_of(connection, person.id, client_id)
    if client is None:
        raise refuse_client()
    return client


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
