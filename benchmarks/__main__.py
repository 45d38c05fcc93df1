"""`python -m benchmarks`: measures and prints one table."""

import argparse
import asyncio
import os
import platform
from pathlib import Path

from benchmarks.endpoints import measure_discovery, measure_token_endpoint
from benchmarks.instance import run_instance
from benchmarks.report import render_table
from benchmarks.samples import measure_read_alone, measure_read_together, measure_writes, prepare_million
from borvo.web.logs import configure_logs


def name_machine() -> str:
    """The processor as the kernel names it, and how many there are."""
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return f"{line.partition(':')[2].strip()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    return f"{platform.processor()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="length of a round")
    parser.add_argument("--rounds", type=int, default=5, help="rounds that count, after one that warms up")
    options = parser.parse_args()
    configure_logs("warning")
    print(f"{name_machine()}; one worker; medians of {options.rounds} rounds of {options.seconds:g} s\n")
    with run_instance() as instance:
        rows = [
            measure_token_endpoint(instance, options.seconds, options.rounds),
            measure_discovery(instance, options.seconds, options.rounds),
            measure_writes(instance, 1, 200),
            measure_writes(instance, 100, 50),
            measure_writes(instance, 10_000, 7),
        ]
        asyncio.run(prepare_million(instance))
        rows.append(measure_read_alone(instance, 300))
        rows.append(measure_read_together(instance, options.seconds, options.rounds))
    print(render_table(rows))


if __name__ == "__main__":
    main()
