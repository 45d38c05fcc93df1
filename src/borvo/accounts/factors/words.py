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


def write_added(email: str, issuer: str, factor: str, undo: str) -> Mail:
    """`undo` is the link that takes it back; empty for an address that she has not proved."""
    way = f"""this link takes it back, signs out everybody and lets you choose another password. It works for 7 days.

{issuer}/account/undo/{undo}"""
    text = f"""Your account at {issuer} just got {factor}. From now on, signing in with your password asks for a \
second step.

If that was you, there is nothing to do.

If it was not you, {way if undo else f"tell whoever runs {issuer} at once."}
"""
    return Mail(email, "A way to sign in was added to your account", text)


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
        f"Somebody just used a recovery code of your account at {issuer} as the second step. "
        f"You have {left} codes left.",
    )


def write_wrong_codes(email: str, issuer: str, count: int) -> Mail:
    return Mail(
        email,
        "Wrong codes for your account",
        f"""Somebody who got past your password at {issuer} has entered {count} wrong codes since the last right one. \
Nobody was let in by them.

If that was you, there is nothing to do.

If it was not you, somebody may know your password, and only the second step keeps them out. Choose another one: \
{issuer}/account/reset
""",
    )


def write_copied(email: str, issuer: str) -> Mail:
    return _write(
        email,
        issuer,
        "A passkey of yours was refused",
        f"A passkey of your account at {issuer} was used that counts less than it did before: it may have been copied. "
        "Nobody was let in. Remove it under Second step, and add it again.",
    )
