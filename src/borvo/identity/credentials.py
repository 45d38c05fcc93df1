"""How a client says who it is at the token endpoint: read and verified before the protocol engine runs."""

import base64
import binascii
from dataclasses import dataclass
from urllib.parse import unquote_plus

from borvo.identity.assertions import ASSERTION_TYPE, Assertion, AssertionFaultError, read_assertion
from borvo.identity.model import Parameters
from borvo.kernel.secret import Secret


class CredentialsError(Exception):
    """The credentials cannot be read, or there are two of them; the text is for the client's developer."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What was presented. `method` is empty when nothing was, and `none` for a client id alone."""

    method: str
    client_id: str
    secret: Secret[str]
    assertion: Assertion | None = None


_NOTHING = Credentials("", "", Secret(""))


def parse_basic(header: str | None) -> Credentials | None:
    """RFC 6749 2.3.1: both halves of HTTP Basic are form-encoded before they are joined."""
    scheme, _, value = (header or "").strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(value.strip(), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        raise CredentialsError("The Authorization header is not readable HTTP Basic.") from None
    client_id, colon, secret = text.partition(":")
    if not colon:
        raise CredentialsError("The Authorization header is not readable HTTP Basic.")
    return Credentials("client_secret_basic", unquote_plus(client_id), Secret(unquote_plus(secret)))


def _read_assertion(parameters: Parameters) -> Credentials | None:
    """RFC 7521 4.2; None when there is none. Raises `CredentialsError`, and `AssertionFaultError`."""
    text, kind = parameters.get("client_assertion"), parameters.get("client_assertion_type")
    if text is None and kind is None:
        return None
    if text is None or kind is None or any(map(parameters.is_repeated, _ASSERTION_FIELDS)):
        raise CredentialsError("Send one client_assertion with its client_assertion_type.")
    if kind != ASSERTION_TYPE:
        raise AssertionFaultError(f"The only client_assertion_type is {ASSERTION_TYPE}")
    assertion = read_assertion(text)
    # RFC 7521 4.2: client_id is unnecessary, and has to name the same client.
    if parameters.get("client_id") not in {None, assertion.client_id}:
        raise AssertionFaultError("The client_id in the body is not the one in the client_assertion.")
    return Credentials(assertion.method.value, assertion.client_id, Secret(text), assertion)


_ASSERTION_FIELDS = ("client_assertion", "client_assertion_type", "client_id")


def read_credentials(header: str | None, parameters: Parameters) -> Credentials:
    """Raises `CredentialsError` when the request carries more than one proof of who the client is, and
    `AssertionFaultError` for an assertion that cannot be read."""
    basic = parse_basic(header)
    if (asserted := _read_assertion(parameters)) is not None:
        # RFC 6749 2.3: not more than one method in one request.
        if basic is not None or parameters.get("client_secret") is not None:
            raise CredentialsError("Send a client_assertion or a secret, not both.")
        return asserted
    client_id, secret = parameters.get("client_id") or "", parameters.get("client_secret")
    if basic is None:
        if secret is None:
            return _NOTHING if not client_id else Credentials("none", client_id, Secret(""))
        return Credentials("client_secret_post", client_id, Secret(secret))
    # RFC 6749 2.3: not more than one method in one request.
    if secret is not None:
        raise CredentialsError("Send the client's secret once: in the header or in the body.")
    if client_id and client_id != basic.client_id:
        raise CredentialsError("The client_id in the body is not the one in the header.")
    return basic
