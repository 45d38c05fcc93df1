"""What support does with developer tenancies. Each answers with a sentence for whoever gave the command."""

from borvo.accounts.public import normalize_email
from borvo.kernel.errors import InvalidInputError
from borvo.kernel.text import say
from borvo.portal import public as portal
from borvo.portal.public import Portal, TeamRole, TenancyCount
from borvo.storage.security_events.model import SUPPORT


def parse_team_role(text: str) -> TeamRole:
    """Raises `InvalidInputError` for what is none."""
    name = text.strip().lower()
    if name not in set(TeamRole):
        raise InvalidInputError(f"There is no role {text} in a tenancy; the roles are {', '.join(TeamRole)}.")
    return TeamRole(name)


def _explain_prefix(error: InvalidInputError) -> InvalidInputError:
    return InvalidInputError(f"The prefix does not do. {error.public}", error.errors)


async def create_tenancy(
    developers: Portal, owner: str, prefix: str | None = None, *, actor: str = SUPPORT
) -> str:
    """Raises `NotFoundError` for an unknown owner, `InvalidInputError` for a malformed or taken prefix."""
    try:
        tenancy = await portal.create_tenancy(developers, owner, prefix, actor=actor)
    except InvalidInputError as error:
        raise _explain_prefix(error) from error
    return say(
        "%(email)s now owns a developer tenancy; its client ids begin with %(prefix)s.",
        email=normalize_email(owner),
        prefix=tenancy.prefix,
    )


def _describe(count: TenancyCount) -> str:
    tenancy = count.tenancy
    numbers = f"members {count.members}  clients {count.clients}  created {count.created_at:%Y-%m-%d}"
    return f"{tenancy.prefix}  {tenancy.id}  {numbers}{'  suspended' if tenancy.is_suspended else ''}"


async def list_tenancies(developers: Portal) -> str:
    """One line a tenancy, by prefix."""
    counts = await portal.list_all_tenancies(developers)
    return "\n".join(map(_describe, counts)) or "There are no developer tenancies."


async def suspend_tenancy(developers: Portal, name: str) -> str:
    """`name` is a prefix or an id. Raises `NotFoundError`."""
    if await portal.suspend_tenancy(developers, name):
        return say(
            "The tenancy %(name)s is suspended: its clients get no tokens, and its members change nothing.",
            name=name,
        )
    return say("The tenancy %(name)s was suspended already.", name=name)


async def resume_tenancy(developers: Portal, name: str) -> str:
    """As `suspend_tenancy`."""
    if await portal.resume_tenancy(developers, name):
        return say(
            "The tenancy %(name)s works again; clients that were disabled before stay disabled.", name=name
        )
    return say("The tenancy %(name)s was not suspended.", name=name)


async def set_prefix(developers: Portal, name: str, prefix: str) -> str:
    """Raises `ConflictError` for a tenancy with clients, `InvalidInputError` for a malformed or taken prefix."""
    try:
        tenancy = await portal.set_prefix(developers, name, prefix)
    except InvalidInputError as error:
        raise _explain_prefix(error) from error
    return say(
        "The client ids of the tenancy %(id)s will begin with %(prefix)s.",
        id=tenancy.id,
        prefix=tenancy.prefix,
    )


async def add_member(
    developers: Portal, name: str, email: str, role_name: str, *, actor: str = SUPPORT
) -> str:
    """Also changes the role of a member. Raises `NotFoundError`, and `ConflictError` for the last owner."""
    role = parse_team_role(role_name)
    tenancy = await portal.add_member(developers, name, email, role, actor=actor)
    return say(
        "%(email)s is a member of the tenancy %(prefix)s, as %(role)s.",
        email=normalize_email(email),
        prefix=tenancy.prefix,
        role=role.value,
    )


async def remove_member(developers: Portal, name: str, email: str) -> str:
    """Raises `NotFoundError`, and `ConflictError` for the last owner."""
    tenancy = await portal.remove_member(developers, name, email)
    return say(
        "%(email)s is no longer a member of the tenancy %(prefix)s.",
        email=normalize_email(email),
        prefix=tenancy.prefix,
    )
