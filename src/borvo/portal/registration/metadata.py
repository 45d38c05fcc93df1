"""Client metadata of RFC 7591 and OpenID Connect Registration 1.0, as the portal's fields and back. Pure rules.

What is not kept is left out of the answer (RFC 7591 3.2.1). One more member: a line in `Metadata`, in `read_wish` and
in `describe_metadata`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from borvo.portal.addresses import check_page_uri, list_hosts
from borvo.portal.model import (
    LASTING_GRANTS,
    AuthMethod,
    ClientDetails,
    ClientSheet,
    GrantType,
    SigningAlgorithm,
    SubjectType,
)
from borvo.portal.registration.flows import (
    LASTING,
    REFRESH,
    list_grants,
    list_responses,
    read_flows,
    refuse,
)
from borvo.portal.registration.model import About, Registration, SecretMethod

DEFAULT_SCOPES = ("openid", "profile", "email", "phone", "address")
"""RFC 7591 2: of a client that names none. They open what a person tells about herself, and no reading of hers."""

_NO_METHOD = "none"
_ENCRYPTED = (
    "id_token_encrypted_response_alg",
    "id_token_encrypted_response_enc",
    "userinfo_encrypted_response_alg",
    "userinfo_encrypted_response_enc",
    "request_object_encryption_alg",
    "request_object_encryption_enc",
)


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """What a program sends; members of other names are passed over (RFC 7591 2)."""

    redirect_uris: list[str] = []
    response_types: list[str] | None = None
    grant_types: list[str] | None = None
    client_name: str = ""
    client_uri: str = ""
    logo_uri: str = ""
    policy_uri: str = ""
    tos_uri: str = ""
    scope: str | None = None
    token_endpoint_auth_method: str = SecretMethod.BASIC.value
    jwks: dict[str, Any] | None = None
    jwks_uri: str = ""
    id_token_signed_response_alg: str = ""
    userinfo_signed_response_alg: str = ""
    subject_type: str = SubjectType.PUBLIC.value
    sector_identifier_uri: str = ""
    post_logout_redirect_uris: list[str] = []
    request_uris: list[str] = []
    frontchannel_logout_uri: str = ""
    backchannel_logout_uri: str = ""
    require_pushed_authorization_requests: bool = False
    require_signed_request_object: bool = False
    dpop_bound_access_tokens: bool = False
    default_max_age: int | None = None
    contacts: list[str] = []
    software_id: str = ""
    software_version: str = ""
    initiate_login_uri: str = ""


_SWITCHES = (
    "require_pushed_authorization_requests",
    "require_signed_request_object",
    "dpop_bound_access_tokens",
)
_TEXTS = (
    "client_uri",
    "policy_uri",
    "tos_uri",
    "jwks_uri",
    "sector_identifier_uri",
    "frontchannel_logout_uri",
    "backchannel_logout_uri",
)
_SAME = (*_TEXTS, *_SWITCHES)
"""What is called the same here and in the portal."""

_SAID = ("software_id", "software_version", "initiate_login_uri")
_LISTS = ("redirect_uris", "post_logout_redirect_uris", "request_uris")


@dataclass(frozen=True, slots=True)
class Wish:
    """What a program wants: details that no rule has judged yet, and what the portal keeps elsewhere."""

    details: ClientDetails
    secret_method: SecretMethod
    about: About = field(default_factory=About)
    logo_uri: str = ""
    sent: Mapping[str, Any] = field(default_factory=dict)


def parse_metadata(content: bytes) -> tuple[Metadata, dict[str, Any]]:
    """With all that was sent. A member that is null counts as left out (RFC 7592 2.2). Raises `RegistrationError`."""
    try:
        sent = msgspec.json.decode(content, type=dict[str, Any])
        given = {name: value for name, value in sent.items() if value is not None}
        metadata = msgspec.convert(given, Metadata)
    except msgspec.ValidationError as fault:
        raise refuse(f"The metadata cannot be read: {fault}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise refuse("Send the metadata as one JSON object, in UTF-8.") from None
    for name in _ENCRYPTED:
        if name in given:
            raise refuse(f"{name}: nothing is encrypted here beyond TLS. Leave it out.")
    return metadata, given


def read_wish(content: bytes, present: ClientDetails | None = None, *, is_strict: bool) -> Wish:
    """Raises `RegistrationError` for what cannot be said in the portal's words. What metadata has no member for stays
    as in `present`. `is_strict` is how much the instance allows."""
    metadata, given = parse_metadata(content)
    grant_types, takes_tokens = read_flows(metadata.grant_types, metadata.response_types, is_strict=is_strict)
    method, is_public, secret_method = _read_method(metadata.token_endpoint_auth_method, is_strict=is_strict)
    # FAPI 2.0 Security Profile 5.4.1: PS256 where others begin with RS256.
    usual = SigningAlgorithm.PS256 if is_strict else SigningAlgorithm.RS256
    signed = metadata.userinfo_signed_response_alg
    before = present or ClientDetails("", "", (), frozenset(), (), require_pkce=is_strict)
    same: dict[str, Any] = {name: getattr(metadata, name) for name in _SAME}
    same |= {name: tuple(dict.fromkeys(getattr(metadata, name))) for name in _LISTS}
    details = replace(
        before,
        **same,
        display_name=metadata.client_name.strip() or _name_client(metadata.redirect_uris),
        grant_types=grant_types,
        scopes=_read_scopes(metadata, grant_types),
        is_public=is_public,
        allows_front_channel_tokens=takes_tokens,
        default_max_age=metadata.default_max_age,
        signing_algorithm=_read_algorithm(
            "id_token_signed_response_alg",
            metadata.id_token_signed_response_alg or usual.value,
            is_strict=is_strict,
        ),
        token_endpoint_auth_method=method,
        jwks=msgspec.json.encode(metadata.jwks).decode() if metadata.jwks is not None else "",
        subject_type=_read_subject_type(metadata.subject_type),
        userinfo_signed_response_alg=_read_algorithm(
            "userinfo_signed_response_alg", signed, is_strict=is_strict
        )
        if signed
        else None,
    )
    return Wish(details, secret_method, _read_about(metadata), metadata.logo_uri, given)


def _read_about(metadata: Metadata) -> About:
    contacts = tuple(dict.fromkeys(metadata.contacts))
    if len(contacts) > _CONTACTS_MOST or not all(map(_is_short, contacts)):
        raise refuse(f"contacts: name at most {_CONTACTS_MOST}, each in at most {_TEXT_MOST} characters.")
    for name in ("software_id", "software_version"):
        if (text := getattr(metadata, name)) and not _is_short(text):
            raise refuse(f"{name}: use at most {_TEXT_MOST} ordinary characters.")
    address = metadata.initiate_login_uri
    # OpenID Connect Registration 2: it uses the https scheme.
    if address and (check_page_uri(address) or not address.startswith("https://")):
        raise refuse("initiate_login_uri: use an https address.")
    return About(contacts, metadata.software_id, metadata.software_version, address)


_CONTACTS_MOST = 10
_TEXT_MOST = 200


def _is_short(text: str) -> bool:
    return 0 < len(text) <= _TEXT_MOST and text.isprintable()


def _name_client(redirect_uris: Iterable[str]) -> str:
    """Of one that names itself not: people read where they go back to. Empty, which is refused, without any."""
    return next(iter(list_hosts(redirect_uris)), "")


def _read_scopes(metadata: Metadata, grant_types: frozenset[GrantType]) -> tuple[str, ...]:
    scopes = list(DEFAULT_SCOPES) if metadata.scope is None else metadata.scope.split()
    if metadata.scope is None and grant_types == {GrantType.CLIENT_CREDENTIALS}:
        raise refuse("scope: name the scopes of a client that acts for itself.")
    wants_refresh = REFRESH in (metadata.grant_types or ())
    if wants_refresh and not LASTING_GRANTS.isdisjoint(grant_types):
        # OpenID Connect Core 11: the two say the same here.
        scopes.append(LASTING)
    return tuple(dict.fromkeys(scopes))


def _read_method(text: str, *, is_strict: bool) -> tuple[AuthMethod, bool, SecretMethod]:
    """The method, whether the client is public, and how it sends a secret."""
    if is_strict and text != AuthMethod.PRIVATE_KEY_JWT:
        # FAPI 2.0 Security Profile 5.3.2.1: no other client would get any further.
        raise refuse("token_endpoint_auth_method: this instance knows clients by private_key_jwt only.")
    if text == _NO_METHOD:
        return AuthMethod.SECRET, True, SecretMethod.BASIC
    if text in set(SecretMethod):
        return AuthMethod.SECRET, False, SecretMethod(text)
    if text in set(AuthMethod) - {AuthMethod.SECRET}:
        return AuthMethod(text), False, SecretMethod.BASIC
    raise refuse(f"token_endpoint_auth_method: {text[:100]} is not served.")


def _read_algorithm(name: str, text: str, *, is_strict: bool) -> SigningAlgorithm:
    served = [each for each in SigningAlgorithm if each is not SigningAlgorithm.RS256 or not is_strict]
    if text not in served:
        raise refuse(f"{name}: use one of {', '.join(served)}.")
    return SigningAlgorithm(text)


def _read_subject_type(text: str) -> SubjectType:
    if text not in set(SubjectType):
        raise refuse(f"subject_type: use one of {', '.join(SubjectType)}.")
    return SubjectType(text)


def describe_metadata(sheet: ClientSheet, registration: Registration, issuer: str) -> dict[str, Any]:
    """What is registered, whatever was asked for; what has no value is left out."""
    details, logo, about = sheet.details, sheet.presentation.logo, registration.about
    algorithm = details.userinfo_signed_response_alg
    told: dict[str, Any] = {
        "client_name": details.display_name,
        "logo_uri": f"{issuer}{LOGO_PATH}{logo}" if logo else "",
        "scope": " ".join(details.scopes),
        "jwks": _read_keys(details.jwks),
        "userinfo_signed_response_alg": algorithm.value if algorithm else "",
        **{name: list(getattr(details, name)) for name in _LISTS},
        **{name: getattr(details, name) for name in _TEXTS},
        "contacts": list(about.contacts),
        **{name: getattr(about, name) for name in _SAID},
        # Both logouts name the session at all times, so each client has what it may ask for.
        "frontchannel_logout_session_required": bool(details.frontchannel_logout_uri),
        "backchannel_logout_session_required": bool(details.backchannel_logout_uri),
    }
    return {
        **{name: value for name, value in told.items() if value},
        "redirect_uris": list(details.redirect_uris),
        "response_types": list_responses(details),
        "grant_types": list_grants(details),
        "token_endpoint_auth_method": _name_method(details, registration.secret_method),
        **({} if details.default_max_age is None else {"default_max_age": details.default_max_age}),
        "id_token_signed_response_alg": details.signing_algorithm.value,
        "subject_type": details.subject_type.value,
        # Every id token says when the person signed in.
        "require_auth_time": True,
        **{name: getattr(details, name) for name in _SWITCHES},
    }


LOGO_PATH = "/portal/logos/"


def _read_keys(text: str) -> object:
    try:
        return msgspec.json.decode(text or "null")
    except msgspec.DecodeError:
        # Entered before anybody looked at it.
        return None


def _name_method(details: ClientDetails, secret_method: SecretMethod) -> str:
    if details.is_public:
        return _NO_METHOD
    method = details.token_endpoint_auth_method
    return secret_method.value if method is AuthMethod.SECRET else method.value
