"""How long the event loop is kept from its work: what a request waits for whose answer was ready."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from prometheus_client import Histogram

INTERVAL = 0.01
"""Seconds between two looks. A block shorter than this is seen by some of them only, and in part."""

# Finer than what a client would notice: 5 ms is what a block should stay under.
BUCKETS = (0.001, 0.002, 0.003, 0.004, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1.0)

DELAY = Histogram(
    "borvo_event_loop_delay_seconds",
    "How late the event loop resumed a task that slept: something held the loop, or the machine was busy",
    buckets=BUCKETS,
)


async def watch_loop(
    observe: Callable[[float], None] = DELAY.observe,
    *,
    clock: Callable[[], float] = time.perf_counter,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Until it is cancelled. The loop's timers count whole milliseconds: a delay of up to two means nothing."""
    while True:
        due = clock() + INTERVAL
        await sleep(INTERVAL)
        observe(max(0.0, clock() - due))
