"""Reads the form by which an agent asks by hand."""

from collections.abc import Iterable

from borvo.accounts.public import check_email, normalize_email
from borvo.agency.bodies import check_phone
from borvo.agency.forms import DURATIONS
from borvo.agency.model import Ask
from borvo.agency.phone_numbers import parse_phone_number
from borvo.agency.policy import PURPOSE_MAXIMUM, check_scopes, check_text, find_unregistered
from borvo.catalogue.sample_types import map_sample_types
from borvo.catalogue.scopes import ScopeWords, group_scopes, order_scopes
from borvo.kernel.ids import OrganisationId
from borvo.kernel.text import say
from borvo.organisations.public import Organisation
from borvo.web.forms import Form


def group_readable(registered: Iterable[str]) -> tuple[list[ScopeWords], dict[str, list[ScopeWords]]]:
    """What can be asked for: the scopes that the client is registered for, and the others by their group."""
    named = frozenset(registered)
    groups = {
        title: [each for each in words if each.scope.startswith("read.")]
        for title, words in group_scopes().items()
    }
    first = [each for words in groups.values() for each in words if each.scope in named]
    others = {title: [each for each in words if each.scope not in named] for title, words in groups.items()}
    return first, {title: words for title, words in others.items() if words}


def bundle_scopes(scope: str) -> tuple[str, ...]:
    """What is ticked along with it: a record is of no use without its parts."""
    types = map_sample_types()
    parts = [types[name] for each in types.values() if each.read_scope == scope for name in each.members]
    return scope, *(part.read_scope for part in parts)


def read_ask(form: Form, registered: Iterable[str], organisations: Iterable[Organisation]) -> Ask | None:
    """None when something is wrong; the form then says what, field by field."""
    email, phone = normalize_email(form.text("email")), form.text("phone_number")
    scopes = tuple(order_scopes(scope for value in form.texts("scopes") for scope in value.split()))
    purpose = " ".join(form.text("purpose").split())
    organisation = next((each.id for each in organisations if str(each.id) == form.text("agency")), None)
    faults = {
        "email": check_email(email) if email else None,
        "phone_number": check_phone(phone),
        "scopes": check_scopes(scopes),
        "purpose": check_text(purpose, PURPOSE_MAXIMUM),
        "agency": None if organisation or not form.text("agency") else say("Choose from the list."),
        "duration": None if _is_duration(form.text("duration")) else say("Choose from the list."),
    }
    if not email and not phone:
        faults["email"] = say("Enter an e-mail address or a phone number, or both.")
    for field, fault in faults.items():
        if fault:
            form.add_error(field, fault)
    if not form.is_valid:
        return None
    return Ask(
        email=email,
        phone_number=parse_phone_number(phone) or "",
        scopes=scopes,
        unregistered=find_unregistered(scopes, frozenset(registered)),
        organisation_id=OrganisationId(organisation) if organisation else None,
        purpose=purpose,
        duration_days=int(form.text("duration")) if form.text("duration") else None,
    )


def _is_duration(text: str) -> bool:
    return not text or text in {str(days) for days in DURATIONS}
