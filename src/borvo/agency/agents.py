"""Use cases of agents on pages: whom they may see, what they asked for, asking by hand."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from borvo.accounts.public import Person
from borvo.agency import consent_store, invites
from borvo.agency.model import Ask, Asker, Invite, InviteState, Names, Relationship
from borvo.agency.service import Agency
from borvo.kernel.clock import Clock
from borvo.kernel.errors import ForbiddenError, InvalidInputError, NotFoundError
from borvo.kernel.ids import OrganisationId
from borvo.kernel.text import say
from borvo.organisations.public import Organisation, OrganisationRole, SharingCounts, list_organisations_of
from borvo.portal.public import RegisteredClient, load_client
from borvo.storage.database import Connection
from borvo.web.addresses import parse_origin

_MOST = 500


@dataclass(frozen=True, slots=True)
class Desk:
    """An agent with the organisations in whose name she works."""

    agent: Person
    organisations: tuple[Organisation, ...]

    @property
    def agencies(self) -> frozenset[UUID]:
        return frozenset({self.agent.id, *(each.id for each in self.organisations)})

    def name_agency(self, agency_id: UUID) -> str:
        """The organisation's name; empty for the agent in person."""
        return next((each.name for each in self.organisations if each.id == agency_id), "")


@dataclass(frozen=True, slots=True)
class Sharer:
    """Somebody who gave the agent or her organisation access, by whatever client; in whatever standing."""

    relationship: Relationship
    name: str
    client: str
    organisation: str


@dataclass(frozen=True, slots=True)
class SentInvite:
    """An invite as those see it who sent it."""

    invite: Invite
    names: Names
    state: InviteState


async def enter(connection: Connection, person: Person) -> Desk:
    """Raises `ForbiddenError` for who is no agent."""
    if not person.is_agent:
        raise ForbiddenError(say("This page is for agents. Ask the platform's support for the role."))
    found = await list_organisations_of(connection, person.id, OrganisationRole.AGENT)
    return Desk(person, found)


async def list_sharers(connection: Connection, desk: Desk) -> list[Sharer]:
    found = await consent_store.list_of_agencies(connection, desk.agencies, _MOST)
    return [
        Sharer(relationship, name, client, desk.name_agency(relationship.agency_id))
        for relationship, name, client in found
    ]


async def list_sent(connection: Connection, desk: Desk, now: datetime) -> list[SentInvite]:
    return [
        SentInvite(invite, names, invite.decide_state(now))
        for invite, names in await invites.list_invites(connection, desk.agencies)
    ]


async def find_client(connection: Connection, client_id: str) -> RegisteredClient:
    """The client that sends the browser; raises `NotFoundError`."""
    client = await load_client(connection, client_id)
    if client is None or client.is_disabled:
        raise NotFoundError(say("There is no such app."))
    return client


def check_return(client: RegisteredClient, address: str) -> str:
    """The address to send the browser back to; empty for none. Raises `InvalidInputError` for one that is not on an
    origin for which the client is registered."""
    found = map(parse_origin, (client.client_uri, *client.redirect_uris))
    # As text, up to the path: of what stands before it, browsers and we might read another host.
    beginnings = tuple(f"{origin}{mark}" for origin in found if origin for mark in "/?")
    is_allowed = f"{address}/".startswith(beginnings) and address.isprintable() and " " not in address
    if address and not is_allowed:
        raise InvalidInputError(say("The address to return to does not belong to this app."))
    return address


async def invite_by_hand(agency: Agency, desk: Desk, client: RegisteredClient, ask: Ask) -> Invite:
    """As `createagencyinvite` by the client for the agent, and under the same limits."""
    organisations = frozenset(each.id for each in desk.organisations)
    asker = Asker(client.client_id, client.client_key, desk.agent.id, True, organisations)
    async with agency.accounts.database.transaction() as connection:
        return await invites.send_invite(agency, connection, asker, ask)


async def count_sharers(
    clock: Clock, connection: Connection, organisation_id: OrganisationId
) -> SharingCounts:
    """What managers of the organisation may know of those who share with it."""
    return await consent_store.count_sharers(connection, organisation_id, clock())
