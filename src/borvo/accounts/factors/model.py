"""Second factors as values, and the pure rules about them."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from borvo.accounts.methods import Methods, combine_methods
from borvo.accounts.model import Person
from borvo.kernel.entropy import Entropy, encode_bytes
from borvo.kernel.ids import LoginSessionId
from borvo.kernel.text import say

HALF_LOGIN_LIFETIME = timedelta(minutes=10)
HALF_LOGIN_ATTEMPTS = 5
"""Wrong codes after which the password is asked for again."""

WRONG_CODES_MAXIMUM = 100
"""Of an app, in a row (NIST SP 800-63B 3.2.2). Then its codes are refused until she proves otherwise who she is."""
WRONG_CODES_AFTER_RESET = 20
"""How many more there may be once she has chosen a new password by a link."""
RELAXED_EVERY = timedelta(days=30)
WRONG_CODES_TOLD = frozenset({5, 20, 50, WRONG_CODES_MAXIMUM})

RECOVERY_CODES = 10
PASSKEYS_MAXIMUM = 20
PASSKEY_NAME_MAXIMUM = 60

# Without letters that are taken for digits (Crockford's base 32); fifty bits in two groups of five.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_GROUP = 5
_LOOKALIKES = str.maketrans("oil", "011")
_RECOVERY_CODE = re.compile(f"[{_ALPHABET}]{{{2 * _GROUP}}}")


@dataclass(frozen=True, slots=True)
class Passkey:
    """A WebAuthn credential of a person, under the name that she gave it. `is_synced`: it may be on several devices."""

    credential_id: bytes
    name: str
    public_key: bytes
    sign_count: int
    is_synced: bool
    transports: tuple[str, ...]
    created_at: datetime
    last_used_at: datetime | None = None

    @property
    def text_id(self) -> str:
        """As browsers write it."""
        return encode_bytes(self.credential_id)

    @property
    def methods(self) -> Methods:
        """RFC 8176 2: a key in hardware unless it can be copied, whose holder was there and was verified by the device.
        That makes two factors, what she has and what she knows or is."""
        return combine_methods(("swk" if self.is_synced else "hwk",), ("user",))


@dataclass(frozen=True, slots=True)
class Factors:
    """All that a person can prove beside her password. `totp_since` is None without an authenticator app."""

    totp_since: datetime | None = None
    passkeys: tuple[Passkey, ...] = ()
    codes_left: int = 0
    wrong_codes: int = 0

    @property
    def count(self) -> int:
        return len(self.passkeys) + (self.totp_since is not None)

    @property
    def is_totp_held_up(self) -> bool:
        """After too many wrong codes in a row."""
        return self.wrong_codes >= WRONG_CODES_MAXIMUM

    @property
    def is_any(self) -> bool:
        """Whether a password alone no longer signs her in. Recovery codes stand in for a factor and are none."""
        return self.totp_since is not None or bool(self.passkeys)


@dataclass(frozen=True, slots=True)
class HalfLogin:
    """A person who has proved one thing and is asked for a second. `login_session_id` names the login that is to be
    worth more; without one she comes by her password and gets a new one."""

    person: Person
    id: UUID
    methods: Methods
    return_to: str
    login_session_id: LoginSessionId | None = None


def create_recovery_code(entropy: Entropy) -> str:
    """Such as `3f9kd-m2xq7`."""
    number = int.from_bytes(entropy(7), "big")
    letters = "".join(_ALPHABET[number >> (5 * place) & 31] for place in range(2 * _GROUP))
    return f"{letters[:_GROUP]}-{letters[_GROUP:]}"


def parse_recovery_code(text: str) -> str | None:
    """The code without its hyphen, however it was typed; None for what cannot be one."""
    code = re.sub(r"[\s-]", "", text.lower()).translate(_LOOKALIKES)
    return code if _RECOVERY_CODE.fullmatch(code) else None


def check_passkey_name(name: str) -> str | None:
    """What is wrong with the name, or None."""
    if not name:
        return say("Give the passkey a name, such as the device that it is on.")
    if len(name) > PASSKEY_NAME_MAXIMUM or not name.isprintable():
        return say("Use at most %(most)s ordinary characters.", most=PASSKEY_NAME_MAXIMUM)
    return None
