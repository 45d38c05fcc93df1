"""What people are told by mail, and what roles are called. Nothing that a stranger could have typed stands in a mail
but the address itself."""

from borvo.accounts.model import Role
from borvo.kernel.text import say
from borvo.mail.model import Mail

_ROLES = {
    Role.PATIENT: say("patient"),
    Role.AGENT: say("agent"),
    Role.MEMBERSHIP_MANAGER: say("membership manager"),
    Role.DEVELOPER: say("developer"),
    Role.SUPPORT: say("support"),
}


def name_role(role: str) -> str:
    """What a role is called; one that this release does not know by its own name."""
    return _ROLES[Role(role)] if role in set(Role) else role.replace("_", " ")


def write_finish_sign_up(email: str, issuer: str, link: str) -> Mail:
    return Mail(
        email,
        say("Finish your account"),
        say(
            """Somebody, probably you, wants an account with this e-mail address at %(issuer)s

Open this link to choose a password. It works once, for 24 hours.

%(issuer)s/account/sign-up/%(link)s

If it was not you, there is nothing to do: without the link no account is made.
""",
            issuer=issuer,
            link=link,
        ),
    )


def write_account_exists(email: str, issuer: str, link: str) -> Mail:
    return Mail(
        email,
        say("You already have an account"),
        say(
            """Somebody, probably you, wants an account with this e-mail address at %(issuer)s

You have one already. Sign in with this address and your password: %(issuer)s/account/sign-in

If you no longer know the password, this link lets you choose another. It works once, for 30 minutes.

%(issuer)s/account/reset/%(link)s

If it was not you, there is nothing to do: nothing has changed.
""",
            issuer=issuer,
            link=link,
        ),
    )


def write_reset(email: str, issuer: str, link: str) -> Mail:
    return Mail(
        email,
        say("Choose a new password"),
        say(
            """Somebody, probably you, no longer knows the password of your account at %(issuer)s

This link lets you choose another. It works once, for 30 minutes.

%(issuer)s/account/reset/%(link)s

If it was not you, there is nothing to do: your password stays as it is.
""",
            issuer=issuer,
            link=link,
        ),
    )


def write_no_account(email: str, issuer: str, link: str) -> Mail:
    return Mail(
        email,
        say("There is no account with this address"),
        say(
            """Somebody, probably you, wants to choose a new password at %(issuer)s

There is no account with this e-mail address. If you have one, it is under another address of yours.

If you would like to make one with this address, open this link. It works once, for 24 hours.

%(issuer)s/account/sign-up/%(link)s

If it was not you, there is nothing to do.
""",
            issuer=issuer,
            link=link,
        ),
    )


def write_password_changed(email: str, issuer: str) -> Mail:
    return Mail(
        email,
        say("Your password was changed"),
        say(
            """The password of your account at %(issuer)s was just changed.

If that was you, there is nothing to do.

If it was not you, choose another at once, which signs out everybody: %(issuer)s/account/reset

Then look at what happened around your account: %(issuer)s/account/security
""",
            issuer=issuer,
        ),
    )


def write_verify(email: str, issuer: str, link: str) -> Mail:
    return Mail(
        email,
        say("Confirm your e-mail address"),
        say(
            """You asked to confirm this e-mail address for your account at %(issuer)s

Open this link where you are signed in. It works once, for 24 hours.

%(issuer)s/account/email/%(link)s

If it was not you, somebody made an account with your address: do not open the link.
""",
            issuer=issuer,
            link=link,
        ),
    )


def write_change(email: str, issuer: str, link: str) -> Mail:
    return Mail(
        email,
        say("Confirm your new e-mail address"),
        say(
            """You asked that this becomes the e-mail address of your account at %(issuer)s

Open this link where you are signed in. It works once, for 24 hours. Until then everything stays as it is.

%(issuer)s/account/email/%(link)s

If it was not you, there is nothing to do.
""",
            issuer=issuer,
            link=link,
        ),
    )


def write_address_in_use(email: str, issuer: str) -> Mail:
    return Mail(
        email,
        say("This address has an account already"),
        say(
            """Somebody, probably you, wants this to become the e-mail address of another account at %(issuer)s

It cannot: there is an account with this address. Close that one first, or keep both.

If it was not you, there is nothing to do: nothing has changed.
""",
            issuer=issuer,
        ),
    )


def write_change_asked(email: str, issuer: str) -> Mail:
    return Mail(
        email,
        say("Your e-mail address is about to change"),
        say(
            """Somebody who knows your password asked for another e-mail address for your account at %(issuer)s

If that was you, there is nothing to do here: open the link that was sent to the new address.

If it was not you, choose another password at once, which signs out everybody: %(issuer)s/account/reset
""",
            issuer=issuer,
        ),
    )


def write_new_address(email: str, issuer: str) -> Mail:
    return Mail(
        email,
        say("This is the address of your account now"),
        say(
            """From now on you sign in with this e-mail address at %(issuer)s

Apps that you allow to see it get this one from now on.
""",
            issuer=issuer,
        ),
    )


def write_address_changed(email: str, issuer: str, link: str) -> Mail:
    return Mail(
        email,
        say("Your e-mail address was changed"),
        say(
            """Your account at %(issuer)s has another e-mail address now. This one is no longer used.

If that was you, there is nothing to do.

If it was not you, this link undoes it, signs out everybody and lets you choose another password. It works for 7 days.

%(issuer)s/account/undo/%(link)s
""",
            issuer=issuer,
            link=link,
        ),
    )


def write_change_undone(email: str, issuer: str) -> Mail:
    return Mail(
        email,
        say("The change of your e-mail address was undone"),
        say(
            """The account at %(issuer)s has the e-mail address back that it had before. Everybody was signed out, and \
the password no longer counts, nor does a second step that was added in the week before or since.

Look at what happened meanwhile, and at which apps have access: %(issuer)s/account/security
""",
            issuer=issuer,
        ),
    )


def write_factor_undone(email: str, issuer: str) -> Mail:
    return Mail(
        email,
        say("A new way to sign in was taken back"),
        say(
            """A way to sign in that was added to your account at %(issuer)s no longer counts, nor does any other of \
the week before or since, nor the password. Everybody was signed out.

Look at what happened meanwhile, and at which apps have access: %(issuer)s/account/security
""",
            issuer=issuer,
        ),
    )


def write_closed(email: str, issuer: str, end: str) -> Mail:
    return Mail(
        email,
        say("Your account is closed"),
        say(
            """Your account at %(issuer)s is closed. Apps, clinicians and organisations no longer reach your data.

Everything that is yours will be erased on %(end)s. Until then you can change your mind: sign in, and it is open again.

%(issuer)s/account/sign-in

If it was not you who closed it, sign in and choose another password.
""",
            issuer=issuer,
            end=end,
        ),
    )


def write_reopened(email: str, issuer: str) -> Mail:
    return Mail(
        email,
        say("Your account is open again"),
        say(
            """You have signed in, so your account at %(issuer)s is open again, and nothing will be erased.

If it was not you, choose another password at once, which signs out everybody: %(issuer)s/account/reset
""",
            issuer=issuer,
        ),
    )


def write_erased(email: str, issuer: str) -> Mail:
    return Mail(
        email,
        say("Your data was erased"),
        say(
            """Your account at %(issuer)s and everything that was yours there are erased.

Apps keep what they copied while you allowed it: ask them to delete it.
""",
            issuer=issuer,
        ),
    )
