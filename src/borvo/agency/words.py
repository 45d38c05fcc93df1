"""What people are told by mail and text message about invites and reads. None of it holds health data."""

from borvo.agency.model import Invite, Names
from borvo.catalogue.scopes import ConsentLine, list_consent_lines, order_scopes
from borvo.kernel.text import Instant, Text, gather, say
from borvo.languages.language import Language
from borvo.mail.model import Mail
from borvo.mail.texting import TextMessage

_SUBJECT_NAME = 60
_SHOWN = 3


def list_asked(scopes: tuple[str, ...]) -> list[str]:
    """The scopes as people read them, in the order of the catalogue: "read your weight"."""
    return [line.sentence for line in list_consent_lines(order_scopes(scopes))]


def spell_lines(scopes: tuple[str, ...], language: Language) -> list[str]:
    """The lines of a page with boxes to tick, for the record: as she read them."""
    return [_spell_line(line, language) for line in list_consent_lines(order_scopes(scopes))]


def _spell_line(line: ConsentLine, language: Language) -> str:
    example = language.say(say("For example: %(example)s", example=line.example)) if line.example else ""
    members = " · ".join(map(language.say, line.members))
    parts = (f"{language.say(line.sentence)}.", language.say(line.about), example, members)
    return " ".join(filter(None, parts))


def _shorten(name: str) -> str:
    return name if len(name) <= _SUBJECT_NAME else f"{name[:_SUBJECT_NAME]}…"


def write_invite(invite: Invite, names: Names, issuer: str, token: str) -> Mail:
    """The same for an address that has an account and for one that has none."""
    purpose = invite.ask.purpose
    return Mail(
        invite.ask.email,
        say("%(agency)s asks to see health data of yours", agency=_shorten(names.agency)),
        say(
            """%(names)s asks you, by the app %(client)s, to let them:

%(asked)s
%(purpose)s
Nothing is shared unless you agree. To look at the request and decide, open this link by %(end)s, and sign in or \
create an account:

%(issuer)s/agency/invitations/%(token)s

You choose what you share, and can end it at any time.

How to recognise a real request: the link begins with %(issuer)s/ and nobody asks you to answer this mail, to name a \
password or to pay. The link is for you alone: do not pass it on. If you did not expect this, there is nothing to do.
""",
            names=names.full,
            client=names.client,
            asked=gather(
                [say("- %(sentence)s", sentence=each) for each in list_asked(invite.ask.scopes)], "\n"
            ),
            purpose=say("\nThey say what for: %(purpose)s\n", purpose=purpose) if purpose else "",
            end=Instant(invite.expires_at),
            issuer=issuer,
            token=token,
        ),
    )


def write_invite_text(invite: Invite, names: Names, issuer: str, token: str) -> TextMessage:
    """Short, since long messages arrive in pieces."""
    return TextMessage(
        invite.ask.phone_number,
        say(
            "%(agency)s asks, by the app %(client)s, to read %(summary)s. Nothing is shared unless you agree. "
            "Look and decide: %(issuer)s/agency/invitations/%(token)s\n\nA real link begins with "
            "%(issuer)s/ and nobody asks you to answer this message or to name a password.",
            agency=_shorten(names.agency),
            client=_shorten(names.client),
            summary=_sum_up(invite.ask.scopes),
            issuer=issuer,
            token=token,
        ),
    )


def _sum_up(scopes: tuple[str, ...]) -> Text:
    """Few of many: the page that the link leads to has all of them."""
    nouns = [say("your %(noun)s", noun=line.noun) for line in list_consent_lines(order_scopes(scopes))]
    shown, left = gather(nouns[:_SHOWN]), len(nouns) - _SHOWN
    return say("%(shown)s and %(left)s more", shown=shown, left=left) if left > 0 else shown


def write_reminder(to: str, invite: Invite, names: Names, issuer: str, unsubscribe: str) -> Mail:
    """For the person who keeps the invite. Names no data: a mail that comes twice need not say more than the first."""
    return Mail(
        to,
        say("%(agency)s waits for your answer", agency=_shorten(names.agency)),
        say(
            """%(names)s asked you, by the app %(client)s, to see data of yours, and you wanted to decide later.

The request waits until %(end)s. To look at it and decide, sign in here:

%(issuer)s/account/sharing

If you do nothing, nothing is shared.

You do not want to be reminded of requests? Turn reminders off, without signing in:

%(unsubscribe)s
""",
            names=names.full,
            client=names.client,
            end=Instant(invite.expires_at),
            issuer=issuer,
            unsubscribe=unsubscribe,
        ),
        unsubscribe=unsubscribe,
    )


def write_first_read(to: str, names: Names, issuer: str) -> Mail:
    """For the person of whom something was read for the first time by this agency."""
    return Mail(
        to,
        say("%(agency)s has looked at your data for the first time", agency=_shorten(names.agency)),
        say(
            """%(names)s has just looked at what you share with them, by the app %(client)s.

See what was looked at and when, and change or end what you share:

%(issuer)s/account/sharing

You get this mail once for each that you share with; every later look is listed there, too.
""",
            names=names.full,
            client=names.client,
            issuer=issuer,
        ),
    )
