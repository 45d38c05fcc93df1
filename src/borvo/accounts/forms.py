"""Reads the forms of people and says what is wrong with them."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, fields
from datetime import date

from borvo.accounts.model import (
    ClaimsSubject,
    Person,
    PostalAddress,
    Profile,
    ProfileDetails,
    check_email,
    check_name,
    normalize_email,
)
from borvo.accounts.password_rules import check_password
from borvo.accounts.policy import (
    check_birth_year,
    check_birthdate,
    check_line,
    check_locale,
    check_phone_number,
    check_street,
    check_url,
    check_zone,
    normalize_locale,
    normalize_phone_number,
)
from borvo.accounts.registration import Registration
from borvo.kernel.text import say
from borvo.web.addresses import RETURN_MAXIMUM, is_local_path
from borvo.web.forms import Form

DEFAULT_RETURN = "/account"

_NO_GIVEN_NAME = say("Enter your given name.")
_NO_FAMILY_NAME = say("Enter your family name.")

_ADDRESS = [field.name for field in fields(PostalAddress)]
_OWN = [field.name for field in fields(Profile) if field.name != "address"]
_CHECKS: dict[str, Callable[[str], str | None]] = {
    "profile": check_url,
    "picture": check_url,
    "website": check_url,
    "locale": check_locale,
    "phone_number": check_phone_number,
    "street_address": check_street,
}


def read_return_to(text: str | None) -> str:
    """The local path to go on to; anything that could lead elsewhere becomes the account page."""
    return text if text and len(text) <= RETURN_MAXIMUM and is_local_path(text) else DEFAULT_RETURN


def read_way_on(text: str | None) -> str:
    """As `read_return_to`; empty for who goes on to nothing."""
    return read_return_to(text) if text else ""


def _note_faults(form: Form, faults: Mapping[str, str | None]) -> bool:
    """Whether there is none."""
    for field, fault in faults.items():
        if fault:
            form.add_error(field, fault)
    return form.is_valid


def read_email(form: Form) -> str | None:
    """The address in its one form; None when something is wrong, which the form then says."""
    email = normalize_email(form.text("email"))
    return email if _note_faults(form, {"email": check_email(email)}) else None


async def read_registration(form: Form, email: str) -> Registration | None:
    """Of a person whose address is proved. None when something is wrong; the form then says what, field by field."""
    given_name, family_name, password = (
        form.text("given_name"),
        form.text("family_name"),
        form.raw("password"),
    )
    faults = {
        "given_name": check_name(given_name, _NO_GIVEN_NAME),
        "family_name": check_name(family_name, _NO_FAMILY_NAME),
        "password": await asyncio.to_thread(check_password, password, email, given_name, family_name),
    }
    if not _note_faults(form, faults):
        return None
    return Registration(email, given_name, family_name, password, is_email_verified=True)


async def read_new_password(form: Form, person: Person) -> str | None:
    """None when something is wrong with it, which the form then says."""
    password, about = form.raw("password"), (person.email, person.given_name, person.family_name)
    fault = await asyncio.to_thread(check_password, password, *about)
    return password if _note_faults(form, {"password": fault}) else None


def fill_profile(subject: ClaimsSubject) -> Form:
    """The form before anything is changed. A year alone has a field of its own: that of a date takes whole dates."""
    profile = subject.profile
    values = {name: getattr(profile, name) for name in _OWN} | asdict(profile.address)
    values |= {"given_name": subject.person.given_name, "family_name": subject.person.family_name}
    if "-" not in profile.birthdate:
        values |= {"birthdate": "", "birth_year": profile.birthdate}
    return Form({name: [value] for name, value in values.items()})


def _read_texts(form: Form) -> dict[str, str]:
    return {
        **{name: form.text(name) for name in (*_OWN, *_ADDRESS)},
        "locale": normalize_locale(form.text("locale")),
        "phone_number": normalize_phone_number(form.text("phone_number")),
        "street_address": "\n".join(form.lines("street_address")),
    }


def read_profile(form: Form, today: date, zones: Collection[str]) -> ProfileDetails | None:
    """None when something is wrong; the form then says what, field by field."""
    texts, year = _read_texts(form), form.text("birth_year")
    faults = {
        **{name: _CHECKS.get(name, check_line)(text) for name, text in texts.items()},
        "given_name": check_name(form.text("given_name"), _NO_GIVEN_NAME),
        "family_name": check_name(form.text("family_name"), _NO_FAMILY_NAME),
        "zoneinfo": check_zone(texts["zoneinfo"], zones),
        "birthdate": check_birthdate(texts["birthdate"], today),
        "birth_year": check_birth_year(year, texts["birthdate"], today),
    }
    if not _note_faults(form, faults):
        return None
    texts["birthdate"] = texts["birthdate"] or year
    address = PostalAddress(**{name: texts[name] for name in _ADDRESS})
    profile = Profile(**{name: texts[name] for name in _OWN}, address=address)
    return ProfileDetails(form.text("given_name"), form.text("family_name"), profile)
