"""Query strings: read name by name, and every fault is told at once."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TypeVar
from urllib.parse import parse_qsl

from borvo.dataserver.instants import is_minimum_date, parse_instant
from borvo.dataserver.model import Range
from borvo.kernel.errors import InvalidInputError

_PARAMETER_LIMIT = 1000
_DIGIT_LIMIT = 20

T = TypeVar("T")


class Parameters:
    """The values by lower-case name without `RangeOf` (contract 2.1: any case is read, and so is either spelling of a
    range). What is wrong is gathered by `report` and raised by `check`."""

    def __init__(self, text: str) -> None:
        self._values: dict[str, list[str]] = {}
        self._faults: dict[str, list[str]] = {}
        try:
            pairs = parse_qsl(text, max_num_fields=_PARAMETER_LIMIT)
        except ValueError:
            raise InvalidInputError(f"At most {_PARAMETER_LIMIT} query parameters are read.") from None
        for name, value in pairs:
            # Contract 2.1: blanks and minimum dates stand for "not given".
            if value.strip() and not is_minimum_date(_mend(value)):
                self._values.setdefault(name.lower().removeprefix("rangeof"), []).append(value.strip())

    def report(self, name: str, message: str) -> None:
        self._faults.setdefault(name, []).append(message)

    def check(self) -> None:
        """Raises `InvalidInputError` that names every parameter at fault."""
        if self._faults:
            raise InvalidInputError("The query string is not valid: see errors.", self._faults)

    def find(self, name: str) -> str | None:
        """Contract 2.1: of a doubled name the first real value counts."""
        return self._values.get(name.lower(), [None])[0]

    def split(self, *names: str) -> tuple[str, ...]:
        """What stands under any of the names, repeated or comma-separated, each once."""
        parts = (part.strip() for name in names for value in self._list(name) for part in value.split(","))
        return tuple(dict.fromkeys(part for part in parts if part))

    def list_whole(self, name: str) -> tuple[str, ...]:
        """What stands under the name, repeated; commas belong to the values."""
        return tuple(dict.fromkeys(self._list(name)))

    def _list(self, name: str) -> Iterator[str]:
        yield from self._values.get(name.lower(), ())

    def choose(self, name: str, choices: Mapping[str, T], default: T) -> T:
        text = self.find(name)
        if text is None:
            return default
        if text.lower() not in choices:
            self.report(name, f"Use one of: {', '.join(choices)}.")
        return choices.get(text.lower(), default)

    def read_number(self, name: str, least: int, default: int) -> int:
        text = self.find(name)
        if text is None:
            return default
        # A number with more digits is beyond any limit, and costs time to convert.
        if not (text.isascii() and text.isdigit() and len(text) <= _DIGIT_LIMIT) or int(text) < least:
            self.report(name, f"Use a whole number of at least {least}.")
            return default
        return int(text)

    def read_range(self, name: str) -> Range:
        lower, upper = (self._read_date(f"{name}.{bound}Bound") for bound in ("Lower", "Upper"))
        if lower and upper and lower > upper:
            self.report(f"RangeOf{name}", "LowerBound must not be after UpperBound.")
        return Range(lower, upper)

    def _read_date(self, name: str) -> datetime | None:
        text = self.find(name)
        instant = None if text is None else parse_instant(_mend(text))
        if text is not None and instant is None:
            self.report(
                f"RangeOf{name}", "Write the date and time with an offset, such as 2024-01-31T08:30:00Z."
            )
        return instant


def _mend(date: str) -> str:
    """The plus of an offset that was not percent-encoded arrives as a space."""
    return date.strip().replace(" ", "+")
