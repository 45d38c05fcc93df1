"""Reads the forms of developers and says what is wrong with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from borvo.kernel.text import Text, say
from borvo.portal.addresses import (
    check_backchannel_uri,
    check_client_uri,
    check_frontchannel_uri,
    check_page_uri,
    check_post_logout_uris,
    check_redirect_uris,
    check_request_uris,
    list_hosts,
    normalize_client_uri,
)
from borvo.portal.key_sets import list_key_faults
from borvo.portal.lookalikes import find_suspicions
from borvo.portal.model import (
    AccessTokenFormat,
    AuthMethod,
    ClientDetails,
    GrantType,
    LifetimeBounds,
    SigningAlgorithm,
    SubjectType,
)
from borvo.portal.policy import (
    LIFETIME_MINIMUMS,
    PkceChoice,
    check_auth_method,
    check_bound_tokens,
    check_description,
    check_display_name,
    check_front_channel_tokens,
    check_grant_types,
    check_key_text,
    check_lifetime,
    check_max_age,
    check_public,
    check_scopes,
    check_suffix,
    decide_pkce,
)
from borvo.portal.scope_choice import order_choice
from borvo.portal.sectors import check_sector
from borvo.portal.strictness import find_strict_faults
from borvo.web.forms import Form

FIELD_LABELS: Mapping[str, Text] = {
    "display_name": say("Display name"),
    "description": say("Description"),
    "client_uri": say("Client URI"),
    "redirect_uris": say("Callback URLs"),
    "grant_types": say("Grant types"),
    "is_public": say("Cannot keep a secret"),
    "scopes": say("Scopes"),
    "tos_uri": say("Terms of service"),
    "policy_uri": say("Privacy policy"),
    "pkce": say("Require PKCE"),
    "access_token_format": say("Access tokens"),
    "signing_algorithm": say("Signing algorithm"),
    "allows_front_channel_tokens": say("Access tokens through the browser"),
    "access_token_minutes": say("Life of access tokens, minutes"),
    "refresh_token_days": say("Life of refresh tokens, days"),
    "refresh_token_idle_days": say("Refresh tokens unused, days"),
    "post_logout_redirect_uris": say("Post-logout URLs"),
    "default_max_age": say("Sign in again after, seconds"),
    "token_endpoint_auth_method": say("Proof of identity"),
    "jwks": say("Public keys"),
    "jwks_uri": say("Address of public keys"),
    "require_pushed_authorization_requests": say("Pushed requests only"),
    "require_signed_request_object": say("Signed requests only"),
    "dpop_bound_access_tokens": say("Access tokens bound to a key"),
    "subject_type": say("Identifiers of people"),
    "sector_identifier_uri": say("Sector identifier"),
    "userinfo_signed_response_alg": say("Signature of user info"),
    "request_uris": say("Request addresses"),
    "frontchannel_logout_uri": say("Front-channel logout URL"),
    "backchannel_logout_uri": say("Back-channel logout URL"),
}
"""What the fields of Client Details are called where they are compared, in the order of the page."""

ADVANCED_FIELDS = frozenset(list(FIELD_LABELS)[list(FIELD_LABELS).index("pkce") :])
"""Those on the second tab."""


Choice = TypeVar("Choice", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the form is judged by beside itself: the operator's bounds, the hosts that were looked at before, and how
    much the instance allows."""

    bounds: LifetimeBounds
    platform_host: str = ""
    known_hosts: frozenset[str] = frozenset()
    is_strict: bool = False


def read_grant_types(form: Form) -> frozenset[GrantType]:
    """A value that the page does not offer counts as not chosen."""
    return frozenset(GrantType(value) for value in form.texts("grant_types") if value in set(GrantType))


def read_pkce_choice(form: Form) -> PkceChoice:
    """What the form does not say is left to the grant types."""
    return _read_choice(form, "pkce", PkceChoice.AUTOMATIC)


def read_scopes(form: Form) -> tuple[str, ...]:
    return order_choice(form.texts("scopes"))


def _read_choice(form: Form, name: str, default: Choice) -> Choice:
    value, kind = form.text(name), type(default)
    return kind(value) if value in set(kind) else default


def read_token_format(form: Form) -> AccessTokenFormat:
    return _read_choice(form, "access_token_format", AccessTokenFormat.JWT)


