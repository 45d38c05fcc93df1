"""What support does with developer tenancies, by the names of the deeds in the console."""

from borvo.accounts.public import Accounts, Intervention
from borvo.kernel.text import say
from borvo.portal.public import Portal, TeamRole, load_team
from borvo.support import initial_tokens, tenancies
from borvo.support.things import ThingDeed, Words, begin, tell


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
        say("Suspend the tenancy"),
        say(
            "All its clients are disabled with their next request, and its members change nothing, "
            "until it is resumed. Its owners are told by mail."
        ),
        say("Suspend the tenancy"),
        say("The tenancy is suspended."),
        _suspend,
        is_grave=True,
        tells="owners",
    ),
    ThingDeed(
        "resumption",
        say("Resume the tenancy"),
        say("Its clients work again, but for those that were disabled before. Its owners are told by mail."),
        say("Resume the tenancy"),
        say("The tenancy works again."),
        _resume,
        tells="owners",
    ),
    ThingDeed(
        "prefix",
        say("Change the prefix"),
        say(
            "The ids of its clients will begin with it. That goes as long as it has none. Its owners "
            "are told by mail."
        ),
        say("Change the prefix"),
        say("The prefix is changed."),
        _set_prefix,
        ("prefix",),
        tells="owners",
    ),
    ThingDeed(
        "member",
        say("Add a member"),
        say(
            "Somebody who has an account; a member gets the role instead of the one that she has. She"
            " is told by mail."
        ),
        say("Add the member"),
        say("The member is added, and told by mail."),
        _add_member,
        ("email", "role"),
        tells="named",
        is_delicate=True,
    ),
    ThingDeed(
        "removal",
        say("Remove a member"),
        say("She loses the tenancy with her next request, and is told by mail. What was registered stays."),
        say("Remove the member"),
        say("The member is removed, and told by mail."),
        _remove_member,
        ("email",),
        is_grave=True,
        tells="named",
    ),
    ThingDeed(
        "token",
        say("End an initial access token"),
        say(
            "No program registers clients with it any more. Clients that it registered stay. Its "
            "owners are told by mail."
        ),
        say("End the token"),
        say("The token is ended."),
        _revoke_token,
        ("token",),
        is_grave=True,
        tells="owners",
    ),
)


TENANCY_DEEDS = {deed.name: deed for deed in _TENANCY}
_ROLES = {
    TeamRole.OWNER: say("owner"),
    TeamRole.DEVELOPER: say("developer"),
    TeamRole.VIEWER: say("viewer"),
}


def name_team_role(role: TeamRole) -> str:
    return _ROLES[role]


TEAM_ROLES = [(role.value, name_team_role(role)) for role in TeamRole]


async def change_tenancy(
    accounts: Accounts, developers: Portal, deed: str, name: str, words: Words, why: Intervention
) -> str:
    """`name` is a prefix or an id. Raises what the deed raises, and then nothing is done."""
    chosen = TENANCY_DEEDS[deed]
    await begin(accounts, f"tenancy: {chosen.title}", name, words, why)
    _, team = await load_team(developers, name)
    said = await chosen.act(developers, name, words, why)
    owners = [member.email for member in team if member.role is TeamRole.OWNER]
    await tell(accounts, [words.email] if chosen.tells == "named" else owners, said)
    return said


async def create_tenancy(
    accounts: Accounts, developers: Portal, owner: str, prefix: str, why: Intervention
) -> None:
    """Without a prefix it gets a random one. Raises as `tenancies.create_tenancy`."""
    await begin(accounts, "tenancy: Create", "", Words(email=owner, prefix=prefix), why)
    said = await tenancies.create_tenancy(developers, owner, prefix or None, actor=why.actor)
    await tell(accounts, [owner], said)
