"""What second factors are called, and what people are told by mail about theirs. Never names that were typed."""

from borvo.kernel.text import Text, say, say_count
from borvo.mail.model import Mail

APP = say("an authenticator app")
PASSKEY = say("a passkey")


def _write(email: str, issuer: str, subject: str, deed: Text) -> Mail:
    text = say(
        """%(deed)s

If that was you, there is nothing to do.

If it was not you, somebody else can open your account: sign in at %(issuer)s/account, change your \
password, sign out everywhere under Devices, and tell whoever runs %(issuer)s.
""",
        deed=deed,
        issuer=issuer,
    )
    return Mail(email, subject, text)


def write_added(email: str, issuer: str, factor: str, undo: str) -> Mail:
    """`undo` is the link that takes it back; empty for an address that she has not proved."""
    if undo:
        way = say(
            """If it was not you, this link takes it back, signs out everybody and lets you choose another password. \
It works for 7 days.

%(issuer)s/account/undo/%(undo)s""",
            issuer=issuer,
            undo=undo,
        )
    else:
        way = say("If it was not you, tell whoever runs %(issuer)s at once.", issuer=issuer)
    text = say(
        """Your account at %(issuer)s just got %(factor)s. From now on, signing in with your password asks for a \
second step.

If that was you, there is nothing to do.

%(way)s
""",
        issuer=issuer,
        factor=factor,
        way=way,
    )
    return Mail(email, say("A way to sign in was added to your account"), text)


def write_mailbox_code(email: str, issuer: str, code: str) -> Mail:
    text = say(
        """%(code)s is the code by which you show that you read this mail, before your account at %(issuer)s gets its \
first second step.

It works once, for 15 minutes, in the browser in which you asked for it. Nobody of us ever asks you for it.

If it was not you, somebody knows your password. He cannot go on without this code: give it to nobody, and choose \
another password: %(issuer)s/account/reset
""",
        code=code,
        issuer=issuer,
    )
    return Mail(email, say("Your code for setting up a second step"), text)


def write_removed(email: str, issuer: str, factor: str) -> Mail:
    deed = say(
        "Your account at %(issuer)s just lost %(factor)s. It can no longer be used to sign in.",
        issuer=issuer,
        factor=factor,
    )
    return _write(email, issuer, say("A way to sign in was removed from your account"), deed)


def write_codes_made(email: str, issuer: str) -> Mail:
    deed = say(
        "New recovery codes were just made for your account at %(issuer)s. Earlier ones no longer work.",
        issuer=issuer,
    )
    return _write(email, issuer, say("New recovery codes for your account"), deed)


def write_code_used(email: str, issuer: str, left: int) -> Mail:
    deed = say_count(
        "Somebody just used a recovery code of your account at %(issuer)s as the second step. "
        "You have %(count)s code left.",
        "Somebody just used a recovery code of your account at %(issuer)s as the second step. "
        "You have %(count)s codes left.",
        left,
        issuer=issuer,
    )
    return _write(email, issuer, say("A recovery code of yours was used"), deed)


def write_wrong_codes(email: str, issuer: str, count: int) -> Mail:
    return Mail(
        email,
        say("Wrong codes for your account"),
        say(
            """Somebody who got past your password at %(issuer)s has entered %(count)s wrong codes since the last \
right one. Nobody was let in by them.

If that was you, there is nothing to do.

If it was not you, somebody may know your password, and only the second step keeps them out. Choose another one: \
%(issuer)s/account/reset
""",
            issuer=issuer,
            count=count,
        ),
    )


def write_copied(email: str, issuer: str) -> Mail:
    deed = say(
        "A passkey of your account at %(issuer)s was used that counts less than it did before: it may have been "
        "copied. Nobody was let in. Remove it under Second step, and add it again.",
        issuer=issuer,
    )
    return _write(email, issuer, say("A passkey of yours was refused"), deed)