def read_algorithm(form: Form) -> SigningAlgorithm:
    return _read_choice(form, "signing_algorithm", SigningAlgorithm.RS256)


def read_auth_method(form: Form) -> AuthMethod:
    return _read_choice(form, "token_endpoint_auth_method", AuthMethod.SECRET)


def read_subject_type(form: Form) -> SubjectType:
    return _read_choice(form, "subject_type", SubjectType.PUBLIC)


def read_userinfo_algorithm(form: Form) -> SigningAlgorithm | None:
    value = form.text("userinfo_signed_response_alg")
    return SigningAlgorithm(value) if value in set(SigningAlgorithm) else None


def _read_uris(form: Form, name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(form.lines(name)))


def _read_number(form: Form, name: str) -> int | None:
    """None when nothing usable was entered; `check_lifetime` says what is wrong with it."""
    text = form.text(name)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < _DIGITS else None


_DIGITS = 7


def list_suspicions(form: Form, around: Surroundings) -> Mapping[str, str]:
    """By host, why to look twice before it is saved, except at what was saved before."""
    hosts = list_hosts(_read_uris(form, "redirect_uris"))
    others = [*list_hosts([form.text("client_uri")]), *around.known_hosts, *hosts]
    found = find_suspicions(hosts, [around.platform_host, *others] if around.platform_host else others)
    return {host: words for host, words in found.items() if host not in around.known_hosts}


def _check_hosts(form: Form, around: Surroundings) -> list[str]:
    confirmed = set(form.texts("confirmed_hosts"))
    return [
        say("%(suspicion)s. Tick that it is right, or mend it.", suspicion=words)
        for host, words in list_suspicions(form, around).items()
        if host not in confirmed
    ]


def read_details(form: Form, around: Surroundings) -> ClientDetails | None:
    """None when something is wrong; the form then says what, field by field."""
    grant_types, scopes = read_grant_types(form), read_scopes(form)
    redirect_uris, is_public = _read_uris(form, "redirect_uris"), form.has("is_public")
    faults: dict[str, Sequence[str | None]] = {
        "display_name": [check_display_name(form.text("display_name"))],
        "description": [check_description(_read_description(form))],
        "client_uri": [check_client_uri(form.text("client_uri"))],
        "redirect_uris": check_redirect_uris(redirect_uris, grant_types, is_public=is_public)
        or _check_hosts(form, around),
        "grant_types": [check_grant_types(grant_types)],
        "scopes": [check_scopes(scopes, grant_types)],
        "tos_uri": [check_page_uri(form.text("tos_uri"))],
        "policy_uri": [check_page_uri(form.text("policy_uri"))],
        **_check_settings(form, grant_types, redirect_uris),
        **_check_proofs(form, redirect_uris),
        **_check_lifetimes(form, around.bounds),
    }
    for field, found in faults.items():
        for fault in found:
            if fault:
                form.add_error(field, fault)
    details = _build_details(form) if form.is_valid else None
    if details and around.is_strict:
        form.add_errors(find_strict_faults(details))
    return details if form.is_valid else None


def _build_details(form: Form) -> ClientDetails:
    """What a form says in which no fault was found."""
    grant_types, is_public = read_grant_types(form), form.has("is_public")
    return ClientDetails(
        display_name=form.text("display_name"),
        client_uri=normalize_client_uri(form.text("client_uri")),
        redirect_uris=_read_uris(form, "redirect_uris"),
        grant_types=grant_types,
        scopes=read_scopes(form),
        require_pkce=decide_pkce(read_pkce_choice(form), grant_types, is_public=is_public),
        is_public=is_public,
        allows_front_channel_tokens=form.has("allows_front_channel_tokens"),
        access_token_format=read_token_format(form),
        signing_algorithm=read_algorithm(form),
        post_logout_redirect_uris=_read_uris(form, "post_logout_redirect_uris"),
        frontchannel_logout_uri=form.text("frontchannel_logout_uri"),
        backchannel_logout_uri=form.text("backchannel_logout_uri"),
        access_token_minutes=_read_number(form, "access_token_minutes"),
        refresh_token_days=_read_number(form, "refresh_token_days"),
        refresh_token_idle_days=_read_number(form, "refresh_token_idle_days"),
        default_max_age=_read_number(form, "default_max_age"),
        token_endpoint_auth_method=read_auth_method(form),
        jwks=form.text("jwks"),
        jwks_uri=form.text("jwks_uri"),
        require_pushed_authorization_requests=form.has("require_pushed_authorization_requests"),
        require_signed_request_object=form.has("require_signed_request_object"),
        dpop_bound_access_tokens=form.has("dpop_bound_access_tokens"),
        subject_type=read_subject_type(form),
        sector_identifier_uri=form.text("sector_identifier_uri"),
        userinfo_signed_response_alg=read_userinfo_algorithm(form),
        request_uris=_read_uris(form, "request_uris"),
        description=_read_description(form),
        tos_uri=form.text("tos_uri"),
        policy_uri=form.text("policy_uri"),
    )


