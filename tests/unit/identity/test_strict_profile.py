"""What a strict instance holds its clients to, as pure rules: the FAPI 2.0 Security Profile."""

from dataclasses import replace

import pytest

from borvo.identity.model import RESPONSE_TYPES, InstanceProfile
from borvo.identity.strict_profile import (
    choose_algorithm,
    find_method_fault,
    is_fit_for_answers,
    list_algorithms,
    list_auth_methods,
    list_response_types,
    must_push,
    needs_proof_key,
    rotates_refresh_tokens,
)
from borvo.portal.public import SigningAlgorithm
from tests.unit.portal.test_client_secrets import build_client

STRICT, COMPATIBLE = InstanceProfile.STRICT, InstanceProfile.COMPATIBLE
METHODS = ("none", "client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt")
CLIENT = build_client([])


@pytest.mark.spec("FAPI 2.0 Security Profile", "5.4.1")
def test_nothing_is_signed_by_rs256_or_by_nobody() -> None:
    assert list_algorithms(STRICT) == ("PS256", "ES256", "EdDSA")
    assert list_algorithms(STRICT, ("none", "HS256", "RS256", "EdDSA")) == ("EdDSA",)
    assert list_algorithms(COMPATIBLE) == ("RS256", "PS256", "ES256", "EdDSA")
    for algorithm in SigningAlgorithm:
        assert choose_algorithm(algorithm, STRICT) in list_algorithms(STRICT)
        assert choose_algorithm(algorithm, COMPATIBLE) is algorithm
    assert choose_algorithm(SigningAlgorithm.ES256, STRICT) is SigningAlgorithm.ES256


@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.1")
def test_clients_prove_who_they_are_by_a_key_of_their_own() -> None:
    assert list_auth_methods(STRICT, METHODS) == ("private_key_jwt",)
    assert list_auth_methods(COMPATIBLE, METHODS) == METHODS
    for method in METHODS[:-1]:
        assert find_method_fault(method, "", STRICT)
        assert not find_method_fault(method, "", COMPATIBLE)
    assert not find_method_fault("private_key_jwt", "ES256", STRICT)
    assert find_method_fault("private_key_jwt", "RS256", STRICT)
    # Who says nothing at all is told so elsewhere.
    assert not find_method_fault("", "", STRICT)


@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.2")
def test_requests_are_pushed_for_a_code_that_is_bound_to_a_challenge() -> None:
    assert list_response_types(STRICT) == ("code",)
    assert list_response_types(COMPATIBLE) == RESPONSE_TYPES
    assert must_push(CLIENT, STRICT)
    assert not must_push(CLIENT, COMPATIBLE)
    assert must_push(replace(CLIENT, require_pushed_authorization_requests=True), COMPATIBLE)
    relaxed = replace(CLIENT, require_pkce=False)
    assert needs_proof_key(relaxed, STRICT)
    assert not needs_proof_key(relaxed, COMPATIBLE)
    assert needs_proof_key(replace(relaxed, is_public=True), COMPATIBLE)


@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.2")
@pytest.mark.parametrize(
    ("uri", "is_fit"),
    [
        ("https://app.example/cb", True),
        ("https://localhost:5001/cb", True),
        ("http://127.0.0.1/cb", True),
        ("http://[::1]:4711/cb", True),
        ("org.example.app:/cb", True),
        ("http://localhost:5001/cb", False),
        ("http://app.example/cb", False),
        ("HTTP://app.example/cb", False),
        ("http://127.0.0.1.app.example/cb", False),
        ("http://127.0.0.1@app.example/cb", False),
    ],
)
def test_no_answer_goes_over_the_network_in_the_clear(uri: str, is_fit: bool) -> None:
    assert is_fit_for_answers(uri, STRICT) is is_fit
    assert is_fit_for_answers(uri, COMPATIBLE)


@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.1")
def test_refresh_tokens_stay_as_they_are() -> None:
    assert not rotates_refresh_tokens(STRICT)
    assert rotates_refresh_tokens(COMPATIBLE)
