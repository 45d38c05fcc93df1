"""What support does with organisations, by the names of the deeds in the console."""

from borvo.accounts.public import Accounts, Intervention, name_role
from borvo.kernel.errors import ForbiddenError
from borvo.kernel.text import say
from borvo.organisations.public import OrganisationRole, Organisations
from borvo.portal.public import is_member_of_client
from borvo.support import organisations as clinics
from borvo.support.things import ThingDeed, Words, begin, tell


async def _add_to(organisations: Organisations, name: str, words: Words, why: Intervention) -> str:
    return await clinics.add_member(organisations, name, words.email, words.role, actor=why.actor)


async def _take_from(organisations: Organisations, name: str, words: Words, why: Intervention) -> str:
    return await clinics.remove_member(organisations, name, words.email, words.role or None, actor=why.actor)


async def _allow(organisations: Organisations, name: str, words: Words, why: Intervention) -> str:
    """A client that acts for an organisation reads what is shared with it, so nobody allows one of her own."""
    async with organisations.accounts.database.connection() as connection:
        if await is_member_of_client(connection, why.supporter_id, words.client):
            raise ForbiddenError(say("You belong to the tenancy of this client. Ask a colleague."))
    return await clinics.allow_client(organisations, words.client, name)


async def _disallow(organisations: Organisations, name: str, words: Words, _: Intervention) -> str:
    return await clinics.disallow_client(organisations, words.client, name)


_ORGANISATION = (
    ThingDeed(
        "member",
        say("Add a member"),
        say(
            "Somebody who has an account gets a role in it, and the platform's role of the same name."
            " She may have both. She is told by mail."
        ),
        say("Add the member"),
        say("The member is added, and told by mail."),
        _add_to,
        ("email", "role"),
        tells="named",
        is_delicate=True,
    ),
    ThingDeed(
        "removal",
        say("Remove a member"),
        say(
            "She loses all her roles in it, and what came with them, with her next request. She is "
            "told by mail."
        ),
        say("Remove the member"),
        say("The member is removed, and told by mail."),
        _take_from,
        ("email",),
        is_grave=True,
        tells="named",
    ),
    ThingDeed(
        "client",
        say("Let a client act for it"),
        say(
            "From then on the client asks people for access in its name without a person, by its own token. Its "
            "membership managers and the owners of the client's tenancy are told by mail."
        ),
        say("Allow the client"),
        say("The client acts for it."),
        _allow,
        ("client",),
        is_delicate=True,
    ),
    ThingDeed(
        "client-removal",
        say("End what a client does for it"),
        say("The client no longer acts for it, from its next request on. The same are told by mail."),
        say("End it"),
        say("The client no longer acts for it."),
        _disallow,
        ("client",),
        is_grave=True,
    ),
)


ORGANISATION_DEEDS = {deed.name: deed for deed in _ORGANISATION}


def name_organisation_role(role: OrganisationRole) -> str:
    """As the platform's role of the same name."""
    return name_role(role.value)


ORGANISATION_ROLES = [(role.value, name_organisation_role(role)) for role in OrganisationRole]


async def change_organisation(
    accounts: Accounts, organisations: Organisations, deed: str, name: str, words: Words, why: Intervention
) -> str:
    """As `change_tenancy`."""
    chosen = ORGANISATION_DEEDS[deed]
    await begin(accounts, f"organisation: {chosen.title}", name, words, why)
    said = await chosen.act(organisations, name, words, why)
    await tell(accounts, [words.email] if chosen.tells == "named" else [], said)
    return said


async def create_organisation(
    accounts: Accounts, organisations: Organisations, name: str, why: Intervention
) -> None:
    """Raises `InvalidInputError` beside `name`."""
    await begin(accounts, "organisation: Create", name, Words(), why)
    await clinics.create_organisation(organisations, name)
