"""Authlib's server made pure: it is built for one exchange around the facts of that exchange, its hooks only
read those facts and record what should happen, and whoever built it applies the effects in one transaction."""

import logging
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from authlib.oauth2.rfc6749 import AuthorizationServer, ClientMixin, OAuth2Request
from authlib.oauth2.rfc6749.errors import InvalidClientError, InvalidScopeError
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc6750 import BearerTokenGenerator

from borvo.identity.keys import SigningKeys
from borvo.identity.model import (
    SERVICE_SCOPES,
    TOKEN_LIFETIME,
    Grantor,
    Parameters,
    StoredCode,
)
from borvo.identity.tokens import CONSENT_CLAIM, sign_access_token
from borvo.kernel.entropy import Entropy, encode_bytes
from borvo.kernel.scopes import find_missing, parse_scopes, render_scopes
from borvo.portal.public import GrantType, RegisteredClient

# It writes whole tokens to its debug log.
logging.getLogger("authlib").setLevel(logging.WARNING)


@dataclass(slots=True)
class Facts:
    """Everything that the engine may know of one exchange, and what it decided.

    `issued_code` and `issued_token_ids` are the effects to apply.
    """

    issuer: str
    now: datetime
    entropy: Entropy
    keys: SigningKeys
    parameters: Parameters
    client: "ProtocolClient | None" = None
    auth_method: str = ""
    is_authenticated: bool = False
    code: StoredCode | None = None
    issued_code: tuple[str, StoredCode] | None = None
    issued_token_ids: list[str] = field(default_factory=list)


class ProtocolClient(ClientMixin):
    """A registered client as the engine sees it."""

    def __init__(self, registered: RegisteredClient) -> None:
        self.registered = registered
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
        return redirect_uri in self.registered.redirect_uris

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:  # noqa: ARG002
        return method in {"client_secret_basic", "client_secret_post"}

    def check_response_type(self, response_type: str) -> bool:
        if response_type == "code":
            return bool(self.registered.grant_types & {GrantType.AUTHORIZATION_CODE, GrantType.HYBRID})
        return response_type == "code id_token" and GrantType.HYBRID in self.registered.grant_types

    def check_grant_type(self, grant_type: str) -> bool:
        if grant_type == "authorization_code":
            return self.check_response_type("code")
        return (
            grant_type == "client_credentials" and GrantType.CLIENT_CREDENTIALS in self.registered.grant_types
        )


def _spell(text: str) -> str:
    """Only what RFC 6749 5.2 allows in an error_description: Authlib raises on anything else."""
    return "".join(c for c in text if c in " !" or "#" <= c <= "[" or "]" <= c <= "~")[:300]


class ProtocolRequest(OAuth2Request):
    """One request to the authorization or the token endpoint."""

    def __init__(self, method: str, endpoint: str, facts: Facts) -> None:
        # The engine insists on https for every host but loopback. How the request reached this process says
        # nothing behind a proxy, and an unsafe issuer was refused at the start.
        super().__init__(method, f"https://{facts.issuer.partition('://')[2]}{endpoint}")
        self.facts = facts
        fields = facts.parameters.to_dict()
        if "response_type" in fields:
            fields["response_type"] = facts.parameters.response_type
        self.payload = BasicOAuth2Payload(fields)

    @property
    def form(self) -> dict[str, str]:
        return dict(self.payload.data)


class ProtocolServer(AuthorizationServer):
    """Authlib's authorization server for one exchange."""

    def __init__(self, facts: Facts) -> None:
        super().__init__()
        self.facts = facts
        for method in ("client_secret_basic", "client_secret_post"):
            self.register_client_auth_method(method, _accept_verdict(method))
        self.register_token_generator("default", AccessTokenGenerator(facts))

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
    """Signs RFC 9068 access tokens whose every time comes from the exchange's clock."""

    def __init__(self, facts: Facts) -> None:
        seconds = int(TOKEN_LIFETIME.total_seconds())
        super().__init__(self._sign, expires_generator=lambda _client, _grant_type: seconds)
        self._facts = facts

    def _sign(self, client: ProtocolClient, grant_type: str, user: Grantor | None, scope: str) -> str:  # noqa: ARG002
        facts = self._facts
        issued_at = int(facts.now.timestamp())
        token_id = encode_bytes(facts.entropy(16))
        facts.issued_token_ids.append(token_id)
        claims: dict[str, Any] = {
            "iss": facts.issuer,
            # RFC 9068 3: without a resource parameter the default resource, which is this instance.
            "aud": facts.issuer,
            # RFC 9068 2.2: without a resource owner the subject is the client.
            "sub": str(user.login.person.id) if user else client.client_id,
            "client_id": client.client_id,
            "iat": issued_at,
            "exp": issued_at + int(TOKEN_LIFETIME.total_seconds()),
            "jti": token_id,
            "scope": scope,
        }
        if user:
            claims["auth_time"] = int(user.login.authenticated_at.timestamp())
            claims["sid"] = str(user.login.session_id)
            claims[CONSENT_CLAIM] = user.consent_version
        return sign_access_token(facts.keys.active["RS256"], claims)


def check_service_scopes(scope: str | None) -> None:
    """Raises for scopes that make no sense without a person."""
    if unfit := find_missing(parse_scopes(scope), SERVICE_SCOPES):
        raise InvalidScopeError(_spell(f"Without a person there is no scope {unfit[0]}"))
