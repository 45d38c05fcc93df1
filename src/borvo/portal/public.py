"""What other features may use of the portal."""

from borvo.portal.activity import WRITE_EVERY as ACTIVITY_FLUSH
from borvo.portal.activity import Activity, ClientActivity
from borvo.portal.activity_store import add_counts, list_counts
from borvo.portal.api.description import API_COMPONENTS
from borvo.portal.api.routes import build_api_router
from borvo.portal.client_secrets import SecretVerifier
from borvo.portal.deferred import Flush, write_regularly
from borvo.portal.farewell import end_tokens_of, forget_member, list_hindrances
from borvo.portal.fetching import Fetcher
from borvo.portal.headroom import ClientLimit, ClientLimiter
from borvo.portal.key_sets import (
    PRIVATE_MEMBERS,
    KeyFaultError,
    KeySet,
    PublicKey,
    parse_key_set,
    parse_public_key,
    recall_key_set,
)
from borvo.portal.maintenance import clean_up, maintain
from borvo.portal.model import (
    LASTING_GRANTS,
    AccessTokenFormat,
    AuthMethod,
    ClientDetails,
    ClientPresentation,
    GrantType,
    LifetimeBounds,
    Refusal,
    RegisteredClient,
    SecretTerms,
    SigningAlgorithm,
    StoredSecret,
    SubjectType,
    Tenancy,
)
from borvo.portal.refusals import FLUSH_EVERY as REFUSAL_FLUSH
from borvo.portal.refusals import RefusalLog, Sender, record_refusal
from borvo.portal.registration.endpoints import build_registration_router
from borvo.portal.registration.initial_tokens import (
    list_initial_tokens_for_support,
    make_initial_token_by_support,
    revoke_initial_token_by_support,
)
from borvo.portal.registration.model import InitialTerms, InitialToken
from borvo.portal.restoring import void_all_tokens
from borvo.portal.routes import build_router
from borvo.portal.sealed_secrets import SEALED_SECRETS, SecretVault
from borvo.portal.secret_service import add_chosen_secret, generate_secret, remove_secret
from borvo.portal.secret_uses import FLUSH_EVERY as USE_FLUSH
from borvo.portal.sectors import find_sector
from borvo.portal.service import (
    Portal,
    change_client,
    find_client,
    list_tenancies,
    register_client,
)
from borvo.portal.sheet_store import load_presentation
from borvo.portal.store import (
    CLIENT_QUERY,
    AskedClient,
    CountedClient,
    is_possible_id,
    load_client,
    load_client_by_key,
    load_clients,
    load_counted_clients,
    read_client,
)
from borvo.portal.strictness import STRICT_ALGORITHMS, is_fit_callback
from borvo.portal.team.model import Member, TeamRole
from borvo.portal.team.store import is_member_of_client
from borvo.portal.team.store import list_members as list_team
from borvo.portal.team.tenancies import (
    TenancyCount,
    add_member,
    create_tenancy,
    list_all_tenancies,
    load_team,
    remove_member,
    resume_tenancy,
    set_prefix,
    suspend_tenancy,
)
from borvo.portal.usage import WRITE_EVERY as USAGE_FLUSH
from borvo.portal.usage import ClientUsage, write_last_uses

__all__ = [
    "ACTIVITY_FLUSH",
    "API_COMPONENTS",
    "CLIENT_QUERY",
    "LASTING_GRANTS",
    "PRIVATE_MEMBERS",
    "REFUSAL_FLUSH",
    "SEALED_SECRETS",
    "STRICT_ALGORITHMS",
    "USAGE_FLUSH",
    "USE_FLUSH",
    "AccessTokenFormat",
    "Activity",
    "AskedClient",
    "AuthMethod",
    "ClientActivity",
    "ClientDetails",
    "ClientLimit",
    "ClientLimiter",
    "ClientPresentation",
    "ClientUsage",
    "CountedClient",
    "Fetcher",
    "Flush",
    "GrantType",
    "InitialTerms",
    "InitialToken",
    "KeyFaultError",
    "KeySet",
    "LifetimeBounds",
    "Member",
    "Portal",
    "PublicKey",
    "Refusal",
    "RefusalLog",
    "RegisteredClient",
    "SecretTerms",
    "SecretVault",
    "SecretVerifier",
    "Sender",
    "SigningAlgorithm",
    "StoredSecret",
    "SubjectType",
    "TeamRole",
    "Tenancy",
    "TenancyCount",
    "add_chosen_secret",
    "add_counts",
    "add_member",
    "build_api_router",
    "build_registration_router",
    "build_router",
    "change_client",
    "clean_up",
    "create_tenancy",
    "end_tokens_of",
    "find_client",
    "find_sector",
    "forget_member",
    "generate_secret",
    "is_fit_callback",
    "is_member_of_client",
    "is_possible_id",
    "list_all_tenancies",
    "list_counts",
    "list_hindrances",
    "list_initial_tokens_for_support",
    "list_team",
    "list_tenancies",
    "load_client",
    "load_client_by_key",
    "load_clients",
    "load_counted_clients",
    "load_presentation",
    "load_team",
    "maintain",
    "make_initial_token_by_support",
    "parse_key_set",
    "parse_public_key",
    "read_client",
    "recall_key_set",
    "record_refusal",
    "register_client",
    "remove_member",
    "remove_secret",
    "resume_tenancy",
    "revoke_initial_token_by_support",
    "set_prefix",
    "suspend_tenancy",
    "void_all_tokens",
    "write_last_uses",
    "write_regularly",
]
