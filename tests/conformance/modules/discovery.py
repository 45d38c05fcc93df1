"""What providers say of themselves: OpenID Connect Discovery 3 and 4."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from tests.conformance.plans import RESPONSE_TYPES
from tests.conformance.provider import NotServedError
from tests.conformance.registry import module
from tests.conformance.trial import Trial

_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")
_LISTS = (
    "response_types_supported",
    "subject_types_supported",
    "id_token_signing_alg_values_supported",
    "scopes_supported",
    "claims_supported",
)
_PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "k"}


@module("oidcc-discovery-endpoint-verification", registers=True)
async def run_discovery(trial: Trial) -> None:
    """All that a client needs is there and of its kind; the keys are public ones."""
    address = f"{trial.provider.issuer}/.well-known/openid-configuration"
    response = await trial.http.get(address)
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("application/json")
    told: dict[str, Any] = response.json()
    # Discovery 4.3
    assert told["issuer"] == trial.provider.issuer
    for name in _ENDPOINTS:
        check_endpoint(trial, told, name)
    for name in _LISTS:
        assert all(isinstance(each, str) for each in told[name])
        assert told[name]
    assert "openid" in told["scopes_supported"]
    assert "RS256" in told["id_token_signing_alg_values_supported"]
    assert set(told["subject_types_supported"]) <= {"public", "pairwise"}
    served = {" ".join(sorted(each.split())) for each in told["response_types_supported"]}
    assert set(RESPONSE_TYPES) <= served
    if trial.case.plan.is_dynamic:
        if "registration_endpoint" not in told:
            raise NotServedError("there is no registration_endpoint")
        check_endpoint(trial, told, "registration_endpoint")
    _check_defaults(told)
    keys = await trial.fetch_keys()
    assert any(key["kty"] == "RSA" and key.get("use", "sig") == "sig" for key in keys)
    assert not any(_PRIVATE & key.keys() for key in keys)


def _check_defaults(told: Mapping[str, Any]) -> None:
    """What may be left out, where something stands for it."""
    assert {"authorization_code", "implicit"} <= set(
        told.get("grant_types_supported", ["authorization_code", "implicit"])
    )
    assert "client_secret_basic" in told.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    assert {"query", "fragment"} <= set(told.get("response_modes_supported", ["query", "fragment"]))
    for name in (
        "claims_parameter_supported",
        "request_parameter_supported",
        "request_uri_parameter_supported",
    ):
        assert isinstance(told.get(name, False), bool)


def check_endpoint(trial: Trial, told: Mapping[str, Any], name: str) -> None:
    """https, as the issuer is; these tests run on loopback, where http is as safe."""
    parts = urlsplit(told[name])
    assert parts.scheme == urlsplit(trial.provider.issuer).scheme, name
    assert parts.hostname, name
    assert not parts.fragment, name


@module(
    "oidcc-rp-initiated-logout-discovery-endpoint-verification",
    registers=True,
)
async def run_logout_discovery(trial: Trial) -> None:
    """RP-Initiated Logout 2.1."""
    check_endpoint(trial, trial.discovery, "end_session_endpoint")


@module("oidcc-backchannel-logout-discovery-endpoint-verification", registers=True)
async def run_backchannel_discovery(trial: Trial) -> None:
    """Back-Channel Logout 2.1."""
    check_endpoint(trial, trial.discovery, "end_session_endpoint")
    check_logout(trial, "backchannel")


@module("oidcc-frontchannel-logout-discovery-endpoint-verification", registers=True)
async def run_frontchannel_discovery(trial: Trial) -> None:
    """Front-Channel Logout 3."""
    check_endpoint(trial, trial.discovery, "end_session_endpoint")
    check_logout(trial, "frontchannel")


def check_logout(trial: Trial, kind: str) -> None:
    """Raises `NotServedError` where clients are not told of the end of a session in this way."""
    told = trial.discovery.get(f"{kind}_logout_supported", False)
    if told is False:
        raise NotServedError(f"{kind}_logout_supported is false")
    assert told is True
    assert isinstance(trial.discovery.get(f"{kind}_logout_session_supported", False), bool)
