"""What `borvo support person` does. Each answers with text for whoever gave the command."""

from borvo.accounts.public import Accounts, Intervention, Standing, load_standing, name_kinds
from borvo.support.lookup import look_up, require_reason
from borvo.support.people import DEEDS, Wish


def _describe(standing: Standing) -> str:
    person = standing.person
    facts = {
        "id": person.id,
        "name": person.display_name,
        "e-mail": f"{person.email}, {'confirmed' if person.is_email_verified else 'not confirmed'}",
        "state": standing.state,
        "erased on": standing.erase_at and f"{standing.erase_at:%Y-%m-%d %H:%M}",
        "roles": ", ".join(sorted(role.value for role in person.roles)),
        "second factor": name_kinds(standing.factor_kinds) or "none",
        "recovery codes": standing.codes_left or None,
        "to be removed": standing.removal
        and f"{name_kinds(standing.removal.kinds)}, {standing.removal.due_at:%Y-%m-%d %H:%M}",
        "last sign-in": f"{standing.last_sign_in_at:%Y-%m-%d %H:%M}" if standing.last_sign_in_at else "none",
        "account since": f"{standing.created_at:%Y-%m-%d}",
    }
    return "\n".join(f"{name}: {value}" for name, value in facts.items() if value)


async def show_person(accounts: Accounts, whom: str, reason: str) -> str:
    """By exact address or id; she sees in her log that support looked, and why. Times in UTC. Raises
    `InvalidInputError` for a reason that says nothing, and `NotFoundError`."""
    why = Intervention(require_reason(reason))
    person = await look_up(accounts, whom, why)
    async with accounts.database.connection() as connection:
        return _describe(await load_standing(connection, person.id, accounts.clock()))


async def act_on_person(accounts: Accounts, deed: str, whom: str, wish: Wish, reason: str) -> str:
    """One of `DEEDS`. Raises as `show_person`, and what the deed raises."""
    why = Intervention(require_reason(reason))
    person = await look_up(accounts, whom, why)
    return await DEEDS[deed].act(accounts, person.id, wish, why)
