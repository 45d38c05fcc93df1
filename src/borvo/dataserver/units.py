"""Values in the units that clients ask for, by the codes of UCUM. What is stored is always in the type's own unit.

Pint knows the units, ucumvert reads their codes, and both calculate with fractions, so that nothing is rounded but the
result. A number counts as the decimal that it is written as: 37 Cel is stored as 310.15. What is stored is the nearest
double, what is shown has 15 digits, which is what a double holds for sure, and of temperatures 12 decimals. So a number
of up to 15 digits that was written in a unit is read in it again as it was.
"""

import math
import re
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from functools import cache
from threading import Lock
from typing import Any, NamedTuple

from borvo.catalogue.sample_types import SampleType
from borvo.catalogue.units import list_units

_NOTE = re.compile(r"\{[^{}]*\}")
_CODE_LIMIT = 100
_DECIMALS = 12
_ONE, _ZERO = Fraction(1), Fraction(0)


class Conversion(NamedTuple):
    """Between a unit and a type's own: what is stored is the value times `scale` plus `offset`."""

    unit: str
    scale: Fraction
    offset: Fraction

    def store(self, value: float) -> float:
        """Raises `OverflowError` when no double is that large."""
        return float(_read_decimal(value) * self.scale + self.offset)

    def show(self, stored: float) -> float:
        """The stored value in the unit."""
        if self.scale == 1 and not self.offset:
            return stored
        exact = (_read_decimal(stored) - self.offset) / self.scale
        return float(round(exact, _count_decimals(stored))) if self.offset else float(f"{float(exact):.15g}")

    def show_difference(self, stored: float) -> float:
        """What lies between two stored values, in the unit."""
        return stored if self.scale == 1 else float(f"{float(_read_decimal(stored) / self.scale):.15g}")


def _count_decimals(stored: float) -> int:
    """How many a double of that size holds for certain."""
    return _DECIMALS - max(0, math.floor(math.log10(abs(stored))) - 2) if stored else _DECIMALS


def _read_decimal(value: float) -> Fraction:
    return Fraction(*Decimal(repr(value)).as_integer_ratio())


class UnitError(ValueError):
    """No such unit, or none in which the type can be measured; the message says which can."""


# The library keeps what it has read, and is not made for several threads at once.
_lock = Lock()


@cache
def _load_registry() -> Any:
    # Only whoever asks for a unit waits for it: it takes most of a second.
    from ucumvert import PintUcumRegistry  # noqa: PLC0415

    return PintUcumRegistry(non_int_type=Fraction)


def find_conversion(sample_type: SampleType, code: str) -> Conversion:
    """Raises `UnitError`. The first call takes long, so it does not belong on the event loop."""
    if sample_type.ucum is None:
        raise UnitError(f"A sample of type {sample_type.name} has no unit.")
    units = list_units(sample_type.ucum, sample_type.molar_mass)
    # Only those that were tried: the libraries know more, but not all of it rightly.
    fitting = {_strip_notes(each): each for each in units}
    known = fitting.get(_strip_notes(code[:_CODE_LIMIT]))
    if known is None:
        raise UnitError(f"{sample_type.name} is measured in one of {', '.join(units)} (UCUM codes).")
    scale, offset = _work_out(sample_type, known)
    return Conversion(code, scale, offset)


def _strip_notes(code: str) -> str:
    """What stands in braces, such as `{beats}/min`, is a note for people and stands for one."""
    return _NOTE.sub("", code) or "1"


@cache
def _work_out(sample_type: SampleType, code: str) -> tuple[Fraction, Fraction]:
    """Scale and offset."""
    if code == sample_type.ucum:
        return _ONE, _ZERO
    with _lock:
        registry = _load_registry()
        unit, own = (_read_unit(registry, each) for each in (code, str(sample_type.ucum)))
        convert = _choose_way(registry, unit, own, sample_type.molar_mass)
        offset = convert(_ZERO)
        return convert(_ONE) - offset, offset


def _read_unit(registry: Any, code: str) -> Any:
    bare = _strip_notes(code)
    return registry.Unit("dimensionless") if bare == "1" else registry.from_ucum(bare).units


def _choose_way(registry: Any, unit: Any, own: Any, molar_mass: str | None) -> Callable[[Fraction], Fraction]:
    def convert(value: Fraction) -> Fraction:
        quantity = registry.Quantity(value, unit)
        if molar_mass and not quantity.check(own.dimensionality):
            quantity *= registry.Quantity(Fraction(molar_mass), "kilogram / mole")
        return Fraction(quantity.to(own).magnitude)

    return convert
