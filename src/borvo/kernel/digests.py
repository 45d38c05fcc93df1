"""Digests under which tokens and generated secrets are stored."""

import hashlib
import hmac


def digest_token(token: str) -> bytes:
    """SHA-256 of an unguessable token. A slow hash adds nothing to 256 bits of entropy."""
    return hashlib.sha256(token.encode()).digest()


def digest_with_key(key: bytes, text: str) -> bytes:
    """HMAC-SHA-256: useless to whoever has the database but not the key."""
    return hmac.digest(key, text.encode(), "sha256")


def is_same(left: bytes, right: bytes) -> bool:
    """Compares in constant time."""
    return hmac.compare_digest(left, right)
