"""Links that a mail brings: each proves that whoever opens it reads what is sent to an address."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from borvo.kernel.digests import digest_token
from borvo.kernel.entropy import TOKEN_BYTES, decode_bytes, encode_bytes
from borvo.kernel.ids import PersonId


class LinkPurpose(StrEnum):
    """What a link is for; it is good for nothing else."""

    SIGN_UP = "sign_up"
    RESET = "reset"
    VERIFY = "verify"
    CHANGE = "change"
    UNDO = "undo"
    KEEP_FACTOR = "keep_factor"


LINK_LIFETIMES = {
    # NIST SP 800-63A-4 3.8: a code sent to an address is valid for a day at most.
    LinkPurpose.SIGN_UP: timedelta(hours=24),
    LinkPurpose.VERIFY: timedelta(hours=24),
    LinkPurpose.CHANGE: timedelta(hours=24),
    LinkPurpose.RESET: timedelta(minutes=30),
    LinkPurpose.UNDO: timedelta(days=7),
}
"""The link that keeps a second factor lives as long as what it stops."""


@dataclass(frozen=True, slots=True)
class LinkText:
    """What the link says. The person comes first so that the one statement that finds it finds its shard."""

    person_id: bytes
    token: bytes

    def render(self) -> str:
        return encode_bytes(self.person_id + self.token)

    @property
    def digest(self) -> bytes:
        return digest_token(encode_bytes(self.token))


def parse_link_text(text: str) -> LinkText | None:
    """None for anything that `LinkText.render` cannot have written."""
    data = decode_bytes(text)
    if data is None or len(data) != 16 + TOKEN_BYTES:
        return None
    return LinkText(data[:16], data[16:])


@dataclass(frozen=True, slots=True)
class AccountLink:
    """A link that was sent to `email`. For a sign-up the person is who would come about. `return_to` is where she was
    going, and `browser_digest` knows the browser in which she asked; both are empty for links that lead nowhere."""

    purpose: LinkPurpose
    person_id: PersonId
    email: str
    created_at: datetime
    expires_at: datetime
    return_to: str = ""
    browser_digest: bytes = b""
