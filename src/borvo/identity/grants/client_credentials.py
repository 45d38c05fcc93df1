"""The client credentials grant: RFC 6749 4.4."""

from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant

from borvo.identity.engine import AUTH_METHODS, ProtocolClient, check_service_scopes
from borvo.identity.model import SERVICE_SCOPES
from borvo.kernel.scopes import keep_allowed, render_scopes


class ServiceGrant(ClientCredentialsGrant):
    """A service acts for itself. Without a `scope` it gets what it is registered for (RFC 6749 3.3)."""

    TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS[1:]

    def validate_requested_scope(self) -> None:
        client: ProtocolClient = self.request.client
        if not self.request.payload.scope:
            default = render_scopes(keep_allowed(client.registered.scopes, SERVICE_SCOPES))
            self.request.payload.data["scope"] = default
        check_service_scopes(self.request.payload.scope)
