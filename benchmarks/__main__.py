"""`python -m benchmarks`: measures and prints the tables."""

import argparse
import asyncio
import os
import platform
import signal
import sys
from pathlib import Path

from benchmarks.agency import measure_agency
from benchmarks.endpoints import measure_discovery, measure_token_endpoint
from benchmarks.guessing import measure_guessing
from benchmarks.instance import Instance, run_instance
from benchmarks.paging import SIZES, measure_paging
from benchmarks.portal import measure_pages
from benchmarks.provider_rows import measure_provider
from benchmarks.report import Row, render_table
from benchmarks.sample_figures import measure_export, measure_statistics
from benchmarks.samples import measure_read_alone, measure_read_together, prepare_million
from benchmarks.writes import issue_tokens, measure_overload, measure_writes
from borvo.dataserver.export.model import Format
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
    parser.add_argument(
        "--only",
        choices=["provider", "samples", "writes", "portal", "agency", "paging", "guessing"],
        help="one part of the tables",
    )
    parser.add_argument("--rows", type=int, default=SIZES[-1], help="how far the curve of pages goes")
    parser.add_argument("--overload", type=float, default=20.0, help="seconds of more than can be done")
    options = parser.parse_args()
    # Ended from outside, what was started is ended, too.
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, lambda number, _: sys.exit(128 + number))
    configure_logs("warning")
    print(f"{name_machine()}; medians of {options.rounds} rounds of {options.seconds:g} s\n")
    with run_instance() as instance:
        measure_parts(instance, options)
    if options.only in {None, "paging"}:
        sizes = tuple(size for size in SIZES if size <= options.rows)
        with run_instance() as instance:
            print(render_table(measure_paging(instance, sizes)), flush=True)


def measure_parts(instance: Instance, options: argparse.Namespace) -> None:
    """All that share one instance, as far as they are wanted."""
    if options.only in {None, "samples"}:
        print(render_table(measure_limits(instance, options.seconds, options.rounds)) + "\n", flush=True)
    if options.only in {None, "writes"}:
        tokens = asyncio.run(issue_tokens(instance))
        rows = measure_writes(instance, tokens, options.rounds)
        rows.append(measure_overload(instance, tokens, options.overload))
        print(render_table(rows) + "\n", flush=True)
    if options.only in {None, "portal"}:
        print(measure_pages(instance, 50) + "\n", flush=True)
    if options.only in {None, "agency"}:
        print(render_table(measure_agency(instance)) + "\n", flush=True)
    if options.only in {None, "guessing"}:
        print(render_table([measure_guessing(instance)]) + "\n", flush=True)
    if options.only in {None, "provider"}:
        for part in measure_provider(instance, options.seconds, options.rounds):
            print(part, flush=True)


def measure_limits(instance: Instance, seconds: float, rounds: int) -> list[Row]:
    """What has a limit to stand beside."""
    rows = [
        measure_token_endpoint(instance, seconds, rounds),
        measure_discovery(instance, seconds, rounds),
    ]
    asyncio.run(prepare_million(instance))
    rows += [measure_read_alone(instance, 300), measure_read_together(instance, seconds, rounds)]
    rows += [measure_export(instance, format_) for format_ in Format]
    return [*rows, measure_statistics(instance)]


if __name__ == "__main__":
    main()
