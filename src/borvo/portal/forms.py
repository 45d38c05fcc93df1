"""Reads the forms of developers and says what is wrong with them."""

from collections.abc import Sequence

from borvo.portal.addresses import check_client_uri, check_redirect_uris, normalize_client_uri
from borvo.portal.bundles import expand_scopes
from borvo.portal.model import ClientDetails, GrantType, RegisteredClient
from borvo.portal.policy import (
    PkceChoice,
    check_display_name,
    check_grant_types,
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


def read_details(form: Form) -> ClientDetails | None:
    """None when something is wrong; the form then says what, field by field."""
    grant_types, scopes = read_grant_types(form), read_scopes(form)
    redirect_uris = tuple(dict.fromkeys(form.lines("redirect_uris")))
    faults: dict[str, Sequence[str | None]] = {
        "display_name": [check_display_name(form.text("display_name"))],
        "client_uri": [check_client_uri(form.text("client_uri"))],
        "redirect_uris": check_redirect_uris(redirect_uris, grant_types),
        "grant_types": [check_grant_types(grant_types)],
        "scopes": [check_scopes(scopes, grant_types)],
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
        require_pkce=decide_pkce(read_pkce_choice(form), grant_types),
    )


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
        }
    )
