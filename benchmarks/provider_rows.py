"""The table about the OpenID provider: Borvo and, where it can be had, a peer on the same database server."""

import asyncio
import re
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack

from benchmarks.borvo_provider import move_provider, seed_provider
from benchmarks.instance import HOST, Instance, run_beside
from benchmarks.latency import CONNECTIONS, Figures, measure_steps, read_memory
from benchmarks.providers import Provider
from benchmarks.report import render_steps

_WORKERS = (1, 2)
_GOAL = 0.005
_BUCKET = re.compile(r'borvo_event_loop_delay_seconds_bucket\{le="([^"]+)"\} (\S+)')


def measure_provider(instance: Instance, seconds: float) -> Iterator[str]:
    """Markdown, part by part."""
    borvo = seed_provider(instance, CONNECTIONS)
    for workers in _WORKERS:
        yield f"OpenID provider, {workers} worker{'s' if workers > 1 else ''}, {CONNECTIONS} connections\n"
        yield _measure_beside(instance, borvo, workers, seconds) + "\n"
    with run_beside(instance, has_metrics=True) as watched:
        asyncio.run(measure_steps(move_provider(borvo, watched), seconds))
        yield describe_delay(_read_metrics(watched.settings.metrics_port))


def _measure_beside(instance: Instance, borvo: Provider, workers: int, seconds: float) -> str:
    with ExitStack() as stack:
        moved = move_provider(borvo, stack.enter_context(run_beside(instance, workers=workers)))
        providers = [moved]
        measured: dict[str, dict[str, Figures]] = {}
        for provider in providers:
            for name, figures in asyncio.run(measure_steps(provider, seconds)).items():
                measured.setdefault(name, {})[provider.name] = figures
        memory = [
            f"{provider.name} {max(read_memory(pid) for pid in provider.list_workers()):.0f} MB"
            for provider in providers
        ]
        return f"{render_steps(measured)}\n\nMost memory of a worker afterwards: {', '.join(memory)}"


def _read_metrics(port: int) -> str:
    with urllib.request.urlopen(f"http://{HOST}:{port}/metrics") as answer:
        text: str = answer.read().decode()
        return text


def describe_delay(metrics: str) -> str:
    """How often the event loop was how late, in words, of the exposed histogram."""
    found = [(bound, float(count)) for bound, count in _BUCKET.findall(metrics)]
    looks = found[-1][1]
    within = next(count for bound, count in found if float(bound) >= _GOAL)
    longest = next(bound for bound, count in found if count == looks)
    return f"Event loop: {within / looks:.4%} of {looks:,.0f} looks under 5 ms late, all under {longest} s"
