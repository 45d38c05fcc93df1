"""What people are told by mail about their second factors. Never names that were typed."""

from borvo.mail.model import Mail

_NOT_YOU = """If it was not you, somebody else can open your account: sign in at {issuer}/account, change your \
password, sign out everywhere under Devices, and tell whoever runs {issuer}."""


def _write(email: str, issuer: str, subject: str, deed: str) -> Mail:
    text = f"""{deed}

If that was you, there is nothing to do.

{_NOT_YOU.format(issuer=issuer)}
"""
    return Mail(email, subject, text)


def write_added(email: str, issuer: str, factor: str) -> Mail:
    return _write(
        email,
        issuer,
        "A way to sign in was added to your account",
        f"Your account at {issuer} just got {factor}. From now on, signing in with your password asks for a second "
        "step.",
    )


def write_removed(email: str, issuer: str, factor: str) -> Mail:
    return _write(
        email,
        issuer,
        "A way to sign in was removed from your account",
        f"Your account at {issuer} just lost {factor}. It can no longer be used to sign in.",
    )


def write_codes_made(email: str, issuer: str) -> Mail:
    return _write(
        email,
        issuer,
        "New recovery codes for your account",
        f"New recovery codes were just made for your account at {issuer}. Earlier ones no longer work.",
    )


def write_code_used(email: str, issuer: str, left: int) -> Mail:
    return _write(
        email,
        issuer,
        "A recovery code of yours was used",
        f"Somebody just signed in to your account at {issuer} with your password and a recovery code. "
        f"You have {left} codes left.",
    )


def write_wrong_codes(email: str, issuer: str, count: int) -> Mail:
    return Mail(
        email,
        "Wrong codes after your password",
        f"""Somebody just entered your password at {issuer}, and then {count} wrong codes. Nobody was let in.

If that was you, there is nothing to do.

If it was not you, somebody knows your password, and only the second step keeps them out. Choose another one: \
{issuer}/account/password
""",
    )
