"""The refresh token grant: RFC 6749 6, rotated as RFC 9700 4.14.2 wants."""

from typing import Any

from authlib.oauth2.rfc6749.grants import RefreshTokenGrant

from borvo.accounts.public import Login
from borvo.identity.engine import AUTH_METHODS
from borvo.identity.model import Grantor
from borvo.identity.refresh import TokenFamily
from borvo.kernel.scopes import keep_allowed, parse_scopes, render_scopes


class RefreshGrant(RefreshTokenGrant):
    """Takes the family that was loaded and judged before; rotation is an effect."""

    TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> TokenFamily | None:  # noqa: ARG002
        family: TokenFamily | None = self.request.facts.family
        return family

    def authenticate_user(self, refresh_token: TokenFamily) -> Grantor:
        family = refresh_token
        login = Login(family.person, family.session_id, family.auth_time, family.methods)
        return Grantor(login, family.consent_version, family.requested_claims, family.resources)

    def issue_token(self, user: Grantor, refresh_token: TokenFamily) -> dict[str, Any]:
        # RFC 6749 6: what was granted, or less when the client asks for less. What the client is no longer
        # registered for is left out; the family keeps what was granted.
        asked = parse_scopes(self.request.payload.scope) or refresh_token.scopes
        allowed = keep_allowed(asked, self.request.client.registered.scopes)
        token: dict[str, Any] = self.generate_token(
            user=user, scope=render_scopes(allowed), include_refresh_token=True
        )
        return token

    def revoke_old_credential(self, refresh_token: TokenFamily) -> None:
        """Nothing: one conditional update replaces it."""
