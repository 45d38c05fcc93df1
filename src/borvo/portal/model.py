"""Clients and tenancies as values. The rules about what a developer may enter stand in `policy.py`."""

from dataclasses import dataclass
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


REDIRECT_GRANTS = frozenset({GrantType.AUTHORIZATION_CODE, GrantType.IMPLICIT, GrantType.HYBRID})
"""Those that end in the browser of a person, and so need a callback URL."""


class SecretAlgorithm(StrEnum):
    """How a secret is stored: 256 random bits need a keyed digest only, a person's choice a slow hash."""

    KEYED_DIGEST = "hmac-sha256"
    SLOW_HASH = "argon2id"


@dataclass(frozen=True, slots=True)
class StoredSecret:
    """A live secret of a client, as it is kept; the secret itself cannot be had from it."""

    id: UUID
    algorithm: str
    digest: bytes
    created_at: datetime

    @property
    def is_generated(self) -> bool:
        return self.algorithm == SecretAlgorithm.KEYED_DIGEST


@dataclass(frozen=True, slots=True)
class RegisteredClient:
    """A client with all its live secrets, oldest first. `client_uri` is empty when there is none."""

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

    def find_secret(self, secret_id: UUID) -> StoredSecret | None:
        return next((secret for secret in self.secrets if secret.id == secret_id), None)


@dataclass(frozen=True, slots=True)
class Tenancy:
    """What developers of one organisation share. All its client ids start with `prefix`."""

    id: TenancyId
    prefix: str

    def build_client_id(self, suffix: str) -> ClientId:
        return ClientId(f"{self.prefix}.{suffix}")


@dataclass(frozen=True, slots=True)
class ClientDetails:
    """What a developer may change about a client, checked. The client id is not among it."""

    display_name: str
    client_uri: str
    redirect_uris: tuple[str, ...]
    grant_types: frozenset[GrantType]
    scopes: tuple[str, ...]
    require_pkce: bool
