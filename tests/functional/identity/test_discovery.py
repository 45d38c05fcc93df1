"""The discovery document says what is served, and nothing that is not."""

import httpx
import pytest

from tests.functional.conftest import ISSUER

METHODS = ["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt"]
ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA", "HS256", "HS384"]
EXPECTED = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/connect/authorize",
    "token_endpoint": f"{ISSUER}/connect/token",
    "userinfo_endpoint": f"{ISSUER}/connect/userinfo",
    "end_session_endpoint": f"{ISSUER}/connect/endsession",
    "jwks_uri": f"{ISSUER}/.well-known/openid-configuration/jwks",
    "introspection_endpoint": f"{ISSUER}/connect/introspect",
    "revocation_endpoint": f"{ISSUER}/connect/revocation",
    "device_authorization_endpoint": f"{ISSUER}/connect/deviceauthorization",
    "pushed_authorization_request_endpoint": f"{ISSUER}/connect/par",
    "require_pushed_authorization_requests": False,
    "registration_endpoint": f"{ISSUER}/connect/register",
    "response_types_supported": [
        "code",
        "code id_token",
        "code id_token token",
        "code token",
        "id_token",
        "id_token token",
    ],
    "response_modes_supported": ["form_post", "query", "fragment"],
    "grant_types_supported": [
        "authorization_code",
        "implicit",
        "client_credentials",
        "refresh_token",
        "urn:ietf:params:oauth:grant-type:device_code",
    ],
    "subject_types_supported": ["public", "pairwise"],
    "claim_types_supported": ["normal"],
    "ui_locales_supported": ["en", "fr"],
    "service_documentation": f"{ISSUER}/docs",
    "userinfo_signing_alg_values_supported": ["RS256", "PS256", "ES256", "EdDSA"],
    "id_token_signing_alg_values_supported": ["RS256", "PS256", "ES256", "EdDSA"],
    "token_endpoint_auth_methods_supported": [*METHODS, "none"],
    "token_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
    "introspection_endpoint_auth_methods_supported": METHODS,
    "introspection_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
    "revocation_endpoint_auth_methods_supported": [*METHODS, "none"],
    "revocation_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
    "code_challenge_methods_supported": ["S256"],
    "prompt_values_supported": ["none", "login", "consent", "select_account"],
    "claims_supported": [
        "sub",
        "role",
        "name",
        "given_name",
        "family_name",
        "middle_name",
        "nickname",
        "preferred_username",
        "profile",
        "picture",
        "website",
        "gender",
        "birthdate",
        "zoneinfo",
        "locale",
        "updated_at",
        "email",
        "email_verified",
        "phone_number",
        "phone_number_verified",
        "address",
        "sid",
        "auth_time",
        "acr",
        "amr",
    ],
    "acr_values_supported": ["urn:borvo:acr:1", "urn:borvo:acr:2"],
    "frontchannel_logout_supported": True,
    "frontchannel_logout_session_supported": True,
    "backchannel_logout_supported": True,
    "backchannel_logout_session_supported": True,
    "dpop_signing_alg_values_supported": ["ES256", "EdDSA", "PS256", "RS256"],
    "claims_parameter_supported": True,
    "request_parameter_supported": True,
    "request_object_signing_alg_values_supported": ["none", "RS256", "PS256", "ES256", "EdDSA"],
    "require_request_uri_registration": True,
    "request_uri_parameter_supported": True,
    "authorization_response_iss_parameter_supported": True,
}
"""All but the scopes, which the catalogue tells."""


@pytest.mark.spec("OpenID Connect Discovery", "3")
async def test_the_document(http: httpx.AsyncClient) -> None:
    answer = await http.get("/.well-known/openid-configuration")
    assert answer.headers["content-type"] == "application/json"
    document = answer.json()
    scopes = document.pop("scopes_supported")
    assert scopes[:7] == ["openid", "profile", "email", "phone", "address", "offline_access", "agency_api"]
    assert {"read.blood_pressure", "write.blood_pressure"} <= set(scopes)
    assert document == EXPECTED


@pytest.mark.spec("RFC 8414", "3.1")
async def test_the_document_of_oauth_is_the_same(http: httpx.AsyncClient) -> None:
    document = await http.get("/.well-known/oauth-authorization-server")
    assert document.content == (await http.get("/.well-known/openid-configuration")).content


async def test_every_endpoint_named_is_there(http: httpx.AsyncClient) -> None:
    document = (await http.get("/.well-known/openid-configuration")).json()
    for name, url in document.items():
        if name.endswith(("_endpoint", "_uri")):
            assert (await http.get(url)).status_code not in {404, 500}, name


@pytest.mark.parametrize(
    "path", ["//.well-known/openid-configuration", "/.well-known//openid-configuration/jwks"]
)
async def test_doubled_slashes_are_one(http: httpx.AsyncClient, path: str) -> None:
    assert (await http.get(ISSUER + path)).status_code == 200
