"""Pages of the console about the security log of the whole instance, and its export."""

from collections.abc import AsyncIterator
from urllib.parse import urlencode
from uuid import UUID

from litestar import get
from litestar.response import Stream, Template

from borvo.accounts.public import Accounts, Intervention, Login
from borvo.kernel.errors import InvalidInputError
from borvo.kernel.ids import parse_uuid
from borvo.kernel.text import say
from borvo.storage.security_events.model import INSTANCE, EventFilter, RecordedEvent, SecurityEventKind
from borvo.support import event_log, lookup
from borvo.support.door import AnyRequest, Collaborators, Supporting
from borvo.support.event_words import READING_THE_LOG, list_details, name_actor, name_kind
from borvo.support.forms import FILTER_FIELDS, read_filter
from borvo.web.forms import Form
from borvo.web.pages import render_page

PAGE_SIZE = 50


def _read_query(request: AnyRequest) -> Form:
    return Form({name: [request.query_params.get(name, "")] for name in FILTER_FIELDS})


def _list_asked(form: Form) -> dict[str, str]:
    return {name: form.text(name) for name in FILTER_FIELDS if form.text(name)}


async def _choose(accounts: Accounts, supporter: Login, form: Form) -> EventFilter:
    """What is wrong is noted on the form; so is a person whom the supporter has not looked up."""
    chosen = read_filter(form)
    person_id = chosen.person_id
    if person_id and await lookup.find_reason(accounts, supporter.person.id, person_id) is None:
        form.add_error("person", say("Find her first, under People, and say why."))
    return chosen


async def _note(accounts: Accounts, supporter: Login, form: Form) -> None:
    await event_log.note_reading(
        accounts, Intervention(str(READING_THE_LOG), supporter.person.id), _list_asked(form)
    )


@get("/events")
async def show_events(request: AnyRequest, supporter: Supporting, accounts: Collaborators) -> Template:
    form, before = _read_query(request), parse_uuid(request.query_params.get("before", ""))
    chosen = await _choose(accounts, supporter, form)
    events: list[RecordedEvent] = []
    if form.is_valid:
        await _note(accounts, supporter, form)
        events = await event_log.list_page(accounts, chosen, before, PAGE_SIZE + 1)
    return _render(supporter, form, events, before)


def _render(supporter: Login, form: Form, events: list[RecordedEvent], before: UUID | None) -> Template:
    asked = _list_asked(form)
    last = events[PAGE_SIZE - 1] if len(events) > PAGE_SIZE else None
    return render_page(
        "support/events.html",
        status=200 if form.is_valid else 400,
        viewer=supporter,
        section="events",
        form=form,
        kinds=[(kind.value, name_kind(kind.value)) for kind in SecurityEventKind],
        lines=[
            (each, name_kind(each.kind), name_actor(each), list_details(each)) for each in events[:PAGE_SIZE]
        ],
        instance=INSTANCE,
        query=urlencode(asked),
        older=urlencode({**asked, "before": str(last.id)}) if last else "",
        is_later_page=before is not None,
    )


@get("/events.jsonl")
async def export_events(request: AnyRequest, supporter: Supporting, accounts: Collaborators) -> Stream:
    form = _read_query(request)
    chosen = await _choose(accounts, supporter, form)
    if not form.is_valid:
        raise InvalidInputError(say("The filter cannot be read. Go back to the events and mend it."))
    await _note(accounts, supporter, form)

    async def write() -> AsyncIterator[str]:
        async for line in event_log.export_redacted(accounts, chosen):
            yield line

    headers = {
        "Content-Disposition": 'attachment; filename="security-events.jsonl"',
        "Cache-Control": "no-store",
    }
    return Stream(write, media_type="application/jsonl", headers=headers)


HANDLERS = (show_events, export_events)
