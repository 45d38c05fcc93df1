"""Values of the OpenID provider and the pure rules between them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from borvo.accounts.public import (
    PASSWORD,
    ClaimsSubject,
    Login,
    Methods,
    Person,
    PostalAddress,
    Profile,
    rate_methods,
)
from borvo.kernel.ids import ClientId, ClientKey, LoginSessionId, PersonId
from borvo.kernel.scopes import Scopes, parse_scopes, render_scopes
from borvo.web.addresses import parse_origin
from borvo.web.bearer import BEARER, DPOP

CODE_LIFETIME = timedelta(seconds=60)
# Contract 1.5: a sample stays signed in as long as its id token lives, and never refreshes its access token. No access
# token lives longer, whatever client and operator are set to: signing keys retire by it.
TOKEN_LIFETIME = timedelta(hours=1)
# Contract 7, implicit: what passes through the browser's address works for a short while only.
FRONT_CHANNEL_LIFETIME = timedelta(minutes=10)
REQUEST_LIFETIME = timedelta(minutes=30)

SERVICE_SCOPES = frozenset({"agency_api"})
"""What a client may be given without a person."""

ERROR_MODES = {"query", "fragment", "form_post"}
RESPONSE_TYPES = (
    "code",
    "code id_token",
    "code id_token token",
    "code token",
    "id_token",
    "id_token token",
)
"""The response types served, each with its words in alphabetical order."""


class InstanceProfile(StrEnum):
    """How much an instance allows (contract 7). What `strict` does stands in `strict_profile`."""

    COMPATIBLE = "compatible"
    STRICT = "strict"


FIELD_LIMIT = 100
"""How many parameters a request may have."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of a request in the order in which they came, repeated ones included."""

    pairs: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str | None:
        """The first value; an empty one counts as absent (RFC 6749 3.1)."""
        for key, value in self.pairs:
            if key == name and value:
                return value
        return None

    def list_values(self, name: str) -> list[str]:
        """All that is not empty."""
        return [value for key, value in self.pairs if key == name and value]

    def find_repeated(self) -> str | None:
        """The first parameter that came twice, which RFC 6749 3.1 forbids; RFC 8707 2 allows it for `resource`."""
        seen: set[str] = set()
        for name in (name for name, _ in self.pairs if name != "resource"):
            if name in seen:
                return name
            seen.add(name)
        return None

    def is_repeated(self, name: str) -> bool:
        return sum(key == name for key, _ in self.pairs) > 1

    @property
    def size(self) -> int:
        """How many characters they have in all."""
        return sum(len(name) + len(value) for name, value in self.pairs)

    def to_dict(self) -> dict[str, str]:
        return {name: value for name, value in reversed(self.pairs) if value}

    @property
    def response_type(self) -> str:
        """With its words in alphabetical order: their order has no meaning."""
        return render_scopes(sorted(parse_scopes(self.get("response_type"))))

    @property
    def prompts(self) -> frozenset[str]:
        return frozenset(parse_scopes(self.get("prompt")))

    @property
    def max_age(self) -> timedelta | None:
        """OpenID Connect Core 3.1.2.1; raises ValueError for what is no number of seconds."""
        text = self.get("max_age")
        if text is None:
            return None
        if not (text.isascii() and text.isdecimal()):
            raise ValueError("max_age is no number")
        return timedelta(seconds=min(int(text), 10**9))


def find_response_mode(parameters: Parameters) -> str:
    """The mode to answer in, errors included; what the client may not ask for falls back to the default."""
    words = set(parameters.response_type.split(" "))
    # OAuth 2.0 Multiple Response Types 5: whatever puts a token into the answer puts it into the fragment.
    default = "fragment" if words & {"token", "id_token"} else "query"
    asked = parameters.get("response_mode")
    if asked not in ERROR_MODES or (asked == "query" and default == "fragment"):
        return default
    if asked == "form_post" and parse_origin(parameters.get("redirect_uri") or "") is None:
        # A form cannot be posted to the scheme of an app, and one posted to `javascript:` would run here.
        return default
    return asked


