"""Scopes that are chosen together."""

from hypothesis import given
from hypothesis import strategies as st

from borvo.catalogue.scopes import map_scopes
from borvo.portal.bundles import expand_scopes, list_bundles


def test_reading_blood_pressure_means_the_record_and_both_its_readings() -> None:
    assert set(expand_scopes(["bundle.read.blood_pressure"])) == {
        "read.blood_pressure",
        "read.blood_pressure.blood_pressure_systolic",
        "read.blood_pressure.blood_pressure_diastolic",
    }


def test_bundles_hold_scopes_of_the_platform_only() -> None:
    for bundle in list_bundles():
        assert bundle.scopes <= set(map_scopes())
        assert bundle.value not in map_scopes()


@given(st.lists(st.sampled_from([*map_scopes(), *(bundle.value for bundle in list_bundles())])))
def test_expanding_keeps_the_order_of_the_picker_and_happens_once(chosen: list[str]) -> None:
    scopes = expand_scopes(chosen)
    assert list(scopes) == [scope for scope in map_scopes() if scope in set(scopes)]
    assert expand_scopes(scopes) == scopes


def test_an_unknown_scope_is_kept_for_the_rules_to_refuse() -> None:
    assert expand_scopes(["read.everything", "openid"]) == ("openid", "read.everything")
