"""Proofs of possession: RFC 9449 4."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OctKey, OKPKey

from borvo.identity.nonces import NONCE_SLOT, NonceSeries
from borvo.identity.possession import (
    PROOF_ALGORITHMS,
    PROOF_HASTE,
    PROOF_LIFETIME,
    NonceError,
    Proof,
    ProofError,
    ProvenRequest,
    is_thumbprint,
    verify_proof,
)
from borvo.kernel.entropy import encode_bytes
from tests.factories.proofs import Prover, hash_token, make_key, sign

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
URL = "https://health.example.org/connect/token"
REQUEST = ProvenRequest("POST", URL, NOW)
TOKEN = "an.access.token"
AT_RESOURCE = replace(REQUEST, access_token=TOKEN)


@pytest.fixture
def prover() -> Prover:
    return Prover(lambda: NOW)


def verify(proof: str, request: ProvenRequest = REQUEST) -> Proof:
    return verify_proof((proof,), request)


@pytest.mark.spec("RFC 9449", "4.3")
@pytest.mark.parametrize("algorithm", PROOF_ALGORITHMS)
def test_a_good_proof_names_its_key(algorithm: str) -> None:
    prover = Prover(lambda: NOW, algorithm)
    proof = verify(prover.prove("POST", URL, jti="one"))
    assert (proof.thumbprint, proof.token_id, proof.issued_at) == (prover.thumbprint, "one", NOW)
    assert is_thumbprint(proof.thumbprint)
    assert verify(prover.prove("POST", URL, TOKEN), AT_RESOURCE).thumbprint == proof.thumbprint


@pytest.mark.spec("RFC 9449", "4.1")
def test_the_example_of_the_specification_verifies() -> None:
    example = (
        "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0Rs"
        "cEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2"
        "In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2Vu"
        "IiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZ"
        "T3Lg"
    )
    at = datetime.fromtimestamp(1562262616, UTC)
    proof = verify(example, ProvenRequest("POST", "https://server.example.com/token", at))
    assert proof.thumbprint == "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"


CLAIM_FAULTS: dict[str, dict[str, Any]] = {
    "no jti": {"jti": None},
    "empty jti": {"jti": ""},
    "long jti": {"jti": "x" * 201},
    "number as jti": {"jti": 7},
    "no iat": {"iat": None},
    "text as iat": {"iat": "1768478400"},
    "truth as iat": {"iat": True},
    "endless iat": {"iat": 1e300},
    "old iat": {"iat": int((NOW - PROOF_LIFETIME - timedelta(seconds=1)).timestamp())},
    "early iat": {"iat": int((NOW + PROOF_HASTE + timedelta(seconds=1)).timestamp())},
    "no htm": {"htm": None},
    "other htm": {"htm": "GET"},
    "small htm": {"htm": "post"},
    "no htu": {"htu": None},
    "htu of another path": {"htu": URL + "/"},
    "htu of another host": {"htu": "https://evil.example/connect/token"},
    "htu of another scheme": {"htu": "http://health.example.org/connect/token"},
    "htu that is no text": {"htu": [URL]},
    "no ath": {"ath": None},
    "ath of another token": {"ath": hash_token("another")},
    "the token as ath": {"ath": TOKEN},
    "ath that is no text": {"ath": 7},
}


@pytest.mark.spec("RFC 9449", "4.3")
@pytest.mark.parametrize("changes", CLAIM_FAULTS.values(), ids=CLAIM_FAULTS)
def test_a_proof_that_says_something_else_is_refused(prover: Prover, changes: dict[str, Any]) -> None:
    verify(prover.prove("POST", URL, TOKEN), AT_RESOURCE)
    with pytest.raises(ProofError) as caught:
        verify(prover.prove("POST", URL, TOKEN, **changes), AT_RESOURCE)
    assert caught.value.error == "invalid_dpop_proof"
    assert next(iter(changes)) in caught.value.public


PUBLIC = make_key("ES256").as_dict(private=False)
HEADER_FAULTS: dict[str, dict[str, Any]] = {
    "no typ": {"typ": None},
    "another typ": {"typ": "JWT"},
    "alg none": {"alg": "none"},
    "alg that is not served": {"alg": "ES384"},
    "alg that is no text": {"alg": ["ES256"]},
    "alg of another kind of key": {"alg": "RS256"},
    "symmetric alg": {"alg": "HS256"},
    "crit": {"crit": ["exp"]},
    "no jwk": {"jwk": None},
    "jwk that is no object": {"jwk": "x"},
    "empty jwk": {"jwk": {}},
    "private jwk": {"jwk": make_key("ES256").as_dict(private=True)},
    "private member": {"jwk": {**PUBLIC, "d": None}},
    "symmetric jwk": {"jwk": OctKey.generate_key(256).as_dict(private=True)},
    "curve that is not served": {"jwk": ECKey.generate_key("P-384").as_dict(private=False)},
    "no curve": {"jwk": {**PUBLIC, "crv": 1}},
    "coordinate of another length": {"jwk": {**PUBLIC, "x": "AA"}},
    "coordinate in another spelling": {"jwk": {**PUBLIC, "x": f"{PUBLIC['x']}="}},
    "point off the curve": {"jwk": {**PUBLIC, "x": encode_bytes(b"\x01" * 32)}},
    "another's key": {"jwk": make_key("ES256", 1).as_dict(private=False)},
    "header that is too long": {"kid": "x" * 4000},
}


@pytest.mark.spec("RFC 9449", "4.2")
@pytest.mark.parametrize("header", HEADER_FAULTS.values(), ids=HEADER_FAULTS)
def test_a_proof_of_another_kind_or_key_is_refused(prover: Prover, header: dict[str, Any]) -> None:
    good = {"typ": "dpop+jwt", "alg": "ES256", "jwk": PUBLIC}
    changed = {name: value for name, value in {**good, **header}.items() if value is not None}
    claims = {"jti": "x", "htm": "POST", "htu": URL, "iat": int(NOW.timestamp())}
    key = prover.key
    verify(sign(key, good, claims))
    algorithm = str(changed.get("alg"))
    keys: dict[str, Callable[[], Any]] = {
        "RS256": lambda: make_key("RS256"),
        "ES384": lambda: ECKey.generate_key("P-384"),
        "HS256": lambda: OctKey.import_key(str(PUBLIC["x"])),
    }
    signed = sign(keys.get(algorithm, lambda: key)(), changed, claims)
    with pytest.raises(ProofError):
        verify(signed)


@pytest.mark.parametrize(
    ("algorithm", "jwk"),
    [
        ("RS256", {**make_key("RS256").as_dict(private=False), "n": encode_bytes(b"\xff" * 128)}),
        ("RS256", {**make_key("RS256").as_dict(private=False), "e": encode_bytes(b"\x01" * 5)}),
        ("RS256", {**make_key("RS256").as_dict(private=False), "n": encode_bytes(b"\x00" + b"\xff" * 256)}),
        ("RS256", {**make_key("RS256").as_dict(private=False), "n": encode_bytes(b"\xff" * 513)}),
        ("EdDSA", OKPKey.generate_key("Ed448").as_dict(private=False)),
        ("EdDSA", OKPKey.generate_key("X25519").as_dict(private=False)),
        ("EdDSA", {"kty": "OKP", "crv": "Ed25519", "x": "AA"}),
    ],
    ids=["short", "long exponent", "leading zero", "long", "Ed448", "X25519", "short point"],
)
def test_a_weak_or_odd_key_is_refused(algorithm: str, jwk: dict[str, Any]) -> None:
    prover = Prover(lambda: NOW, algorithm, header={"jwk": jwk})
    with pytest.raises(ProofError, match="key"):
        verify(prover.prove("POST", URL))


@pytest.mark.spec("RFC 9449", "4.3")
def test_there_is_exactly_one_proof(prover: Prover) -> None:
    proofs = [prover.prove("POST", URL) for _ in range(2)]
    for sent in ((), tuple(proofs), (", ".join(proofs),)):
        with pytest.raises(ProofError):
            verify_proof(sent, REQUEST)


@pytest.mark.parametrize(
    "text",
    ["", ".", "..", "...", "a.b.c", "e30.e30.e30", "W10.W10.W10", "bnVsbA.e30.e30", "é.é.é", "x" * 20_000],
)
def test_what_is_no_proof_is_refused(text: str) -> None:
    with pytest.raises(ProofError):
        verify(text)


@given(st.data())
def test_a_proof_that_was_changed_anywhere_is_refused(data: st.DataObject) -> None:
    proof = Prover(lambda: NOW).prove("POST", URL, jti="j")
    place = data.draw(st.integers(0, len(proof) - 1))
    letter = data.draw(st.sampled_from("AQgw_-.é"))
    changed = proof[:place] + letter + proof[place + 1 :]
    if changed != proof:
        with pytest.raises(ProofError):
            verify(changed)


@given(st.text(max_size=300))
def test_no_text_is_an_error_of_ours(text: str) -> None:
    with pytest.raises(ProofError):
        verify(text)


@pytest.mark.spec("RFC 9449", "8")
def test_where_a_nonce_is_demanded_only_a_good_one_does(prover: Prover) -> None:
    request = replace(REQUEST, is_good_nonce=lambda nonce: nonce == "good")
    for nonce in (None, "", "bad", 7):
        with pytest.raises(NonceError) as caught:
            verify(prover.prove("POST", URL, nonce=nonce), request)
        assert caught.value.error == "use_dpop_nonce"
    assert verify(prover.prove("POST", URL, nonce="good"), request).thumbprint == prover.thumbprint
    # A nonce that nobody gave is nobody's business.
    assert verify(prover.prove("POST", URL, nonce="bad")).thumbprint == prover.thumbprint


@pytest.mark.spec("RFC 9449", "11.1")
def test_a_proof_is_remembered_as_long_as_it_would_be_taken(prover: Prover) -> None:
    late = replace(REQUEST, now=NOW - PROOF_HASTE)
    proof = verify(prover.prove("POST", URL), late)
    assert proof.expires_at > proof.issued_at + PROOF_LIFETIME
    other = replace(proof, thumbprint="another")
    assert len({proof.digest, other.digest, replace(proof, token_id="x").digest}) == 3


@given(st.integers(0, 10**6), st.binary(min_size=32, max_size=32))
def test_a_nonce_is_good_for_one_slot_to_two_and_for_its_own_instance(seconds: int, key: bytes) -> None:
    series, made = NonceSeries(key), NOW + timedelta(seconds=seconds)
    nonce = series.find_current(made)
    assert series.is_good(nonce, made)
    assert series.is_good(nonce, made + NONCE_SLOT)
    assert not series.is_good(nonce, made + 2 * NONCE_SLOT)
    assert series.is_good(nonce, made - NONCE_SLOT)
    assert not series.is_good(nonce, made - 2 * NONCE_SLOT)
    assert not NonceSeries(key + b"x").is_good(nonce, made)
    assert not series.is_good(nonce[:-1], made)
    assert not series.is_good("é" + nonce, made)
