"""Sets of public keys: which keys verify signatures, and what is said of the others."""

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey

from borvo.kernel.entropy import encode_bytes
from borvo.portal.key_sets import (
    KEYS_MOST,
    KeyFaultError,
    KeySet,
    parse_key_set,
    parse_public_key,
    recall_key_set,
)

RSA = RSAKey.generate_key(2048)
EC = ECKey.generate_key("P-256")
ED = OKPKey.generate_key("Ed25519")


def show(key: Key, **members: object) -> dict[str, Any]:
    return {**key.as_dict(private=False), **members}


def write(*entries: object) -> str:
    return json.dumps({"keys": entries})


def write_number(bits: int) -> str:
    return encode_bytes((1 << (bits - 1) | 1).to_bytes((bits + 7) // 8, "big"))


@pytest.mark.parametrize(("key", "algorithms"), [(RSA, {"RS256", "PS256"}), (EC, {"ES256"}), (ED, {"EdDSA"})])
def test_a_key_serves_the_algorithms_of_its_kind(key: Key, algorithms: set[str]) -> None:
    found = parse_public_key(show(key, kid="a"))
    assert found is not None
    assert found.kid == "a"
    assert found.algorithms == algorithms
    assert found.key.as_dict() == show(key)
    assert not found.key.is_private


@pytest.mark.spec("RFC 7517", "4.4")
def test_a_key_that_names_an_algorithm_serves_no_other() -> None:
    keys = parse_key_set(write(show(RSA, kid="a", alg="PS256")))
    assert keys.find("a", "PS256").as_dict() == show(RSA)
    with pytest.raises(KeyFaultError, match="not for RS256"):
        keys.find("a", "RS256")


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ("text", "JSON object"),
        ({}, "no kind of key"),
        ({"kty": ["RSA"]}, "no kind of key"),
        ({"kty": "AKP", "kid": "a"}, "no kind of key"),
        (OctKey.generate_key(256).as_dict(), "symmetric"),
        ({"kty": "oct"}, "symmetric"),
        (RSA.as_dict(private=True), "private part"),
        (EC.as_dict(private=True), "private part"),
        (ED.as_dict(private=True), "private part"),
        ({**EC.as_dict(private=True), "use": "enc"}, "private part"),
        (show(RSA, k="c2VjcmV0"), "private part"),
        (show(RSA, kid=7), "kid is a text"),
        (show(RSA, kid="k" * 201), "kid is a text"),
        (show(RSA, use="other"), "not for verifying"),
        (show(RSA, key_ops=["sign"]), "not for verifying"),
        (show(RSA, key_ops="verify"), "not for verifying"),
        (show(RSA, alg="RS512"), "by PS256 or RS256 here, not by RS512"),
        (show(RSA, alg="none"), "not by none"),
        (show(EC, alg="HS256"), "not by HS256"),
        (show(RSA, n=write_number(2047)), "has 2047"),
        (show(RSA, n=write_number(4097)), "has 4097"),
        (show(RSA, n=""), "base64url"),
        (show(RSA, n=None), "base64url"),
        (show(RSA, n="a b"), "base64url"),
        (show(RSA, e=write_number(40)), "too large"),
        (show(RSA, e="Ag"), "not those of a RSA key"),
        (show(ECKey.generate_key("P-384")), "curve P-384"),
        (show(OKPKey.generate_key("X25519")), "curve X25519"),
        (show(EC, x=EC.as_dict()["y"]), "not those of a EC key"),
        (show(EC, x=None), "not those of a EC key"),
        (show(EC, x=7), "not those of a EC key"),
        (show(ED, x="AA"), "not those of a OKP key"),
        (show(ED, x="é"), "not those of a OKP key"),
    ],
)
def test_what_verifies_no_signature_is_refused_with_the_reason(entry: object, fault: str) -> None:
    with pytest.raises(KeyFaultError, match=fault):
        parse_public_key(entry)


@pytest.mark.spec("RFC 7517", "4.2")
def test_a_key_that_encrypts_is_no_fault_and_verifies_nothing() -> None:
    keys = parse_key_set(write(show(EC, kid="a", use="enc"), show(ED, kid="b", use="sig")))
    assert keys.faults == ()
    assert [key.kid for key in keys.keys] == ["b"]


def test_addresses_and_certificates_in_a_key_are_not_looked_at() -> None:
    entry = show(RSA, x5u="https://evil.example/", x5c=["AAAA"], jku="https://evil.example/")
    found = parse_public_key(entry)
    assert found is not None
    assert found.key.as_dict() == show(RSA)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "no key set"),
        (json.dumps(show(EC)), "no key set"),
        ('{"keys": {}}', "no key set"),
        ('{"keys": []}', "no key in it"),
        (write(show(EC, use="enc")), "no key in it"),
        (write(*[show(EC, kid=str(number)) for number in range(KEYS_MOST + 1)]), "at most 20"),
        (write(show(EC, kid="a"), show(ED, kid="a")), "2 keys have the kid a"),
        (write(show(EC), show(ED)), "2 keys have no kid"),
        (write(show(EC, kid="a"), {"kty": "oct", "k": "AA"}), "Key 2: This is a symmetric"),
    ],
)
def test_a_set_with_a_fault_says_which(text: str, fault: str) -> None:
    assert fault in " ".join(parse_key_set(text).faults)


@pytest.mark.spec("RFC 7517", "5")
def test_a_key_that_is_not_understood_does_not_spoil_the_others() -> None:
    keys = parse_key_set(write({"kty": "AKP", "kid": "new"}, show(EC, kid="a")))
    assert keys.find("a", "ES256").as_dict() == show(EC)
    assert len(keys.faults) == 1


@pytest.mark.spec("OpenID Connect Core", "10.1")
def test_without_a_kid_only_a_single_key_can_be_meant() -> None:
    keys = parse_key_set(
        write(show(RSA, kid="a"), show(EC, kid="b"), show(RSAKey.generate_key(2048), kid="c"))
    )
    assert keys.find("", "ES256").as_dict() == show(EC)
    with pytest.raises(KeyFaultError, match="name one by kid"):
        keys.find("", "RS256")
    assert keys.find("a", "RS256").as_dict() == show(RSA)


@pytest.mark.parametrize(("kid", "algorithm"), [("z", "RS256"), ("", "EdDSA"), ("a", "HS256"), ("a", "none")])
def test_no_other_key_stands_in_for_the_one_that_is_meant(kid: str, algorithm: str) -> None:
    keys = parse_key_set(write(show(RSA, kid="a")))
    with pytest.raises(KeyFaultError):
        keys.find(kid, algorithm)


def test_an_empty_set_has_no_key() -> None:
    with pytest.raises(KeyFaultError, match="no key for RS256"):
        KeySet().find("", "RS256")


_JSON = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.lists(st.text(max_size=3), max_size=2)
)
_NAMES = ("n", "e", "crv", "x", "y", "kid", "use", "key_ops", "alg")
_ENTRIES = st.fixed_dictionaries(
    {"kty": st.sampled_from(["RSA", "EC", "OKP"]) | _JSON}, optional=dict.fromkeys(_NAMES, _JSON)
)


@settings(max_examples=60)
@given(_ENTRIES | _JSON)
@example({"kty": "RSA", "alg": []})
def test_whatever_stands_in_a_set_it_is_read_or_found_fault_with(entry: object) -> None:
    keys = parse_key_set(write(entry))
    assert not keys.keys
    assert keys.faults


@given(st.text(max_size=50))
def test_any_text_is_read_or_found_fault_with(text: str) -> None:
    assert recall_key_set(text).faults
