"""What shows that somebody reads the mail of an account, as values and pure rules."""

import re
from dataclasses import dataclass
from datetime import timedelta

from borvo.kernel.entropy import Entropy
from borvo.kernel.ids import LoginSessionId, PersonId

CODE_LIFETIME = timedelta(minutes=15)
CODE_ATTEMPTS = 5
"""Wrong codes after which another has to be sent."""
PROOF_LIFETIME = timedelta(minutes=30)
"""How long she has time to set her first factor up, after the code or after the link by which she made the account."""

_DIGITS = 8


@dataclass(frozen=True, slots=True)
class MailboxProof:
    """That whoever is signed in by the session reads what is sent to `email`, or, without `is_proved`, is asked to show
    it by a code."""

    person_id: PersonId
    session_id: LoginSessionId
    email: str
    is_proved: bool = False


def create_code(entropy: Entropy) -> str:
    """Such as `04711815`. Five tries each, and ten of them in a quarter of an hour: one chance in 20,000 a day."""
    return f"{int.from_bytes(entropy(8), 'big') % 10**_DIGITS:0{_DIGITS}}"


def group_code(code: str) -> str:
    return f"{code[: _DIGITS // 2]} {code[_DIGITS // 2 :]}"


def parse_code(text: str) -> str | None:
    """The digits, however they were typed; None for what cannot be a code."""
    code = re.sub(r"[\s-]", "", text)
    return code if re.fullmatch(f"[0-9]{{{_DIGITS}}}", code) else None
