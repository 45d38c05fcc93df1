"""What the use cases of this feature work with, and who calls them."""

from dataclasses import dataclass
from datetime import timedelta

from borvo.accounts.public import Accounts, Role, load_person
from borvo.agency.model import Asker, Invite, Names
from borvo.agency.policy import check_asker
from borvo.catalogue.scopes import AGENCY_SCOPE
from borvo.identity.public import Admission, Api, Caller, Identity, admit_caller, verify_token
from borvo.kernel.errors import ForbiddenError
from borvo.kernel.ids import ClientKey, OrganisationId, PersonId
from borvo.organisations.public import (
    OrganisationRole,
    list_organisations_for,
    list_organisations_of,
    load_organisation,
)
from borvo.portal.public import load_client_by_key
from borvo.storage.database import Connection
from borvo.storage.sealing import Keyring
from borvo.web.bearer import PresentedToken


@dataclass(frozen=True, slots=True)
class Agency:
    """The collaborators of this feature. `can_text` says whether anything delivers text messages. No reminders are
    sent where `reminder_delay` is zero. `reads_kept` is how long the log of what was read of people is kept, and
    versions of their consents that are no longer in force; `invites_kept` how long agents see invites after their
    end."""

    accounts: Accounts
    identity: Identity
    invite_lifetime: timedelta
    can_text: bool
    reminder_delay: timedelta
    keyring: Keyring
    reads_kept: timedelta
    invites_kept: timedelta


async def find_agent(connection: Connection, person_id: PersonId) -> tuple[bool, frozenset[OrganisationId]]:
    """Whether the person has the platform's role, and the organisations in which she is an agent. Without the role
    she is one nowhere."""
    person = await load_person(connection, person_id)
    if person is None or Role.AGENT not in person.roles:
        return False, frozenset()
    found = await list_organisations_of(connection, person_id, OrganisationRole.AGENT)
    return True, frozenset(each.id for each in found)


async def load_asker(connection: Connection, caller: Caller) -> Asker:
    """What the caller may do now. Raises `ForbiddenError` for who may ask nobody."""
    if caller.person_id is None:
        allowed = await list_organisations_for(connection, caller.client_key)
        is_agent, organisations = False, frozenset(each.id for each in allowed)
    else:
        is_agent, organisations = await find_agent(connection, caller.person_id)
    asker = Asker(caller.client_id, caller.client_key, caller.person_id, is_agent, organisations)
    if fault := check_asker(asker):
        raise ForbiddenError(fault)
    return asker


async def admit_asker(connection: Connection, admission: Admission) -> Asker:
    """Raises `UnauthenticatedError` and `ForbiddenError`."""
    return await load_asker(connection, await admit_caller(connection, admission, AGENCY_SCOPE))


async def find_asker(agency: Agency, presented: PresentedToken) -> Asker:
    """As `admit_asker`, for the token of an Authorization header."""
    admission = await verify_token(agency.identity, presented, api=Api.AGENCY)
    async with agency.accounts.database.connection() as connection:
        return await admit_asker(connection, admission)


async def name_agent(connection: Connection, agent_id: PersonId | None) -> str:
    """Her name with her address, since the name alone is what she typed; empty without an agent."""
    person = await load_person(connection, agent_id) if agent_id else None
    if person is None:
        return ""
    return f"{person.display_name} ({person.email})"


async def name_organisation(connection: Connection, organisation_id: OrganisationId | None) -> str:
    organisation = await load_organisation(connection, organisation_id) if organisation_id else None
    return organisation.name if organisation else ""


async def name_client(connection: Connection, client_key: ClientKey) -> str:
    client = await load_client_by_key(connection, client_key)
    return client.display_name if client else "an app that is gone"


async def name_invite(connection: Connection, invite: Invite) -> Names:
    """Who asks, as people read it."""
    return Names(
        await name_agent(connection, invite.agent_id),
        await name_organisation(connection, invite.ask.organisation_id),
        await name_client(connection, invite.client_key),
    )
