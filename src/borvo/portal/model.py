"""Clients and tenancies as values. The rules about what a developer may enter stand in `policy.py`."""

from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from borvo.kernel.ids import ClientId, ClientKey, TenancyId


class GrantType(StrEnum):
    """The ways to a token as the portal names them; `hybrid` is no `grant_type` value (contract 1.2)."""

    AUTHORIZATION_CODE = "authorization_code"
    IMPLICIT = "implicit"
    HYBRID = "hybrid"
    CLIENT_CREDENTIALS = "client_credentials"
    DEVICE_CODE = "device_code"


REDIRECT_GRANTS = frozenset({GrantType.AUTHORIZATION_CODE, GrantType.IMPLICIT, GrantType.HYBRID})
"""Those that end in the browser of a person, and so need a callback URL."""


FRONT_CHANNEL_GRANTS = frozenset({GrantType.IMPLICIT, GrantType.HYBRID})
"""Those whose answers may carry tokens through the browser."""

LASTING_GRANTS = frozenset({GrantType.AUTHORIZATION_CODE, GrantType.HYBRID, GrantType.DEVICE_CODE})
"""Those that may end in a refresh token."""


class AccessTokenFormat(StrEnum):
    """What a client's access tokens look like: signed statements (RFC 9068), or texts that say nothing."""

    JWT = "jwt"
    OPAQUE = "opaque"


class SigningAlgorithm(StrEnum):
    """How a client's tokens are signed (RFC 7518 3.1, RFC 8037 3.1)."""

    RS256 = "RS256"
    PS256 = "PS256"
    ES256 = "ES256"
    EDDSA = "EdDSA"


class AuthMethod(StrEnum):
    """How a client that is not public proves who it is. `secret` is its secret by HTTP Basic or in the form; the others
    are named as in OpenID Connect Core 9."""

    SECRET = "secret"  # noqa: S105 - the name of a method
    CLIENT_SECRET_JWT = "client_secret_jwt"  # noqa: S105 - the name of a method
    PRIVATE_KEY_JWT = "private_key_jwt"


class SubjectType(StrEnum):
    """Whether all clients know a person by the same `sub` (OpenID Connect Core 8)."""

    PUBLIC = "public"
    PAIRWISE = "pairwise"


class SecretAlgorithm(StrEnum):
    """How a secret is stored: 256 random bits need a keyed digest only, a person's choice a slow hash."""

    KEYED_DIGEST = "hmac-sha256"
    SLOW_HASH = "argon2id"


@dataclass(frozen=True, slots=True)
class StoredSecret:
    """A secret of a client, as it is kept and loaded with each token request; the secret itself cannot be had from
    it, unless it is `sealed` for a client that signs with it. Without `expires_at` it works until it is removed."""

    id: UUID
    algorithm: str
    digest: bytes
    created_at: datetime
    expires_at: datetime | None = None
    sealed: bytes | None = None

    @property
    def is_generated(self) -> bool:
        return self.algorithm == SecretAlgorithm.KEYED_DIGEST

    def is_live(self, now: datetime) -> bool:
        return self.expires_at is None or now < self.expires_at


@dataclass(frozen=True, slots=True)
class SecretRecord:
    """What the portal shows of a secret. `ending` is the last four characters of a generated one, and empty for those
    of old and for chosen ones. `last_used_at` is coarse; `creator` is empty when that person has left. With one
    that `is_sealed` the client can sign."""

    id: UUID
    algorithm: str
    created_at: datetime
    expires_at: datetime | None
    label: str
    ending: str
    last_used_at: datetime | None
    creator: str
    is_sealed: bool = False

    @property
    def is_generated(self) -> bool:
        return self.algorithm == SecretAlgorithm.KEYED_DIGEST

    def is_live(self, now: datetime) -> bool:
        return self.expires_at is None or now < self.expires_at


@dataclass(frozen=True, slots=True)
class NewSecret:
    """A secret to be stored, with what its owner says about it."""

    stored: StoredSecret
    label: str
    ending: str
    warned_days: int | None


