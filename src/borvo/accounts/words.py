"""What people are told by mail. Nothing that a stranger could have typed stands in it but the address itself."""

from borvo.mail.model import Mail


def write_finish_sign_up(email: str, issuer: str, link: str) -> Mail:
    return Mail(
        email,
        "Finish your account",
        f"""Somebody, probably you, wants an account with this e-mail address at {issuer}

Open this link to choose a password. It works once, for 24 hours.

{issuer}/account/sign-up/{link}

If it was not you, there is nothing to do: without the link no account is made.
""",
    )


def write_account_exists(email: str, issuer: str, link: str) -> Mail:
    return Mail(
        email,
        "You already have an account",
        f"""Somebody, probably you, wants an account with this e-mail address at {issuer}

You have one already. Sign in with this address and your password: {issuer}/account/sign-in

If you no longer know the password, this link lets you choose another. It works once, for 30 minutes.

{issuer}/account/reset/{link}

If it was not you, there is nothing to do: nothing has changed.
""",
    )


def write_reset(email: str, issuer: str, link: str) -> Mail:
    return Mail(
        email,
        "Choose a new password",
        f"""Somebody, probably you, no longer knows the password of your account at {issuer}

This link lets you choose another. It works once, for 30 minutes.

{issuer}/account/reset/{link}

If it was not you, there is nothing to do: your password stays as it is.
""",
    )


def write_no_account(email: str, issuer: str, link: str) -> Mail:
    return Mail(
        email,
        "There is no account with this address",
        f"""Somebody, probably you, wants to choose a new password at {issuer}

There is no account with this e-mail address. If you have one, it is under another address of yours.

If you would like to make one with this address, open this link. It works once, for 24 hours.

{issuer}/account/sign-up/{link}

If it was not you, there is nothing to do.
""",
    )


def write_password_changed(email: str, issuer: str) -> Mail:
    return Mail(
        email,
        "Your password was changed",
        f"""The password of your account at {issuer} was just changed.

If that was you, there is nothing to do.

If it was not you, choose another at once, which signs out everybody: {issuer}/account/reset

Then look at what happened around your account: {issuer}/account/security
""",
    )


def write_verify(email: str, issuer: str, link: str) -> Mail:
    return Mail(
        email,
        "Confirm your e-mail address",
        f"""You asked to confirm this e-mail address for your account at {issuer}

Open this link where you are signed in. It works once, for 24 hours.

{issuer}/account/email/{link}

If it was not you, somebody made an account with your address: do not open the link.
""",
    )


def write_change(email: str, issuer: str, link: str) -> Mail:
    return Mail(
        email,
        "Confirm your new e-mail address",
        f"""You asked that this becomes the e-mail address of your account at {issuer}

Open this link where you are signed in. It works once, for 24 hours. Until then everything stays as it is.

{issuer}/account/email/{link}

If it was not you, there is nothing to do.
""",
    )


def write_address_in_use(email: str, issuer: str) -> Mail:
    return Mail(
        email,
        "This address has an account already",
        f"""Somebody, probably you, wants this to become the e-mail address of another account at {issuer}

It cannot: there is an account with this address. Close that one first, or keep both.

If it was not you, there is nothing to do: nothing has changed.
""",
    )


def write_change_asked(email: str, issuer: str) -> Mail:
    return Mail(
        email,
        "Your e-mail address is about to change",
        f"""Somebody who knows your password asked for another e-mail address for your account at {issuer}

If that was you, there is nothing to do here: open the link that was sent to the new address.

If it was not you, choose another password at once, which signs out everybody: {issuer}/account/reset
""",
    )


def write_new_address(email: str, issuer: str) -> Mail:
    return Mail(
        email,
        "This is the address of your account now",
        f"""From now on you sign in with this e-mail address at {issuer}

Apps that you allow to see it get this one from now on.
""",
    )


def write_address_changed(email: str, issuer: str, link: str) -> Mail:
    return Mail(
        email,
        "Your e-mail address was changed",
        f"""Your account at {issuer} has another e-mail address now. This one is no longer used.

If that was you, there is nothing to do.

If it was not you, this link undoes it, signs out everybody and lets you choose another password. It works for 7 days.

{issuer}/account/undo/{link}
""",
    )


def write_change_undone(email: str, issuer: str) -> Mail:
    return Mail(
        email,
        "The change of your e-mail address was undone",
        f"""The account at {issuer} has the e-mail address back that it had before. Everybody was signed out, and the \
password no longer counts, nor does a second step that was added in the week before or since.

Look at what happened meanwhile, and at which apps have access: {issuer}/account/security
""",
    )


def write_factor_undone(email: str, issuer: str) -> Mail:
    return Mail(
        email,
        "A new way to sign in was taken back",
        f"""What was added to sign in to your account at {issuer} in the last week no longer counts, nor does the \
password. Everybody was signed out.

Look at what happened meanwhile, and at which apps have access: {issuer}/account/security
""",
    )


def write_closed(email: str, issuer: str, end: str) -> Mail:
    return Mail(
        email,
        "Your account is closed",
        f"""Your account at {issuer} is closed. Apps, clinicians and organisations no longer reach your data.

Everything that is yours will be erased on {end}. Until then you can change your mind: sign in, and it is open again.

{issuer}/account/sign-in

If it was not you who closed it, sign in and choose another password.
""",
    )


def write_reopened(email: str, issuer: str) -> Mail:
    return Mail(
        email,
        "Your account is open again",
        f"""You have signed in, so your account at {issuer} is open again, and nothing will be erased.

If it was not you, choose another password at once, which signs out everybody: {issuer}/account/reset
""",
    )


def write_erased(email: str, issuer: str) -> Mail:
    return Mail(
        email,
        "Your data was erased",
        f"""Your account at {issuer} and everything that was yours there are erased.

Apps keep what they copied while you allowed it: ask them to delete it.
""",
    )
