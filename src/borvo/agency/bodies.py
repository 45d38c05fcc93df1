"""The JSON of the Agency API: members in any case (contract 6, row 9), old names beside new ones."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from msgspec import Struct

from borvo.accounts.public import check_email, normalize_email
from borvo.agency.model import Ask
from borvo.agency.phone_numbers import parse_phone_number
from borvo.agency.policy import check_path, check_scopes, check_state, find_unregistered
from borvo.kernel.errors import InvalidInputError
from borvo.kernel.ids import OrganisationId
from borvo.kernel.text import say

SUBJECTS_MAXIMUM = 10_000
_SCOPES_MAXIMUM = 500
T = TypeVar("T", bound=Struct)


class InviteBody(Struct, rename="camel"):
    """What a client sends to `createagencyinvite` (contract 3.1)."""

    requested_scopes: list[str] | None = None
    email: str | None = None
    phone_number: str | None = None
    organization_id: str | None = None
    client_notify_path: str | None = None
    client_notify_state: str | None = None
    browser_redirect_path: str | None = None
    browser_redirect_state: str | None = None


class QueryTokenBody(Struct, rename="camel"):
    """Whom a query token is to open: everybody or nobody, plus the included, less the excluded."""

    include_all: bool = False
    specifically_included_subs: list[str] | None = None
    specifically_excluded_subs: list[str] | None = None


class InviteAnswer(Struct, rename="camel"):
    """The invite is on its way. `isTextSent` says whether a text message goes out beside the mail."""

    invite_id: str
    expires_at: str
    is_mail_sent: bool
    is_text_sent: bool


class QueryTokenAnswer(Struct):
    """Goes into the header `agency-query-token` of one request within thirty seconds."""

    value: str


class ClaimAnswer(Struct, frozen=True, gc=False):
    """One fact about a person; `scope` comes once for each scope that she shares."""

    type: str
    value: str


@dataclass(frozen=True, slots=True)
class AskedSubjects:
    """Whom a query token is asked for."""

    is_all: bool
    included: tuple[UUID, ...]
    excluded: frozenset[UUID]


# Contract 6, row 19, and the spelling of the pages.
_OLD_NAMES = {
    "specificallyincludedpseudosubs": "specificallyIncludedSubs",
    "specificallyexcludedpseudosubs": "specificallyExcludedSubs",
    "organisationid": "organizationId",
}


def _refuse(message: str) -> InvalidInputError:
    return InvalidInputError(message, {"body": [message]})


def _read_object(body: bytes) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        raise _refuse("The body cannot be read as JSON.") from None
    if not isinstance(value, dict):
        raise _refuse("Send a JSON object.")
    return value


def _parse(body: bytes, kind: type[T]) -> T:
    names = {name.lower(): name for name in kind.__struct_encode_fields__} | _OLD_NAMES
    given = {
        names[name.lower()]: value for name, value in _read_object(body).items() if name.lower() in names
    }
    try:
        return msgspec.convert({name: value for name, value in given.items() if value is not None}, kind)
    except msgspec.ValidationError as fault:
        message, _, path = str(fault).partition(" - at `$.")
        field = path.rstrip("`").partition("[")[0] or "body"
        raise InvalidInputError(f"{field}: {message}.", {field: [f"{message}."]}) from None


def parse_invite(body: bytes, registered: frozenset[str]) -> Ask:
    """Raises `InvalidInputError` that names every member at fault. Empty texts stand for nothing given."""
    given = _parse(body, InviteBody)
    email = normalize_email(given.email or "")
    phone = (given.phone_number or "").strip()
    # Contract 3.1: a form that was split at line ends leaves their halves.
    trimmed = (scope.strip() for scope in (given.requested_scopes or [])[:_SCOPES_MAXIMUM])
    scopes = tuple(dict.fromkeys(scope for scope in trimmed if scope))
    faults = {
        "email": check_email(email) if email else None,
        "phoneNumber": check_phone(phone),
        "requestedScopes": check_scopes(scopes),
        "organizationId": _check_uuid(given.organization_id),
        "clientNotifyPath": check_path(given.client_notify_path or ""),
        "clientNotifyState": check_state(given.client_notify_state or ""),
        "browserRedirectPath": check_path(given.browser_redirect_path or ""),
        "browserRedirectState": check_state(given.browser_redirect_state or ""),
    }
    if not email and not phone:
        # Contract 6, row 10.
        missing = say("Give an e-mail address or a phone number, or both.")
        faults |= {"email": missing, "phoneNumber": missing}
    _raise_faults(faults)
    organisation = _parse_uuid(given.organization_id or "")
    return Ask(
        email=email,
        phone_number=parse_phone_number(phone) or "",
        scopes=scopes,
        unregistered=find_unregistered(scopes, registered),
        organisation_id=OrganisationId(organisation) if organisation else None,
        notify_path=given.client_notify_path or "",
        notify_state=given.client_notify_state or "",
        redirect_path=given.browser_redirect_path or "",
        redirect_state=given.browser_redirect_state or "",
    )


def check_phone(text: str) -> str | None:
    """Empty is fine."""
    if not text or parse_phone_number(text):
        return None
    return say("Write the number with its international prefix, such as +44 20 7946 0000.")


def _parse_uuid(text: str) -> UUID | None:
    """In any of the spellings that .NET writes."""
    try:
        return UUID(text.strip())
    except ValueError:
        return None


def _check_uuid(text: str | None) -> str | None:
    if not text or not text.strip() or _parse_uuid(text):
        return None
    return "Send the organisation's id, as organizations/v1/membership answers it."


def _raise_faults(faults: Mapping[str, str | None]) -> None:
    errors = {field: [fault] for field, fault in faults.items() if fault}
    if errors:
        raise InvalidInputError("Nothing was sent: see errors.", errors)


def parse_subjects(body: bytes) -> AskedSubjects:
    """Raises `InvalidInputError` for what is no list of subjects, and for nobody at all."""
    given = _parse(body, QueryTokenBody)
    included = _read_subjects(given.specifically_included_subs, "specificallyIncludedSubs")
    excluded = _read_subjects(given.specifically_excluded_subs, "specificallyExcludedSubs")
    if not given.include_all and not included:
        message = "Name at least one subject, or set includeAll."
        raise InvalidInputError(message, {"specificallyIncludedSubs": [message]})
    return AskedSubjects(given.include_all, included, frozenset(excluded))


def _read_subjects(texts: list[str] | None, field: str) -> tuple[UUID, ...]:
    if len(texts or []) > SUBJECTS_MAXIMUM:
        message = f"Name at most {SUBJECTS_MAXIMUM} subjects."
        raise InvalidInputError(message, {field: [message]})
    found = [_parse_uuid(text) for text in texts or []]
    if None in found:
        message = "Send subjects as claims names them: lower-case UUIDs with hyphens."
        raise InvalidInputError(message, {field: [message]})
    return tuple(dict.fromkeys(each for each in found if each is not None))
