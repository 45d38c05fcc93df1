"""The table that is printed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One figure, its limit and their ratio. `target` says what the ratio should be."""

    name: str
    figure: str
    limit: str
    ratio: float
    target: str


def render_table(rows: list[Row]) -> str:
    """Markdown, so that it can be pasted into the documentation."""
    lines = ["| what | Borvo | limit in the same run | ratio | target |", "|-|-|-|-|-|"]
    lines += [f"| {row.name} | {row.figure} | {row.limit} | {row.ratio:.2f} | {row.target} |" for row in rows]
    return "\n".join(lines)
