"""The units in which clients may write and read values, by the UCUM code of the unit in which they are stored."""

_COMPANIONS = {
    "kg": ("g", "mg", "ug", "[lb_av]", "[oz_av]", "[stone_av]"),
    "m": ("km", "dm", "cm", "mm", "[in_i]", "[ft_i]", "[yd_i]", "[mi_i]"),
    "J": ("kJ", "MJ", "cal", "kcal"),
    "s": ("ms", "min", "h", "d"),
    "Pa": ("hPa", "kPa", "mm[Hg]", "cm[H2O]"),
    "K": ("Cel", "[degF]"),
    "L": ("dL", "cL", "mL", "[foz_us]", "[foz_br]"),
    "1": ("%",),
    "{count}/s": ("/min", "/h", "Hz"),
    "L/s": ("mL/s", "L/min"),
    "L/(kg.s)": ("mL/(kg.min)", "mL/min/kg"),
    "kg/L": ("g/L", "g/dL", "mg/dL", "mg/mL", "ug/mL"),
    "S": ("mS", "uS"),
}
_AMOUNTS = ("mmol/L",)


def list_units(ucum: str, molar_mass: str | None = None) -> tuple[str, ...]:
    """The stored unit itself comes first. With a molar mass there are those of an amount of substance, too."""
    return (ucum, *_COMPANIONS.get(ucum, ()), *(_AMOUNTS if molar_mass else ()))
