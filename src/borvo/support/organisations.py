"""What support does with organisations. Each answers with a sentence for whoever gave the command."""

from borvo.accounts.public import find_person, name_role, normalize_email, tell_about_work
from borvo.kernel.errors import InvalidInputError, NotFoundError
from borvo.kernel.text import mark, say
from borvo.organisations import public as clinics
from borvo.organisations.public import Organisation, OrganisationCount, OrganisationRole, Organisations
from borvo.portal.public import RegisteredClient, TeamRole, list_team, load_client
from borvo.storage.database import Connection
from borvo.storage.security_events.model import SUPPORT


def parse_organisation_role(text: str) -> OrganisationRole:
    """Raises `InvalidInputError` for what is none."""
    name = text.strip().lower().replace("-", "_")
    if name not in set(OrganisationRole):
        listed = ", ".join(OrganisationRole)
        raise InvalidInputError(f"There is no role {text} in an organisation; the roles are {listed}.")
    return OrganisationRole(name)


async def create_organisation(organisations: Organisations, name: str) -> str:
    """Raises `InvalidInputError` for a name that is taken, too."""
    organisation = await clinics.create_organisation(organisations, name)
    return f"The organisation {organisation.name} is there; its id is {organisation.id}."


def _describe(count: OrganisationCount) -> str:
    organisation = count.organisation
    numbers = f"members {count.members}  created {count.created_at:%Y-%m-%d}"
    clients = f"  clients {' '.join(count.clients)}" if count.clients else ""
    return f"{organisation.id}  {organisation.name}  {numbers}{clients}"


async def list_organisations(organisations: Organisations) -> str:
    """One line an organisation, by name, with the clients that act for it."""
    counts = await clinics.list_organisations(organisations)
    return "\n".join(map(_describe, counts)) or "There are no organisations."


async def _find_client(connection: Connection, client_id: str) -> RegisteredClient:
    client = await load_client(connection, client_id)
    if client is None:
        raise NotFoundError(f"There is no client {client_id}.")
    return client


async def allow_client(organisations: Organisations, client_id: str, name: str) -> str:
    """Contract 3.1: from then on the client's own token is enough. The organisation's managers and the owners of the
    client's tenancy are told by mail. Raises `NotFoundError`."""
    async with organisations.accounts.database.transaction() as connection:
        client = await _find_client(connection, client_id)
        organisation, is_new = await clinics.allow_client(organisations, connection, name, client.client_key)
        words = {"client": client_id, "name": organisation.name}
        if not is_new:
            return say("%(client)s acted already for %(name)s.", **words)
        said = say("%(client)s now acts for %(name)s.", **words)
        await _tell_both(connection, organisations, organisation, client, said)
    return said


async def disallow_client(organisations: Organisations, client_id: str, name: str) -> str:
    """Works on the client's next request. The same are told. Raises `NotFoundError`."""
    async with organisations.accounts.database.transaction() as connection:
        client = await _find_client(connection, client_id)
        organisation, was_allowed = await clinics.disallow_client(connection, name, client.client_key)
        words = {"client": client_id, "name": organisation.name}
        if not was_allowed:
            return say("%(client)s did not act for %(name)s.", **words)
        said = say("%(client)s no longer acts for %(name)s.", **words)
        await _tell_both(connection, organisations, organisation, client, said)
    return said


async def _tell_both(
    connection: Connection,
    organisations: Organisations,
    organisation: Organisation,
    client: RegisteredClient,
    said: str,
) -> None:
    """In whose name it is done, and who has the client."""
    members = await clinics.list_members(connection, organisation.id)
    team = await list_team(connection, client.tenancy_id)
    managers = [member.email for member in members if member.is_manager]
    owners = [member.email for member in team if member.role is TeamRole.OWNER]
    for email in dict.fromkeys([*managers, *owners]):
        person = await find_person(connection, email)
        if person is not None:
            await tell_about_work(connection, organisations.accounts, person, said)


async def add_member(
    organisations: Organisations, name: str, email: str, role_name: str, *, actor: str = SUPPORT
) -> str:
    """A member may have both roles. Raises `NotFoundError`."""
    role = parse_organisation_role(role_name)
    organisation, is_new = await clinics.add_member(organisations, name, email, role, actor=actor)
    pattern = (
        mark("%(email)s is now %(role)s of %(name)s.")
        if is_new
        else mark("%(email)s is already %(role)s of %(name)s.")
    )
    who = name_role(role.value)
    return say(pattern, email=normalize_email(email), role=who, name=organisation.name)


async def remove_member(
    organisations: Organisations, name: str, email: str, role_name: str | None, *, actor: str = SUPPORT
) -> str:
    """One role, or all. Raises `NotFoundError`, and `ConflictError` for the last membership manager."""
    role = parse_organisation_role(role_name) if role_name else None
    organisation = await clinics.remove_member(organisations, name, email, role, actor=actor)
    who = name_role(role.value) if role else say("a member")
    return say(
        "%(email)s is no longer %(role)s of %(name)s.",
        email=normalize_email(email),
        role=who,
        name=organisation.name,
    )
