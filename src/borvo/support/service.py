"""Use cases of support. Each answers with a sentence for whoever gave the command; errors carry theirs."""

from borvo.accounts.public import Accounts, Role, change_role, normalize_email
from borvo.kernel.errors import InvalidInputError
from borvo.portal import public as portal
from borvo.portal.public import Portal


def parse_role(text: str) -> Role:
    """A role that is granted; `patient` is not, since everybody has it. Raises `InvalidInputError`."""
    names = [role.value for role in Role if role is not Role.PATIENT]
    name = text.strip().lower().replace("-", "_")
    if name in names:
        return Role(name)
    others = f"the roles to give or take are {', '.join(names)}."
    if name == Role.PATIENT:
        raise InvalidInputError(f"Everybody is a patient, always; {others}")
    raise InvalidInputError(f"There is no role {text}; {others}")


async def add_role(accounts: Accounts, email: str, role_name: str) -> str:
    """Raises `NotFoundError` when nobody has the address."""
    role = parse_role(role_name)
    async with accounts.database.transaction() as connection:
        is_new = await change_role(connection, accounts, email, role, granted=True)
    return f"{normalize_email(email)} {'now has' if is_new else 'already had'} the role {role.value}."


async def remove_role(accounts: Accounts, email: str, role_name: str) -> str:
    """Raises `NotFoundError` when nobody has the address."""
    role = parse_role(role_name)
    async with accounts.database.transaction() as connection:
        had_it = await change_role(connection, accounts, email, role, granted=False)
    return f"{normalize_email(email)} {'no longer has' if had_it else 'did not have'} the role {role.value}."


async def create_tenancy(developers: Portal, owner: str, prefix: str | None = None) -> str:
    """Raises `NotFoundError` for an unknown owner, `InvalidInputError` for a malformed or taken prefix."""
    try:
        tenancy = await portal.create_tenancy(developers, owner, prefix)
    except InvalidInputError as error:
        raise InvalidInputError(f"The prefix does not do. {error.public}", error.errors) from error
    return (
        f"{normalize_email(owner)} now owns a developer tenancy; its client ids begin with {tenancy.prefix}."
    )
