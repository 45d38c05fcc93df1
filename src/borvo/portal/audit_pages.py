"""The page of a tenancy's audit trail, and its exports."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode

from litestar import get
from litestar.response import Stream, Template

from borvo.accounts.public import SignedIn
from borvo.kernel.errors import InvalidInputError
from borvo.kernel.ids import PersonId, parse_uuid
from borvo.kernel.text import say
from borvo.portal.audit import Action
from borvo.portal.pages import AnyRequest, Developing, InPath
from borvo.portal.service import Portal
from borvo.portal.team.places import find_place, remember
from borvo.portal.team.policy import Deed
from borvo.portal.team.service import find_membership
from borvo.portal.trail import Entry, TrailFilter, list_actors, list_entries, read_all
from borvo.portal.trail_export import RenderEntry, render_csv_head, render_csv_row, render_json_line
from borvo.portal.trail_words import list_items, name_action, name_actor, name_thing, name_value
from borvo.web.forms import Form
from borvo.web.pages import render_page

PAGE_SIZE = 25
OPERATOR = "operator"
_FIELDS = ("person", "action", "subject", "since", "until")
_SUBJECT_MAXIMUM = 300


@dataclass(frozen=True, slots=True)
class Line:
    """One value that differs, as the page shows it: item by item."""

    name: str
    before: Sequence[str]
    after: Sequence[str]


@dataclass(frozen=True, slots=True)
class Told:
    """A recorded change, as the page tells it."""

    at: datetime
    action: str
    subject: str
    who: str
    through: str
    lines: list[Line]


def _list_lines(entry: Entry) -> list[Line]:
    names = [*dict.fromkeys([*entry.before, *entry.after])]
    return [
        Line(
            name_value(name),
            list_items(name, entry.before.get(name)),
            list_items(name, entry.after.get(name)),
        )
        for name in names
    ]


def tell(entry: Entry) -> Told:
    return Told(
        entry.at,
        name_action(entry.action),
        name_thing(entry.subject),
        name_actor(entry),
        name_thing(entry.through),
        _list_lines(entry),
    )


def _read_day(form: Form, name: str, shift: timedelta) -> datetime | None:
    """The begin of the day, in UTC, moved by `shift`."""
    text = form.text(name)
    if not text:
        return None
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC) + shift
    except (ValueError, OverflowError):
        form.add_error(name, say("Enter a date such as 2026-01-31."))
        return None


def _read_person(form: Form) -> PersonId | None:
    text = form.text("person")
    person_id = parse_uuid(text)
    if text not in {"", OPERATOR} and person_id is None:
        form.add_error("person", say("Choose a person from the list."))
    return PersonId(person_id) if person_id else None


def read_filter(form: Form) -> TrailFilter:
    """What is wrong is noted on the form."""
    subject, action = form.text("subject"), form.text("action")
    if len(subject) > _SUBJECT_MAXIMUM or (subject and not subject.isprintable()):
        form.add_error("subject", say("Enter at most %(most)s ordinary characters.", most=_SUBJECT_MAXIMUM))
    if action and action not in set(Action):
        form.add_error("action", say("Choose an action from the list."))
    return TrailFilter(
        actor_id=_read_person(form),
        is_operator=form.text("person") == OPERATOR,
        action=action,
        subject=subject,
        since=_read_day(form, "since", timedelta()),
        # The whole last day is meant.
        until=_read_day(form, "until", timedelta(days=1)),
    )


def read_query(request: AnyRequest) -> Form:
    return Form({name: [request.query_params.get(name, "")] for name in _FIELDS})


def _render_query(form: Form, **more: str) -> str:
    """What the page was asked for, for its links."""
    asked = {name: form.text(name) for name in _FIELDS if form.text(name)}
    return urlencode({**asked, **more})


@get("/tenancies/{name:str}/audit")
async def show_audit(name: InPath, request: AnyRequest, login: SignedIn, portal: Developing) -> Template:
    membership = await find_membership(portal, login.person, name, Deed.READ_TRAIL)
    tenancy_id = membership.tenancy.id
    place = await find_place(portal, login.person, tenancy_id)
    form, before = read_query(request), request.query_params.get("before", "")
    asked = read_filter(form)
    async with portal.database.connection() as connection:
        actors = await list_actors(connection, tenancy_id)
        entries = (
            await list_entries(connection, tenancy_id, asked, before=parse_uuid(before), most=PAGE_SIZE + 1)
            if form.is_valid
            else []
        )
    page = render_page(
        "portal/audit.html",
        status=200 if form.is_valid else 400,
        viewer=login,
        place=place,
        page="audit",
        form=form,
        actors=actors,
        actions=[(action.value, name_action(action)) for action in Action],
        entries=[tell(entry) for entry in entries[:PAGE_SIZE]],
        query=_render_query(form),
        older=_render_query(form, before=str(entries[PAGE_SIZE - 1].id)) if len(entries) > PAGE_SIZE else "",
        is_later_page=bool(before),
    )
    return remember(portal, place, page)


async def _export(
    portal: Portal,
    login: SignedIn,
    name: str,
    request: AnyRequest,
    render: RenderEntry,
    kind: str,
    head: str = "",
) -> Stream:
    membership = await find_membership(portal, login.person, name, Deed.READ_TRAIL)
    form = read_query(request)
    asked = read_filter(form)
    if not form.is_valid:
        raise InvalidInputError(say("The filter cannot be read. Go back to the audit trail and mend it."))

    async def write() -> AsyncIterator[str]:
        yield head
        async for entry in read_all(portal.database, membership.tenancy.id, asked):
            yield render(entry)

    suffix, media_type = kind.split(" ")
    file_name = f"audit-{membership.tenancy.prefix}.{suffix}"
    headers = {"Content-Disposition": f'attachment; filename="{file_name}"', "Cache-Control": "no-store"}
    return Stream(write, media_type=media_type, headers=headers)


@get("/tenancies/{name:str}/audit.csv")
async def export_csv(name: InPath, request: AnyRequest, login: SignedIn, portal: Developing) -> Stream:
    kind = "csv text/csv"
    return await _export(portal, login, name, request, render_csv_row, kind, render_csv_head())


@get("/tenancies/{name:str}/audit.jsonl")
async def export_json_lines(name: InPath, request: AnyRequest, login: SignedIn, portal: Developing) -> Stream:
    return await _export(portal, login, name, request, render_json_line, "jsonl application/jsonl")
