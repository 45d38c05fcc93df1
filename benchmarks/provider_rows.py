"""The table about the OpenID provider: Borvo and, where it can be had, a peer on the same database server."""

import asyncio
import re
import urllib.request
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import asyncpg

from benchmarks.borvo_provider import move_provider, seed_provider, with_jwt
from benchmarks.instance import HOST, Instance, run_beside
from benchmarks.latency import CONNECTIONS, Figures, measure_steps, read_worker_memory
from benchmarks.peer_provider import run_peer
from benchmarks.providers import Provider
from benchmarks.report import render_steps

_WORKERS = (1, 2)
_GOAL = 0.005
_BUCKET = re.compile(r'^borvo_event_loop_delay_seconds_bucket\{le="([^"]+)"\} (\S+)$', re.MULTILINE)


def measure_provider(instance: Instance, seconds: float) -> Iterator[str]:
    """Markdown, part by part."""
    borvo = seed_provider(instance, CONNECTIONS)
    for workers in _WORKERS:
        yield f"OpenID provider, {workers} worker{'s' if workers > 1 else ''}, {CONNECTIONS} connections\n"
        yield _measure_beside(instance, borvo, workers, seconds) + "\n"
    with run_beside(instance, has_metrics=True) as watched:
        asyncio.run(_settle(instance))
        asyncio.run(measure_steps(move_provider(borvo, watched), seconds))
        yield describe_delay(_read_metrics(watched.settings.metrics_port))


def _measure_beside(instance: Instance, borvo: Provider, workers: int, seconds: float) -> str:
    """One after the other: each starts when the one before has ended."""
    measured: dict[str, dict[str, Figures]] = {}
    memory: list[str] = []
    servers: list[AbstractContextManager[Provider | None]] = [
        _run_borvo(instance, borvo, workers),
        _run_borvo(instance, with_jwt(borvo), workers),
        run_peer(instance, workers),
    ]
    for server in servers:
        with server as provider:
            if provider is None:
                continue
            asyncio.run(_settle(instance))
            for name, figures in asyncio.run(measure_steps(provider, seconds)).items():
                measured.setdefault(name, {})[provider.name] = figures
            most = max(map(read_worker_memory, provider.list_workers()))
            memory.append(f"{provider.name} {most:.0f} MB")
    return f"{render_steps(measured)}\n\nMost memory of a worker afterwards: {', '.join(memory)}"


@contextmanager
def _run_borvo(instance: Instance, borvo: Provider, workers: int) -> Iterator[Provider]:
    with run_beside(instance, workers=workers) as beside:
        yield move_provider(borvo, beside)


async def _settle(instance: Instance) -> None:
    """Lets the database clean up and write down what came before, so that it does not do so while somebody else is
    measured, and forgets how often this network began to sign in, which is limited."""
    connection = await asyncpg.connect(instance.settings.database_url)
    try:
        await connection.execute("delete from attempt_counter")
        await connection.execute("vacuum (analyze)")
        await connection.execute("checkpoint")
    finally:
        await connection.close()


def _read_metrics(port: int) -> str:
    with urllib.request.urlopen(f"http://{HOST}:{port}/metrics") as answer:
        text: str = answer.read().decode()
        return text


def describe_delay(metrics: str) -> str:
    """How often the event loop was how late, in words, of the exposed histogram."""
    found = [(float(bound), float(count)) for bound, count in _BUCKET.findall(metrics)]
    looks = max((count for _, count in found), default=0.0)
    if not looks:
        return "Event loop: nobody looked"
    within = max((count for bound, count in found if bound <= _GOAL), default=0.0)
    longest = min(bound for bound, count in found if count == looks)
    worst = "some later than any bucket" if longest == float("inf") else f"all under {longest:g} s"
    return f"Event loop: {within / looks:.4%} of {looks:,.0f} looks under 5 ms late, {worst}"
