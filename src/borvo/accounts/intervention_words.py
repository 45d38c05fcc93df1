"""What people are told by mail of what support did. Reasons stand in the person's security log and not here: a mail
says nothing that anybody typed."""

from borvo.accounts.model import Role
from borvo.accounts.words import name_role
from borvo.kernel.text import Text, say, say_count
from borvo.mail.model import Mail


def _write(email: str, issuer: str, subject: Text, text: Text) -> Mail:
    return Mail(
        email,
        subject,
        say(
            """%(text)s

What happened around your account, and why: %(issuer)s/account/security

If you did not ask for it and do not know why, tell whoever runs %(issuer)s
""",
            text=text,
            issuer=issuer,
        ),
    )


def write_suspended(email: str, issuer: str) -> Mail:
    return Mail(
        email,
        say("Your account is suspended"),
        say(
            """The support team of %(issuer)s has suspended your account.

Nobody can sign in to it. Apps, clinicians and organisations no longer reach your data. Nothing is deleted.

To learn why, or to have it lifted, write to whoever runs %(issuer)s
""",
            issuer=issuer,
        ),
    )


def write_lifted(email: str, issuer: str) -> Mail:
    text = say(
        """The suspension of your account at %(issuer)s has been lifted: you can sign in again.

Apps that you allowed something may ask you to sign in anew. Personal access tokens have to be made anew.""",
        issuer=issuer,
    )
    return _write(email, issuer, say("Your account works again"), text)


def write_closed(email: str, issuer: str, end: str) -> Mail:
    return Mail(
        email,
        say("Your account is closed"),
        say(
            """The support team of %(issuer)s has closed your account. Apps, clinicians and organisations no longer \
reach your data.

Everything that is yours will be erased on %(end)s. If you did not ask for this, sign in before that day, and the \
account is open again: %(issuer)s/account/sign-in

If you cannot sign in, write to whoever runs %(issuer)s
""",
            issuer=issuer,
            end=end,
        ),
    )


def write_role_given(email: str, issuer: str, role: Role) -> Mail:
    name = name_role(role)
    text = say(
        "The support team has given your account at %(issuer)s the role %(role)s.", issuer=issuer, role=name
    )
    return _write(email, issuer, say("You were given the role %(role)s", role=name), text)


def write_colleague(email: str, issuer: str, who: str) -> Mail:
    return Mail(
        email,
        say("Somebody else helps people now"),
        say(
            """%(who)s was given the role support at %(issuer)s, as you have it.

If you know of it, there is nothing to do. If not, ask the others of the team. Take the role away until you \
know: %(issuer)s/support
""",
            who=who,
            issuer=issuer,
        ),
    )


def write_role_taken(email: str, issuer: str, role: Role) -> Mail:
    name = name_role(role)
    text = say(
        "The support team has taken the role %(role)s from your account at %(issuer)s",
        issuer=issuer,
        role=name,
    )
    return _write(email, issuer, say("You no longer have the role %(role)s", role=name), text)


def write_removal_asked(email: str, issuer: str, factors: str, hours: int, link: str) -> Mail:
    wait = say_count(
        "In %(count)s hour it will be removed from your account, and everybody is signed out. From then on the "
        "password alone signs in.",
        "In %(count)s hours it will be removed from your account, and everybody is signed out. From then on the "
        "password alone signs in.",
        hours,
    )
    return Mail(
        email,
        say("Your second step is about to be removed"),
        say(
            """Somebody told the support team of %(issuer)s that you have lost %(factors)s, with which you sign in, \
and said to be you.

%(wait)s

If you have not asked for this, somebody may know your password and wants to get in. Stop it at once by this link:

%(issuer)s/account/keep-factor/%(link)s

Signing in with your second step stops it, too. Then choose another password: %(issuer)s/account/reset
""",
            issuer=issuer,
            factors=factors,
            wait=wait,
            link=link,
        ),
    )


def write_removal_stopped(email: str, issuer: str) -> Mail:
    text = say(
        """The removal of your second step at %(issuer)s was stopped. Signing in asks for it as before.

If you were about to lose your way in, ask the support team again.""",
        issuer=issuer,
    )
    return _write(email, issuer, say("Your second step stays"), text)


def write_removal_done(email: str, issuer: str, factors: str) -> Mail:
    text = say(
        """As the support team of %(issuer)s was asked to, your account no longer has %(factors)s. Everybody was \
signed out. Your password alone signs in now.

Set up another second step as soon as you can: %(issuer)s/account/factors""",
        issuer=issuer,
        factors=factors,
    )
    return _write(email, issuer, say("Your second step was removed"), text)


def write_work_changed(email: str, issuer: str, said: str) -> Mail:
    text = say(
        """The support team of %(issuer)s has changed something that you work with:

%(said)s""",
        issuer=issuer,
        said=said,
    )
    return _write(email, issuer, say("Support changed something that you work with"), text)
