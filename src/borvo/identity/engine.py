"""Authlib's server made pure: it is built for one exchange around the facts of that exchange, its hooks only
read those facts and record what should happen, and whoever built it applies the effects in one transaction."""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from authlib.oauth2.rfc6749 import AuthorizationServer, ClientMixin, OAuth2Request
from authlib.oauth2.rfc6749.errors import InvalidClientError, InvalidScopeError
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc6750 import BearerTokenGenerator

from borvo.accounts.public import ClaimsSubject, rate_methods
from borvo.identity import strict_profile
from borvo.identity.aliases import Aliases
from borvo.identity.device import DeviceAuthorization
from borvo.identity.keys import SigningKeys
from borvo.identity.model import (
    FRONT_CHANNEL_LIFETIME,
    SERVICE_SCOPES,
    TOKEN_LIFETIME,
    Grantor,
    InstanceProfile,
    Parameters,
    StoredCode,
)
from borvo.identity.possession import Proof
from borvo.identity.refresh import RefreshIssue, RefreshPolicy, TokenFamily
from borvo.identity.resources import narrow_resources, read_resources, render_audience
from borvo.identity.tokens import (
    BINDING_CLAIM,
    CONSENT_CLAIM,
    FAMILY_CLAIM,
    PERSON_CLAIM,
    THUMBPRINT_MEMBER,
    USERINFO_CLAIM,
    OpaqueIssue,
    hide_person,
    sign_access_token,
)
from borvo.identity.unsigned import Statement, Unsigned
from borvo.kernel.entropy import Entropy, create_uuid, encode_bytes
from borvo.kernel.scopes import find_missing, parse_scopes, render_scopes
from borvo.portal.public import LASTING_GRANTS, AccessTokenFormat, GrantType, RegisteredClient
from borvo.web.addresses import parse_origin
from borvo.web.bearer import DPOP

AUTH_METHODS = ("none", "client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt")
"""How clients authenticate, with the names of OpenID Connect Core 9."""

# It writes whole tokens to its debug log.
logging.getLogger("authlib").setLevel(logging.WARNING)


@dataclass(slots=True)
class Facts:
    """Everything that the engine may know of one exchange, and what it decided.

    What was `issued_` are the effects to apply. `subject` is loaded only when an id token needs the profile. `fault`
    tells the client's developers what the caller is not told. `proof` names the key that tokens are bound to. Where
    there is an `unsigned`, tokens are left there to be signed afterwards, and the answer has an empty text for each.
    """

    issuer: str
    now: datetime
    entropy: Entropy
    keys: SigningKeys
    parameters: Parameters
    refresh: RefreshPolicy
    aliases: Aliases
    access_lifetime: timedelta = TOKEN_LIFETIME
    profile: InstanceProfile = InstanceProfile.COMPATIBLE
    client: "ProtocolClient | None" = None
    auth_method: str = ""
    is_authenticated: bool = False
    fault: str = ""
    proof: Proof | None = None
    code: StoredCode | None = None
    family: TokenFamily | None = None
    subject: ClaimsSubject | None = None
    device: DeviceAuthorization | None = None
    issued_code: tuple[str, StoredCode] | None = None
    issued_token_ids: list[str] = field(default_factory=list)
    issued_opaque: OpaqueIssue | None = None
    issued_refresh: RefreshIssue | None = None
    unsigned: Unsigned | None = None


class ProtocolClient(ClientMixin):
    """A registered client as the engine sees it."""

    def __init__(self, registered: RegisteredClient, profile: InstanceProfile) -> None:
        self.registered = registered
        # Contract 7, implicit: the client's tick, unless the whole instance forbids it.
        self.takes_front_channel_tokens = (
            registered.allows_front_channel_tokens
            and profile is InstanceProfile.COMPATIBLE
            # Nobody proves possession of a key on the way through a browser.
            and not registered.dpop_bound_access_tokens
        )
        # FAPI 2.0 Security Profile 5.3.2.1: a strict instance issues no access token that anybody could use.
        self.needs_proof = registered.dpop_bound_access_tokens or profile is InstanceProfile.STRICT
        self.signing_algorithm = strict_profile.choose_algorithm(registered.signing_algorithm, profile)
        self.profile = profile
        self.client_id: str = registered.client_id

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> str:
        # OpenID Connect Core 3.1.2.1: redirect_uri is required, even where only one is registered.
        return ""

    def get_allowed_scope(self, scope: str | None) -> str:
        """Raises for a scope that the client is not registered for, rather than drop it silently."""
        requested = parse_scopes(scope)
        if not requested:
            raise InvalidScopeError("The request names no scope.")
        if missing := find_missing(requested, self.registered.scopes):
            raise InvalidScopeError(_spell("The client is not registered for the scope " + missing[0]))
        return render_scopes(requested)

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        # RFC 9700 2.1: exact string comparison.
        if redirect_uri in self.registered.redirect_uris:
            return True
        if not self.registered.is_public:
            return False
        loopback = strip_loopback_port(redirect_uri)
        return loopback is not None and loopback in map(strip_loopback_port, self.registered.redirect_uris)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:  # noqa: ARG002
        # RFC 6749 3.2.1: whoever can keep a secret must show it.
        return (method == "none") is self.registered.is_public

    def check_response_type(self, response_type: str) -> bool:
        words, grant_types = set(response_type.split()), self.registered.grant_types
        if "token" in words and not self.takes_front_channel_tokens:
            return False
        if words == {"code"}:
            return bool(grant_types & {GrantType.AUTHORIZATION_CODE, GrantType.HYBRID})
        return (GrantType.HYBRID if "code" in words else GrantType.IMPLICIT) in grant_types

    def check_grant_type(self, grant_type: str) -> bool:
        if grant_type == "authorization_code":
            return self.check_response_type("code")
        if grant_type == "refresh_token":
            lasting = self.registered.grant_types & LASTING_GRANTS
            return bool(lasting) and "offline_access" in self.registered.scopes
        return _GRANT_TYPES.get(grant_type) in self.registered.grant_types


