"""What a request object says, and what it makes together with what stands beside it."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749.errors import InvalidRequestError
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey

from borvo.identity.keys import ALGORITHMS, generate_key
from borvo.identity.model import InstanceProfile, Parameters
from borvo.identity.request_object import (
    OBJECT_MAXIMUM,
    InvalidRequestObjectError,
    check_object,
    list_request_algorithms,
    merge_parameters,
    read_object,
)
from borvo.kernel.entropy import encode_bytes

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
ISSUER = "https://borvo.example"
_RSA = generate_key("RS256")
KEYS = {"RS256": _RSA, "PS256": _RSA, "ES256": generate_key("ES256"), "EdDSA": generate_key("EdDSA")}
OUTER = {"client_id": "demo.app", "response_type": "code", "scope": "openid", "state": "outer"}


def build_text(claims: object, header: object = None, signature: str = "") -> str:
    head = {"alg": "none"} if header is None else header
    return ".".join((*(encode_bytes(json.dumps(each).encode()) for each in (head, claims)), signature))


def nest(opening: bytes, times: int) -> str:
    return build_text({}).split(".")[0] + f".{encode_bytes(opening * times)}."


def merge(claims: dict[str, Any], *, is_alone: bool = False, **outer: str) -> dict[str, str]:
    pairs = tuple({**OUTER, **outer}.items())
    return merge_parameters(Parameters(pairs), claims, is_alone=is_alone).to_dict()


def test_an_unsigned_object_is_told_from_a_signed_one() -> None:
    found = read_object(build_text({"state": "s"}))
    assert (found.claims, found.is_unsigned) == ({"state": "s"}, True)
    assert not any(found.is_signed_by(key) for key in (KEYS["RS256"], OctKey.generate_key(256)))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_signed_object_verifies_by_its_own_key_and_no_other(algorithm: str) -> None:
    text = jwt.encode({"alg": algorithm, "kid": "k"}, {"state": "s"}, KEYS[algorithm], algorithms=[algorithm])
    found = read_object(text)
    assert (found.algorithm, found.kid, found.claims, found.is_unsigned) == (
        algorithm,
        "k",
        {"state": "s"},
        False,
    )
    fits = [name for name, key in KEYS.items() if found.is_signed_by(key)]
    assert set(fits) == ({"RS256", "PS256"} if algorithm in {"RS256", "PS256"} else {algorithm})
    head, _, signature = text.split(".")
    other = read_object(f"{head}.{encode_bytes(b'{}')}.{signature}")
    assert not other.is_signed_by(KEYS[algorithm])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "..",
        "a.b.c",
        "a.b.c.d.e",
        build_text([], {"alg": "none"}),
        build_text("x"),
        build_text({}, []),
        build_text({}, {"alg": "none"}, "c2ln"),
        build_text({}, {"alg": "none", "typ": "at+jwt"}),
        build_text({}, {"alg": "none", "typ": "dpop+jwt"}),
        build_text({}, {"alg": "RS256"}),
        build_text({}, {"alg": "HS256"}, "c2ln"),
        build_text({}, {"alg": ["RS256"]}, "c2ln"),
        build_text({}, {}),
        build_text({}, {"alg": "RS256", "crit": ["b64"], "b64": False}, "c2ln"),
        build_text({"state": "x" * OBJECT_MAXIMUM}),
        nest(b"[", 20_000),
        nest(b'{"a":', 3_000),
    ],
    ids=range(18),
)
def test_what_is_no_request_object_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequestObjectError):
        read_object(text)


@pytest.mark.spec("RFC 8725", "3.11")
@pytest.mark.parametrize("kind", ["JWT", "oauth-authz-req+jwt", "application/oauth-authz-req+JWT"])
def test_the_type_of_a_request_object_is_its_own(kind: str) -> None:
    assert read_object(build_text({}, {"alg": "none", "typ": kind})).claims == {}


@pytest.mark.spec("RFC 9101", "4")
@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"iss": "demo.app", "aud": ISSUER, "client_id": "demo.app"},
        {"aud": ["https://other.example", ISSUER]},
        {"exp": SECONDS + 1, "nbf": SECONDS + 30, "iat": SECONDS + 60},
        {"exp": SECONDS + 0.5},
    ],
)
def test_what_a_request_object_says_about_itself_may_be_left_out(claims: dict[str, Any]) -> None:
    check_object(claims, "demo.app", ISSUER, NOW)


@pytest.mark.spec("RFC 9101", "6.2")
@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "demo.other"},
        {"iss": ["demo.app"]},
        {"aud": "https://other.example"},
        {"aud": []},
        {"aud": {"a": 1}},
        {"client_id": "demo.other"},
        {"request": "e30.e30."},
        {"request_uri": None},
        {"exp": SECONDS},
        {"exp": "soon"},
        {"exp": True},
        {"exp": 1e300},
        {"nbf": SECONDS + 61},
        {"nbf": []},
        {"iat": SECONDS + 61},
        {"iat": "now"},
    ],
)
def test_what_a_request_object_says_about_itself_must_be_so(claims: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestObjectError):
        check_object(claims, "demo.app", ISSUER, NOW)


@pytest.mark.spec("OpenID Connect Core", "6.1")
def test_in_openid_connect_the_object_wins_and_what_stands_beside_it_counts() -> None:
    merged = merge(
        {"state": "inner", "scope": "openid email", "iss": "demo.app"}, nonce="n", request="e30.e30."
    )
    assert merged == {
        "client_id": "demo.app",
        "response_type": "code",
        "scope": "openid email",
        "state": "inner",
        "nonce": "n",
    }


@pytest.mark.spec("RFC 9101", "6.3")
@pytest.mark.parametrize(("outer", "is_alone"), [({"scope": "read.height"}, False), ({}, True)])
def test_elsewhere_nothing_counts_but_the_object(outer: dict[str, str], is_alone: bool) -> None:
    claims = {"response_type": "code id_token", "state": "inner", "client_id": "demo.app"}
    merged = merge(claims, is_alone=is_alone, **outer, nonce="n")
    assert merged == {"client_id": "demo.app", "response_type": "code id_token", "state": "inner"}


@pytest.mark.spec("OpenID Connect Core", "6.1")
def test_the_response_type_stands_beside_the_object_and_is_the_same() -> None:
    assert merge({"response_type": "id_token code"}, response_type="code id_token")
    with pytest.raises(OAuth2Error, match="not the one beside it"):
        merge({"response_type": "code id_token"})
    with pytest.raises(OAuth2Error, match="no response_type"):
        merge({"response_type": "code"}, response_type="")


def test_members_that_are_no_texts_become_what_would_stand_in_an_address() -> None:
    claims = {
        "max_age": 0,
        "claims": {"userinfo": {"name": None}},
        "resource": ["https://a.example", "https://b.example"],
        "unknown": [1],
        "nonce": None,
    }
    merged = merge_parameters(Parameters(tuple(OUTER.items())), claims)
    assert [value for name, value in merged.pairs if name == "resource"] == claims["resource"]
    found = merged.to_dict()
    assert (found["max_age"], found["claims"]) == ("0", '{"userinfo":{"name":null}}')
    assert not {"unknown", "nonce"} & set(found)


@pytest.mark.parametrize(
    "claims",
    [
        {"state": 1},
        {"scope": ["openid"]},
        {"max_age": True},
        {"max_age": 1.5},
        {"claims": []},
        {"resource": [1]},
    ],
)
def test_members_that_could_not_stand_in_an_address_are_refused(claims: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestObjectError):
        merge(claims)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
_NAMES = st.sampled_from(
    [*OUTER, "iss", "aud", "exp", "nbf", "max_age", "claims", "resource", "request", "x"]
)


@given(st.dictionaries(_NAMES, _JSON, max_size=5))
def test_whatever_stands_in_an_object_is_answered_by_parameters_or_an_error_of_oauth(
    claims: dict[str, Any],
) -> None:
    with suppress(InvalidRequestObjectError, InvalidRequestError):
        found = read_object(build_text(claims))
        check_object(found.claims, "demo.app", ISSUER, NOW)
        merged = merge_parameters(Parameters(tuple(OUTER.items())), found.claims)
        assert merged.get("client_id") == "demo.app"
        assert all(isinstance(value, str) for _, value in merged.pairs)
        assert merged.get("request") is None


def test_strict_instances_take_no_unsigned_objects() -> None:
    assert list_request_algorithms(InstanceProfile.STRICT) == ["PS256", "ES256", "EdDSA"]
    assert list_request_algorithms(InstanceProfile.COMPATIBLE) == ["none", *ALGORITHMS]