@dataclass(frozen=True, slots=True)
class RequestedClaims:
    """The claims that a request names one by one, beside what its scopes bring (OpenID Connect Core 5.5)."""

    userinfo: tuple[str, ...] = ()
    id_token: tuple[str, ...] = ()


NO_CLAIMS = RequestedClaims()


@dataclass(frozen=True, slots=True)
class Consent:
    """What a person allows a client, and what she was asked for and did not. Tokens name the version under which
    they were issued."""

    scopes: frozenset[str]
    version: int
    is_withdrawn: bool
    declined: frozenset[str] = frozenset()

    def covers(self, scopes: Iterable[str]) -> bool:
        """Whether there is nothing new to ask."""
        return not self.is_withdrawn and (self.scopes | self.declined).issuperset(scopes)


@dataclass(frozen=True, slots=True)
class ConsentedClient:
    """A client that a person allows something, as she sees it."""

    client_key: ClientKey
    client_id: ClientId
    display_name: str
    client_uri: str
    scopes: Scopes
    granted_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class StoredCode:
    """An authorization code as it lies in the database. The first three methods are the protocol engine's."""

    person: Person
    client_key: ClientKey
    redirect_uri: str
    scopes: Scopes
    nonce: str | None
    code_challenge: str | None
    session_id: LoginSessionId
    auth_time: datetime
    consent_version: int
    expires_at: datetime
    redeemed_at: datetime | None
    token_id: str | None
    token_expires_at: datetime | None
    family_id: UUID | None = None
    requested_claims: RequestedClaims = NO_CLAIMS
    resources: tuple[str, ...] = ()
    methods: Methods = PASSWORD
    code_challenge_method: str = "S256"
    dpop_jkt: str | None = None

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return " ".join(self.scopes)

    def get_nonce(self) -> str | None:
        return self.nonce

    def get_auth_time(self) -> int:
        return int(self.auth_time.timestamp())

    def get_acr(self) -> str:
        return rate_methods(self.methods)

    def get_amr(self) -> list[str]:
        return list(self.methods)


