"""What support does with an account, one function a deed: pages and commands do the same by the same names."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from borvo.accounts import public as people
from borvo.accounts.public import Accounts, FactorKind, Intervention, Role, name_kinds
from borvo.kernel.errors import InvalidInputError
from borvo.kernel.ids import PersonId
from borvo.kernel.text import say
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
    """One thing that can be done. `words` say what follows from it, before it is done, `done` that it was; `act`
    answers with a sentence that says more. What `is_grave` cannot be undone, or shuts somebody out; what `is_delicate`
    would let a thief of the supporter's session into accounts, so it asks for a sign-in just before."""

    name: str
    title: str
    words: str
    button: str
    done: str
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
        fault = say("Choose a role from the list.")
        raise InvalidInputError(error.public, {"role": [fault]}) from error


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
        say("Send the verification again"),
        say("She gets a mail with a link by which she confirms her e-mail address."),
        say("Send the link"),
        say("The link to confirm her address is on its way."),
        _send_verification,
    ),
    Deed(
        "role-giving",
        say("Give a role"),
        say("It counts from her next request on. She is told by mail."),
        say("Give the role"),
        say("Her roles are as shown here."),
        _give_role,
        is_delicate=True,
    ),
    Deed(
        "role-taking",
        say("Take a role"),
        say("What it opens is closed from her next request on. She is told by mail."),
        say("Take the role"),
        say("Her roles are as shown here."),
        _take_role,
        is_grave=True,
    ),
    Deed(
        "factor-removal",
        say("Remove a lost second factor"),
        say(
            "Only after you have made sure that it is her. She is told by mail at once, and whoever "
            "reads her mail can stop it. Signing in with the factor stops it, too. When it is "
            "removed, everybody is signed out."
        ),
        say("Begin the removal"),
        say("The removal has begun, and she is told by mail."),
        _ask_for_removal,
        is_grave=True,
        is_delicate=True,
    ),
    Deed(
        "factor-keeping",
        say("Stop the removal"),
        say("Her second factor stays as it is. She is told by mail."),
        say("Stop the removal"),
        say("The removal is stopped."),
        _stop_removal,
    ),
    Deed(
        "suspension",
        say("Suspend the account"),
        say(
            "Everybody is signed out of it. Tokens of apps and her personal access tokens end for "
            "good. Nobody signs in, and no app, clinician or organisation reaches her data, until you"
            " lift it. Nothing is deleted. She is told by mail."
        ),
        say("Suspend the account"),
        say("The account is suspended. Everybody is signed out of it."),
        _suspend,
        is_grave=True,
    ),
    Deed(
        "lifting",
        say("Lift the suspension"),
        say(
            "She can sign in again, and apps that she allows something reach her data again. She is "
            "told by mail."
        ),
        say("Lift the suspension"),
        say("The suspension is lifted."),
        _lift,
    ),
    Deed(
        "closing",
        say("Close the account"),
        say(
            "All that is hers is erased when the days are over in which she may come back by signing "
            "in. She is told by mail."
        ),
        say("Close the account"),
        say("The account is closed."),
        _close,
        is_grave=True,
    ),
)
DEEDS = {deed.name: deed for deed in _ALL}
