"""Which grant an app needs, and the way from implicit to code."""

from dataclasses import replace
from itertools import product

import pytest

from borvo.portal.guidance import Library, Place, Presence, advise, read_start
from borvo.portal.model import ClientDetails, GrantType
from borvo.portal.moving import Step, find_step, take_step

P, W, L = Presence, Place, Library
G = GrantType


@pytest.mark.parametrize(
    ("presence", "place", "library", "grant_type", "is_public"),
    [
        (P.NOBODY, None, None, G.CLIENT_CREDENTIALS, False),
        (P.NOBODY, W.BROWSER, L.IMPLICIT, G.CLIENT_CREDENTIALS, False),
        (P.PERSON, W.SERVER, L.CODE, G.AUTHORIZATION_CODE, False),
        (P.PERSON, W.SERVER, L.HYBRID, G.HYBRID, False),
        (P.PERSON, W.SERVER, L.IMPLICIT, G.IMPLICIT, False),
        (P.PERSON, W.BROWSER, L.CODE, G.AUTHORIZATION_CODE, True),
        (P.PERSON, W.BROWSER, L.HYBRID, G.AUTHORIZATION_CODE, True),
        (P.PERSON, W.BROWSER, L.IMPLICIT, G.IMPLICIT, True),
        (P.PERSON, W.NATIVE, None, G.AUTHORIZATION_CODE, True),
        (P.PERSON, W.DEVICE, L.CODE, G.DEVICE_CODE, True),
    ],
)
def test_three_answers_lead_to_a_grant(
    presence: Presence, place: Place | None, library: Library | None, grant_type: GrantType, is_public: bool
) -> None:
    advice = advise(presence, place, library)
    assert advice is not None
    assert (advice.grant_type, advice.is_public) == (grant_type, is_public)
    assert advice.is_legacy is (grant_type is G.IMPLICIT)
    asked = dict(pair.split("=") for pair in advice.query.split("&"))
    start = read_start(asked, is_strict=False)
    assert start["grant_types"] == [grant_type]
    assert bool(start["is_public"]) is is_public


@pytest.mark.parametrize(
    ("presence", "place", "library"),
    [(None, None, None), (None, W.SERVER, L.CODE), (P.PERSON, None, L.CODE), (P.PERSON, W.SERVER, None)],
)
def test_too_few_answers_lead_nowhere(
    presence: Presence | None, place: Place | None, library: Library | None
) -> None:
    assert advise(presence, place, library) is None


def test_implicit_is_advised_only_to_what_cannot_be_changed() -> None:
    for presence, place, library in product(P, W, L):
        advice = advise(presence, place, library)
        assert advice is not None
        assert advice.grant_type is not G.IMPLICIT or library is L.IMPLICIT


def test_the_way_from_implicit_keeps_the_app_working_and_ends_without_it() -> None:
    start = ClientDetails("App", "", ("https://a.example/cb",), frozenset({G.IMPLICIT}), ("openid",), False)
    start = replace(start, allows_front_channel_tokens=True, is_public=True)
    assert find_step(start.grant_types) is Step.ADD_CODE
    both = take_step(start, Step.ADD_CODE)
    assert both.grant_types == {G.IMPLICIT, G.AUTHORIZATION_CODE}
    assert both.require_pkce
    assert both.allows_front_channel_tokens
    assert find_step(both.grant_types) is Step.DROP_IMPLICIT
    done = take_step(both, Step.DROP_IMPLICIT)
    assert done.grant_types == {G.AUTHORIZATION_CODE}
    assert not done.allows_front_channel_tokens
    assert find_step(done.grant_types) is None
