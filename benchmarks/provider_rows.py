"""The table about the OpenID provider: Borvo and, where it can be had, a peer on the same database server."""

import asyncio
import re
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

import asyncpg

from benchmarks.borvo_provider import move_provider, seed_provider, with_jwt
from benchmarks.instance import HOST, Instance, run_beside
from benchmarks.latency import CONNECTIONS, measure_by_turns, read_worker_memory
from benchmarks.peer_provider import NAME, replace_database, run_peer
from benchmarks.providers import Provider
from benchmarks.report import render_steps

_WORKERS = (1, 2)
_GOAL = 0.005
_BUCKET = re.compile(r'^borvo_event_loop_delay_seconds_bucket\{le="([^"]+)"\} (\S+)$', re.MULTILINE)


def measure_provider(instance: Instance, seconds: float, rounds: int) -> Iterator[str]:
    """Markdown, part by part."""
    borvo = seed_provider(instance, CONNECTIONS)
    for workers in _WORKERS:
        yield f"OpenID provider, {workers} worker{'s' if workers > 1 else ''}, {CONNECTIONS} connections\n"
        yield _measure_beside(instance, borvo, workers, seconds, rounds) + "\n"
    with run_beside(instance, has_metrics=True) as watched:
        settle = partial(_settle, instance)
        asyncio.run(measure_by_turns([move_provider(borvo, watched)], seconds, 1, settle))
        yield describe_delay(_read_metrics(watched.settings.metrics_port))


def _measure_beside(instance: Instance, borvo: Provider, workers: int, seconds: float, rounds: int) -> str:
    """They run all the time, and those whose turn it is not do next to nothing."""
    with ExitStack() as stack:
        servers = [
            stack.enter_context(_run_borvo(instance, borvo, workers)),
            stack.enter_context(_run_borvo(instance, with_jwt(borvo), workers)),
            stack.enter_context(run_peer(instance, workers)),
        ]
        providers = [server for server in servers if server is not None]
        measured = asyncio.run(measure_by_turns(providers, seconds, rounds, partial(_settle, instance)))
        memory = [
            f"{provider.name} {max(map(read_worker_memory, provider.list_workers())):.0f} MB"
            for provider in providers
        ]
    return f"{render_steps(measured, NAME)}\n\nMost memory of a worker afterwards: {', '.join(memory)}"


@contextmanager
def _run_borvo(instance: Instance, borvo: Provider, workers: int) -> Iterator[Provider]:
    with run_beside(instance, workers=workers) as beside:
        yield move_provider(borvo, beside)


async def _settle(instance: Instance) -> None:
    """Lets the server clean up its databases and write down what came before, so that it does not do so while somebody
    else is measured, and forgets how often this network began to sign in, which is limited."""
    url = instance.settings.database_url
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("delete from attempt_counter")
        for name in await connection.fetch("select datname from pg_database where not datistemplate"):
            await _vacuum(replace_database(url, name["datname"]))
        await connection.execute("checkpoint")
    finally:
        await connection.close()


async def _vacuum(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("vacuum (analyze)")
    finally:
        await connection.close()


def _read_metrics(port: int) -> str:
    with urllib.request.urlopen(f"http://{HOST}:{port}/metrics") as answer:
        text: str = answer.read().decode()
        return text


def describe_delay(metrics: str) -> str:
    """Markdown: how often the event loop was how late, of the exposed histogram."""
    found = [(float(bound), float(count)) for bound, count in _BUCKET.findall(metrics)]
    looks = max((count for _, count in found), default=0.0)
    if not looks:
        return "Event loop: nobody looked"
    within = max((count for bound, count in found if bound <= _GOAL), default=0.0)
    longest = min(bound for bound, count in found if count == looks)
    worst = f"over {found[-2][0]:g} s" if longest == float("inf") else f"under {1000 * longest:g} ms"
    return (
        "| event loop, 1 worker | looks | less than 5 ms late | longest | goal |\n|-|-|-|-|-|\n"
        f"| 32 people at each step in turn | {looks:,.0f} | {within / looks:.2%} | {worst} | under 5 ms |"
    )
