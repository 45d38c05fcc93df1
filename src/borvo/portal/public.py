"""What other features may use of the portal."""

from borvo.portal.client_secrets import SecretVerifier
from borvo.portal.model import (
    LASTING_GRANTS,
    AccessTokenFormat,
    ClientDetails,
    GrantType,
    RegisteredClient,
    SigningAlgorithm,
    StoredSecret,
    Tenancy,
)
from borvo.portal.routes import build_router
from borvo.portal.service import (
    Portal,
    add_chosen_secret,
    change_client,
    create_tenancy,
    find_client,
    generate_secret,
    list_clients,
    list_tenancies,
    register_client,
    remove_secret,
)
from borvo.portal.store import AskedClient, CountedClient, load_client, load_counted_clients

__all__ = [
    "LASTING_GRANTS",
    "AccessTokenFormat",
    "AskedClient",
    "ClientDetails",
    "CountedClient",
    "GrantType",
    "Portal",
    "RegisteredClient",
    "SecretVerifier",
    "SigningAlgorithm",
    "StoredSecret",
    "Tenancy",
    "add_chosen_secret",
    "build_router",
    "change_client",
    "create_tenancy",
    "find_client",
    "generate_secret",
    "list_clients",
    "list_tenancies",
    "load_client",
    "load_counted_clients",
    "register_client",
    "remove_secret",
]
