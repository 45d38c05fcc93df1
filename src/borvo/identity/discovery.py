"""The discovery document: OpenID Connect Discovery 3, RFC 8414, RFC 9207."""

from functools import cache
from typing import Any

from borvo.accounts.public import AuthenticationClass
from borvo.catalogue.scopes import map_scopes
from borvo.identity.assertions import ASSERTION_ALGORITHMS
from borvo.identity.engine import AUTH_METHODS
from borvo.identity.model import ALWAYS_CLAIMS, SCOPE_CLAIMS, InstanceProfile
from borvo.identity.possession import PROOF_ALGORITHMS
from borvo.identity.request_object import list_request_algorithms
from borvo.identity.strict_profile import list_algorithms, list_auth_methods, list_response_types
from borvo.languages.catalogues import TAGS
from borvo.portal.public import SubjectType


def _list_authentication(profile: InstanceProfile) -> dict[str, list[str]]:
    """How clients prove who they are, at each endpoint that asks them."""
    proofs = list(list_auth_methods(profile, AUTH_METHODS[1:]))
    known = [name for names in ASSERTION_ALGORITHMS.values() for name in names]
    signing = list(list_algorithms(profile, known))
    everybody = [*proofs, *list_auth_methods(profile, AUTH_METHODS[:1])]
    methods = {"token": everybody, "introspection": proofs, "revocation": everybody}
    return {
        f"{endpoint}_endpoint_auth_{what}_supported": values
        for endpoint, named in methods.items()
        for what, values in (("methods", named), ("signing_alg_values", signing))
    }


def _list_addresses(issuer: str) -> dict[str, str]:
    return {
        "authorization_endpoint": f"{issuer}/connect/authorize",
        "token_endpoint": f"{issuer}/connect/token",
        "userinfo_endpoint": f"{issuer}/connect/userinfo",
        "introspection_endpoint": f"{issuer}/connect/introspect",
        "revocation_endpoint": f"{issuer}/connect/revocation",
        "device_authorization_endpoint": f"{issuer}/connect/deviceauthorization",
        "pushed_authorization_request_endpoint": f"{issuer}/connect/par",
        "registration_endpoint": f"{issuer}/connect/register",
        "end_session_endpoint": f"{issuer}/connect/endsession",
        "jwks_uri": f"{issuer}/.well-known/openid-configuration/jwks",
    }


@cache
def build_discovery(issuer: str, profile: InstanceProfile) -> dict[str, Any]:
    """Says what is served, and nothing that is not."""
    return {
        "issuer": issuer,
        **_list_addresses(issuer),
        "scopes_supported": list(map_scopes()),
        "response_types_supported": list(list_response_types(profile)),
        "response_modes_supported": ["form_post", "query", "fragment"],
        "grant_types_supported": [
            "authorization_code",
            *(["implicit"] if profile is InstanceProfile.COMPATIBLE else []),
            "client_credentials",
            "refresh_token",
            "urn:ietf:params:oauth:grant-type:device_code",
        ],
        "subject_types_supported": [each.value for each in SubjectType],
        "userinfo_signing_alg_values_supported": list(list_algorithms(profile)),
        "claim_types_supported": ["normal"],
        "ui_locales_supported": list(TAGS),
        "service_documentation": f"{issuer}/docs",
        "id_token_signing_alg_values_supported": list(list_algorithms(profile)),
        **_list_authentication(profile),
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "claims_supported": [
            *ALWAYS_CLAIMS,
            *(claim for claims in SCOPE_CLAIMS.values() for claim in claims),
            "sid",
            "auth_time",
            "acr",
            "amr",
        ],
        "acr_values_supported": [each.value for each in AuthenticationClass],
        "frontchannel_logout_supported": True,
        "frontchannel_logout_session_supported": True,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "dpop_signing_alg_values_supported": list(list_algorithms(profile, PROOF_ALGORITHMS)),
        "claims_parameter_supported": True,
        # Of all clients; one may be set to it.
        "require_pushed_authorization_requests": profile is InstanceProfile.STRICT,
        "request_parameter_supported": True,
        "request_object_signing_alg_values_supported": list_request_algorithms(profile),
        # Contract 7: by reference registered addresses only, and none in the profile strict.
        "request_uri_parameter_supported": profile is InstanceProfile.COMPATIBLE,
        "require_request_uri_registration": True,
        "authorization_response_iss_parameter_supported": True,
    }
