"""Use cases of developers. Each is bound to the person who acts: clients of others are not found."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from borvo.accounts.public import Accounts, Person
from borvo.kernel.clock import Clock
from borvo.kernel.entropy import Entropy, create_uuid
from borvo.kernel.errors import ConflictError, InvalidInputError, NotFoundError
from borvo.kernel.ids import ClientKey, PersonId, TenancyId
from borvo.kernel.text import say
from borvo.portal import listing, logo_store, sheet_store, store
from borvo.portal.audit import Action, Change, Values, compare, describe_details, record_change
from borvo.portal.client_secrets import SecretVerifier
from borvo.portal.fetching import Fetcher
from borvo.portal.headroom import ClientLimit
from borvo.portal.listing import ClientList, ClientSearch
from borvo.portal.model import (
    ClientDetails,
    ClientSheet,
    LifetimeBounds,
    RegisteredClient,
    Tenancy,
)
from borvo.portal.policy import check_suffix
from borvo.portal.readiness import find_change_faults
from borvo.portal.sealed_secrets import SecretVault
from borvo.portal.team import store as team_store
from borvo.portal.team.entry import enter, hold
from borvo.portal.team.model import Membership
from borvo.portal.team.policy import Deed
from borvo.portal.tokens.bearer import describe_way, reaches
from borvo.portal.usage import ClientUsage
from borvo.storage.database import Connection, Database
from borvo.storage.security_events.log import SecurityLog
from borvo.web.loopback import Loopback

log = structlog.get_logger(__name__)

OnClientEnded = Callable[[Connection, RegisteredClient], Awaitable[None]]
OnClientGone = Callable[[Connection, ClientKey], Awaitable[None]]
OnPersonGone = Callable[[Connection, PersonId], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Portal:
    """The collaborators of this feature."""

    database: Database
    clock: Clock
    entropy: Entropy
    verifier: SecretVerifier
    vault: SecretVault
    accounts: Accounts
    events: SecurityLog
    bounds: LifetimeBounds
    usage: ClientUsage
    limits: Sequence[ClientLimit]
    """Those that requests of clients can meet."""
    on_client_ended: OnClientEnded
    """Ends all that was issued to a client, in the transaction that disables it."""
    on_client_gone: OnClientGone
    """Lets go of what was kept by the client's key, in the transaction that deletes it for good."""
    on_person_gone: OnPersonGone
    """Deletes all that a sandbox person allowed, in the transaction that deletes her."""
    loopback: Loopback
    fetcher: Fetcher
    trail_kept: timedelta
    """How long the audit trails of tenancies are kept."""
    refusals_kept: timedelta
    """How long failed requests of clients are kept."""
    is_strict: bool = False
    """Whether the instance keeps access tokens out of browsers (contract 7)."""


_SHARED = tuple(field.name for field in fields(ClientDetails) if field.name in RegisteredClient.__slots__)


def refuse_client() -> NotFoundError:
    return NotFoundError(say("There is no such client in your tenancy."))


async def list_memberships(portal: Portal, person: Person) -> tuple[Membership, ...]:
    """None for a person without the role `developer`: support takes the portal away by taking the role."""
    if not person.is_developer:
        return ()
    async with portal.database.connection() as connection:
        found = await team_store.list_memberships(connection, person.id)
    return tuple(each for each in found if reaches(person, each.tenancy.id))


async def list_tenancies(portal: Portal, person: Person) -> tuple[Tenancy, ...]:
    return tuple(membership.tenancy for membership in await list_memberships(portal, person))


async def search_clients(
    portal: Portal, person: Person, tenancy_id: TenancyId, search: ClientSearch
) -> ClientList:
    """The clients of the tenancy, as far as they match; raises as `find_tenancy`."""
    async with portal.database.connection() as connection:
        await enter(connection, person, tenancy_id, Deed.READ)
        return await listing.search_clients(connection, [tenancy_id], search, portal.clock())


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
        with _refusing_alike():
            await enter(connection, person, client.tenancy_id, deed)
    return client


@contextmanager
def _refusing_alike() -> Iterator[None]:
    """A client of a tenancy that is closed to the person is not to be told from one that is not there."""
    try:
        yield
    except NotFoundError:
        raise refuse_client() from None


async def find_sheet(portal: Portal, person: Person, client_id: str, deed: Deed = Deed.READ) -> ClientSheet:
    """All that the portal knows of the client; raises as `find_client`."""
    client = await find_client(portal, person, client_id, deed)
    async with portal.database.connection() as connection:
        return await load_sheet_of(connection, client)


async def load_sheet_of(connection: Connection, client: RegisteredClient) -> ClientSheet:
    """The sheet of a client that the caller may see; raises `NotFoundError` when it has gone meanwhile."""
    sheet = await sheet_store.load_sheet(connection, client.client_key)
    if sheet is None:
        raise refuse_client()
    return sheet


