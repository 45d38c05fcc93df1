"""SQL that grows together with its values, which always travel as parameters."""

from borvo.dataserver.model import Range


class Composition:
    """Text composed of fixed fragments, and its values."""

    def __init__(self, *values: object) -> None:
        """The values are `$1`, `$2` and so on."""
        self.values: list[object] = [*values]
        self.text = ""

    def bind(self, value: object) -> str:
        """The placeholder under which the value travels."""
        self.values.append(value)
        return f"${len(self.values)}"

    def bound(self, column: str, wanted: Range) -> list[str]:
        """The conditions that hold a column of the sample `s` within the bounds, which belong to the range."""
        bounds = ((">=", wanted.lower), ("<=", wanted.upper))
        return [f"s.{column} {sign} {self.bind(bound)}" for sign, bound in bounds if bound is not None]
