"""Browsers in which somebody has signed in before. Each has a counter of its own for wrong passwords, so that
strangers who guess use up nothing of hers.

The cookie holds a signed entry for each address that has signed in there, and no address: it tells nobody who that
was, and opens nothing. What is guessed by somebody who steals it is counted like the guesses of any network.
"""

from borvo.kernel.digests import digest_with_key, is_same
from borvo.kernel.entropy import Entropy, decode_bytes, encode_bytes

COOKIE = "known"
# Browsers keep no cookie for longer.
MAX_AGE = 400 * 86_400
# A family at one computer.
MOST = 5
_NONCE_BYTES = 16


def _sign(key: bytes, nonce: bytes, email: str) -> bytes:
    return digest_with_key(key, f"{encode_bytes(nonce)} {email}")


def _read_entries(cookie: str) -> list[bytes]:
    entries = [decode_bytes(text) for text in cookie.split(".")[:MOST] if text]
    return [entry for entry in entries if entry is not None and len(entry) > _NONCE_BYTES]


def _is_of(key: bytes, entry: bytes, email: str) -> bool:
    return is_same(entry[_NONCE_BYTES:], _sign(key, entry[:_NONCE_BYTES], email))


def recognize(key: bytes, cookie: str, email: str) -> str | None:
    """The name of the counter, when somebody has signed in here with the address before."""
    found = next((entry for entry in _read_entries(cookie) if _is_of(key, entry, email)), None)
    return encode_bytes(found[:_NONCE_BYTES]) if found else None


def remember(key: bytes, cookie: str, email: str, entropy: Entropy) -> str:
    """The cookie from now on. The entry is a new one, whose counter starts at nought; the latest comes first."""
    nonce = entropy(_NONCE_BYTES)
    others = [entry for entry in _read_entries(cookie) if not _is_of(key, entry, email)]
    entries = [nonce + _sign(key, nonce, email), *others][:MOST]
    return ".".join(encode_bytes(entry) for entry in entries)
