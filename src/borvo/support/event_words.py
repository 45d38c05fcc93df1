"""Security events as support sees them: who and when, and of what was done no more than these names. With whom and what
a person shares is none of them."""

from dataclasses import replace

from borvo.accounts.public import Role
from borvo.storage.security_events.model import INSTANCE, SUPPORTER, RecordedEvent

SHOWN_DETAILS = frozenset(
    {
        "app",
        "checked",
        "deed",
        "factor",
        "filter",
        "left",
        "means",
        "methods",
        "reason",
        "role",
        "sessions",
        "subject",
        "through",
    }
)


def redact(event: RecordedEvent) -> RecordedEvent:
    """What nobody has thought of is hidden."""
    return replace(
        event, detail={name: value for name, value in event.detail.items() if name in SHOWN_DETAILS}
    )


def name_kind(kind: str) -> str:
    """In words: `sign_in_failed` is *Sign in failed*."""
    return kind.replace("_", " ").capitalize()


def name_actor(event: RecordedEvent) -> str:
    if event.person_id != INSTANCE and event.actor == f"person {event.person_id}":
        return "the person"
    return event.actor.replace(SUPPORTER, "support", 1) if event.actor.startswith(SUPPORTER) else event.actor


def list_details(event: RecordedEvent) -> list[tuple[str, str]]:
    """Names and values in words."""
    return [(name.capitalize(), _render(name, value)) for name, value in redact(event).detail.items()]


def _render(name: str, value: object) -> str:
    if name == "role" and isinstance(value, str) and value in set(Role):
        return Role(value).label
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
