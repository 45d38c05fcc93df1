"""Device authorization: RFC 8628. Codes that people type, and what became of them."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from borvo.accounts.public import Login
from borvo.kernel.entropy import Entropy
from borvo.kernel.scopes import Scopes

DEVICE_LIFETIME = timedelta(minutes=10)
POLL_INTERVAL = 5
"""Seconds between two questions of the device, at least (RFC 8628 3.2)."""

# RFC 8628 6.1: consonants that nobody confuses and that spell no words. 20^8 codes, some 34 bits.
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
_CODE = re.compile(f"[{_LETTERS}]{{8}}")


def create_user_code(entropy: Entropy) -> str:
    """Eight letters; each is drawn without bias."""
    letters: list[str] = []
    while len(letters) < 8:  # noqa: PLR2004
        # 240 is the greatest multiple of 20 that a byte can hold: what lies above would favour some letters.
        letters += [_LETTERS[byte % 20] for byte in entropy(16) if byte < 240]  # noqa: PLR2004
    return "".join(letters[:8])


def show_user_code(code: str) -> str:
    """As people read it: `BCDF-GHJK`."""
    return f"{code[:4]}-{code[4:]}"


def normalize_user_code(text: str) -> str | None:
    """What was typed without hyphens, spaces and small letters (RFC 8628 6.1); None for what is no code."""
    code = re.sub(r"[\s.-]", "", text).upper()
    return code if _CODE.fullmatch(code) else None


@dataclass(frozen=True, slots=True)
class DeviceAuthorization:
    """A device that asked for access, and what the person decided. `login` is hers when she allowed it. The methods
    are the protocol engine's."""

    client_id: str
    scopes: Scopes
    expires_at: datetime
    interval: int
    polled_at: datetime | None
    decided_at: datetime | None
    redeemed_at: datetime | None
    login: Login | None = None
    consent_version: int = 0
    resources: tuple[str, ...] = ()

    def get_client_id(self) -> str:
        return self.client_id

    def get_scope(self) -> str:
        return " ".join(self.scopes)

    def get_user_code(self) -> str:
        return ""

    def is_too_fast(self, now: datetime) -> bool:
        """Whether the device asks again before its interval is over."""
        return self.polled_at is not None and now < self.polled_at + timedelta(seconds=self.interval)
