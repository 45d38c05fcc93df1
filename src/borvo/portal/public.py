"""What other features may use of the portal."""

from litestar import Router

from borvo.portal import pages, secret_pages
from borvo.portal.client_secrets import SecretVerifier
from borvo.portal.model import ClientDetails, GrantType, RegisteredClient, StoredSecret, Tenancy
from borvo.portal.service import (
    Portal,
    add_chosen_secret,
    change_client,
    create_tenancy,
    generate_secret,
    list_clients,
    register_client,
    remove_secret,
)
from borvo.portal.store import load_client, load_client_by_key

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
    "generate_secret",
    "list_clients",
    "load_client",
    "load_client_by_key",
    "register_client",
    "remove_secret",
]


def build_router() -> Router:
    """All pages of this feature; `assembly` provides `portal` and `login`."""
    return Router(
        path="/portal",
        route_handlers=[
            pages.show_client,
            pages.show_new_client,
            pages.show_portal,
            secret_pages.show_removal,
            secret_pages.show_secrets,
            secret_pages.submit_chosen_secret,
            pages.submit_client,
            secret_pages.submit_generation,
            pages.submit_new_client,
            secret_pages.submit_removal,
        ],
        opt={"page": True},
        include_in_schema=False,
    )
