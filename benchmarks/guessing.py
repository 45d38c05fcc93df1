"""How long a person waits who signs in while strangers guess her password."""

import asyncio
import statistics
import time
from contextlib import suppress

from benchmarks.http_client import Client, read_form
from benchmarks.instance import EMAIL, HOST, Instance
from benchmarks.report import Row
from borvo.cli.demo_data import PASSWORD

GUESSERS = 64
_PATH = "/account/sign-in"


async def _open(instance: Instance) -> tuple[Client, dict[str, str]]:
    client = Client(HOST, instance.port)
    page = await client.send("GET", _PATH, statuses=(200,))
    return client, read_form(page.body)[1]


async def _guess(instance: Instance) -> None:
    """Until it is cancelled: wrong passwords, as fast as they are answered."""
    client, fields = await _open(instance)
    while True:
        fields |= {"email": EMAIL, "password": "a wrong password"}
        await client.post_form(_PATH, fields, statuses=(400, 429))


async def _sign_in(client: Client, fields: dict[str, str]) -> float:
    """In a browser that knows her, from the press of the button to the answer; in milliseconds."""
    fields |= {"email": EMAIL, "password": PASSWORD}
    started = time.perf_counter()
    await client.post_form(_PATH, fields, statuses=(303,))
    return 1000 * (time.perf_counter() - started)


async def _measure(client: Client, fields: dict[str, str], times: int) -> float:
    """The 95th percentile."""
    waits = [await _sign_in(client, fields) for _ in range(times)]
    return statistics.quantiles(waits, n=20, method="inclusive")[-1]


async def _measure_storm(instance: Instance, times: int) -> tuple[float, float]:
    client, fields = await _open(instance)
    await _measure(client, fields, max(2, times // 10))
    idle = await _measure(client, fields, times)
    guessers = [asyncio.create_task(_guess(instance)) for _ in range(GUESSERS)]
    try:
        # What they may try at all is tried by then.
        await asyncio.sleep(2)
        storm = await _measure(client, fields, times)
        for each in guessers:
            if each.done():
                each.result()
    finally:
        for each in guessers:
            each.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*guessers, return_exceptions=True)
        await client.close()
    return idle, storm


def measure_guessing(instance: Instance, times: int = 100) -> Row:
    """Beside an idle server. The guessers' own work weighs on the same machine."""
    idle, storm = asyncio.run(_measure_storm(instance, times))
    return Row(
        f"sign-in while {GUESSERS} connections guess, p95",
        f"{storm:.0f} ms",
        f"idle {idle:.0f} ms",
        storm / idle,
        "under 2",
    )
