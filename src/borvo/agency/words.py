"""What people are told by mail and text message about invites and reads. None of it holds health data."""

from borvo.agency.model import Invite, Names
from borvo.catalogue.scopes import ConsentLine, list_consent_lines, order_scopes
from borvo.mail.model import Mail
from borvo.mail.texting import TextMessage

_SUBJECT_NAME = 60
_SHOWN = 3


def list_asked(scopes: tuple[str, ...]) -> list[str]:
    """The scopes as people read them, in the order of the catalogue: "read your weight"."""
    return [line.sentence for line in list_consent_lines(order_scopes(scopes))]


def spell_lines(scopes: tuple[str, ...]) -> list[str]:
    """The lines of a page as she read them."""
    return [_spell_line(line) for line in list_consent_lines(order_scopes(scopes))]


def _spell_line(line: ConsentLine) -> str:
    example = f"For example: {line.example}" if line.example else ""
    return " ".join(filter(None, (f"{line.sentence}.", line.about, example, " · ".join(line.members))))


def _shorten(name: str) -> str:
    return name if len(name) <= _SUBJECT_NAME else f"{name[:_SUBJECT_NAME]}…"


def write_invite(invite: Invite, names: Names, issuer: str, token: str) -> Mail:
    """The same for an address that has an account and for one that has none."""
    asked = "\n".join(f"- {sentence}" for sentence in list_asked(invite.ask.scopes))
    purpose = f"\nThey say what for: {invite.ask.purpose}\n" if invite.ask.purpose else ""
    return Mail(
        invite.ask.email,
        f"{_shorten(names.agency)} asks to see health data of yours",
        f"""{names.full} asks you, by the app {names.client}, to let them:

{asked}
{purpose}
Nothing is shared unless you agree. To look at the request and decide, open this link by \
{invite.expires_at:%-d %B %Y, %H:%M} UTC, and sign in or create an account:

{issuer}/agency/invitations/{token}

You choose what you share, and can end it at any time.

How to recognise a real request: the link begins with {issuer}/ and nobody asks you to answer this mail, to name a \
password or to pay. The link is for you alone: do not pass it on. If you did not expect this, there is nothing to do.
""",
    )


def write_invite_text(invite: Invite, names: Names, issuer: str, token: str) -> TextMessage:
    """Short, since long messages arrive in pieces."""
    return TextMessage(
        invite.ask.phone_number,
        f"{_shorten(names.agency)} asks, by the app {_shorten(names.client)}, to {_sum_up(invite.ask.scopes)}. Nothing "
        f"is shared unless you agree. Look and decide: {issuer}/agency/invitations/{token}\n\nA real link begins with "
        f"{issuer}/ and nobody asks you to answer this message or to name a password.",
    )


def _sum_up(scopes: tuple[str, ...]) -> str:
    """Few of many: the page that the link leads to has all of them."""
    first, *others = (sentence.removeprefix("read ") for sentence in list_asked(scopes))
    shown, left = others[: _SHOWN - 1], len(others) - (_SHOWN - 1)
    return f"read {', '.join([first, *shown])}{f' and {left} more' if left > 0 else ''}"


def write_reminder(to: str, invite: Invite, names: Names, issuer: str, unsubscribe: str) -> Mail:
    """For the person who keeps the invite. Names no data: a mail that comes twice need not say more than the first."""
    return Mail(
        to,
        f"{_shorten(names.agency)} waits for your answer",
        f"""{names.full} asked you, by the app {names.client}, to see data of yours, and you wanted to decide later.

The request waits until {invite.expires_at:%-d %B %Y, %H:%M} UTC. To look at it and decide, sign in here:

{issuer}/account/sharing

If you do nothing, nothing is shared.

You do not want to be reminded of requests? Turn reminders off, without signing in:

{unsubscribe}
""",
        unsubscribe=unsubscribe,
    )


def write_first_read(to: str, names: Names, issuer: str) -> Mail:
    """For the person of whom something was read for the first time by this agency."""
    return Mail(
        to,
        f"{_shorten(names.agency)} has looked at your data for the first time",
        f"""{names.full} has just looked at what you share with them, by the app {names.client}.

See what was looked at and when, and change or end what you share:

{issuer}/account/sharing

You get this mail once for each that you share with; every later look is listed there, too.
""",
    )
