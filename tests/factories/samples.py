"""Samples as clients submit them."""

from typing import Any
from uuid import uuid4

INSTANT = "2023-01-31T08:30:00.0000000+00:00"

Body = dict[str, Any]


def create_body(
    type_: str = "body_mass",
    value: float | None = 70.5,
    *,
    start: str = INSTANT,
    end: str | None = None,
    **members: Any,
) -> Body:
    """The least that a sample needs, an id of its own among it; `members` come beside it or replace it."""
    body: Body = {
        "type": type_,
        "clientAssignedId": str(uuid4()),
        "dateRange": {"lowerBound": start, "upperBound": end or start},
    }
    if value is not None:
        body["quantityValue"] = value
    return {**body, **members}


def create_dotnet_body(type_: str, value: float, children: list[Body], instant: str = INSTANT) -> Body:
    """As System.Text.Json writes it: nulls and defaults included (contract 2.3)."""
    return {
        "device": None,
        "clientAssignedId": str(uuid4()),
        "subject": None,
        "type": type_,
        "quantityValue": value,
        "categoryValue": None,
        "correlationObjects": children,
        "dateRange": {"lowerBound": instant, "upperBound": instant},
    }


def create_blood_pressure(systolic: float = 15998.68, diastolic: float = 10665.79, **dates: str) -> Body:
    parts = [("blood_pressure_systolic", systolic), ("blood_pressure_diastolic", diastolic)]
    children = [create_dotnet_body(name, value, [], **dates) for name, value in parts]
    return create_dotnet_body("blood_pressure", 0, children, **dates)
