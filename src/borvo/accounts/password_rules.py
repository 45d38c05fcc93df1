"""What a new password must be (NIST SP 800-63B-4 3.1.1.2): long, and not one that is tried first."""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from typing import Any

from borvo.accounts.password_reasons import explain_guess
from borvo.kernel.text import say

# NIST SP 800-63B-4 3.1.1.2: fifteen characters where the password is the only factor.
PASSWORD_MINIMUM = 15
PASSWORD_MAXIMUM = 200
# Normalization Form C makes one code point of four at the most.
_TYPED_MAXIMUM = 4 * PASSWORD_MAXIMUM
# Of zxcvbn's scale from 0 to 4: more than a hundred million guesses.
_STRENGTH_MINIMUM = 3
# What has to be left of it without what others know of her.
_OTHER_MINIMUM = 8
_OWN_WORD_MINIMUM = 3
# What zxcvbn looks at: its time grows with more.
_LOOKED_AT = 72
_SERVICE = ("borvo", "password", "health")
_WORD = re.compile(r"[^\W_]+")


def normalize_password(password: str) -> str:
    """One spelling of what keyboards write in several ways. What is too long for a password stays as it is: a form may
    bring a megabyte, and the time that many marks on one letter take grows with the square of their number."""
    if len(password) > _TYPED_MAXIMUM:
        return password
    # NIST SP 800-63B-4 3.1.1.2: Normalization Form C, before hashing.
    return unicodedata.normalize("NFC", password)


@cache
def _load_estimator() -> Any:
    """Its lists of common and breached passwords, of names and of words take 14 MB: for whoever needs them."""
    return import_module("zxcvbn").zxcvbn


def _list_own_words(texts: Iterable[str]) -> list[str]:
    """What somebody who knows her would try: what she is called and her address, whole and in parts."""
    given = [text.lower() for text in texts if text]
    return [*_SERVICE, *given, *(word for text in given for word in _WORD.findall(text))]


def _is_made_of(password: str, own_words: Iterable[str]) -> bool:
    """Whether few letters and digits are left of it once those words are gone. None has to be there."""
    text = whole = "".join(_WORD.findall(password.casefold()))
    for word in sorted(("".join(_WORD.findall(each)) for each in own_words), key=len, reverse=True):
        if len(word) >= _OWN_WORD_MINIMUM:
            text = text.replace(word, "")
    return text != whole and len(text) < _OTHER_MINIMUM


def check_password(password: str, *about: str) -> str | None:
    """What is wrong with a new password, or None. `about` is what is known of the person: her address, her names. No
    rule asks for characters of certain kinds. Takes some milliseconds."""
    password = normalize_password(password)
    # NIST SP 800-63B-4 3.1.1.2: each code point counts as one character.
    if len(password) < PASSWORD_MINIMUM:
        return say(
            "Use at least %(least)s characters; four words are easiest to remember.", least=PASSWORD_MINIMUM
        )
    if len(password) > PASSWORD_MAXIMUM:
        return say("Use at most %(most)s characters.", most=PASSWORD_MAXIMUM)
    own_words = _list_own_words(about)
    if _is_made_of(password, own_words):
        return say(
            "This is easy to guess: it is little more than your name, your address or ours. Use other words."
        )
    found = _load_estimator()(password[:_LOOKED_AT], user_inputs=own_words)
    if found["score"] >= _STRENGTH_MINIMUM:
        return None
    return explain_guess(found["feedback"]["warning"])
