"""Each type is described whole, and its codes are ones that the other catalogues may have."""

import re

import pytest

from borvo.catalogue.sample_types import Family, SampleType, list_sample_types, map_sample_types

TYPES = list_sample_types()


@pytest.mark.parametrize("each", TYPES, ids=lambda each: each.name)
def test_a_type_says_what_it_is(each: SampleType) -> None:
    assert each.about.endswith(".")
    assert re.search(r"\bon 3 March\b", each.example)
    assert "_" not in each.label
    is_quantity = each.family is Family.QUANTITY
    assert bool(each.unit) is bool(each.ucum) is bool(each.because) is bool(each.plausible) is is_quantity
    assert bool(each.values) is (each.family is Family.CATEGORY)
    if each.plausible:
        assert each.plausible[0] < each.plausible[1]


def check_loinc(code: str) -> bool:
    """The last digit is a check digit, counted as on payment cards."""
    number, _, check = code.partition("-")
    doubled = "".join(str(int(digit) * (2 - place % 2)) for place, digit in enumerate(reversed(number)))
    return (10 - sum(map(int, doubled)) % 10) % 10 == int(check)


def test_a_mistyped_loinc_code_is_noticed() -> None:
    assert check_loinc("8867-4")
    assert not check_loinc("8876-4")


@pytest.mark.parametrize("each", [each for each in TYPES if each.loinc], ids=lambda each: each.name)
def test_loinc_codes_are_well_formed(each: SampleType) -> None:
    assert each.loinc
    assert check_loinc(each.loinc)


def test_identifiers_elsewhere_are_of_the_types_family() -> None:
    for each in TYPES:
        kind = each.family.value.capitalize()
        assert re.fullmatch(rf"HK{kind}TypeIdentifier[A-Z]\w+", each.healthkit or ""), each.name
        assert each.health_connect is None or re.fullmatch(r"[A-Z]\w+Record", each.health_connect)
    assert len({each.healthkit for each in TYPES}) == len(TYPES)
    codes = [each.loinc for each in TYPES if each.loinc]
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        # What people are known to have lived with.
        ("body_mass", (0.212, 635)),
        ("height", (0.22, 2.72)),
        ("body_mass_index", (6, 251)),
        ("body_temperature", (273.15 + 11.8, 273.15 + 46.5)),
        ("heart_rate", (11 / 60, 600 / 60)),
        ("resting_heart_rate", (26 / 60, 220 / 60)),
        ("blood_pressure_systolic", (20 * 133.322, 480 * 133.322)),
        ("blood_pressure_diastolic", (0, 350 * 133.322)),
        ("blood_glucose", (1e-5, 0.02656)),
        ("oxygen_saturation", (0.3, 1)),
        ("blood_alcohol_content", (0, 0.0148)),
        ("vo2_max", (5 / 60_000, 97.5 / 60_000)),
        ("uv_exposure", (0, 43.3)),
    ],
)
def test_nobody_who_lived_is_out_of_range(name: str, values: tuple[float, float]) -> None:
    plausible = map_sample_types()[name].plausible
    assert plausible
    assert plausible[0] <= min(values)
    assert max(values) <= plausible[1]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("blood_pressure_systolic", 120),  # mm[Hg] for Pa
        ("body_temperature", 37),  # degrees Celsius for kelvin
        ("heart_rate", 70),  # a minute for a second
        ("oxygen_saturation", 98),  # per cent for a share
        ("blood_glucose", 90),  # mg/dL for kg/L
        ("height", 170),  # centimetres for metres
        ("dietary_iron", 18),  # milligrams for kilograms
    ],
)
def test_the_usual_mistakes_of_units_are_out_of_range(name: str, value: float) -> None:
    plausible = map_sample_types()[name].plausible
    assert plausible
    assert not plausible[0] <= value <= plausible[1]


def test_a_label_keeps_its_capitals_within_a_sentence() -> None:
    types = map_sample_types()
    assert types["body_mass"].noun == "weight"
    assert types["nike_fuel"].noun == "NikeFuel points"
    assert types["uv_exposure"].noun == "UV exposure"
    assert types["vo2_max"].noun == "VO2 max"
