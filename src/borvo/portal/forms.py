"""Reads the forms of developers and says what is wrong with them."""

from collections.abc import Sequence

from borvo.portal.addresses import (
    check_backchannel_uri,
    check_client_uri,
    check_frontchannel_uri,
    check_post_logout_uris,
    check_redirect_uris,
    normalize_client_uri,
)
from borvo.portal.bundles import expand_scopes
from borvo.portal.model import AccessTokenFormat, ClientDetails, GrantType, RegisteredClient, SigningAlgorithm
from borvo.portal.policy import (
    PkceChoice,
    check_display_name,
    check_front_channel_tokens,
    check_grant_types,
    check_public,
    check_scopes,
    check_suffix,
    decide_pkce,
)
from borvo.web.forms import Form


def read_grant_types(form: Form) -> frozenset[GrantType]:
    """A value that the page does not offer counts as not chosen."""
    return frozenset(GrantType(value) for value in form.texts("grant_types") if value in set(GrantType))


def read_pkce_choice(form: Form) -> PkceChoice:
    """What the form does not say is left to the grant types."""
    value = form.text("pkce")
    return PkceChoice(value) if value in set(PkceChoice) else PkceChoice.AUTOMATIC


def read_scopes(form: Form) -> tuple[str, ...]:
    return expand_scopes(form.texts("scopes"))


def read_token_format(form: Form) -> AccessTokenFormat:
    value = form.text("access_token_format")
    return AccessTokenFormat(value) if value in set(AccessTokenFormat) else AccessTokenFormat.JWT


def read_algorithm(form: Form) -> SigningAlgorithm:
    value = form.text("signing_algorithm")
    return SigningAlgorithm(value) if value in set(SigningAlgorithm) else SigningAlgorithm.RS256


def _read_uris(form: Form, name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(form.lines(name)))


def read_details(form: Form) -> ClientDetails | None:
    """None when something is wrong; the form then says what, field by field."""
    grant_types, scopes = read_grant_types(form), read_scopes(form)
    redirect_uris, is_public = _read_uris(form, "redirect_uris"), form.has("is_public")
    faults: dict[str, Sequence[str | None]] = {
        "display_name": [check_display_name(form.text("display_name"))],
        "client_uri": [check_client_uri(form.text("client_uri"))],
        "redirect_uris": check_redirect_uris(redirect_uris, grant_types),
        "grant_types": [check_grant_types(grant_types)],
        "scopes": [check_scopes(scopes, grant_types)],
        **_check_settings(form, grant_types, redirect_uris),
    }
    for field, found in faults.items():
        for fault in found:
            if fault:
                form.add_error(field, fault)
    if not form.is_valid:
        return None
    return ClientDetails(
        display_name=form.text("display_name"),
        client_uri=normalize_client_uri(form.text("client_uri")),
        redirect_uris=redirect_uris,
        grant_types=grant_types,
        scopes=scopes,
        require_pkce=decide_pkce(read_pkce_choice(form), grant_types, is_public=is_public),
        is_public=is_public,
        allows_front_channel_tokens=form.has("allows_front_channel_tokens"),
        access_token_format=read_token_format(form),
        signing_algorithm=read_algorithm(form),
        post_logout_redirect_uris=_read_uris(form, "post_logout_redirect_uris"),
        frontchannel_logout_uri=form.text("frontchannel_logout_uri"),
        backchannel_logout_uri=form.text("backchannel_logout_uri"),
    )


def _check_settings(
    form: Form, grant_types: frozenset[GrantType], redirect_uris: Sequence[str]
) -> dict[str, Sequence[str | None]]:
    """The fields that most apps leave alone."""
    front, back = form.text("frontchannel_logout_uri"), form.text("backchannel_logout_uri")
    is_allowed = form.has("allows_front_channel_tokens")
    return {
        "is_public": [check_public(form.has("is_public"), grant_types)],
        "allows_front_channel_tokens": [check_front_channel_tokens(is_allowed, grant_types)],
        "post_logout_redirect_uris": check_post_logout_uris(_read_uris(form, "post_logout_redirect_uris")),
        "frontchannel_logout_uri": [check_frontchannel_uri(front, redirect_uris)],
        "backchannel_logout_uri": [check_backchannel_uri(back)],
    }


def read_suffix(form: Form) -> str:
    """The suffix, with its fault noted on the form."""
    suffix = form.text("suffix")
    if fault := check_suffix(suffix):
        form.add_error("suffix", fault)
    return suffix


def fill_form(client: RegisteredClient) -> Form:
    """The form as it looks before anything is changed."""
    choice = PkceChoice.REQUIRED if client.require_pkce else PkceChoice.OPTIONAL
    return Form(
        {
            "display_name": [client.display_name],
            "client_uri": [client.client_uri],
            "redirect_uris": ["\n".join(client.redirect_uris)],
            "grant_types": sorted(client.grant_types),
            "scopes": client.scopes,
            "pkce": [choice.value],
            "is_public": ["yes"] if client.is_public else [],
            "allows_front_channel_tokens": ["yes"] if client.allows_front_channel_tokens else [],
            "access_token_format": [client.access_token_format.value],
            "signing_algorithm": [client.signing_algorithm.value],
            "post_logout_redirect_uris": ["\n".join(client.post_logout_redirect_uris)],
            "frontchannel_logout_uri": [client.frontchannel_logout_uri],
            "backchannel_logout_uri": [client.backchannel_logout_uri],
        }
    )
