"""What is typed in the console, read into values; what is wrong is noted on the form."""

from dataclasses import fields
from datetime import UTC, datetime
from uuid import UUID

from borvo.kernel.errors import BorvoError
from borvo.kernel.ids import parse_uuid
from borvo.kernel.text import say
from borvo.storage.security_events.model import EventFilter, SecurityEventKind
from borvo.support.people import Wish
from borvo.support.things import Words
from borvo.web.forms import Form

FILTER_FIELDS = ("kind", "person", "client", "address", "request", "since", "until")
FIELDS = frozenset(
    {"reason", "whom", "role", "kinds", "checked", "email", "prefix", "client", "token", "name", "id"}
)
_LONGEST = 200


def read_wish(form: Form) -> Wish:
    return Wish(form.text("role"), tuple(form.texts("kinds")), form.text("checked"))


def read_words(form: Form) -> Words:
    return Words(**{field.name: form.text(field.name) for field in fields(Words)})


def note_error(form: Form, error: BorvoError | None) -> int:
    """Beside the fields that it names, or above the form; the status of the page."""
    if error is not None:
        known = {name: faults for name, faults in getattr(error, "errors", {}).items() if name in FIELDS}
        form.add_errors(known or {"form": [error.public]})
    return error.status if error else 400 if form.errors else 200


def _read_moment(form: Form, name: str) -> datetime | None:
    """In UTC, unless it names its offset."""
    text = form.text(name)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        form.add_error(name, say("Enter a time such as 2026-01-31T08:00."))
        return None


def _read_line(form: Form, name: str) -> str | None:
    text = form.text(name)
    if len(text) > _LONGEST or not text.isprintable():
        form.add_error(name, say("Enter at most %(most)s ordinary characters.", most=_LONGEST))
    return text or None


def _read_kind(form: Form) -> SecurityEventKind | None:
    text = form.text("kind")
    if text and text not in set(SecurityEventKind):
        form.add_error("kind", say("Choose a kind from the list."))
        return None
    return SecurityEventKind(text) if text else None


def _read_person(form: Form) -> UUID | None:
    text = form.text("person")
    person_id = parse_uuid(text)
    if text and person_id is None:
        form.add_error("person", say("Enter the id of a person, as her page shows it."))
    return person_id


def read_filter(form: Form) -> EventFilter:
    return EventFilter(
        since=_read_moment(form, "since"),
        until=_read_moment(form, "until"),
        kind=_read_kind(form),
        person_id=_read_person(form),
        client_id=_read_line(form, "client"),
        address=_read_line(form, "address"),
        correlation_id=_read_line(form, "request"),
    )
