"""The table that is printed."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.latency import Figures, take_medians


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


def find_ratio(rounds: Sequence[Figures], peer: Sequence[Figures]) -> float:
    """Of the rates in each round, the median."""
    return statistics.median(own.rate / other.rate for own, other in zip(rounds, peer, strict=True))


def render_steps(steps: dict[str, dict[str, list[Figures]]], peer: str) -> str:
    """Of each step, a line a server with the medians of its rounds; beside those of others than the `peer`, how many
    times its rate."""
    lines = [
        "| step | server | a second | a second and core | p50 ms | p95 ms | p99 ms | times the peer's |",
        "|-|-|-|-|-|-|-|-|",
    ]
    for name, servers in steps.items():
        beside = servers.get(peer)
        for server, rounds in servers.items():
            figures = take_medians(rounds)
            ahead = f"{find_ratio(rounds, beside):.2f}" if beside and server != peer else ""
            lines.append(
                f"| {name} | {server} | {figures.rate:,.0f} | {figures.rate_a_core:,.0f} | {figures.p50:.1f} "
                f"| {figures.p95:.1f} | {figures.p99:.1f} | {ahead} |"
            )
    return "\n".join(lines)
