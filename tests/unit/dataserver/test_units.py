"""Units: the factors are those of UCUM, and what was written in a unit is read in it again."""

import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from math import fsum
from statistics import fmean, median, stdev

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from borvo.catalogue.sample_types import list_sample_types, map_sample_types
from borvo.catalogue.units import list_units
from borvo.dataserver.aggregation.answer import convert_figures
from borvo.dataserver.aggregation.model import Figures, Function
from borvo.dataserver.model import Query
from borvo.dataserver.unit_choice import choose_units
from borvo.dataserver.units import UnitError, find_conversion
from borvo.kernel.errors import InvalidInputError

TYPES = map_sample_types()
# One type for each stored unit, with all units that it may be written in.
PAIRS = [
    (each.name, code)
    for each in {each.ucum: each for each in list_sample_types() if each.ucum}.values()
    for code in list_units(str(each.ucum), each.molar_mass)
]

# From the tables of UCUM 2.1, but for the conventional millimetre of mercury, which it cuts to 133.322 Pa.
FACTORS = {
    ("body_mass", "g"): "1/1000",
    ("body_mass", "[lb_av]"): "0.45359237",
    ("body_mass", "[oz_av]"): "0.028349523125",
    ("body_mass", "[stone_av]"): "6.35029318",
    ("height", "[in_i]"): "0.0254",
    ("height", "[ft_i]"): "0.3048",
    ("height", "[yd_i]"): "0.9144",
    ("height", "[mi_i]"): "1609.344",
    ("active_energy_burned", "cal"): "4.184",
    ("active_energy_burned", "kcal"): "4184",
    ("blood_pressure_systolic", "mm[Hg]"): "133.322387415",
    ("blood_pressure_systolic", "cm[H2O]"): "98.0665",
    ("heart_rate", "/min"): "1/60",
    ("heart_rate", "{beats}/min"): "1/60",
    ("heart_rate", "Hz"): "1",
    ("oxygen_saturation", "%"): "0.01",
    ("blood_glucose", "mg/dL"): "0.00001",
    ("blood_glucose", "mmol/L"): "0.000180156",
    ("vo2_max", "mL/(kg.min)"): "1/60000",
    ("dietary_water", "[foz_us]"): "0.0295735295625",
    ("dietary_water", "[foz_br]"): "0.0284130625",
    ("dietary_iron", "ug"): "1/1000000000",
    ("electrodermal_activity", "uS"): "1/1000000",
    ("peak_expiratory_flow_rate", "L/min"): "1/60",
    ("body_temperature", "[degF]"): "5/9",
    ("body_temperature", "Cel"): "1",
}


@pytest.mark.parametrize(("pair", "factor"), FACTORS.items())
def test_the_factor_is_exact(pair: tuple[str, str], factor: str) -> None:
    assert find_conversion(TYPES[pair[0]], pair[1]).scale == Fraction(factor)


@pytest.mark.parametrize(
    ("name", "code", "value", "stored"),
    [
        ("body_temperature", "Cel", 37.0, 310.15),
        ("body_temperature", "[degF]", 98.6, 310.15),
        ("body_temperature", "[degF]", -459.67, 0.0),
        ("blood_pressure_systolic", "mm[Hg]", 120.0, 15998.6864898),
        ("heart_rate", "/min", 72.0, 1.2),
        ("body_mass", "[lb_av]", 150.0, 68.0388555),
        ("blood_glucose", "mmol/L", 5.5, 0.000990858),
    ],
)
def test_a_value_is_stored_and_shown(name: str, code: str, value: float, stored: float) -> None:
    conversion = find_conversion(TYPES[name], code)
    assert conversion.store(value) == stored
    assert conversion.show(stored) == value


# A double holds 15 digits for sure.
numbers = (
    st.floats(-1e9, 1e9)
    .filter(lambda number: number == 0 or abs(number) > 1e-9)
    .map(lambda number: float(f"{number:.15g}"))
)


@given(st.sampled_from(PAIRS), numbers)
def test_what_is_written_is_read_again(pair: tuple[str, str], value: float) -> None:
    conversion = find_conversion(TYPES[pair[0]], pair[1])
    found = conversion.show(conversion.store(value))
    if conversion.offset:
        assert math.isclose(found, value, rel_tol=4e-16, abs_tol=1e-12)
    else:
        assert found == value


