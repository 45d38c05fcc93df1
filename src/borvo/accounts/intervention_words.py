"""What people are told by mail of what support did. Reasons stand in the person's security log and not here: a mail
says nothing that anybody typed."""

from borvo.mail.model import Mail


def _write(email: str, issuer: str, subject: str, text: str) -> Mail:
    return Mail(
        email,
        subject,
        f"""{text}

What happened around your account, and why: {issuer}/account/security

If you did not ask for it and do not know why, tell whoever runs {issuer}
""",
    )


def write_suspended(email: str, issuer: str) -> Mail:
    return Mail(
        email,
        "Your account is suspended",
        f"""The support team of {issuer} has suspended your account.

Nobody can sign in to it. Apps, clinicians and organisations no longer reach your data. Nothing is deleted.

To learn why, or to have it lifted, write to whoever runs {issuer}
""",
    )


def write_lifted(email: str, issuer: str) -> Mail:
    return _write(
        email,
        issuer,
        "Your account works again",
        f"""The suspension of your account at {issuer} has been lifted: you can sign in again.

Apps that you allowed something may ask you to sign in anew. Personal access tokens have to be made anew.""",
    )


def write_closed(email: str, issuer: str, end: str) -> Mail:
    return Mail(
        email,
        "Your account is closed",
        f"""The support team of {issuer} has closed your account. Apps, clinicians and organisations no longer reach \
your data.

Everything that is yours will be erased on {end}. If you did not ask for this, sign in before that day, and the \
account is open again: {issuer}/account/sign-in

If you cannot sign in, write to whoever runs {issuer}
""",
    )


def write_role_given(email: str, issuer: str, role: str) -> Mail:
    return _write(
        email,
        issuer,
        f"You were given the role {role}",
        f"The support team has given your account at {issuer} the role {role}.",
    )


def write_role_taken(email: str, issuer: str, role: str) -> Mail:
    return _write(
        email,
        issuer,
        f"You no longer have the role {role}",
        f"The support team has taken the role {role} from your account at {issuer}",
    )


def write_removal_asked(email: str, issuer: str, factors: str, hours: int, link: str) -> Mail:
    return Mail(
        email,
        "Your second step is about to be removed",
        f"""Somebody told the support team of {issuer} that you have lost {factors}, with which you sign in, and said \
to be you.

In {hours} hours it will be removed from your account, and everybody is signed out. From then on the password alone \
signs in.

If you have not asked for this, somebody may know your password and wants to get in. Stop it at once by this link:

{issuer}/account/keep-factor/{link}

Signing in with your second step stops it, too. Then choose another password: {issuer}/account/reset
""",
    )


def write_removal_stopped(email: str, issuer: str) -> Mail:
    return _write(
        email,
        issuer,
        "Your second step stays",
        f"""The removal of your second step at {issuer} was stopped. Signing in asks for it as before.

If you were about to lose your way in, ask the support team again.""",
    )


def write_removal_done(email: str, issuer: str, factors: str) -> Mail:
    return _write(
        email,
        issuer,
        "Your second step was removed",
        f"""As the support team of {issuer} was asked to, your account no longer has {factors}. Everybody was signed \
out. Your password alone signs in now.

Set up another second step as soon as you can: {issuer}/account/factors""",
    )


def write_work_changed(email: str, issuer: str, said: str) -> Mail:
    return _write(
        email,
        issuer,
        "Support changed something that you work with",
        f"""The support team of {issuer} has changed something that you work with:

{said}""",
    )
