"""The sample types of the platform, read once from `sample_types.json`."""

import json
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any


class Family(StrEnum):
    """What a sample's value is: a number, a word from a list, or a group of other samples."""

    QUANTITY = "quantity"
    CATEGORY = "category"
    CORRELATION = "correlation"


@dataclass(frozen=True, slots=True)
class SampleType:
    """One type of sample.

    `code` is the number under which samples are stored: the row's position in `sample_types.json`, counted
    from 1. Rows are therefore only ever appended. `label`, `about` and `example` are for people. `plausible` are the
    least and the largest value, in the stored unit, that a living person may have; `because` says how they were chosen.
    What `is_cumulative` counts something up over its time, such as steps; otherwise each sample stands for itself.
    `molar_mass`, in kilograms per mole, lets amounts of substance be converted. Codes of other catalogues are there
    where one exists.
    """

    code: int
    name: str
    label: str
    about: str
    example: str
    family: Family
    group: str
    unit: str | None
    ucum: str | None
    is_cumulative: bool
    molar_mass: str | None
    plausible: tuple[float, float] | None
    because: str | None
    values: tuple[str, ...]
    members: tuple[str, ...]
    loinc: str | None
    healthkit: str | None
    health_connect: str | None
    read_scope: str
    write_scope: str

    @property
    def noun(self) -> str:
        """The label within a sentence; a name with capitals inside stays as it is."""
        rest = self.label.split()[0][1:]
        return f"{self.label[0].lower()}{self.label[1:]}" if rest == rest.lower() else self.label


def _read_row(code: int, row: dict[str, Any]) -> SampleType:
    plausible = row.get("plausible")
    return SampleType(
        code=code,
        name=row["type"],
        label=row.get("label") or row["type"].replace("_", " ").capitalize(),
        about=row["about"],
        example=row["example"],
        family=Family(row["family"]),
        group=row.get("group", row["family"]),
        unit=row.get("unit"),
        ucum=row.get("ucum"),
        is_cumulative=row.get("cumulative", False),
        molar_mass=row.get("molar_mass"),
        plausible=(float(plausible[0]), float(plausible[1])) if plausible else None,
        because=row.get("because"),
        values=tuple(row.get("values", ())),
        members=tuple(row.get("members", ())),
        loinc=row.get("loinc"),
        healthkit=row.get("healthkit"),
        health_connect=row.get("health_connect"),
        read_scope=row["read_scope"],
        write_scope=row["write_scope"],
    )


@cache
def list_sample_types() -> tuple[SampleType, ...]:
    """All types in the order of their codes."""
    rows = json.loads(files(__package__).joinpath("sample_types.json").read_text(encoding="utf-8"))
    return tuple(_read_row(code, row) for code, row in enumerate(rows, start=1))


@cache
def map_sample_types() -> dict[str, SampleType]:
    """By name. Names are case-sensitive (contract section 6, row 14)."""
    return {sample_type.name: sample_type for sample_type in list_sample_types()}


def suggest_sample_type(text: str) -> SampleType | None:
    """The type that is likely to be meant by a name in another case or style, such as `BodyMass`; None when it is
    anybody's guess. Costs the same whatever was sent."""
    return _map_plain_names().get(_strip(text[:100]))


def _strip(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


@cache
def _map_plain_names() -> dict[str, SampleType]:
    """By their letters and digits alone; labels, too, and what starts with its group."""
    plain: dict[str, SampleType] = {}
    for each in list_sample_types():
        for text in (each.read_scope.removeprefix("read."), each.label, each.name):
            plain[_strip(text)] = each
    return plain


@cache
def list_correlation_codes() -> frozenset[int]:
    """The codes of the types whose samples group others."""
    return frozenset(each.code for each in list_sample_types() if each.family is Family.CORRELATION)


@cache
def map_sample_type_codes() -> dict[int, SampleType]:
    """By the code that storage uses."""
    return {sample_type.code: sample_type for sample_type in list_sample_types()}