async def find_tenancy(
    portal: Portal, person: Person, tenancy_id: UUID | None, deed: Deed = Deed.READ
) -> Tenancy:
    """Raises `NotFoundError` unless the person is a member, `ForbiddenError` for a member who may not do the deed."""
    named = TenancyId(tenancy_id) if tenancy_id else None
    async with portal.database.connection() as connection:
        return (await enter(connection, person, named, deed)).tenancy


_TAKEN = say("Another client of your tenancy has this id.")


async def find_suffix_fault(
    portal: Portal, person: Person, tenancy_id: UUID | None, suffix: str
) -> str | None:
    """Why a client cannot be registered under the suffix just now; raises as `find_tenancy`."""
    tenancy = await find_tenancy(portal, person, tenancy_id, Deed.CHANGE_CLIENTS)
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
    """Raises `InvalidInputError` beside `suffix` when the tenancy has such a client, also when two are at it, and as
    `Fetcher.check_sector_list`. `like` names a client whose logo is taken over; secrets never are."""
    named, now = TenancyId(tenancy_id) if tenancy_id else None, portal.clock()
    if details.sector_identifier_uri:
        # Without a connection in hand, and for nobody who may not register.
        tenancy = await find_tenancy(portal, person, tenancy_id, Deed.CHANGE_CLIENTS)
        await portal.fetcher.check_sector_list(tenancy.id, details)
    async with portal.database.transaction() as connection:
        tenancy = (await hold(connection, person, named, Deed.CHANGE_CLIENTS)).tenancy
        client = build_client(portal, tenancy, suffix, details, now)
        if not await sheet_store.insert_client(connection, client, details, now):
            raise InvalidInputError(_TAKEN, {"suffix": [_TAKEN]})
        original = await store.load_client_of(connection, person.id, like) if like else None
        if original is not None:
            await logo_store.copy_logo(connection, original.client_key, client.client_key, now)
        after = {name: value for name, value in describe_details(details).items() if value}
        await note_change(portal, connection, Action.CLIENT_REGISTERED, person, client, after=after)
    log.info("client registered", client_id=client.client_id, person=str(person.id))
    return client


def build_client(
    portal: Portal, tenancy: Tenancy, suffix: str, details: ClientDetails, now: datetime
) -> RegisteredClient:
    return RegisteredClient(
        client_id=tenancy.build_client_id(suffix),
        client_key=ClientKey(create_uuid(now, portal.entropy)),
        tenancy_id=tenancy.id,
        suffix=suffix,
        **{name: getattr(details, name) for name in _SHARED},
        is_disabled=False,
        secrets=(),
    )


class StaleDetailsError(ConflictError):
    """Somebody else has saved meanwhile; `sheet` is what is there now."""

    def __init__(self, sheet: ClientSheet) -> None:
        super().__init__(
            say("Somebody else has changed this client meanwhile. Reload the page and look at it.")
        )
        self.sheet = sheet


async def change_client(
    portal: Portal, person: Person, client_id: str, details: ClientDetails, version: int
) -> None:
    """Replaces all details; the client id stays what it is. `version` is the one that the person looked at: raises
    `StaleDetailsError` when it is no longer the present one, `InvalidInputError` for what does not go with the
    client's state."""
    if details.sector_identifier_uri:
        sheet = await find_sheet(portal, person, client_id, Deed.CHANGE_CLIENTS)
        await portal.fetcher.check_sector_list(sheet.client.tenancy_id, details, sheet.details)
    async with portal.database.transaction() as connection:
        sheet = await load_sheet_of(connection, await lock_client(connection, person, client_id))
        if sheet.version != version:
            raise StaleDetailsError(sheet)
        if faults := find_change_faults(sheet, details, portal.clock()):
            raise InvalidInputError(say("The client cannot be changed like this."), faults)
        await sheet_store.update_client(connection, sheet.client.client_key, details, portal.clock())
        before, after = compare(describe_details(sheet.details), describe_details(details))
        if before or after:
            action = Action.CLIENT_CHANGED
            await note_change(portal, connection, action, person, sheet.client, before, after)
    log.info("client changed", client_id=client_id, person=str(person.id))


async def lock_client(
    connection: Connection, person: Person, client_id: str, deed: Deed = Deed.CHANGE_CLIENTS
) -> RegisteredClient:
    """The client as nobody else can change it until the transaction ends, nor take the role for the deed from the
    person; raises as `find_client`. Every change of a client begins with it."""
    client = await store.load_client_of(connection, person.id, client_id) if person.is_developer else None
    if client is None:
        raise refuse_client()
    with _refusing_alike():
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
    change = Change(
        tenancy_id,
        person.id,
        action,
        client.client_id,
        now,
        before or {},
        after or {},
        describe_way(person),
    )
    await record_change(connection, change)