_LOOPBACK = re.compile(r"(http://(?:127\.0\.0\.1|\[::1\]))(?::[0-9]{1,5})?((?:[/?][^\s#]*)?)")


def strip_loopback_port(uri: str) -> str | None:
    """RFC 8252 7.3: a native app listens where it finds a free port, on a loopback address; None for any other URI."""
    match = _LOOPBACK.fullmatch(uri)
    return match[1] + match[2] if match and parse_origin(uri) else None


_GRANT_TYPES = {
    "client_credentials": GrantType.CLIENT_CREDENTIALS,
    "urn:ietf:params:oauth:grant-type:device_code": GrantType.DEVICE_CODE,
}


def _spell(text: str) -> str:
    """Only what RFC 6749 5.2 allows in an error_description: Authlib raises on anything else."""
    return "".join(c for c in text if c in " !" or "#" <= c <= "[" or "]" <= c <= "~")[:300]


@lru_cache(64)
def _prepare(method: str, endpoint: str, issuer: str) -> Mapping[str, Any]:
    """What every request to the endpoint begins with."""
    # The engine insists on https for every host but loopback. How the request reached this process says
    # nothing behind a proxy, and an unsafe issuer was refused at the start.
    return vars(OAuth2Request(method, f"https://{issuer.partition('://')[2]}{endpoint}"))


class ProtocolRequest(OAuth2Request):
    """One request to the authorization or the token endpoint."""

    def __init__(self, method: str, endpoint: str, facts: Facts) -> None:
        self.__dict__.update(_prepare(method, endpoint, facts.issuer))
        self.facts = facts
        fields = facts.parameters.to_dict()
        if "response_type" in fields:
            fields["response_type"] = facts.parameters.response_type
        self.payload = BasicOAuth2Payload(fields)

    @property
    def form(self) -> dict[str, str]:
        return dict(self.payload.data)


