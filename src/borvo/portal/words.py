"""What developers are told by mail. Names and labels come from their own colleagues, and stand in no subject."""

from borvo.kernel.text import Instant, Text, say, say_count
from borvo.mail.model import Mail
from borvo.portal.secret_store import OwnedSecret
from borvo.portal.tokens.store import EndedToken


def _name(secret: OwnedSecret) -> Text:
    """Which secret it is, for people who know their own."""
    label = say("\u201c%(label)s\u201d", label=secret.label) if secret.label else say("without a label")
    return (
        say("%(label)s, ending in %(ending)s", label=label, ending=secret.ending) if secret.ending else label
    )


def _link(issuer: str, secret: OwnedSecret) -> str:
    return f"{issuer}/portal/clients/{secret.client_id}/secret"


def write_warning(email: str, issuer: str, secret: OwnedSecret, days: int) -> Mail:
    return Mail(
        email,
        say_count(
            "A client secret expires within a day", "A client secret expires within %(count)s days", days
        ),
        say(
            """A secret of the client %(client)s (%(client_id)s) expires on %(end)s.

It is the one %(secret)s. From then on it is refused, and an app that still uses it gets no tokens.

Add a new secret, switch the app over, then remove the old one: %(link)s

If you have already done so, there is nothing to do.
""",
            client=secret.display_name,
            client_id=secret.client_id,
            end=Instant(secret.expires_at) if secret.expires_at else "",
            secret=_name(secret),
            link=_link(issuer, secret),
        ),
    )


def write_report_notice(email: str, issuer: str, secret: OwnedSecret) -> Mail:
    return Mail(
        email,
        say("A client secret was published and has been revoked"),
        say(
            """Somebody has found a secret of the client %(client)s (%(client_id)s) where others can read \
it, such as in a public commit or a log, and has reported it.

It is the one %(secret)s. It was revoked at once: apps that use it get no tokens from now on. \
The access tokens of the client are void too, since some may have been got with it; apps with another secret simply \
get new ones.

What to do now:

1. Generate a new secret and give it to the app: %(link)s
2. Find out where the old one was published, and how it got there. Deleting it there is neither enough nor needed.
3. Look at the client's usage for what was done with it: %(issuer)s/portal/clients/%(client_id)s/usage
""",
            client=secret.display_name,
            client_id=secret.client_id,
            secret=_name(secret),
            link=_link(issuer, secret),
            issuer=issuer,
        ),
    )


def write_token_report_notice(issuer: str, token: EndedToken) -> Mail:
    return Mail(
        token.email,
        say("A personal access token of yours was published and has been revoked"),
        say(
            """Somebody has found a personal access token of yours where others can read it, such as in a public \
commit or a log, and has reported it.

It is the one \u201c%(label)s\u201d, ending in %(ending)s, for the tenancy %(tenancy)s. It was revoked at \
once.

What to do now:

1. Look in the audit trail for what was done through it: %(issuer)s/portal/tenancies/%(tenancy)s/audit
2. Make a new one and give it to the program that used it: %(issuer)s/portal/tenancies/%(tenancy)s/tokens
3. Find out where the old one was published, and how it got there. Deleting it there is neither enough nor needed.
""",
            label=token.label,
            ending=token.ending,
            tenancy=token.prefix,
            issuer=issuer,
        ),
    )
