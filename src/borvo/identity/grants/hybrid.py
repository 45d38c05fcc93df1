"""Answers with tokens from the authorization endpoint: OpenID Connect Core 3.2 (implicit) and 3.3 (hybrid)."""

from typing import Any

from authlib.oauth2.rfc6749.errors import InvalidScopeError, UnauthorizedClientError
from authlib.oauth2.rfc6749.grants.authorization_code import validate_code_authorization_request
from authlib.oidc.core.grants import OpenIDHybridGrant, OpenIDImplicitGrant
from authlib.oidc.core.grants.util import create_half_hash

from borvo.identity.engine import ProtocolClient, ProtocolRequest, ProtocolServer
from borvo.identity.grants.authorization_code import CodeIssue
from borvo.identity.grants.openid import IdTokenClaims
from borvo.identity.model import Grantor
from borvo.kernel.scopes import parse_scopes

Answer = list[tuple[str, str]]
_ACCESS_TOKEN_FIELDS = ("access_token", "token_type", "expires_in")


class FrontChannel(IdTokenClaims):
    """What both have in common. Mixed into Authlib's classes, in front."""

    request: ProtocolRequest

    def __init__(self, request: Any, server: ProtocolServer) -> None:
        super().__init__(request, server)  # type: ignore[call-arg]
        self.facts = request.facts

    def generate_user_info(self, user: Grantor, scope: str) -> dict[str, Any]:
        claims = super().generate_user_info(user, scope)
        state = self.request.payload.state
        if state:
            # The hash of `state`, as c_hash is of the code (Financial-grade API 1.0 Part 2, 5.1.1).
            digest = create_half_hash(state, self.get_client_algorithm(self.request.client))
            claims["s_hash"] = digest.decode()
        return claims

    def answer(self, grantor: Grantor, code: str | None = None) -> Answer:
        """The parameters of the answer, in what the response type asks for; how they travel is the renderer's
        business. Authlib's own would mint an access token in any case, and throw it away."""
        self.request.user = grantor
        words = self.request.payload.response_type.split()
        token: dict[str, Any] = {"scope": self.request.scope}
        if "token" in words:
            # `implicit`: the grant type whose tokens live shortly.
            generate: Any = self.generate_token  # type: ignore[attr-defined]
            token = generate(
                grant_type="implicit", user=grantor, scope=self.request.scope, include_refresh_token=False
            )
        if "id_token" in words:
            process: Any = self.process_implicit_token  # type: ignore[attr-defined]
            token = process(token, code)
        names = ("code", *_ACCESS_TOKEN_FIELDS, "id_token", "scope")
        found = {**token, **({"code": code} if code else {})}
        return [(name, str(found[name])) for name in names if name in found]


class HybridGrant(FrontChannel, CodeIssue, OpenIDHybridGrant):
    """A code and tokens beside it; the code is redeemed by the code grant."""

    RESPONSE_TYPES = frozenset({"code id_token", "code token", "code id_token token"})

    def validate_authorization_request(self) -> str:
        """As Authlib's, which wants a nonce in any case."""
        if "id_token" in self.request.payload.response_type.split():
            return str(super().validate_authorization_request())
        # OpenID Connect Core 3.3.2.11: `code token` brings no id token by the browser for a nonce to be in.
        redirect_uri = str(validate_code_authorization_request(self))
        if "openid" not in parse_scopes(self.request.scope):
            raise InvalidScopeError("Missing 'openid' scope")
        return redirect_uri

    def create_granted_params(self, grant_user: Grantor) -> Answer:
        self.request.user = grant_user
        code = self.generate_authorization_code()
        self.save_authorization_code(code, self.request)
        return self.answer(grant_user, code)


class ImplicitFlow(FrontChannel, OpenIDImplicitGrant):
    """Tokens and no code."""

    RESPONSE_TYPES = frozenset({"id_token", "id_token token"})

    def authenticate_token_endpoint_client(self) -> ProtocolClient:
        # Nobody authenticates a client in a browser: its redirect URI is what binds the answer to it.
        client = self.facts.client
        if client is None:
            raise UnauthorizedClientError
        return client

    def create_granted_params(self, grant_user: Grantor) -> Answer:
        return self.answer(grant_user)

    def generate_user_info(self, user: Grantor, scope: str) -> dict[str, Any]:
        claims = super().generate_user_info(user, scope)
        if self.request.payload.response_type == "id_token":
            # OpenID Connect Core 5.4: no access token, so no userinfo to ask.
            return {**self.describe_subject(user, parse_scopes(scope)), **claims}
        return claims
