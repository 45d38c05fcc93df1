"""What people are told by mail."""

from borvo.mail.model import Mail


def write_welcome(email: str, issuer: str) -> Mail:
    """Without the name that was typed: it would let a stranger put words of his own into our mail."""
    return Mail(
        email,
        "An account was made with this address",
        f"""An account was just made with this e-mail address at {issuer}

If that was you, there is nothing to do. Sign in with this address and the password that you chose: {issuer}/account

If it was not you, somebody has typed your address, by mistake or not. Do not sign up or sign in there for them. Tell \
whoever runs {issuer} that the account is not yours, so that they can close it.
""",
    )
