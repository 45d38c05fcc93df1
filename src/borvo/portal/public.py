"""What other features may use of the portal."""

from litestar import Router

from borvo.portal.client_secrets import SecretVerifier
from borvo.portal.model import ClientDetails, GrantType, RegisteredClient, StoredSecret, Tenancy
from borvo.portal.pages import (
    show_client,
    show_new_client,
    show_portal,
    submit_client,
    submit_new_client,
)
from borvo.portal.secret_pages import (
    show_removal,
    show_secrets,
    submit_chosen_secret,
    submit_generation,
    submit_removal,
)
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
            show_client,
            show_new_client,
            show_portal,
            show_removal,
            show_secrets,
            submit_chosen_secret,
            submit_client,
            submit_generation,
            submit_new_client,
            submit_removal,
        ],
        opt={"page": True},
        include_in_schema=False,
    )
