"""The authorization code grant: RFC 6749 4.1, OpenID Connect Core 3.1."""

from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant

from borvo.accounts.public import Login
from borvo.identity.engine import AUTH_METHODS, Facts, ProtocolClient, ProtocolRequest
from borvo.identity.model import CODE_LIFETIME, Grantor, StoredCode
from borvo.identity.resources import read_resources
from borvo.kernel.entropy import TOKEN_BYTES
from borvo.kernel.scopes import parse_scopes


class CodeIssue:
    """How a code is made: recorded as an effect, stored by whoever runs the engine."""

    request: ProtocolRequest

    def generate_authorization_code(self) -> str:
        facts, grantor = self.request.facts, self.request.user
        return facts.aliases.render_token(grantor.login.person.id, facts.entropy(TOKEN_BYTES))

    def save_authorization_code(self, code: str, request: ProtocolRequest) -> None:
        request.facts.issued_code = (code, _describe_code(request.facts, request, request.user))


def _describe_code(facts: Facts, request: ProtocolRequest, grantor: Grantor) -> StoredCode:
    return StoredCode(
        person=grantor.login.person,
        client_key=request.client.registered.client_key,
        redirect_uri=request.payload.redirect_uri,
        scopes=parse_scopes(request.scope),
        nonce=facts.parameters.get("nonce"),
        code_challenge=facts.parameters.get("code_challenge"),
        session_id=grantor.login.session_id,
        auth_time=grantor.login.authenticated_at,
        consent_version=grantor.consent_version,
        expires_at=facts.now + CODE_LIFETIME,
        redeemed_at=None,
        token_id=None,
        token_expires_at=None,
        requested_claims=grantor.requested_claims,
        resources=read_resources(facts.parameters, facts.issuer),
        dpop_jkt=facts.parameters.get("dpop_jkt"),
        methods=grantor.login.methods,
    )


class CodeGrant(CodeIssue, AuthorizationCodeGrant):
    """`response_type=code`, and the redemption of every code, hybrid ones included."""

    TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS

    def create_granted_params(self, grantor: Grantor) -> list[tuple[str, str]]:
        """The parameters of the answer; how they travel is the renderer's business."""
        self.request.user = grantor
        code = self.generate_authorization_code()
        self.save_authorization_code(code, self.request)
        return [("code", code)]

    def query_authorization_code(self, code: str, client: ProtocolClient) -> StoredCode | None:  # noqa: ARG002
        # RFC 6749 4.1.3: the code is bound to the client, and lives shortly and once.
        facts, stored = self.request.facts, self.request.facts.code
        if stored is None or stored.client_key != client.registered.client_key:
            return None
        if stored.redeemed_at is not None or stored.expires_at <= facts.now:
            return None
        return stored

    def delete_authorization_code(self, authorization_code: StoredCode) -> None:
        """Nothing: redemption is an effect, so that it can be one conditional update."""

    def authenticate_user(self, authorization_code: StoredCode) -> Grantor:
        return describe_grantor(authorization_code)


def describe_grantor(code: StoredCode) -> Grantor:
    """Who allowed what the code stands for."""
    login = Login(code.person, code.session_id, code.auth_time, code.methods)
    return Grantor(login, code.consent_version, code.requested_claims, code.resources)
