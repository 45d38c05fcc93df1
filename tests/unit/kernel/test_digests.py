"""Digests are those of the standards, however they are worked out."""

import hashlib
import hmac

from hypothesis import example, given
from hypothesis import strategies as st

from borvo.kernel.digests import digest_bytes_with_key, digest_token, digest_with_key

texts = st.text(st.characters(codec="utf-8"))


@given(key=st.binary(max_size=200), data=st.binary())
@example(key=b"k" * 64, data=b"")
@example(key=b"k" * 65, data=b"x" * 5_000)
def test_a_keyed_digest_is_hmac_with_sha_256(key: bytes, data: bytes) -> None:
    # Twice: nothing of the first is left in what was prepared.
    for _ in range(2):
        assert digest_bytes_with_key(key, data) == hmac.digest(key, data, "sha256")


@given(key=st.binary(min_size=1, max_size=32), text=texts)
def test_a_text_is_digested_as_utf_8(key: bytes, text: str) -> None:
    assert digest_with_key(key, text) == hmac.digest(key, text.encode(), "sha256")
    assert digest_token(text) == hashlib.sha256(text.encode()).digest()
