"""Conditions on the content that a sample has: entity tags and `If-Match`."""

from msgspec import Struct

from borvo.kernel.errors import PreconditionFailedError


def create_etag(digest: bytes | None) -> str | None:
    """Strong, and the same for the same content; None for a sample that its client cannot name."""
    return None if digest is None else f'"{digest.hex()}"'


class Condition(Struct, frozen=True):
    """The value of an `If-Match` header; None when there is no condition."""

    text: str | None = None

    def check(self, digest: bytes) -> None:
        """Raises `PreconditionFailedError` unless the content is one of those named."""
        if self.text is None or self.text.strip() == "*":
            return
        # RFC 9110 13.1.1: by strong comparison, so that a weak tag (W/"...") matches nothing. Ours hold no comma.
        if create_etag(digest) not in {tag.strip() for tag in self.text.split(",")}:
            raise PreconditionFailedError("The sample has other content by now. Read it, then decide again.")
