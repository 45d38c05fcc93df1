"""The discovery document: OpenID Connect Discovery 3, RFC 8414, RFC 9207."""

from functools import cache
from typing import Any

from borvo.catalogue.scopes import map_scopes
from borvo.identity.model import ALWAYS_CLAIMS, RESPONSE_TYPES, SCOPE_CLAIMS


@cache
def build_discovery(issuer: str) -> dict[str, Any]:
    """Says what is served, and nothing that is not."""
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/connect/authorize",
        "token_endpoint": f"{issuer}/connect/token",
        "userinfo_endpoint": f"{issuer}/connect/userinfo",
        "end_session_endpoint": f"{issuer}/connect/endsession",
        "jwks_uri": f"{issuer}/.well-known/openid-configuration/jwks",
        "scopes_supported": list(map_scopes()),
        "response_types_supported": list(RESPONSE_TYPES),
        "response_modes_supported": ["form_post", "query", "fragment"],
        "grant_types_supported": ["authorization_code", "client_credentials"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "claims_supported": [
            *ALWAYS_CLAIMS,
            *(claim for claims in SCOPE_CLAIMS.values() for claim in claims),
            "sid",
            "auth_time",
            "amr",
        ],
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "authorization_response_iss_parameter_supported": True,
    }
