"""What support does with an account, one function a deed: pages and commands do the same by the same names."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from borvo.accounts import public as people
from borvo.accounts.public import Accounts, FactorKind, Intervention, Role, name_kinds
from borvo.kernel.errors import InvalidInputError
from borvo.kernel.ids import PersonId
from borvo.support.policy import check_evidence
from borvo.support.service import parse_role


@dataclass(frozen=True, slots=True)
class Wish:
    """What a deed needs to know beside whose account it is; each as it was typed."""

    role: str = ""
    kinds: tuple[str, ...] = ()
    checked: str = ""


Act = Callable[[Accounts, PersonId, Wish, Intervention], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that can be done. `words` say what follows from it, before it is done; `act` answers with a sentence
    that says what was done. What `is_grave` cannot be undone, or shuts somebody out; what `is_delicate` would let
    a thief of the supporter's session into accounts, so it asks for a sign-in just before."""

    name: str
    title: str
    words: str
    button: str
    act: Act
    is_grave: bool = False
    is_delicate: bool = False


async def _send_verification(accounts: Accounts, person_id: PersonId, _: Wish, why: Intervention) -> str:
    await people.ask_to_verify_for(accounts, person_id, why)
    return "The link is on its way. It works for 24 hours, where she is signed in."


def _read_role(wish: Wish) -> Role:
    try:
        return parse_role(wish.role)
    except InvalidInputError as error:
        raise InvalidInputError(error.public, {"role": [error.public]}) from error


async def _give_role(accounts: Accounts, person_id: PersonId, wish: Wish, why: Intervention) -> str:
    role = _read_role(wish)
    is_new = await people.give_role(accounts, person_id, role, why)
    return f"She {'now has' if is_new else 'already had'} the role {role.label}."


async def _take_role(accounts: Accounts, person_id: PersonId, wish: Wish, why: Intervention) -> str:
    role = _read_role(wish)
    had_it = await people.take_role(accounts, person_id, role, why)
    return f"She {'no longer has' if had_it else 'did not have'} the role {role.label}."


async def _suspend(accounts: Accounts, person_id: PersonId, _: Wish, why: Intervention) -> str:
    await people.suspend_account(accounts, person_id, why)
    return "The account is suspended. Everybody is signed out of it, and its tokens open nothing any more."


async def _lift(accounts: Accounts, person_id: PersonId, _: Wish, why: Intervention) -> str:
    await people.lift_suspension(accounts, person_id, why)
    return "The suspension is lifted. Who had closed the account before opens it by signing in."


async def _close(accounts: Accounts, person_id: PersonId, _: Wish, why: Intervention) -> str:
    erase_at = await people.close_by_support(accounts, person_id, why)
    return f"The account is closed. All that is hers will be erased on {erase_at:%-d %B %Y}."


async def _ask_for_removal(accounts: Accounts, person_id: PersonId, wish: Wish, why: Intervention) -> str:
    if fault := check_evidence(wish.checked):
        raise InvalidInputError(fault, {"checked": [fault]})
    kinds = [FactorKind(kind) for kind in wish.kinds if kind in set(FactorKind)]
    removal = await people.ask_for_removal(accounts, person_id, kinds, wish.checked, why)
    end = f"{removal.due_at:%-d %B %Y, %H:%M} UTC"
    return f"She is told by mail. Unless somebody stops it, she loses {name_kinds(removal.kinds)} on {end}."


async def _stop_removal(accounts: Accounts, person_id: PersonId, _: Wish, why: Intervention) -> str:
    await people.stop_removal(accounts, person_id, why)
    return "The removal is stopped, and her second step stays."


_ALL = (
    Deed(
        "verification",
        "Send the verification again",
        "She gets a mail with a link by which she confirms her e-mail address.",
        "Send the link",
        _send_verification,
    ),
    Deed(
        "role-giving",
        "Give a role",
        "It counts from her next request on. She is told by mail.",
        "Give the role",
        _give_role,
        is_delicate=True,
    ),
    Deed(
        "role-taking",
        "Take a role",
        "What it opens is closed from her next request on. She is told by mail.",
        "Take the role",
        _take_role,
        is_grave=True,
    ),
    Deed(
        "factor-removal",
        "Remove a lost second factor",
        "Only after you have made sure that it is her. She is told by mail at once, and whoever reads her mail can "
        "stop it. Signing in with the factor stops it, too. When it is removed, everybody is signed out.",
        "Begin the removal",
        _ask_for_removal,
        is_grave=True,
        is_delicate=True,
    ),
    Deed(
        "factor-keeping",
        "Stop the removal",
        "Her second factor stays as it is. She is told by mail.",
        "Stop the removal",
        _stop_removal,
    ),
    Deed(
        "suspension",
        "Suspend the account",
        "Everybody is signed out of it. Tokens of apps and her personal access tokens end for good. Nobody signs in, "
        "and no app, clinician or organisation reaches her data, until you lift it. Nothing is deleted. She is told "
        "by mail.",
        "Suspend the account",
        _suspend,
        is_grave=True,
    ),
    Deed(
        "lifting",
        "Lift the suspension",
        "She can sign in again, and apps that she allows something reach her data again. She is told by mail.",
        "Lift the suspension",
        _lift,
    ),
    Deed(
        "closing",
        "Close the account",
        "All that is hers is erased when the days are over in which she may come back by signing in. She is told by "
        "mail.",
        "Close the account",
        _close,
        is_grave=True,
    ),
)
DEEDS = {deed.name: deed for deed in _ALL}
