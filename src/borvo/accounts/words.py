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
