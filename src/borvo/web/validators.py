"""Entity tags: what a client has already need not be sent again (RFC 9110 8.8, 13.1.2)."""

from base64 import urlsafe_b64encode
from hashlib import blake2b

_TAG_BYTES = 15


def create_tag(*parts: bytes, key: bytes = b"") -> str:
    """A strong entity tag of what the parts say together; the same parts give the same tag. Without the key, of at most
    64 bytes, nobody can try what the parts were."""
    digest = blake2b(digest_size=_TAG_BYTES, key=key)
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return f'"{urlsafe_b64encode(digest.digest()).decode()}"'


def is_known(if_none_match: str | None, tag: str) -> bool:
    """Whether the header names the tag, or any."""
    if if_none_match is None:
        return False
    # RFC 9110 13.1.2: the weak comparison, for which W/ does not matter.
    named = {part.strip().removeprefix("W/") for part in if_none_match.split(",")}
    return tag in named or "*" in named
