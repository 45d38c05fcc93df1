"""Judges what a program wants by the rules of the portal's pages, and says what is wrong in the words of RFC 7591."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from borvo.kernel.errors import InvalidInputError
from borvo.portal.forms import Surroundings, list_values, read_details
from borvo.portal.model import ClientDetails
from borvo.portal.registration.model import RegistrationError, RegistrationFault
from borvo.web.forms import Form

_NAMES = {
    "display_name": "client_name",
    "scopes": "scope",
    "signing_algorithm": "id_token_signed_response_alg",
    "is_public": "token_endpoint_auth_method",
    "allows_front_channel_tokens": "response_types",
    "logo": "logo_uri",
}
"""What the portal calls a field, and what it is called here."""

_MOST = 500


def judge(details: ClientDetails, around: Surroundings) -> ClientDetails:
    """As they would be stored. Raises `RegistrationError` with every fault."""
    values = list_values(details)
    if any("\x00" in text for texts in values.values() for text in texts):
        raise RegistrationError(RegistrationFault.METADATA, "A NUL character cannot be stored.")
    form = Form(values)
    found = read_details(form, around)
    if found is None:
        raise refuse_faults(form.errors)
    return found


def refuse_faults(errors: Mapping[str, Sequence[str]]) -> RegistrationError:
    # RFC 7591 3.2.2
    is_redirect = "redirect_uris" in errors
    fault = RegistrationFault.REDIRECT_URI if is_redirect else RegistrationFault.METADATA
    words = [f"{_NAMES.get(name, name)}: {each}" for name, faults in errors.items() for each in faults]
    return RegistrationError(fault, spell(" ".join(words)))


def spell(text: str) -> str:
    """RFC 7591 3.2.2: an error_description is ASCII text."""
    return "".join(c if c.isascii() and c.isprintable() else "?" for c in text)[:_MOST]


@contextmanager
def rewording() -> Iterator[None]:
    """What the portal's own use cases find fault with is told in the words of RFC 7591."""
    try:
        yield
    except InvalidInputError as error:
        raise refuse_faults(error.errors or {"metadata": [error.public]}) from None
