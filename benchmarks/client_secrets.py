"""`python -m benchmarks.client_secrets`: what a client's secret costs at the token endpoint, in CPU time.

The statement that loads the client, and the comparison with its secrets.
"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable

from benchmarks.instance import SERVICE, Instance, run_instance
from borvo.accounts.public import find_person
from borvo.assembly import Platform, build_platform
from borvo.cli.demo_data import DemoClient
from borvo.portal.public import generate_secret, load_client
from borvo.web.logs import configure_logs

EMAIL = "bench@demo.test"
CALLS = 5_000
ROUNDS = 7


async def measure_cpu(call: Callable[[], Awaitable[object]]) -> float:
    """Microseconds of CPU a call, the median of the rounds after one that warms up."""
    rounds = []
    for _ in range(ROUNDS + 1):
        started = time.process_time()
        for _ in range(CALLS):
            await call()
        rounds.append((time.process_time() - started) / CALLS * 1e6)
    return statistics.median(rounds[1:])


async def measure(instance: Instance) -> None:
    platform = build_platform(instance.settings)
    await platform.database.open()
    try:
        await measure_client(platform, SERVICE, await _add_generated(platform, SERVICE))
    finally:
        await platform.database.close()


async def measure_client(platform: Platform, described: DemoClient, generated: str) -> None:
    """Prints a line each: loading, a generated secret, a chosen one that is remembered."""
    async with platform.database.connection() as connection:
        client = await load_client(connection, described.client_id)
        if client is None:
            raise RuntimeError("the client was not seeded")
        verifier = platform.portal.verifier
        costs = {
            "load_client": await measure_cpu(lambda: load_client(connection, described.client_id)),
            "verify, generated": await measure_cpu(lambda: verifier.verify(client, generated)),
            "verify, chosen and remembered": await measure_cpu(
                lambda: verifier.verify(client, described.secret)
            ),
        }
    for name, cost in costs.items():
        print(f"{name}: {cost:.1f} microseconds")


async def _add_generated(platform: Platform, described: DemoClient) -> str:
    async with platform.database.connection() as connection:
        developer = await find_person(connection, EMAIL)
    if developer is None:
        raise RuntimeError("the developer was not seeded")
    return (await generate_secret(platform.portal, developer, described.client_id)).reveal()


def main() -> None:
    configure_logs("warning")
    with run_instance() as instance:
        asyncio.run(measure(instance))


if __name__ == "__main__":
    main()
