"""What the audit trail says of a change."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from borvo.portal.audit import compare, describe_details
from borvo.portal.model import ClientDetails, GrantType

DETAILS = ClientDetails(
    display_name="My App",
    client_uri="",
    redirect_uris=("https://b.example/", "https://a.example/"),
    grant_types=frozenset({GrantType.HYBRID, GrantType.DEVICE_CODE}),
    scopes=("openid",),
    require_pkce=False,
)
VALUES = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text())
MAPPINGS = st.dictionaries(st.sampled_from("abcdef"), VALUES)


@given(MAPPINGS, MAPPINGS)
def test_what_is_compared_can_be_put_together_again(
    before: dict[str, object], after: dict[str, object]
) -> None:
    old, new = compare(before, after)  # type: ignore[arg-type]
    removed = old.keys() - new.keys()
    changed = {name: value for name, value in {**before, **new}.items() if name not in removed}
    assert changed == after


@given(MAPPINGS)
def test_nothing_differs_from_itself(values: dict[str, object]) -> None:
    assert compare(values, dict(values)) == ({}, {})  # type: ignore[arg-type]


def test_details_are_told_in_a_lasting_order_and_in_plain_values() -> None:
    described = describe_details(DETAILS)
    assert described["grant_types"] == ["device_code", "hybrid"]
    assert described["redirect_uris"] == ["https://b.example/", "https://a.example/"]
    assert described["require_pkce"] is False
    assert described["signing_algorithm"] == "RS256"


def test_a_switch_that_is_turned_off_is_told_on_both_sides() -> None:
    before, after = describe_details(replace(DETAILS, is_public=True)), describe_details(DETAILS)
    assert compare(before, after) == ({"is_public": True}, {"is_public": False})