class ProtocolServer(AuthorizationServer):
    """Authlib's authorization server for one exchange, once it is bound to the facts of one."""

    facts: Facts

    def __init__(self) -> None:
        super().__init__()
        for method in AUTH_METHODS:
            self.register_client_auth_method(method, _accept_verdict(method))

    def bind(self, facts: Facts) -> "ProtocolServer":
        """A copy for one exchange. What was registered is shared, so nothing may be registered any more."""
        bound = object.__new__(type(self))
        bound.__dict__.update(self.__dict__, facts=facts)
        return bound

    def generate_token(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return AccessTokenGenerator(self.facts).generate(*args, **kwargs)

    def query_client(self, client_id: str) -> ProtocolClient | None:
        client = self.facts.client
        return client if client is not None and client.client_id == client_id else None

    def save_token(self, token: dict[str, Any], request: ProtocolRequest) -> None:
        """Nothing: an access token is a signed statement, and only its revocation is ever stored."""

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def create_oauth2_request(self, request: ProtocolRequest) -> ProtocolRequest:
        return request

    def handle_response(
        self, status: int, body: Any, headers: list[tuple[str, str]]
    ) -> tuple[int, Any, list[tuple[str, str]]]:
        return status, body, headers


def _accept_verdict(method: str) -> Any:
    """The secret was verified before the engine runs, since that may take a thread: here only the verdict
    counts."""

    def authenticate(_: Any, request: ProtocolRequest) -> ProtocolClient | None:
        facts = request.facts
        if facts.auth_method != method:
            return None
        if not facts.is_authenticated:
            raise InvalidClientError("The client could not be authenticated.", status_code=401)
        return facts.client

    return authenticate


class AccessTokenGenerator(BearerTokenGenerator):
    """Makes access tokens whose every time comes from the exchange's clock, and the refresh tokens beside them."""

    def __init__(self, facts: Facts) -> None:
        super().__init__(self._issue, self._refresh, self._find_seconds)
        self._facts = facts

    def generate(
        self,
        grant_type: str,
        client: ProtocolClient,
        user: Grantor | None = None,
        scope: str | None = None,
        expires_in: int | None = None,
        include_refresh_token: bool = True,
    ) -> dict[str, Any]:
        # OpenID Connect Core 11: a refresh token comes with the scope offline_access only.
        facts = self._facts
        lasts = facts.family is not None or "offline_access" in parse_scopes(scope)
        if include_refresh_token and lasts and user is not None:
            facts.issued_refresh = _issue_refresh(facts, user)
        token: dict[str, Any] = super().generate(
            grant_type, client, user, scope, expires_in, facts.issued_refresh is not None
        )
        if facts.proof is not None:
            token["token_type"] = DPOP  # RFC 9449 5
        return token

    def _refresh(self, client: ProtocolClient, grant_type: str, user: Grantor, scope: str) -> str | None:  # noqa: ARG002
        issued = self._facts.issued_refresh
        return issued.text if issued else None

    def _issue(self, client: ProtocolClient, grant_type: str, user: Grantor | None, scope: str) -> str:
        claims = self._describe(client, grant_type, user, scope)
        facts, registered = self._facts, client.registered
        facts.issued_token_ids.append(claims["jti"])
        if registered.access_token_format is AccessTokenFormat.OPAQUE:
            subject_id = user.login.person.id if user else registered.client_key
            facts.issued_opaque = OpaqueIssue.create(subject_id, claims, facts.entropy, facts.aliases)
            return facts.issued_opaque.text
        key = facts.keys.active[client.signing_algorithm]
        if facts.unsigned is None:
            return sign_access_token(key, claims)
        facts.unsigned.access_token = Statement.write(key, claims)
        return ""

    def _find_seconds(self, client: ProtocolClient, grant_type: str) -> int:
        """How long an access token lives. Contract 7: one that came through the browser only shortly."""
        most = self._facts.access_lifetime
        chosen = client.registered.access_token_minutes
        lifetime = most if chosen is None else min(most, timedelta(minutes=chosen))
        return int(
            (min(lifetime, FRONT_CHANNEL_LIFETIME) if grant_type == "implicit" else lifetime).total_seconds()
        )

    def _describe(
        self, client: ProtocolClient, grant_type: str, user: Grantor | None, scope: str
    ) -> dict[str, Any]:
        """The claims of RFC 9068 2.2, and ours."""
        facts = self._facts
        issued_at = int(facts.now.timestamp())
        claims: dict[str, Any] = {
            "iss": facts.issuer,
            "aud": _find_audience(facts, user),
            # RFC 9068 2.2: without a resource owner the subject is the client.
            "sub": facts.aliases.name_person(client.registered, user.login.person.id)
            if user
            else client.client_id,
            "client_id": client.client_id,
            "iat": issued_at,
            "exp": issued_at + self._find_seconds(client, grant_type),
            "jti": encode_bytes(facts.entropy(16)),
            "scope": scope,
        }
        if facts.proof is not None:
            claims[BINDING_CLAIM] = {THUMBPRINT_MEMBER: facts.proof.thumbprint}
        if user:
            # RFC 9068 2.2.1.
            claims["auth_time"] = int(user.login.authenticated_at.timestamp())
            claims["acr"] = rate_methods(user.login.methods)
            claims["amr"] = list(user.login.methods)
            claims["sid"] = facts.aliases.name_session(client.registered, user.login.session_id)
            claims[CONSENT_CLAIM] = user.consent_version
            if user.requested_claims.userinfo:
                claims[USERINFO_CLAIM] = list(user.requested_claims.userinfo)
            if facts.issued_refresh is not None:
                claims[FAMILY_CLAIM] = str(facts.issued_refresh.family_id)
            if claims["sub"] != str(user.login.person.id):
                claims[PERSON_CLAIM] = hide_person(user.login.person.id, claims["jti"], facts.aliases)
        return claims


def _find_audience(facts: Facts, user: Grantor | None) -> str | list[str]:
    """Raises `OAuth2Error` for resources that are not here, or not what the person's request named."""
    asked = read_resources(facts.parameters, facts.issuer)
    granted = user.resources if user else ()
    return render_audience(narrow_resources(asked, granted, facts.issuer), facts.issuer)


def _issue_refresh(facts: Facts, user: Grantor) -> RefreshIssue:
    """A token of the family that was presented, or of a new one; where nothing rotates, the very token that was
    presented."""
    if facts.family and not strict_profile.rotates_refresh_tokens(facts.profile):
        return RefreshIssue(facts.parameters.get("refresh_token") or "", facts.family.id)
    family_id = facts.family.id if facts.family else create_uuid(facts.now, facts.entropy)
    text = facts.refresh.render(user.login.person.id, family_id, facts.entropy)
    return RefreshIssue(text, family_id)


def check_service_scopes(scope: str | None) -> None:
    """Raises for scopes that make no sense without a person."""
    if unfit := find_missing(parse_scopes(scope), SERVICE_SCOPES):
        raise InvalidScopeError(_spell(f"Without a person there is no scope {unfit[0]}"))
