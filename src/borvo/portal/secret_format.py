"""The form of generated secrets and tokens: one that scanners of published code recognise, and seldom mistake.

`borvo_cs_` for client secrets, `borvo_pat_` for personal access tokens, `borvo_iat_` and `borvo_rat_` for the initial
and registration access tokens of clients that register themselves; 43 letters and digits that spell 256 random bits,
and 6 more that are the checksum of all before.
"""

import re
from zlib import crc32

from borvo.kernel.entropy import TOKEN_BYTES, Entropy

SECRET_PREFIX = "borvo_cs_"  # noqa: S105  (only how they begin)
TOKEN_PREFIX = "borvo_pat_"  # noqa: S105  (the same)
INITIAL_PREFIX = "borvo_iat_"
REGISTRATION_PREFIX = "borvo_rat_"
_PREFIXES = (SECRET_PREFIX, TOKEN_PREFIX, INITIAL_PREFIX, REGISTRATION_PREFIX)
PATTERN = f"(?:{'|'.join(_PREFIXES)})[0-9A-Za-z]{{49}}"
ENDING = 4

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BODY = 43
_CHECKSUM = 6
# Those of old have neither prefix nor checksum: 256 bits in base64url.
_FORMER = r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])"
# What a log writes for the end of a line would join what stands behind it.
_ESCAPE = re.compile(r"\\[nrt]|%[0-9A-Fa-f]{2}")
_CANDIDATE = re.compile(f"{PATTERN}|{_FORMER}")


def _spell(number: int, width: int) -> str:
    """In base 62, as many digits as asked for."""
    digits = []
    for _ in range(width):
        number, digit = divmod(number, len(_DIGITS))
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))


def _find_checksum(text: str) -> str:
    return _spell(crc32(text.encode("ascii")), _CHECKSUM)


def _create(prefix: str, entropy: Entropy) -> str:
    text = prefix + _spell(int.from_bytes(entropy(TOKEN_BYTES), "big"), _BODY)
    return text + _find_checksum(text)


def create_client_secret(entropy: Entropy) -> str:
    """A new one, with 256 bits of entropy."""
    return _create(SECRET_PREFIX, entropy)


def create_personal_token(entropy: Entropy) -> str:
    """A new one, with 256 bits of entropy."""
    return _create(TOKEN_PREFIX, entropy)


def create_initial_token(entropy: Entropy) -> str:
    """A new one, with 256 bits of entropy."""
    return _create(INITIAL_PREFIX, entropy)


def create_registration_token(entropy: Entropy) -> str:
    """A new one, with 256 bits of entropy."""
    return _create(REGISTRATION_PREFIX, entropy)


def is_token_of(prefix: str, text: str) -> bool:
    """Whether it could be one of the kind; only the database knows whether it is."""
    return text.startswith(prefix) and has_checksum(text)


def is_personal_token(text: str) -> bool:
    """Whether it could be one; only the database knows whether it is."""
    return is_token_of(TOKEN_PREFIX, text)


def has_checksum(text: str) -> bool:
    """Whether the text has the form of a generated secret or token and its checksum is right."""
    is_formed = re.fullmatch(PATTERN, text) is not None
    return is_formed and _find_checksum(text[:-_CHECKSUM]) == text[-_CHECKSUM:]


def find_candidates(text: str) -> frozenset[str]:
    """What in the text may be a generated secret or token, of the present form or a secret of that of old."""
    found = frozenset(_CANDIDATE.findall(f"{text} {_ESCAPE.sub(' ', text)}"))
    return frozenset(each for each in found if not each.startswith(_PREFIXES) or has_checksum(each))
