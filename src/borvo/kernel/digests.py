"""Digests under which tokens and generated secrets are stored."""

import hashlib
import hmac
from functools import lru_cache

# A copy costs OpenSSL less than to look its own algorithm up, above all where other work has emptied the caches.
_EMPTY = hashlib.sha256()


def digest_token(token: str) -> bytes:
    """SHA-256 of an unguessable token. A slow hash adds nothing to 256 bits of entropy."""
    digest = _EMPTY.copy()
    digest.update(token.encode())
    return digest.digest()


@lru_cache(maxsize=128)
def _begin(key: bytes) -> hmac.HMAC:
    """Once it has read the key, as RFC 2104 4 advises."""
    return hmac.new(key, digestmod="sha256")


def digest_bytes_with_key(key: bytes, data: bytes) -> bytes:
    """HMAC-SHA-256: useless to whoever has the database but not the key."""
    digest = _begin(key).copy()
    digest.update(data)
    return digest.digest()


def digest_with_key(key: bytes, text: str) -> bytes:
    """As `digest_bytes_with_key`, of a text."""
    return digest_bytes_with_key(key, text.encode())


def is_same(left: bytes, right: bytes) -> bool:
    """Compares in constant time."""
    return hmac.compare_digest(left, right)