@dataclass(frozen=True, slots=True)
class SecretTerms:
    """What the developer says about a secret that is added. Without `days` it does not expire."""

    label: str = ""
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request of a client that was refused. `parameter` is the one at fault, if it is one, and `sent` its value;
    `expected` is empty where the registration says what was expected."""

    at: datetime
    endpoint: str
    error: str
    reason: str
    parameter: str
    sent: str
    expected: str
    correlation_id: str


@dataclass(frozen=True, slots=True)
class RegisteredClient:
    """A client with all its secrets, oldest first, expired ones among them. URIs are empty when there are none. A
    public client has no secret (RFC 6749 2.1); `allows_front_channel_tokens` lets access tokens come back
    through the browser. `jwks` is a JSON text, empty when there is none."""

    client_id: ClientId
    client_key: ClientKey
    tenancy_id: TenancyId
    suffix: str
    display_name: str
    client_uri: str
    redirect_uris: tuple[str, ...]
    grant_types: frozenset[GrantType]
    scopes: tuple[str, ...]
    require_pkce: bool
    is_disabled: bool
    secrets: tuple[StoredSecret, ...]
    is_public: bool = False
    allows_front_channel_tokens: bool = False
    access_token_format: AccessTokenFormat = AccessTokenFormat.JWT
    signing_algorithm: SigningAlgorithm = SigningAlgorithm.RS256
    post_logout_redirect_uris: tuple[str, ...] = ()
    frontchannel_logout_uri: str = ""
    backchannel_logout_uri: str = ""
    access_token_minutes: int | None = None
    refresh_token_days: int | None = None
    refresh_token_idle_days: int | None = None
    default_max_age: int | None = None
    token_endpoint_auth_method: AuthMethod = AuthMethod.SECRET
    jwks: str = ""
    jwks_uri: str = ""
    require_pushed_authorization_requests: bool = False
    require_signed_request_object: bool = False
    dpop_bound_access_tokens: bool = False
    subject_type: SubjectType = SubjectType.PUBLIC
    sector_identifier_uri: str = ""
    userinfo_signed_response_alg: SigningAlgorithm | None = None
    request_uris: tuple[str, ...] = ()

    def find_secret(self, secret_id: UUID) -> StoredSecret | None:
        return next((secret for secret in self.secrets if secret.id == secret_id), None)


@dataclass(frozen=True, slots=True)
class Tenancy:
    """What developers of one organisation share. All its client ids start with `prefix`. Of a suspended one all
    clients are disabled, and nothing can be changed."""

    id: TenancyId
    prefix: str
    is_suspended: bool = False

    def build_client_id(self, suffix: str) -> ClientId:
        return ClientId(f"{self.prefix}.{suffix}")


@dataclass(frozen=True, slots=True)
class LifetimeBounds:
    """How long tokens live at most, and of clients that say nothing: the operator's word."""

    access_token_minutes: int
    refresh_token_days: int
    refresh_token_idle_days: int


@dataclass(frozen=True, slots=True)
class ClientDetails:
    """What a developer may change about a client, checked. The client id is not among it. A lifetime of None is the
    operator's."""

    display_name: str
    client_uri: str
    redirect_uris: tuple[str, ...]
    grant_types: frozenset[GrantType]
    scopes: tuple[str, ...]
    require_pkce: bool
    is_public: bool = False
    allows_front_channel_tokens: bool = False
    access_token_format: AccessTokenFormat = AccessTokenFormat.JWT
    signing_algorithm: SigningAlgorithm = SigningAlgorithm.RS256
    post_logout_redirect_uris: tuple[str, ...] = ()
    frontchannel_logout_uri: str = ""
    backchannel_logout_uri: str = ""
    access_token_minutes: int | None = None
    refresh_token_days: int | None = None
    refresh_token_idle_days: int | None = None
    default_max_age: int | None = None
    token_endpoint_auth_method: AuthMethod = AuthMethod.SECRET
    jwks: str = ""
    jwks_uri: str = ""
    require_pushed_authorization_requests: bool = False
    require_signed_request_object: bool = False
    dpop_bound_access_tokens: bool = False
    subject_type: SubjectType = SubjectType.PUBLIC
    sector_identifier_uri: str = ""
    userinfo_signed_response_alg: SigningAlgorithm | None = None
    request_uris: tuple[str, ...] = ()
    description: str = ""
    tos_uri: str = ""
    policy_uri: str = ""


@dataclass(frozen=True, slots=True)
class ClientPresentation:
    """What people are shown of a client besides its name; `logo` is the digest of the picture, or empty."""

    description: str = ""
    tos_uri: str = ""
    policy_uri: str = ""
    logo: str = ""


class ClientState(StrEnum):
    """How far a client has come. Drafts work as live ones do; only the last two get no tokens."""

    DRAFT = "draft"
    LIVE = "live"
    DISABLED = "disabled"
    DELETED = "deleted"


def decide_state(
    live_at: datetime | None, disabled_at: datetime | None, deleted_at: datetime | None
) -> ClientState:
    """What ends access comes before what does not."""
    if deleted_at is not None:
        return ClientState.DELETED
    if disabled_at is not None:
        return ClientState.DISABLED
    return ClientState.DRAFT if live_at is None else ClientState.LIVE


@dataclass(frozen=True, slots=True)
class ProgramOrigin:
    """That a program registered a client (RFC 7591): when, and the label of its initial access token, empty where that
    was not kept. While it `is_open`, the program can change and delete the client. The rest is what the program says
    of itself."""

    registered_at: datetime
    initial_token: str
    is_open: bool
    contacts: tuple[str, ...] = ()
    software_id: str = ""
    software_version: str = ""


@dataclass(frozen=True, slots=True)
class ClientSheet:
    """All that the portal knows of a client. `version` goes up with each change of the details; `registration` is None
    for a client that was registered in the portal."""

    client: RegisteredClient
    presentation: ClientPresentation
    version: int
    created_at: datetime
    updated_at: datetime
    live_at: datetime | None = None
    disabled_at: datetime | None = None
    deleted_at: datetime | None = None
    last_used_at: datetime | None = None
    registration: ProgramOrigin | None = None

    @property
    def state(self) -> ClientState:
        return decide_state(self.live_at, self.disabled_at, self.deleted_at)

    @property
    def is_live(self) -> bool:
        """Also while it is disabled: enabled again, it is as live as before."""
        return self.live_at is not None

    @property
    def details(self) -> ClientDetails:
        sources = (self.client, self.presentation)
        return ClientDetails(
            **{
                field.name: next(getattr(each, field.name) for each in sources if hasattr(each, field.name))
                for field in fields(ClientDetails)
            }
        )