@dataclass(frozen=True, slots=True)
class Grantor:
    """The person who grants, as the protocol engine sees a user: with the session and consent it is under."""

    login: Login
    consent_version: int
    requested_claims: RequestedClaims = NO_CLAIMS
    resources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls an API with an access token that was verified and is live. No person for client credentials."""

    client_id: ClientId
    client_key: ClientKey
    person_id: PersonId | None
    scopes: frozenset[str]
    token_id: str
    userinfo_claims: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AccessToken:
    """The claims of a verified access token that Borvo itself needs. `subject` is the person's id or the client's;
    `known_as` is the `sub` of the token, which is all that its client is told. `audience` are resources of this
    instance, one at least. `key_thumbprint` names the key that it is bound to (RFC 9449 6.1), if it is. There are no
    `methods` where no person signed in."""

    subject: str
    known_as: str
    client_id: ClientId
    person_id: PersonId | None
    scopes: frozenset[str]
    token_id: str
    consent_version: int | None
    issued_at: datetime
    expires_at: datetime
    family_id: UUID | None = None
    userinfo_claims: tuple[str, ...] = ()
    audience: frozenset[str] = frozenset()
    key_thumbprint: str | None = None
    methods: Methods = ()

    @property
    def scheme(self) -> str:
        """How it is sent, which is also its `token_type`."""
        return BEARER if self.key_thumbprint is None else DPOP


ALWAYS_CLAIMS = ("sub", "role")
"""What userinfo says whatever was asked (`role`: contract 1.7)."""

SCOPE_CLAIMS: dict[str, tuple[str, ...]] = {
    "profile": (
        "name",
        "given_name",
        "family_name",
        "middle_name",
        "nickname",
        "preferred_username",
        "profile",
        "picture",
        "website",
        "gender",
        "birthdate",
        "zoneinfo",
        "locale",
        "updated_at",
    ),
    "email": ("email", "email_verified"),
    "phone": ("phone_number", "phone_number_verified"),
    "address": ("address",),
}
"""OpenID Connect Core 5.4. Each name is one that `map_claims` knows."""

# The fields bear the names of the claims.
_PROFILE_TEXTS = tuple(field.name for field in fields(Profile) if field.name != "address")
_ADDRESS_PARTS = ("formatted", *(field.name for field in fields(PostalAddress)))
_NOTHING_TOLD = Profile()
_PERSON_CLAIMS = {*ALWAYS_CLAIMS, *SCOPE_CLAIMS["email"]}


def list_claims(scopes: Iterable[str], names: Iterable[str] = ()) -> frozenset[str]:
    """The names of the claims that the scopes and single names ask for. A name asks for itself, known or not."""
    asked = (claim for scope in scopes for claim in SCOPE_CLAIMS.get(scope, ()))
    return frozenset((*ALWAYS_CLAIMS, *asked, *names))


def is_profile_needed(claims: Iterable[str]) -> bool:
    """Whether a person without her profile does not suffice for the claims."""
    return not _PERSON_CLAIMS.issuperset(claims)


def map_claims(subject: ClaimsSubject) -> dict[str, object]:
    """All that can be said of the person; what has no value is left out (OpenID Connect Core 5.3.2)."""
    person = subject.person
    claims: dict[str, object] = {
        "sub": str(person.id),
        "role": sorted(role.value for role in person.roles),
        "name": person.display_name,
        "given_name": person.given_name,
        "family_name": person.family_name,
        "email": person.email,
        **_map_profile(subject.profile),
    }
    if subject.updated_at is not None:
        claims["updated_at"] = int(subject.updated_at.timestamp())
    told = {name: value for name, value in claims.items() if value}
    told["email_verified"] = person.is_email_verified
    if subject.profile.phone_number:
        told["phone_number_verified"] = subject.is_phone_number_verified
    return told


def _map_profile(profile: Profile) -> dict[str, object]:
    if profile == _NOTHING_TOLD:
        return {}
    address = {name: part for name in _ADDRESS_PARTS if (part := getattr(profile.address, name))}
    return {**{name: getattr(profile, name) for name in _PROFILE_TEXTS}, "address": address}


def describe_person(
    subject: ClaimsSubject, scopes: Iterable[str], names: Iterable[str] = ()
) -> dict[str, object]:
    """The claims of userinfo that the scopes and single names ask for, as far as they have a value."""
    asked = list_claims(scopes, names)
    return {name: value for name, value in map_claims(subject).items() if name in asked}


def is_sign_in_needed(
    parameters: Parameters,
    login: Login | None,
    asked_at: datetime,
    now: datetime,
    default_max_age: int | None = None,
) -> bool:
    """Whether the person must prove anew who she is: OpenID Connect Core 3.1.2.1, `prompt` and `max_age`, which takes
    the place of the client's default, in seconds."""
    if login is None:
        return True
    if login.authenticated_at >= asked_at:
        # She did so for this request. Asking again could go on for ever: `max_age=0` is over at once.
        return False
    max_age = parameters.max_age
    if max_age is None and default_max_age is not None:
        # OpenID Connect Registration 2: what the request says comes first.
        max_age = timedelta(seconds=default_max_age)
    is_too_old = max_age is not None and now - login.authenticated_at > max_age
    return is_too_old or bool(parameters.prompts & {"login", "select_account"})


def read_claim(claims: Mapping[str, object], name: str, kind: type[str] | type[int]) -> str | int | None:
    """The claim when it is of the kind, else None."""
    value = claims.get(name)
    return value if isinstance(value, kind) and not isinstance(value, bool) else None
