"""What a client needs to go live, and what may not be taken from one that is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from borvo.portal.expiry import SECRET_ENDS_SOON
from borvo.portal.model import AuthMethod, ClientDetails, GrantType
from borvo.portal.readiness import check_readiness

NOW = datetime(2026, 1, 15, tzinfo=UTC)
READY = ClientDetails(
    display_name="App",
    client_uri="https://app.example.org",
    redirect_uris=("https://app.example.org/cb",),
    grant_types=frozenset({GrantType.AUTHORIZATION_CODE}),
    scopes=("openid",),
    require_pkce=True,
    policy_uri="https://app.example.org/privacy",
)
LASTING: list[datetime | None] = [None]


def list_missing(
    details: ClientDetails, logo: str = "d", ends: list[datetime | None] | None = None
) -> list[str]:
    requirements = check_readiness(details, logo, LASTING if ends is None else ends, NOW)
    return [each.field for each in requirements if not each.is_met]


def test_a_client_with_everything_is_ready() -> None:
    assert list_missing(READY) == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"redirect_uris": ("https://app.example.org/cb", "https://localhost:5001/cb")}, "redirect_uris"),
        ({"redirect_uris": ("http://127.0.0.1/cb",)}, "redirect_uris"),
        ({"redirect_uris": ("https://app.localhost/cb",)}, "redirect_uris"),
        ({"client_uri": "https://localhost:5001"}, "client_uri"),
        ({"post_logout_redirect_uris": ("http://localhost:5001/x",)}, "post_logout_redirect_uris"),
        ({"frontchannel_logout_uri": "http://localhost:5001/x"}, "frontchannel_logout_uri"),
        ({"backchannel_logout_uri": "http://localhost:5001/x"}, "backchannel_logout_uri"),
        ({"jwks_uri": "http://localhost:5001/jwks"}, "jwks_uri"),
        ({"policy_uri": ""}, "policy_uri"),
        ({"policy_uri": "https://localhost/privacy"}, "policy_uri"),
    ],
)
def test_each_gap_is_named_by_its_field(change: dict[str, object], field: str) -> None:
    assert list_missing(replace(READY, **change)) == [field]  # type: ignore[arg-type]


def test_an_app_that_signs_with_a_key_needs_keys_and_no_secret() -> None:
    keyed = replace(READY, token_endpoint_auth_method=AuthMethod.PRIVATE_KEY_JWT)
    assert list_missing(keyed, ends=[]) == ["token_endpoint_auth_method"]
    assert list_missing(replace(keyed, jwks="{}"), ends=[]) == []
    assert list_missing(replace(keyed, jwks_uri="https://app.example.org/jwks"), ends=[]) == []


def test_a_logo_and_a_lasting_secret_are_needed() -> None:
    assert list_missing(READY, logo="") == ["logo"]
    assert list_missing(READY, ends=[]) == ["secret"]
    assert list_missing(READY, ends=[None, NOW + SECRET_ENDS_SOON]) == ["secret"]
    assert list_missing(READY, ends=[NOW + SECRET_ENDS_SOON + timedelta(seconds=1)]) == []


@pytest.mark.spec("RFC 8252", "7.3")
def test_a_native_app_may_listen_on_loopback_and_has_no_secret() -> None:
    native = replace(READY, is_public=True, redirect_uris=("http://127.0.0.1/cb", "org.example.app:/cb"))
    assert list_missing(native, ends=[]) == []
    assert list_missing(replace(native, redirect_uris=("http://localhost/cb",)), ends=[]) == ["redirect_uris"]


def test_a_service_that_nobody_sees_needs_neither_policy_nor_logo() -> None:
    service = replace(
        READY, grant_types=frozenset({GrantType.CLIENT_CREDENTIALS}), redirect_uris=(), policy_uri=""
    )
    assert list_missing(service, logo="") == []
