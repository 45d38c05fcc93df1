"""Randomness enters by parameter; what is made of it is made here."""

import base64
import secrets
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

Entropy = Callable[[int], bytes]

TOKEN_BYTES = 32


def read_system_entropy(count: int) -> bytes:
    """`count` bytes from the operating system's cryptographic source."""
    return secrets.token_bytes(count)


def encode_bytes(data: bytes) -> str:
    """base64url without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode_bytes(text: str) -> bytes | None:
    """The inverse of `encode_bytes`; None for anything that it cannot have written."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return None
    return data if encode_bytes(data) == text else None


def create_token(entropy: Entropy) -> str:
    """An unguessable opaque text with 256 bits of entropy."""
    return encode_bytes(entropy(TOKEN_BYTES))


def create_uuid(now: datetime, entropy: Entropy) -> UUID:
    """A version 7 UUID (RFC 9562 5.7): rows made one after the other lie side by side in an index."""
    milliseconds = int(now.timestamp() * 1000)
    number = (milliseconds << 80) | int.from_bytes(entropy(10), "big")
    number = (number & ~(0xF << 76)) | (0x7 << 76)
    number = (number & ~(0x3 << 62)) | (0x2 << 62)
    return UUID(int=number)
