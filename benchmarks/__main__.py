"""`python -m benchmarks`: measures and prints one table."""

import argparse
import os
import platform
from pathlib import Path

from benchmarks.instance import run_instance
from benchmarks.rows import Row, measure_discovery, measure_token_endpoint


def name_machine() -> str:
    """The processor as the kernel names it, and how many there are."""
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return f"{line.partition(':')[2].strip()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    return f"{platform.processor()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def render_table(rows: list[Row]) -> str:
    """Markdown, so that it can be pasted into the documentation."""
    lines = ["| what | Borvo | limit in the same run | ratio | target |", "|-|-|-|-|-|"]
    lines += [f"| {row.name} | {row.figure} | {row.limit} | {row.ratio:.2f} | {row.target} |" for row in rows]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="length of a round")
    parser.add_argument("--rounds", type=int, default=5, help="rounds that count, after one that warms up")
    options = parser.parse_args()
    print(f"{name_machine()}; one worker; medians of {options.rounds} rounds of {options.seconds:g} s\n")
    with run_instance() as instance:
        rows = [
            measure_token_endpoint(instance, options.seconds, options.rounds),
            measure_discovery(instance, options.seconds, options.rounds),
        ]
    print(render_table(rows))


if __name__ == "__main__":
    main()
