"""What people will be asked, while a developer still types it: the page of the provider itself, and its words."""

from dataclasses import dataclass

from borvo.catalogue.scopes import order_scopes
from borvo.kernel.text import say
from borvo.portal.addresses import check_client_uri, check_page_uri, normalize_client_uri
from borvo.portal.forms import read_grant_types
from borvo.portal.model import ClientPresentation, GrantType
from borvo.portal.policy import DESCRIPTION_MAXIMUM, NAME_MAXIMUM
from borvo.web.consent import AskedConsent
from borvo.web.forms import Form

NAMELESS = say("Your app")


@dataclass(frozen=True, slots=True)
class TypedApp:
    """As far as it has come."""

    display_name: str
    client_uri: str


def _read_app(form: Form) -> TypedApp:
    uri = form.text("client_uri")
    return TypedApp(
        form.text("display_name")[:NAME_MAXIMUM] or NAMELESS,
        "" if check_client_uri(uri) else normalize_client_uri(uri),
    )


def _read_link(form: Form, name: str) -> str:
    """Empty unless it could be saved: what is refused there is not offered here to be followed."""
    uri = form.text(name)
    return "" if check_page_uri(uri) else uri


def build_question(form: Form, logo: str = "") -> AskedConsent | None:
    """What a person reads if the app asks for everything that is chosen. None when nobody is asked: nothing is chosen,
    or the app only acts in its own name."""
    scopes = tuple(order_scopes(form.texts("scopes")))
    if not scopes or read_grant_types(form) == {GrantType.CLIENT_CREDENTIALS}:
        return None
    presentation = ClientPresentation(
        description="\n".join(form.text("description").splitlines())[:DESCRIPTION_MAXIMUM],
        tos_uri=_read_link(form, "tos_uri"),
        policy_uri=_read_link(form, "policy_uri"),
        logo=logo,
    )
    return AskedConsent(_read_app(form), presentation, scopes)
