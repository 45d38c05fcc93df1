"""Keys derived from the one secret, and what is sealed under them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from borvo.kernel.entropy import read_system_entropy
from borvo.storage.sealing import Keyring, SealError

RING = Keyring(b"s" * 32)


@given(st.binary())
def test_what_was_sealed_is_unsealed(plain: bytes) -> None:
    sealed = RING.seal("x", plain, read_system_entropy)
    assert RING.unseal("x", sealed) == plain
    assert len(plain) < 4 or plain not in sealed


@given(st.binary(min_size=1), st.integers(min_value=0))
def test_one_changed_bit_is_noticed(plain: bytes, at: int) -> None:
    sealed = bytearray(RING.seal("x", plain, read_system_entropy))
    sealed[at % len(sealed)] ^= 1
    with pytest.raises(SealError):
        RING.unseal("x", bytes(sealed))


def test_another_purpose_or_secret_unseals_nothing() -> None:
    sealed = RING.seal("x", b"plain", read_system_entropy)
    for ring, purpose in ((RING, "y"), (Keyring(b"t" * 32), "x")):
        with pytest.raises(SealError):
            ring.unseal(purpose, sealed)


@given(st.binary(max_size=40))
def test_nothing_made_up_is_unsealed(sealed: bytes) -> None:
    with pytest.raises(SealError):
        RING.unseal("x", sealed)


def test_every_purpose_has_a_key_of_its_own() -> None:
    assert RING.derive("x") == Keyring(b"s" * 32).derive("x")
    assert len({RING.derive("x"), RING.derive("y"), Keyring(b"t" * 32).derive("x")}) == 3


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Keyring(b"s" * 31)
