"""The hybrid flow `code id_token`: OpenID Connect Core 3.3."""

from typing import Any

from authlib.oidc.core.grants import OpenIDHybridGrant

from borvo.identity.engine import ProtocolServer
from borvo.identity.grants.authorization_code import CodeIssue
from borvo.identity.grants.openid import IdTokenClaims
from borvo.identity.model import Grantor


class HybridGrant(IdTokenClaims, CodeIssue, OpenIDHybridGrant):
    """A code and an id token from the authorization endpoint; the code is redeemed by the code grant."""

    RESPONSE_TYPES = frozenset({"code id_token"})

    def __init__(self, request: Any, server: ProtocolServer) -> None:
        super().__init__(request, server)
        self.facts = request.facts

    def create_granted_params(self, grant_user: Grantor) -> list[tuple[str, str]]:
        # Authlib's own would mint an access token here and throw it away, and add `expires_in`.
        self.request.user = grant_user
        code = self.generate_authorization_code()
        self.save_authorization_code(code, self.request)
        token = self.process_implicit_token({"scope": self.request.scope}, code)
        return [("code", code), ("id_token", token["id_token"]), ("scope", token["scope"])]
