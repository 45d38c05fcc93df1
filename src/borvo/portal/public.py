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
    find_client,
    generate_secret,
    list_clients,
    list_tenancies,
    register_client,
    remove_secret,
)
from borvo.portal.store import AskedClient, CountedClient, load_client, load_counted_clients
from borvo.portal.team.invitations import clean_up
from borvo.portal.team.model import TeamRole
from borvo.portal.team.tenancies import (
    TenancyCount,
    add_member,
    create_tenancy,
    list_all_tenancies,
    remove_member,
    resume_tenancy,
    set_prefix,
    suspend_tenancy,
)

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
    "TeamRole",
    "Tenancy",
    "TenancyCount",
    "add_chosen_secret",
    "add_member",
    "build_router",
    "change_client",
    "clean_up",
    "create_tenancy",
    "find_client",
    "generate_secret",
    "list_all_tenancies",
    "list_clients",
    "list_tenancies",
    "load_client",
    "load_counted_clients",
    "register_client",
    "remove_member",
    "remove_secret",
    "resume_tenancy",
    "set_prefix",
    "suspend_tenancy",
]
