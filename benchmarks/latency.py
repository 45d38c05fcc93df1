"""How long one waits under load."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import astuple, dataclass
from pathlib import Path

from benchmarks.flows import STEPS, Step, Visitor
from benchmarks.http_client import Client
from benchmarks.instance import list_with_children, read_worker_seconds
from benchmarks.providers import Provider

CONNECTIONS = 32


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one step: how many a second, how many a CPU second of the workers, and the percentiles in milliseconds."""

    rate: float
    rate_a_core: float
    p50: float
    p95: float
    p99: float


def summarize(durations: Sequence[float], seconds: float, worker_seconds: float) -> Figures:
    """`durations` in seconds, at least two of them."""
    cuts = statistics.quantiles(durations, n=100, method="inclusive")
    p50, p95, p99 = (1000 * cuts[percent - 1] for percent in (50, 95, 99))
    return Figures(len(durations) / seconds, len(durations) / worker_seconds, p50, p95, p99)


def take_medians(rounds: Sequence[Figures]) -> Figures:
    """Of each figure by itself."""
    return Figures(*map(statistics.median, zip(*map(astuple, rounds), strict=True)))


async def _repeat(visitor: Visitor, step: Step, until: float) -> list[float]:
    durations = []
    while (started := time.perf_counter()) < until:
        await step(visitor)
        durations.append(time.perf_counter() - started)
    return durations


async def _measure_step(visitors: list[Visitor], step: Step, seconds: float) -> Figures:
    """All visitors at once, after a round that does not count."""
    await asyncio.gather(*(_repeat(visitor, step, time.perf_counter() + seconds / 4) for visitor in visitors))
    workers = visitors[0].provider.list_workers()
    used, started = read_worker_seconds(workers), time.perf_counter()
    rounds = await asyncio.gather(*(_repeat(visitor, step, started + seconds) for visitor in visitors))
    took = time.perf_counter() - started
    durations = [duration for each in rounds for duration in each]
    return summarize(durations, took, read_worker_seconds(workers) - used)


@asynccontextmanager
async def _leaving(visitors: list[Visitor]) -> AsyncIterator[None]:
    """Afterwards they close their connections, and come back with new ones: a server need not keep one that stands idle
    while others are measured."""
    try:
        yield
    finally:
        await asyncio.gather(*(visitor.client.close() for visitor in visitors))


async def _prepare(provider: Provider) -> list[Visitor]:
    emails = [provider.emails[number % len(provider.emails)] for number in range(CONNECTIONS)]
    visitors = [Visitor(provider, email, Client(provider.host, provider.port)) for email in emails]
    async with _leaving(visitors):
        await asyncio.gather(*(visitor.prepare() for visitor in visitors))
    return visitors


async def measure_by_turns(
    providers: Sequence[Provider], seconds: float, rounds: int, settle: Callable[[], Awaitable[None]]
) -> dict[str, dict[str, list[Figures]]]:
    """Of each step and provider a figure a round: 32 people at once, each with a connection of her own. The providers
    take turns, and the first of one round is the last of the next, so that what else the machine does weighs on all
    alike. Before each turn the database may `settle`."""
    crowds = [await _prepare(provider) for provider in providers]
    measured: dict[str, dict[str, list[Figures]]] = {}
    for name, step in STEPS.items():
        figures = measured[name] = {provider.name: [] for provider in providers}
        for number in range(rounds):
            turn = number % len(crowds)
            for visitors in (*crowds[turn:], *crowds[:turn]):
                await settle()
                async with _leaving(visitors):
                    figures[visitors[0].provider.name].append(await _measure_step(visitors, step, seconds))
    return measured


def read_worker_memory(pid: int) -> float:
    """Megabytes of the worker and of what it started."""
    return sum(map(read_memory, list_with_children(pid)))


def read_memory(pid: int) -> float:
    """Megabytes that the process holds: what it shares with others counts in proportion (PSS)."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("the kernel does not tell")
