"""Initial access tokens, registrations and what is wrong with them, as values."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from borvo.kernel.errors import BorvoError
from borvo.kernel.ids import PersonId, TenancyId
from borvo.portal.model import Tenancy


@dataclass(frozen=True, slots=True)
class InitialToken:
    """What is kept of an initial access token. It belongs to the tenancy; `maker_id` is None for one that support
    made, and `maker` the address of who did. `made` counts the clients that it has registered."""

    id: UUID
    tenancy_id: TenancyId
    label: str
    ending: str
    maker_id: PersonId | None
    created_at: datetime
    expires_at: datetime
    most: int
    made: int = 0
    maker: str = ""

    @property
    def name(self) -> str:
        """As the audit trail calls it."""
        return f"initial token ending {self.ending}"

    def is_live(self, now: datetime) -> bool:
        return now < self.expires_at and self.made < self.most


@dataclass(frozen=True, slots=True)
class InitialTerms:
    """What is said about a token that is to be made. `days` and `most` are None for what cannot be."""

    label: str
    days: int | None
    most: int | None


@dataclass(frozen=True, slots=True)
class Admitted:
    """An initial access token that opens its tenancy just now."""

    token: InitialToken
    tenancy: Tenancy


class SecretMethod(StrEnum):
    """How a client said that it would send its secret. Both ways are open to it (contract 1.6)."""

    BASIC = "client_secret_basic"
    POST = "client_secret_post"


@dataclass(frozen=True, slots=True)
class About:
    """What a program says of itself (RFC 7591 2, OpenID Connect Registration 2). It is kept for its team and changes
    nothing; texts are empty when nothing was said."""

    contacts: tuple[str, ...] = ()
    software_id: str = ""
    software_version: str = ""
    initiate_login_uri: str = ""


@dataclass(frozen=True, slots=True)
class Registration:
    """What is kept of a client that registered itself, beside the client. `digest` is that of the one registration
    access token that opens it."""

    digest: bytes
    secret_method: SecretMethod
    about: About = field(default_factory=About)


class RegistrationFault(StrEnum):
    """RFC 7591 3.2.2, RFC 6750 3.1."""

    REDIRECT_URI = "invalid_redirect_uri"
    METADATA = "invalid_client_metadata"
    TOKEN = "invalid_token"  # noqa: S105  (a name)
    SCOPE = "insufficient_scope"
    BUSY = "temporarily_unavailable"


class RegistrationError(BorvoError):
    """Refused with a word to the program's developer. `challenge` is sent as WWW-Authenticate."""

    status = 400
    title = "The client cannot be registered like this"

    def __init__(
        self, fault: RegistrationFault, public: str, *, status: int = 400, challenge: str = ""
    ) -> None:
        super().__init__(public)
        self.fault = fault
        self.status = status
        self.challenge = challenge
