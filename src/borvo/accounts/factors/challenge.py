"""Challenges of passkeys (WebAuthn 13.4.3): each bound to a browser by its cookie, to a purpose, and good for once.

Nothing is kept of a challenge before it was answered: it follows from the cookie and a key of the instance. So showing
the sign-in page writes nothing, and only an answer that was right is remembered, until the challenge would have
expired."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from borvo.kernel.digests import digest_with_key
from borvo.kernel.entropy import TOKEN_BYTES, Entropy, decode_bytes, encode_bytes

CHALLENGE_LIFETIME = timedelta(minutes=10)
_TIME_BYTES = 8


@dataclass(frozen=True, slots=True)
class Challenge:
    """`text` is what the browser keeps in its cookie, `value` what the passkey signs."""

    text: str
    value: bytes
    expires_at: datetime


class Challenges:
    """Makes and knows again the challenges of one instance."""

    def __init__(self, key: bytes, entropy: Entropy) -> None:
        self._key = key
        self._entropy = entropy

    def create(self, purpose: str, now: datetime) -> Challenge:
        """`purpose` says for what the answer is good, and for whom."""
        expires_at = int((now + CHALLENGE_LIFETIME).timestamp())
        text = encode_bytes(expires_at.to_bytes(_TIME_BYTES, "big") + self._entropy(TOKEN_BYTES))
        return self._build(text, purpose, expires_at)

    def read(self, text: str | None, purpose: str, now: datetime) -> Challenge | None:
        """The one that the cookie stands for; None for an expired one and for what is none. A cookie that was made up
        leads to a challenge that nobody was ever given."""
        data = decode_bytes(text) if text else None
        if text is None or data is None or len(data) != _TIME_BYTES + TOKEN_BYTES:
            return None
        expires_at = int.from_bytes(data[:_TIME_BYTES], "big")
        latest = (now + CHALLENGE_LIFETIME).timestamp()
        return self._build(text, purpose, expires_at) if now.timestamp() < expires_at <= latest else None

    def _build(self, text: str, purpose: str, expires_at: int) -> Challenge:
        value = digest_with_key(self._key, f"{purpose}\n{text}")
        return Challenge(text, value, datetime.fromtimestamp(expires_at, UTC))
