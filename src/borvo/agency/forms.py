"""Reads what a person decides about a request, or changes of what she shares."""

from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime, timedelta

from borvo.agency.model import Choice
from borvo.agency.policy import REASON_MAXIMUM, check_text
from borvo.catalogue.scopes import order_scopes
from borvo.kernel.text import Day, mark, say
from borvo.web.forms import Form

DURATIONS = {30: say("one month"), 91: say("three months"), 182: say("six months"), 365: say("one year")}
KEEP_END = "keep"


def list_durations(
    latest: datetime | None, now: datetime, kept: str = mark("until %(day)s, as asked")
) -> dict[str, str]:
    """What the person may choose from, by the value of the form; the longest that was asked for comes first, and
    `kept` is the message that names it."""
    ends: dict[str, str] = {str(days): words for days, words in DURATIONS.items()}
    if latest is None:
        return {"": say("until I end it"), **ends}
    shorter = {days: words for days, words in ends.items() if now + timedelta(days=int(days)) <= latest}
    return {KEEP_END: say(kept, day=Day(latest)), **shorter}


def _read_ticked(form: Form) -> set[str]:
    """A line that is ticked may stand for several scopes."""
    return {scope for value in form.texts("scope") for scope in value.split()}


def list_unticked(offered: Iterable[str], form: Form) -> list[str]:
    """The offered scopes that the form leaves out."""
    ticked = _read_ticked(form)
    return [scope for scope in offered if scope not in ticked]


def read_choice(form: Form, offered: Collection[str], end: datetime | None, now: datetime) -> Choice | None:
    """None when something is wrong; the form then says what, field by field. `end` is what the choice `keep` stands
    for."""
    ticked = _read_ticked(form)
    data_from = _read_day(form)
    until = _read_end(form, end, now)
    if not form.is_valid:
        return None
    return Choice(tuple(order_scopes(ticked & set(offered))), data_from, until)


def _read_day(form: Form) -> datetime | None:
    text = form.text("data_from")
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        form.add_error("data_from", say("Enter a day as year, month and day, such as 2026-01-31."))
        return None
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _read_end(form: Form, end: datetime | None, now: datetime) -> datetime | None:
    value = form.text("duration")
    if value == KEEP_END:
        return end
    if not value:
        return None
    if value not in {str(days) for days in DURATIONS}:
        form.add_error("duration", say("Choose how long from the list."))
        return None
    return now + timedelta(days=int(value))


def read_reason(form: Form) -> str | None:
    """None when it cannot be taken; the form then says why."""
    reason = " ".join(form.text("reason").split())
    if fault := check_text(reason, REASON_MAXIMUM):
        form.add_error("reason", fault)
        return None
    return reason
