"""What ways of signing in are worth."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from borvo.accounts.methods import (
    AuthenticationClass,
    combine_methods,
    find_least,
    is_enough,
    rate_methods,
)

METHODS = st.lists(st.sampled_from(["pwd", "otp", "hwk", "swk", "user", "mfa"]))


@pytest.mark.spec("RFC 8176", "2")
@given(first=METHODS, second=METHODS)
def test_two_factors_are_named_once_each_and_as_several(first: list[str], second: list[str]) -> None:
    both = combine_methods(first, second)
    assert set(both) == {*first, *second, "mfa"}
    assert len(both) == len(set(both))
    assert rate_methods(both) is AuthenticationClass.SEVERAL


@pytest.mark.parametrize("methods", [("pwd",), ("otp",), ("hwk", "user"), ()])
def test_one_factor_is_worth_one(methods: tuple[str, ...]) -> None:
    assert rate_methods(methods) is AuthenticationClass.SINGLE
    assert is_enough(methods, AuthenticationClass.SINGLE)
    assert not is_enough(methods, AuthenticationClass.SEVERAL)


def test_more_does_where_less_is_asked_for() -> None:
    assert is_enough(("pwd", "otp", "mfa"), AuthenticationClass.SINGLE)


def test_of_several_classes_the_least_does() -> None:
    assert find_least(["urn:borvo:acr:2", "urn:borvo:acr:1", "x"]) is AuthenticationClass.SINGLE
    assert find_least(["x", "urn:borvo:acr:2"]) is AuthenticationClass.SEVERAL
    assert find_least(["x"]) is None