def _read_description(form: Form) -> str:
    """With the line ends of one kind."""
    return "\n".join(form.text("description").splitlines())


def _check_settings(
    form: Form, grant_types: frozenset[GrantType], redirect_uris: Sequence[str]
) -> dict[str, Sequence[str | None]]:
    """The fields that most apps leave alone."""
    front, back = form.text("frontchannel_logout_uri"), form.text("backchannel_logout_uri")
    is_allowed, is_public = form.has("allows_front_channel_tokens"), form.has("is_public")
    after = _read_uris(form, "post_logout_redirect_uris")
    return {
        "is_public": [check_public(is_public, grant_types)],
        "allows_front_channel_tokens": [check_front_channel_tokens(is_allowed, grant_types)],
        "dpop_bound_access_tokens": [check_bound_tokens(form.has("dpop_bound_access_tokens"), is_allowed)],
        "post_logout_redirect_uris": check_post_logout_uris(after, is_public=is_public),
        "frontchannel_logout_uri": [check_frontchannel_uri(front, redirect_uris)],
        "backchannel_logout_uri": [check_backchannel_uri(back)],
        "default_max_age": [check_max_age(form.text("default_max_age"))],
    }


def _check_proofs(form: Form, redirect_uris: Sequence[str]) -> dict[str, Sequence[str | None]]:
    """The fields on how the client proves who it is, and how it knows people."""
    keys, address, method = form.text("jwks"), form.text("jwks_uri"), read_auth_method(form)
    sector_uri = form.text("sector_identifier_uri")
    return {
        "token_endpoint_auth_method": [
            check_auth_method(method, is_public=form.has("is_public"), has_keys=bool(keys or address))
        ],
        "jwks": [check_key_text(keys, address), *list_key_faults(keys)],
        "jwks_uri": [check_page_uri(address)],
        "request_uris": check_request_uris(_read_uris(form, "request_uris")),
        "sector_identifier_uri": [
            check_page_uri(sector_uri),
            check_sector(read_subject_type(form), redirect_uris, sector_uri),
        ],
    }


def _check_lifetimes(form: Form, bounds: LifetimeBounds) -> dict[str, Sequence[str | None]]:
    return {
        name: [check_lifetime(form.text(name), least, getattr(bounds, name))]
        for name, least in LIFETIME_MINIMUMS.items()
    }


def read_suffix(form: Form) -> str:
    """The suffix, with its fault noted on the form."""
    suffix = form.text("suffix")
    if fault := check_suffix(suffix):
        form.add_error("suffix", fault)
    return suffix


def fill_form(details: ClientDetails) -> Form:
    """The form as it looks before anything is changed."""
    return Form(list_values(details))


def list_values(details: ClientDetails) -> dict[str, list[str]]:
    """What each field of the form holds for these details."""
    choice = PkceChoice.REQUIRED if details.require_pkce else PkceChoice.OPTIONAL
    values: dict[str, list[str]] = {"pkce": [choice.value]}
    for name in FIELD_LABELS.keys() - values.keys():
        values[name] = _show_value(name, getattr(details, name))
    return {name: values[name] for name in FIELD_LABELS}


def _show_value(name: str, value: object) -> list[str]:
    match value:
        case bool():
            return ["yes"] if value else []
        case frozenset():
            return sorted(value)
        case tuple() if name != "scopes":
            return ["\n".join(value)]
        case tuple():
            return [*value]
        case None:
            return [""]
    return [str(value)]
