"""How a person proved who she is, in the words of RFC 8176, and how much that is worth."""

from collections.abc import Iterable
from enum import StrEnum

Methods = tuple[str, ...]
"""Authentication method references (`amr`), in the order in which they were used; `mfa` comes last."""

PASSWORD: Methods = ("pwd",)
ONE_TIME_CODE: Methods = ("otp",)
SEVERAL = "mfa"


class AuthenticationClass(StrEnum):
    """The values of `acr`: a password alone, or a proof of two kinds (decision 0055). The later is worth more, and
    does wherever the earlier is asked for."""

    SINGLE = "urn:borvo:acr:1"
    SEVERAL = "urn:borvo:acr:2"


_CLASSES = tuple(AuthenticationClass)


def combine_methods(first: Iterable[str], second: Iterable[str]) -> Methods:
    """What is proved by two factors one after the other."""
    return (*dict.fromkeys(each for each in (*first, *second) if each != SEVERAL), SEVERAL)


def rate_methods(methods: Iterable[str]) -> AuthenticationClass:
    """What the methods are worth together."""
    return AuthenticationClass.SEVERAL if SEVERAL in set(methods) else AuthenticationClass.SINGLE


def find_least(names: Iterable[str]) -> AuthenticationClass | None:
    """The least class that is among the names; None when this instance knows none of them."""
    known = set(names)
    return next((each for each in _CLASSES if each in known), None)


def is_enough(methods: Iterable[str], wanted: AuthenticationClass) -> bool:
    return _CLASSES.index(rate_methods(methods)) >= _CLASSES.index(wanted)
