"""What developers are told by mail. Names and labels come from their own colleagues, and stand in no subject."""

from borvo.mail.model import Mail
from borvo.portal.secret_store import OwnedSecret
from borvo.portal.tokens.store import EndedToken


def _name(secret: OwnedSecret) -> str:
    """Which secret it is, for people who know their own."""
    label = f"\u201c{secret.label}\u201d" if secret.label else "without a label"
    return f"{label}, ending in {secret.ending}" if secret.ending else label


def _link(issuer: str, secret: OwnedSecret) -> str:
    return f"{issuer}/portal/clients/{secret.client_id}/secret"


def write_warning(email: str, issuer: str, secret: OwnedSecret, days: int) -> Mail:
    when = "within a day" if days == 1 else f"within {days} days"
    end = f"{secret.expires_at:%-d %B %Y, %H:%M} UTC" if secret.expires_at else ""
    return Mail(
        email,
        f"A client secret expires {when}",
        f"""A secret of the client {secret.display_name} ({secret.client_id}) expires on {end}.

It is the one {_name(secret)}. From then on it is refused, and an app that still uses it gets no tokens.

Add a new secret, switch the app over, then remove the old one: {_link(issuer, secret)}

If you have already done so, there is nothing to do.
""",
    )


def write_report_notice(email: str, issuer: str, secret: OwnedSecret) -> Mail:
    return Mail(
        email,
        "A client secret was published and has been revoked",
        f"""Somebody has found a secret of the client {secret.display_name} ({secret.client_id}) where others can read \
it, such as in a public commit or a log, and has reported it.

It is the one {_name(secret)}. It was revoked at once: apps that use it get no tokens from now on. \
The access tokens of the client are void too, since some may have been got with it; apps with another secret simply \
get new ones.

What to do now:

1. Generate a new secret and give it to the app: {_link(issuer, secret)}
2. Find out where the old one was published, and how it got there. Deleting it there is neither enough nor needed.
3. Look at the client's usage for what was done with it: {issuer}/portal/clients/{secret.client_id}/usage
""",
    )


def write_token_report_notice(issuer: str, token: EndedToken) -> Mail:
    return Mail(
        token.email,
        "A personal access token of yours was published and has been revoked",
        f"""Somebody has found a personal access token of yours where others can read it, such as in a public commit \
or a log, and has reported it.

It is the one \u201c{token.label}\u201d, ending in {token.ending}, for the tenancy {token.prefix}. It was revoked at \
once.

What to do now:

1. Look in the audit trail for what was done through it: {issuer}/portal/tenancies/{token.prefix}/audit
2. Make a new one and give it to the program that used it: {issuer}/portal/tenancies/{token.prefix}/tokens
3. Find out where the old one was published, and how it got there. Deleting it there is neither enough nor needed.
""",
    )
