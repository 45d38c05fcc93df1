"""How a client says who it is at the token endpoint: read and verified before the protocol engine runs."""

import base64
import binascii
from dataclasses import dataclass
from urllib.parse import unquote_plus

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


def read_credentials(header: str | None, parameters: Parameters) -> Credentials:
    """Raises `CredentialsError` when both the header and the body carry a secret."""
    basic = parse_basic(header)
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
