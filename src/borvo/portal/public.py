"""What other features may use of the portal."""

from borvo.portal.client_secrets import SecretVerifier
from borvo.portal.model import GrantType, RegisteredClient, StoredSecret
from borvo.portal.store import load_client, load_client_by_key

__all__ = [
    "GrantType",
    "RegisteredClient",
    "SecretVerifier",
    "StoredSecret",
    "load_client",
    "load_client_by_key",
]
