"""What other features may use of the portal."""

from borvo.portal.client_secrets import SecretVerifier
from borvo.portal.lifecycle import clean_up
from borvo.portal.model import (
    LASTING_GRANTS,
    AccessTokenFormat,
    ClientDetails,
    ClientPresentation,
    GrantType,
    LifetimeBounds,
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
    list_tenancies,
    register_client,
    remove_secret,
)
from borvo.portal.sheet_store import load_presentation
from borvo.portal.store import AskedClient, CountedClient, load_client, load_counted_clients
from borvo.portal.usage import ClientUsage

__all__ = [
    "LASTING_GRANTS",
    "AccessTokenFormat",
    "AskedClient",
    "ClientDetails",
    "ClientPresentation",
    "ClientUsage",
    "CountedClient",
    "GrantType",
    "LifetimeBounds",
    "Portal",
    "RegisteredClient",
    "SecretVerifier",
    "SigningAlgorithm",
    "StoredSecret",
    "Tenancy",
    "add_chosen_secret",
    "build_router",
    "change_client",
    "clean_up",
    "create_tenancy",
    "find_client",
    "generate_secret",
    "list_tenancies",
    "load_client",
    "load_counted_clients",
    "load_presentation",
    "register_client",
    "remove_secret",
]
