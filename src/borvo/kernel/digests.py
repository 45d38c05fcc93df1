"""Digests under which tokens and generated secrets are stored."""

import hashlib
import hmac
from functools import lru_cache

_BLOCK_BYTES = 64
_INNER = bytes(byte ^ 0x36 for byte in range(256))
_OUTER = bytes(byte ^ 0x5C for byte in range(256))
# A copy costs OpenSSL less than to look its own algorithm up, above all where other work has emptied the caches.
_EMPTY = hashlib.sha256()


def digest_token(token: str) -> bytes:
    """SHA-256 of an unguessable token. A slow hash adds nothing to 256 bits of entropy."""
    digest = _EMPTY.copy()
    digest.update(token.encode())
    return digest.digest()


@lru_cache(maxsize=128)
def _begin(key: bytes) -> tuple["hashlib._Hash", "hashlib._Hash"]:
    """The inner and the outer hash of HMAC (RFC 2104 2), once they have read the key: as section 4 advises."""
    block = (key if len(key) <= _BLOCK_BYTES else hashlib.sha256(key).digest()).ljust(_BLOCK_BYTES, b"\0")
    return hashlib.sha256(block.translate(_INNER)), hashlib.sha256(block.translate(_OUTER))


def digest_bytes_with_key(key: bytes, data: bytes) -> bytes:
    """HMAC-SHA-256: useless to whoever has the database but not the key."""
    begun_inner, begun_outer = _begin(key)
    inner, outer = begun_inner.copy(), begun_outer.copy()
    inner.update(data)
    outer.update(inner.digest())
    return outer.digest()


def digest_with_key(key: bytes, text: str) -> bytes:
    """As `digest_bytes_with_key`, of a text."""
    return digest_bytes_with_key(key, text.encode())


def is_same(left: bytes, right: bytes) -> bool:
    """Compares in constant time."""
    return hmac.compare_digest(left, right)
