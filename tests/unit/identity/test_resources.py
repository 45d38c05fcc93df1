"""For which APIs a token is good: RFC 8707."""

from collections.abc import Sequence

import pytest

from borvo.identity.model import Parameters
from borvo.identity.resources import (
    Api,
    InvalidTargetError,
    is_for,
    list_resources,
    narrow_resources,
    read_resources,
    render_audience,
)

ISSUER = "https://borvo.example"
SAMPLES = ISSUER + "/sample/v1"
AGENCY = ISSUER + "/agency/v1"


def read(*resources: str) -> tuple[str, ...]:
    return read_resources(Parameters(tuple(("resource", each) for each in resources)), ISSUER)


@pytest.mark.spec("RFC 8707", "2")
def test_a_request_names_resources_of_this_instance_each_once() -> None:
    assert read() == read("") == ()
    assert read(SAMPLES, ISSUER + "/", SAMPLES, AGENCY + "/") == (SAMPLES, ISSUER, AGENCY)


@pytest.mark.spec("RFC 8707", "2")
@pytest.mark.parametrize(
    "resource",
    [
        "https://other.example",
        SAMPLES + "#part",
        SAMPLES + "?a=b",
        SAMPLES + "/other",
        SAMPLES + "//",
        SAMPLES.upper(),
        "http://borvo.example",
        "/sample/v1",
        "sample",
        "é\n",
    ],
)
def test_what_is_no_resource_of_this_instance_is_refused(resource: str) -> None:
    with pytest.raises(InvalidTargetError):
        read(SAMPLES, resource)


@pytest.mark.spec("RFC 8707", "2.2")
@pytest.mark.parametrize(
    ("asked", "granted", "narrowed"),
    [
        ((), (), ()),
        ((), (SAMPLES,), (SAMPLES,)),
        ((SAMPLES,), (), (SAMPLES,)),
        ((SAMPLES,), (SAMPLES, AGENCY), (SAMPLES,)),
        ((AGENCY,), (ISSUER,), (AGENCY,)),
        ((ISSUER,), (), (ISSUER,)),
    ],
)
def test_a_token_is_for_what_was_granted_or_for_less(
    asked: tuple[str, ...], granted: tuple[str, ...], narrowed: tuple[str, ...]
) -> None:
    assert narrow_resources(asked, granted, ISSUER) == narrowed


@pytest.mark.spec("RFC 8707", "2.2")
@pytest.mark.parametrize("asked", [(AGENCY,), (SAMPLES, AGENCY), (ISSUER,)])
def test_a_token_is_never_for_more_than_was_granted(asked: tuple[str, ...]) -> None:
    with pytest.raises(InvalidTargetError):
        narrow_resources(asked, (SAMPLES,), ISSUER)


@pytest.mark.spec("RFC 9068", "3")
@pytest.mark.parametrize(
    ("resources", "audience"),
    [((), ISSUER), ((SAMPLES,), SAMPLES), ((SAMPLES, AGENCY), [SAMPLES, AGENCY])],
)
def test_the_audience_is_what_was_named_or_the_instance(
    resources: tuple[str, ...], audience: str | Sequence[str]
) -> None:
    assert render_audience(resources, ISSUER) == audience


@pytest.mark.spec("RFC 9068", "4")
def test_a_token_opens_the_api_it_is_for_and_no_other() -> None:
    for api in Api:
        assert is_for([ISSUER + api], ISSUER, api)
        assert is_for([ISSUER], ISSUER, api)
        assert not is_for([ISSUER + api], ISSUER, None)
        assert not any(is_for([ISSUER + api], ISSUER, other) for other in Api if other is not api)
    assert set(list_resources(ISSUER)) == {ISSUER, *(ISSUER + api for api in Api)}
