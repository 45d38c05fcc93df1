"""What support does with organisations. Each answers with a sentence for whoever gave the command."""

from borvo.accounts.public import name_role, normalize_email
from borvo.kernel.errors import InvalidInputError, NotFoundError
from borvo.kernel.ids import ClientKey
from borvo.kernel.text import mark, say
from borvo.organisations import public as clinics
from borvo.organisations.public import OrganisationCount, OrganisationRole, Organisations
from borvo.portal.public import load_client
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


async def _find_client(connection: Connection, client_id: str) -> ClientKey:
    client = await load_client(connection, client_id)
    if client is None:
        raise NotFoundError(f"There is no client {client_id}.")
    return client.client_key


async def allow_client(organisations: Organisations, client_id: str, name: str) -> str:
    """Contract 3.1: from then on the client's own token is enough. Raises `NotFoundError`."""
    async with organisations.accounts.database.transaction() as connection:
        key = await _find_client(connection, client_id)
        organisation, is_new = await clinics.allow_client(organisations, connection, name, key)
    return f"{client_id} {'now acts' if is_new else 'acted already'} for {organisation.name}."


async def disallow_client(organisations: Organisations, client_id: str, name: str) -> str:
    """Works on the client's next request. Raises `NotFoundError`."""
    async with organisations.accounts.database.transaction() as connection:
        key = await _find_client(connection, client_id)
        organisation, was_allowed = await clinics.disallow_client(connection, name, key)
    return f"{client_id} {'no longer acts' if was_allowed else 'did not act'} for {organisation.name}."


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
