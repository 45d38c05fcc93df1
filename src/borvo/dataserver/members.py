"""Which members of a sample an answer holds."""

from collections.abc import Sequence

from msgspec import UNSET

from borvo.dataserver.bodies import SampleAnswer

_MEMBERS = dict(zip(SampleAnswer.__struct_encode_fields__, SampleAnswer.__struct_fields__, strict=True))


def pick_all(answers: Sequence[SampleAnswer], fields: tuple[str, ...]) -> Sequence[object]:
    """As they are when no members are named."""
    return [pick_members(each, fields) for each in answers] if fields else answers


def pick_members(answer: SampleAnswer, fields: tuple[str, ...]) -> dict[str, object]:
    """Only these, of a correlation's parts, too. A value comes with its unit."""
    picked: dict[str, object] = {}
    for field in fields:
        if (value := getattr(answer, _MEMBERS[field])) is not UNSET:
            picked[field] = value
    if answer.unit is not UNSET and "quantityValue" in picked:
        picked["unit"] = answer.unit
    if "correlationObjects" in picked:
        picked["correlationObjects"] = [pick_members(each, fields) for each in answer.correlation_objects]
    return picked
