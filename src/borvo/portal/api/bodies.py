"""What programs send. Every member is checked for its type here, and for its sense by the rules of the pages."""

import re
from enum import StrEnum
from typing import Any, TypeVar, get_args, get_type_hints

import msgspec

from borvo.kernel.errors import InvalidInputError
from borvo.kernel.text import say
from borvo.portal.forms import Surroundings, list_suspicions, list_values, read_details
from borvo.portal.model import (
    AccessTokenFormat,
    AuthMethod,
    ClientDetails,
    GrantType,
    SigningAlgorithm,
    SubjectType,
)
from borvo.portal.policy import PkceChoice
from borvo.web.forms import Form

T = TypeVar("T", bound=msgspec.Struct)

BODY_LIMIT = 250_000


class ClientBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The details of a client, named as in the file that carries one elsewhere. What is left out is as if it were
    empty; without `require_pkce` the grant types decide. `confirmed_hosts` are hosts of callback URLs that look like
    others and are right all the same."""

    display_name: str = ""
    description: str = ""
    client_uri: str = ""
    redirect_uris: list[str] = []
    grant_types: list[GrantType] = []
    scopes: list[str] = []
    require_pkce: bool | None = None
    is_public: bool = False
    allows_front_channel_tokens: bool = False
    access_token_format: AccessTokenFormat = AccessTokenFormat.JWT
    signing_algorithm: SigningAlgorithm = SigningAlgorithm.RS256
    post_logout_redirect_uris: list[str] = []
    frontchannel_logout_uri: str = ""
    backchannel_logout_uri: str = ""
    access_token_minutes: int | None = None
    refresh_token_days: int | None = None
    refresh_token_idle_days: int | None = None
    default_max_age: int | None = None
    token_endpoint_auth_method: AuthMethod = AuthMethod.SECRET
    jwks: str = ""
    jwks_uri: str = ""
    require_pushed_authorization_requests: bool = False
    require_signed_request_object: bool = False
    dpop_bound_access_tokens: bool = False
    subject_type: SubjectType = SubjectType.PUBLIC
    sector_identifier_uri: str = ""
    userinfo_signed_response_alg: SigningAlgorithm | None = None
    request_uris: list[str] = []
    tos_uri: str = ""
    policy_uri: str = ""
    confirmed_hosts: list[str] = []


class SecretBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What is said about a secret that is generated. Without `days` it does not expire."""

    label: str = ""
    days: int | None = None


_DETAILS = tuple(name for name in ClientBody.__struct_fields__ if name != "confirmed_hosts")
_AT = re.compile(r" - at `\$\.?(?P<member>\w*).*`$", re.DOTALL)
_NO_CHOICE = re.compile(r"Invalid enum value .*")
_UNKNOWN = re.compile(r"unknown field `(?P<member>[^`]{1,80})`")


def _name_member(fault: str) -> tuple[str, str]:
    """Of what the decoder says: which member is meant, and the rest."""
    at = _AT.search(fault)
    unknown = _UNKNOWN.search(fault)
    member = unknown["member"] if unknown else at["member"] if at else ""
    return member, _AT.sub("", fault)


def list_choices(kind: type[msgspec.Struct], member: str) -> list[str]:
    """The words that a member may hold, alone or in its list; empty when it may hold others too."""
    hint = get_type_hints(kind).get(member)
    words = (get_args(hint) or (hint,))[0]
    return [each.value for each in words] if isinstance(words, type) and issubclass(words, StrEnum) else []


def add_choices(kind: type[msgspec.Struct], member: str, fault: str) -> str:
    """What the decoder says of a member, with the words that it may hold if it holds another one."""
    choices = list_choices(kind, member)
    if not (choices and _NO_CHOICE.fullmatch(fault)):
        return fault
    return f"{fault}; use {', '.join(choices[:-1])} or {choices[-1]}"


def parse_body(content: bytes, kind: type[T]) -> T:
    """Raises `InvalidInputError` beside the member that has the wrong type or is none."""
    try:
        return msgspec.json.decode(content or b"{}", type=kind)
    except msgspec.ValidationError as fault:
        member, words = _name_member(str(fault))
        words = add_choices(kind, member, words[:200])
        errors = {member: [f"{words}."]} if member else None
        place = f"{member}: " if member else ""
        raise InvalidInputError(f"The body cannot be used: {place}{words}.", errors) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise InvalidInputError("Send the body as JSON, in UTF-8.") from None


def _fill_form(body: ClientBody) -> Form:
    """As a person would have typed it, so that one set of rules judges both."""
    given: dict[str, Any] = {name: getattr(body, name) for name in _DETAILS}
    given |= {name: tuple(value) for name, value in given.items() if isinstance(value, list)}
    given |= {"grant_types": frozenset(body.grant_types), "require_pkce": bool(body.require_pkce)}
    details = ClientDetails(**given)
    values = list_values(details)
    if body.require_pkce is None:
        values["pkce"] = [PkceChoice.AUTOMATIC.value]
    return Form({**values, "confirmed_hosts": body.confirmed_hosts})


def read_client(body: ClientBody, around: Surroundings) -> ClientDetails:
    """The details as they would be stored. Raises `InvalidInputError` with every fault."""
    if any("\x00" in text for text in _list_texts(body)):
        raise InvalidInputError("A NUL character cannot be stored.")
    form = _fill_form(body)
    details = read_details(form, around)
    if details is not None:
        return details
    if suspicious := list_suspicions(form, around).keys() - set(body.confirmed_hosts):
        hosts = ", ".join(sorted(suspicious))
        form.add_error(
            "confirmed_hosts", say("Name here what is right all the same: %(hosts)s.", hosts=hosts)
        )
    raise InvalidInputError("The client cannot be saved like this.", form.errors)


def _list_texts(body: ClientBody) -> list[str]:
    values = [getattr(body, name) for name in ClientBody.__struct_fields__]
    texts = [text for value in values for text in (value if isinstance(value, list) else [value])]
    return [text for text in texts if isinstance(text, str)]
