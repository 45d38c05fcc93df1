"""What other features may use of the portal."""

from borvo.portal.client_secrets import SecretVerifier
from borvo.portal.model import ClientDetails, GrantType, RegisteredClient, StoredSecret, Tenancy
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
from borvo.portal.store import load_client, load_client_counted

__all__ = [
    "ClientDetails",
    "GrantType",
    "Portal",
    "RegisteredClient",
    "SecretVerifier",
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
    "load_client_counted",
    "register_client",
    "remove_secret",
]