@given(st.sampled_from(PAIRS), st.decimals(-10_000, 10_000, places=2))
@example(("basal_body_temperature", "[degF]"), Decimal("6961.16"))
def test_two_decimals_of_a_unit_come_back_as_they_were(pair: tuple[str, str], value: float) -> None:
    conversion = find_conversion(TYPES[pair[0]], pair[1])
    assert conversion.show(conversion.store(float(value))) == float(value)


@given(
    st.sampled_from(PAIRS), st.lists(st.decimals(-1000, 1000, places=2).map(float), min_size=2, max_size=20)
)
def test_figures_of_stored_values_are_those_of_the_values_in_the_unit(
    pair: tuple[str, str], values: list[float]
) -> None:
    conversion = find_conversion(TYPES[pair[0]], pair[1])
    stored = [conversion.store(value) for value in values]
    work_out: dict[Function, Callable[[list[float]], float]] = {
        Function.MIN: min,
        Function.MAX: max,
        Function.AVG: fmean,
        Function.STDDEV: stdev,
    }
    if not conversion.offset:
        work_out[Function.SUM] = fsum
    found = Figures(1, {name: work(stored) for name, work in work_out.items()}, (median(stored),))
    shown = convert_figures(found, conversion)
    # What is lost in storing temperatures is no more than the last digits of hundreds of kelvin.
    expected = {name: work(values) for name, work in work_out.items()}
    assert shown.by_function == pytest.approx(expected, rel=1e-12, abs=1e-9)
    assert shown.percentiles == pytest.approx([median(values)], rel=1e-12, abs=1e-9)


def test_what_adds_up_has_no_unit_with_a_zero_of_its_own() -> None:
    for each in list_sample_types():
        if each.is_cumulative and each.ucum:
            units = list_units(each.ucum, each.molar_mass)
            assert not any(find_conversion(each, code).offset for code in units)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("body_mass", "m"),
        ("body_mass", "mm[Hg]"),
        ("body_mass", "KG"),
        ("body_mass", ""),
        ("body_mass", "[Cal]"),
        ("body_mass", "10*999999999.kg"),
        ("body_mass", "kg" * 10_000),
        ("heart_rate", "Cel"),
        ("insulin_delivery", "kg"),
        ("body_temperature", "mmol/L"),
    ],
)
def test_a_unit_that_does_not_fit_is_answered_with_those_that_do(name: str, code: str) -> None:
    with pytest.raises(UnitError) as caught:
        find_conversion(TYPES[name], code)
    assert all(unit in str(caught.value) for unit in list_units(str(TYPES[name].ucum)))


def test_what_has_no_number_has_no_unit() -> None:
    with pytest.raises(UnitError, match="no unit"):
        find_conversion(TYPES["sleep_analysis"], "h")


def choose(*units: str, types: str = "") -> dict[str, str]:
    named = tuple(TYPES[name] for name in types.split())
    chosen = choose_units(Query(types=named, units=units))
    names = {each.code: each.name for each in list_sample_types()}
    return {names[code]: conversion.unit for code, conversion in chosen.items()}


def test_a_unit_alone_counts_for_all_types_of_its_kind() -> None:
    assert choose("mm[Hg]", types="blood_pressure heart_rate") == {
        "blood_pressure_systolic": "mm[Hg]",
        "blood_pressure_diastolic": "mm[Hg]",
    }
    assert choose("Cel").keys() == {"body_temperature", "basal_body_temperature"}


def test_a_unit_of_one_type_is_named_with_it() -> None:
    chosen = choose("g", "body_mass:[lb_av]", types="body_mass dietary_iron")
    assert chosen == {"body_mass": "[lb_av]", "dietary_iron": "g"}


@pytest.mark.parametrize(
    ("unit", "types"),
    [
        ("kg", "heart_rate"),
        ("kg", "sleep_analysis"),
        ("nonsense:kg", "body_mass"),
        ("body_mass:m", "body_mass"),
        ("body_mass:", "body_mass"),
    ],
)
def test_a_unit_that_fits_nothing_is_refused(unit: str, types: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        choose(unit, types=types)
    assert caught.value.errors["unit"]
