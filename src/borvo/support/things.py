"""Deeds of support on tenancies and organisations, by their names in the console. Each is written into the security log
before it is tried, and who belongs to the thing is told by mail once it is done."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import astuple, dataclass
from typing import Generic, TypeVar

from borvo.accounts.public import Accounts, Intervention, find_person, normalize_email, tell_about_work
from borvo.kernel.errors import ForbiddenError
from borvo.organisations.public import OrganisationRole, Organisations
from borvo.portal.public import Portal, TeamRole, load_team
from borvo.support import initial_tokens, tenancies
from borvo.support import organisations as clinics
from borvo.support.event_log import note_deed

Feature = TypeVar("Feature")


@dataclass(frozen=True, slots=True)
class Words:
    """What was typed for a deed, as it was typed; empty where the deed has no such field."""

    email: str = ""
    role: str = ""
    prefix: str = ""
    client: str = ""
    token: str = ""


@dataclass(frozen=True, slots=True)
class ThingDeed(Generic[Feature]):
    """One thing that can be done. `fields` are those of `Words` that it asks for; `act` answers with a sentence, and
    `tells` whom: somebody named, all who own the thing, or nobody. What `is_delicate` asks for a
    sign-in just before."""

    name: str
    title: str
    words: str
    button: str
    act: Callable[[Feature, str, Words, Intervention], Awaitable[str]]
    fields: tuple[str, ...] = ()
    is_grave: bool = False
    tells: str = ""
    is_delicate: bool = False


async def _add_member(developers: Portal, name: str, words: Words, why: Intervention) -> str:
    return await tenancies.add_member(developers, name, words.email, words.role, actor=why.actor)


async def _remove_member(developers: Portal, name: str, words: Words, _: Intervention) -> str:
    return await tenancies.remove_member(developers, name, words.email)


async def _suspend(developers: Portal, name: str, _: Words, __: Intervention) -> str:
    return await tenancies.suspend_tenancy(developers, name)


async def _resume(developers: Portal, name: str, _: Words, __: Intervention) -> str:
    return await tenancies.resume_tenancy(developers, name)


async def _revoke_token(developers: Portal, name: str, words: Words, _: Intervention) -> str:
    return await initial_tokens.revoke_initial_token(developers, name, words.token)


async def _set_prefix(developers: Portal, name: str, words: Words, _: Intervention) -> str:
    return await tenancies.set_prefix(developers, name, words.prefix)


_TENANCY = (
    ThingDeed(
        "suspension",
        "Suspend the tenancy",
        "All its clients are disabled with their next request, and its members change nothing, until it is resumed. "
        "Its owners are told by mail.",
        "Suspend the tenancy",
        _suspend,
        is_grave=True,
        tells="owners",
    ),
    ThingDeed(
        "resumption",
        "Resume the tenancy",
        "Its clients work again, but for those that were disabled before. Its owners are told by mail.",
        "Resume the tenancy",
        _resume,
        tells="owners",
    ),
    ThingDeed(
        "prefix",
        "Change the prefix",
        "The ids of its clients will begin with it. That goes as long as it has none. Its owners are told by mail.",
        "Change the prefix",
        _set_prefix,
        ("prefix",),
        tells="owners",
    ),
    ThingDeed(
        "member",
        "Add a member",
        "Somebody who has an account; a member gets the role instead of the one that she has. She is told by mail.",
        "Add the member",
        _add_member,
        ("email", "role"),
        tells="named",
        is_delicate=True,
    ),
    ThingDeed(
        "removal",
        "Remove a member",
        "She loses the tenancy with her next request, and is told by mail. What was registered stays.",
        "Remove the member",
        _remove_member,
        ("email",),
        is_grave=True,
        tells="named",
    ),
    ThingDeed(
        "token",
        "End an initial access token",
        "No program registers clients with it any more. Clients that it registered stay. Its owners are told by mail.",
        "End the token",
        _revoke_token,
        ("token",),
        is_grave=True,
        tells="owners",
    ),
)


async def _add_to(organisations: Organisations, name: str, words: Words, why: Intervention) -> str:
    return await clinics.add_member(organisations, name, words.email, words.role, actor=why.actor)


async def _take_from(organisations: Organisations, name: str, words: Words, why: Intervention) -> str:
    return await clinics.remove_member(organisations, name, words.email, words.role or None, actor=why.actor)


async def _allow(organisations: Organisations, name: str, words: Words, _: Intervention) -> str:
    return await clinics.allow_client(organisations, words.client, name)


async def _disallow(organisations: Organisations, name: str, words: Words, _: Intervention) -> str:
    return await clinics.disallow_client(organisations, words.client, name)


_ORGANISATION = (
    ThingDeed(
        "member",
        "Add a member",
        "Somebody who has an account gets a role in it, and the platform's role of the same name. She may have both. "
        "She is told by mail.",
        "Add the member",
        _add_to,
        ("email", "role"),
        tells="named",
        is_delicate=True,
    ),
    ThingDeed(
        "removal",
        "Remove a member",
        "She loses all her roles in it, and what came with them, with her next request. She is told by mail.",
        "Remove the member",
        _take_from,
        ("email",),
        is_grave=True,
        tells="named",
    ),
    ThingDeed(
        "client",
        "Let a client act for it",
        "From then on the client asks people for access in its name without a person, by its own token.",
        "Allow the client",
        _allow,
        ("client",),
    ),
    ThingDeed(
        "client-removal",
        "End what a client does for it",
        "The client no longer acts for it, from its next request on.",
        "End it",
        _disallow,
        ("client",),
        is_grave=True,
    ),
)
TENANCY_DEEDS = {deed.name: deed for deed in _TENANCY}
ORGANISATION_DEEDS = {deed.name: deed for deed in _ORGANISATION}
TEAM_ROLES = tuple(TeamRole)
ORGANISATION_ROLES = tuple(OrganisationRole)


async def change_tenancy(
    accounts: Accounts, developers: Portal, deed: str, name: str, words: Words, why: Intervention
) -> str:
    """`name` is a prefix or an id. Raises what the deed raises, and then nothing is done."""
    chosen = TENANCY_DEEDS[deed]
    await note_deed(accounts, why, f"tenancy: {chosen.title}", _name(name, words))
    await _refuse_own(accounts, words.email, why)
    _, team = await load_team(developers, name)
    said = await chosen.act(developers, name, words, why)
    owners = [member.email for member in team if member.role is TeamRole.OWNER]
    await _tell(accounts, [words.email] if chosen.tells == "named" else owners, said)
    return said


async def change_organisation(
    accounts: Accounts, organisations: Organisations, deed: str, name: str, words: Words, why: Intervention
) -> str:
    """As `change_tenancy`."""
    chosen = ORGANISATION_DEEDS[deed]
    await note_deed(accounts, why, f"organisation: {chosen.title}", _name(name, words))
    await _refuse_own(accounts, words.email, why)
    said = await chosen.act(organisations, name, words, why)
    await _tell(accounts, [words.email] if chosen.tells == "named" else [], said)
    return said


async def _refuse_own(accounts: Accounts, email: str, why: Intervention) -> None:
    """Membership brings roles, and nobody gives herself one."""
    async with accounts.database.connection() as connection:
        person = await find_person(connection, normalize_email(email)) if email else None
    if person is not None and person.id == why.supporter_id:
        raise ForbiddenError("This is your own account. Ask a colleague.")


def _name(name: str, words: Words) -> str:
    return " ".join(word for word in (name, *astuple(words)) if word)


async def _tell(accounts: Accounts, emails: Sequence[str], said: str) -> None:
    async with accounts.database.transaction() as connection:
        for email in emails:
            person = await find_person(connection, normalize_email(email))
            if person is not None:
                await tell_about_work(connection, accounts, person, said)


async def create_tenancy(
    accounts: Accounts, developers: Portal, owner: str, prefix: str, why: Intervention
) -> None:
    """Without a prefix it gets a random one. Raises as `tenancies.create_tenancy`."""
    await note_deed(accounts, why, "tenancy: Create", f"{owner} {prefix}".strip())
    await _refuse_own(accounts, owner, why)
    said = await tenancies.create_tenancy(developers, owner, prefix or None, actor=why.actor)
    await _tell(accounts, [owner], said)


async def create_organisation(
    accounts: Accounts, organisations: Organisations, name: str, why: Intervention
) -> None:
    """Raises `InvalidInputError` beside `name`."""
    await note_deed(accounts, why, "organisation: Create", name)
    await clinics.create_organisation(organisations, name)
