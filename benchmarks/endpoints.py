"""The rows of the table: each measures Borvo and, in the same run, the limit beside it."""

import asyncio
import statistics
from collections.abc import Callable
from urllib.parse import urlencode

from benchmarks.instance import HOST, SERVICE, Instance
from benchmarks.limits import measure_signatures
from benchmarks.load import Call, Result, drive
from benchmarks.report import Row

CONNECTIONS = 16


def repeat_beside(
    measure: Callable[[], float], limit: Callable[[], float], rounds: int
) -> tuple[float, float, float]:
    """Both by turns, after one round that warms up: their medians, and the median of each round's ratio. What else the
    machine does meanwhile weighs on both alike."""
    measure(), limit()
    pairs = [(measure(), limit()) for _ in range(rounds)]
    ratios = [measured / bound for measured, bound in pairs]
    return (
        statistics.median(measured for measured, _ in pairs),
        statistics.median(bound for _, bound in pairs),
        statistics.median(ratios),
    )


def drive_per_core(instance: Instance, calls: list[Call], seconds: float) -> float:
    """Requests a CPU second of Borvo's own workers."""
    before = instance.read_worker_seconds()
    result: Result = asyncio.run(drive(HOST, instance.port, calls, connections=CONNECTIONS, seconds=seconds))
    return result.requests / (instance.read_worker_seconds() - before)


def measure_token_endpoint(instance: Instance, seconds: float, rounds: int) -> Row:
    """client_credentials with client_secret_post, answered with an RS256 at+jwt token."""
    form = {
        "grant_type": "client_credentials",
        "client_id": SERVICE.client_id,
        "client_secret": SERVICE.secret,
        "scope": "agency_api",
    }
    call = Call(
        "POST",
        "/connect/token",
        (("Content-Type", "application/x-www-form-urlencoded"),),
        urlencode(form).encode(),
    )
    rate, limit, ratio = repeat_beside(
        lambda: drive_per_core(instance, [call], seconds), lambda: measure_signatures(seconds / 2), rounds
    )
    return Row(
        "token endpoint, client_credentials",
        f"{rate:,.0f}/s a core",
        f"bare RS256 {limit:,.0f}/s a core",
        ratio,
        "at least 0.40",
    )


def measure_discovery(instance: Instance, seconds: float, rounds: int) -> Row:
    """The discovery document, beside the liveness answer of the same server: what routing and HTTP cost."""
    call = Call("GET", "/.well-known/openid-configuration")
    bare = Call("GET", "/health/live")
    rate, limit, ratio = repeat_beside(
        lambda: drive_per_core(instance, [call], seconds),
        lambda: drive_per_core(instance, [bare], seconds),
        rounds,
    )
    return Row(
        "discovery document",
        f"{rate:,.0f}/s a core",
        f"emptiest answer {limit:,.0f}/s a core",
        ratio,
        "",
    )
