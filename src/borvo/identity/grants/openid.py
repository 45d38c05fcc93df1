"""Id tokens: OpenID Connect Core 2 and 3.1.3.6."""

from collections.abc import Iterable
from typing import Any

from authlib.oidc.core.grants import OpenIDCode

from borvo.accounts.public import ClaimsSubject, rate_methods
from borvo.identity.engine import Facts, ProtocolRequest
from borvo.identity.model import ALWAYS_CLAIMS, TOKEN_LIFETIME, Grantor, list_claims, map_claims
from borvo.identity.tokens import sign_id_token
from borvo.identity.unsigned import Statement, hash_half


class IdTokenClaims:
    """What every id token says, whichever endpoint issues it. Mixed into Authlib's classes, in front."""

    facts: Facts

    def get_client_algorithm(self, client: Any) -> str:
        return str(client.signing_algorithm)

    def resolve_client_private_key(self, client: Any) -> Any:
        return self.facts.keys.active[self.get_client_algorithm(client)].key

    def get_encode_header(self, client: Any) -> dict[str, str]:
        signing_key = self.facts.keys.active[self.get_client_algorithm(client)]
        return {"alg": signing_key.algorithm, "kid": signing_key.kid}

    def get_client_claims(self, client: Any) -> dict[str, Any]:
        issued_at = int(self.facts.now.timestamp())
        return {
            "iss": self.facts.issuer,
            "aud": client.get_client_id(),
            "iat": issued_at,
            "exp": issued_at + int(TOKEN_LIFETIME.total_seconds()),
        }

    def describe_subject(self, user: Grantor, scopes: Iterable[str]) -> dict[str, object]:
        """What the scopes, and the claims asked for one by one, say about the person; not who she is."""
        subject = self.facts.subject or ClaimsSubject(user.login.person)
        asked = list_claims(scopes, user.requested_claims.id_token) - set(ALWAYS_CLAIMS)
        return {name: value for name, value in map_claims(subject).items() if name in asked}

    def generate_user_info(self, user: Grantor, scope: str) -> dict[str, Any]:  # noqa: ARG002
        # Contract 1.5: `sid` is what the clinician sample cannot do without.
        aliases, client = self.facts.aliases, self.facts.client
        if client is None:
            raise RuntimeError("an id token is issued to a client")
        return {
            **self.describe_subject(user, ()),
            "sub": aliases.name_person(client.registered, user.login.person.id),
            "sid": aliases.name_session(client.registered, user.login.session_id),
            "auth_time": int(user.login.authenticated_at.timestamp()),
            # OpenID Connect Core 2 and RFC 8176.
            "acr": rate_methods(user.login.methods),
            "amr": list(user.login.methods),
        }

    def exists_nonce(self, nonce: str, request: ProtocolRequest) -> bool:  # noqa: ARG002
        # The nonce is for the client to check (OpenID Connect Core 15.5.2); a person who goes back and
        # signs in again repeats one in good faith, and codes are one-time without it.
        return False


class OpenIDExtension(OpenIDCode):
    """Adds the id token to the answers of the code grant."""

    def __call__(self, grant: Any) -> None:
        _BoundOpenID(grant.request.facts)(grant)


class _BoundOpenID(IdTokenClaims, OpenIDCode):
    def __init__(self, facts: Facts) -> None:
        super().__init__(require_nonce=False)
        self.facts = facts

    def __call__(self, grant: Any) -> None:
        OpenIDCode.__call__(self, grant)

    def encode_id_token(self, token: dict[str, Any], request: ProtocolRequest) -> str:
        """The same claims as Authlib's, which takes a longer way to the signature."""
        algorithm = self.get_client_algorithm(request.client)
        claims = self.get_client_claims(request.client)
        if request.authorization_code:
            claims |= self.get_authorization_code_claims(request.authorization_code)
        # Of a token that is not signed yet, it is added when that is.
        if token["access_token"]:
            claims |= hash_half(token["access_token"], algorithm)
        claims |= self.generate_user_info(request.user, token["scope"])
        key, unsigned = self.facts.keys.active[algorithm], self.facts.unsigned
        if unsigned is None:
            return sign_id_token(key, claims)
        unsigned.id_token = Statement.write(key, claims)
        return ""
