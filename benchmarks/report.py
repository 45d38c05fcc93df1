"""The table that is printed."""

from dataclasses import dataclass

from benchmarks.latency import Figures


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


def render_steps(steps: dict[str, dict[str, Figures]]) -> str:
    """Of each step, a line a server, the last of which is the peer; beside the others, how many times its rate."""
    lines = [
        "| step | server | a second | a second and core | p50 ms | p95 ms | p99 ms | times the peer's |",
        "|-|-|-|-|-|-|-|-|",
    ]
    for name, servers in steps.items():
        rates = [figures.rate for figures in servers.values()]
        for number, (server, figures) in enumerate(servers.items()):
            ahead = f"{rates[number] / rates[-1]:.2f}" if number < len(rates) - 1 else ""
            lines.append(
                f"| {name} | {server} | {figures.rate:,.0f} | {figures.rate_a_core:,.0f} | {figures.p50:.1f} "
                f"| {figures.p95:.1f} | {figures.p99:.1f} | {ahead} |"
            )
    return "\n".join(lines)
