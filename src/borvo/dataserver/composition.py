"""SQL that grows together with its values, which always travel as parameters."""


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
