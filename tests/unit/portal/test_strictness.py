"""What of a registration an instance of the profile `strict` refuses."""

import json
from dataclasses import replace
from itertools import product

import pytest
from joserfc.jwk import ECKey, RSAKey

from borvo.portal.guidance import Library, Place, Presence, advise, advise_strictly, read_start
from borvo.portal.model import AuthMethod, ClientDetails, GrantType, SigningAlgorithm
from borvo.portal.strictness import find_strict_faults, is_fit_callback, list_choices

_EC = ECKey.generate_key("P-256").as_dict(private=False)
_RSA = RSAKey.generate_key(2048).as_dict(private=False)


def write_keys(*keys: object) -> str:
    return json.dumps({"keys": keys})


GOOD = ClientDetails(
    display_name="Good",
    client_uri="",
    redirect_uris=("https://app.example/cb", "http://127.0.0.1:5001/cb", "http://[::1]:5001/cb"),
    grant_types=frozenset({GrantType.AUTHORIZATION_CODE, GrantType.DEVICE_CODE}),
    scopes=("openid",),
    require_pkce=True,
    token_endpoint_auth_method=AuthMethod.PRIVATE_KEY_JWT,
    jwks=write_keys(_EC, _RSA),
)


@pytest.mark.parametrize(
    "fit",
    [
        GOOD,
        replace(GOOD, jwks="", jwks_uri="https://app.example/keys"),
        replace(GOOD, grant_types=frozenset({GrantType.CLIENT_CREDENTIALS}), redirect_uris=()),
        # Served all the same: it gets PS256, has to push, and has to bind its tokens.
        replace(GOOD, signing_algorithm=SigningAlgorithm.RS256, require_pkce=False),
    ],
)
def test_what_a_strict_instance_serves_has_no_fault(fit: ClientDetails) -> None:
    assert find_strict_faults(fit) == {}


@pytest.mark.parametrize(
    ("unfit", "field"),
    [
        (replace(GOOD, grant_types=frozenset({GrantType.IMPLICIT})), "grant_types"),
        (replace(GOOD, grant_types=GOOD.grant_types | {GrantType.HYBRID}), "grant_types"),
        (replace(GOOD, allows_front_channel_tokens=True), "allows_front_channel_tokens"),
        (replace(GOOD, is_public=True), "is_public"),
        (replace(GOOD, redirect_uris=("http://localhost:5001/cb",)), "redirect_uris"),
        (replace(GOOD, token_endpoint_auth_method=AuthMethod.SECRET), "token_endpoint_auth_method"),
        (
            replace(GOOD, token_endpoint_auth_method=AuthMethod.CLIENT_SECRET_JWT),
            "token_endpoint_auth_method",
        ),
        (replace(GOOD, jwks=write_keys({**_RSA, "alg": "RS256"})), "jwks"),
    ],
)
def test_each_thing_that_it_refuses_is_said_at_its_field(unfit: ClientDetails, field: str) -> None:
    assert set(find_strict_faults(unfit)) == {field}


def test_a_form_offers_what_is_served_and_what_is_chosen() -> None:
    assert list_choices(AuthMethod, [AuthMethod.PRIVATE_KEY_JWT]) == [AuthMethod.PRIVATE_KEY_JWT]
    assert list_choices(AuthMethod, [AuthMethod.SECRET]) == [AuthMethod.SECRET, AuthMethod.PRIVATE_KEY_JWT]
    assert SigningAlgorithm.RS256 not in list_choices(SigningAlgorithm, [SigningAlgorithm.ES256])
    assert set(list_choices(GrantType, [])) == {
        GrantType.AUTHORIZATION_CODE,
        GrantType.CLIENT_CREDENTIALS,
        GrantType.DEVICE_CODE,
    }


def test_what_is_advised_there_is_served_there() -> None:
    for presence, place, library in product(Presence, Place, Library):
        usual, strict = advise(presence, place, library), advise_strictly(presence, place, library)
        assert usual is not None
        assert strict is not None
        start = read_start(dict(pair.split("=") for pair in strict.query.split("&")), is_strict=True)
        details = replace(
            GOOD,
            grant_types=frozenset(GrantType(each) for each in start["grant_types"]),
            is_public=bool(start["is_public"]),
            token_endpoint_auth_method=AuthMethod(start["token_endpoint_auth_method"][0]),
        )
        assert find_strict_faults(details) == {}
        assert "secret" not in strict.reason
    assert advise_strictly(Presence.PERSON, None, None) is None
    assert read_start({"grant": "authorization_code", "public": "yes"}, is_strict=True)["is_public"] == []


@pytest.mark.parametrize("uri", ["http://app.example/cb", "http://127.0.0.2/cb", "http://localhost/cb"])
def test_no_answer_goes_over_the_network_in_the_clear(uri: str) -> None:
    assert not is_fit_callback(uri)
    assert is_fit_callback(uri.replace("http:", "https:"))
    assert is_fit_callback("org.example.app:/cb")
