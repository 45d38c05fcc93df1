"""The developer portal's pages, in a tenancy with many clients and a long past."""

import asyncio
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import asyncpg

from benchmarks.http_client import Client, read_form
from benchmarks.instance import EMAIL, HOST, Instance, list_workers, read_cpu, read_parent
from borvo.cli.demo_data import PASSWORD, PREFIX

CLIENTS = 1000
TARGET_MS = 30.0
_DAYS = 90
_REFUSALS = 200
_CHANGES = 350_000

_SEED_CLIENTS = """
    insert into client (client_id, client_key, tenancy_id, suffix, display_name, client_uri, redirect_uris, grant_types,
                        scopes, require_pkce, created_at, updated_at)
    select $1 || '.many' || n, gen_random_uuid(), t.id, 'many' || n, 'Client ' || n, '',
           array['https://app' || n || '.example.org/signin-oidc'], '{hybrid}', '{openid,read.heart_rate}', false,
           now(), now()
    from generate_series(1, $2::integer) n, tenancy t where t.prefix = $1"""
# Those of every tenth client end soon.
_SEED_SECRETS = """
    insert into client_secret (client_key, id, algorithm, digest, created_by, created_at, expires_at)
    select client_key, gen_random_uuid(), 'hmac-sha256', '\\x00', gen_random_uuid(), now(),
           case when suffix like '%0' then now() + interval '20 days' end
    from client where suffix like 'many%'"""
# As the product keeps them: the latest 200 of each client.
_SEED_REFUSALS = """
    insert into client_refusal (client_key, id, at, endpoint, error, reason, parameter, sent, expected, correlation_id)
    select client_key, gen_random_uuid(), now() - n * interval '1 hour', 'authorize', 'invalid_request',
           'The redirect_uri is not registered.', 'redirect_uri', 'https://app.example.org/signin', '',
           to_hex(n * 1000 + hashtext(client_id))
    from client, generate_series(1, $1::integer) n where suffix like 'many%'"""
_SEED_ACTIVITY = """
    insert into client_activity (client_key, day, kind, count)
    select client_key, current_date - n, kind, 100 + n
    from client, generate_series(0, $1::integer - 1) n,
         unnest('{sign_in,token_code,token_refresh,samples_written,samples_read}'::text[]) kind
    where suffix like 'many%'"""
# Most by members, some by the operator, some by people who have left.
_SEED_CHANGES = """
    insert into portal_audit (tenancy_id, id, at, actor_id, action, subject, before, after)
    select t.id, gen_random_uuid(), now() - n * interval '1 minute',
           case when n % 50 = 0 then null when n % 7 = 0 then md5((n % 20)::text)::uuid else $3::uuid end,
           'client_changed', t.prefix || '.many' || 1 + n % 1000,
           '{"display_name": "Before"}', '{"display_name": "After"}'
    from generate_series(1, $2::integer) n, tenancy t where t.prefix = $1"""
_LOGS = ("client_refusal", "client_activity", "portal_audit")


@dataclass(frozen=True, slots=True)
class PageFigures:
    """Of one page, in milliseconds: how long its reader waits, at the median and at its best, and the CPU time that it
    takes in the worker and in the database, which what else the machine does weighs on least."""

    name: str
    median: float
    best: float
    worker: float
    database: float


def _read_seconds(instance: Instance, postmaster: int) -> tuple[float, float]:
    """The CPU seconds of the workers and of the database so far."""
    return instance.read_worker_seconds(), sum(read_cpu(pid) for pid in list_workers(postmaster))


async def seed(instance: Instance) -> tuple[int, int]:
    """A thousand clients with what a year or two leave behind; how many rows the logs have, and the process id of the
    database."""
    connection = await asyncpg.connect(instance.settings.database_url)
    await connection.execute(_SEED_CLIENTS, PREFIX, CLIENTS)
    await connection.execute(_SEED_SECRETS)
    await connection.execute(_SEED_REFUSALS, _REFUSALS)
    await connection.execute(_SEED_ACTIVITY, _DAYS)
    await connection.execute(_SEED_CHANGES, PREFIX, _CHANGES, instance.person_id)
    await connection.execute("vacuum analyze")
    counts = [await connection.fetchval(f"select count(*) from {table}") for table in _LOGS]
    backend = await connection.fetchval("select pg_backend_pid()")
    postmaster = read_parent(backend)
    await connection.close()
    return sum(counts), postmaster


def list_pages() -> dict[str, str]:
    """Every page that a member opens in the course of a day, and the ways of asking that are the slowest."""
    client, tenancy = f"/portal/clients/{PREFIX}.many500", f"/portal/tenancies/{PREFIX}"
    day = (datetime.now(UTC) - timedelta(days=100)).date()
    return {
        "clients": "/portal",
        "clients, a late page": "/portal?page=20",
        "clients, a search": "/portal?q=app99",
        "clients whose secrets end soon": "/portal?secrets=ending",
        "new client": "/portal/clients/new",
        "details": client,
        "secrets": f"{client}/secret",
        "quick start": f"{client}/start",
        "failed requests": f"{client}/requests",
        "failed requests, one that is not there": f"{client}/requests?q=0123456789abcdef",
        "usage, 30 days": f"{client}/usage",
        "usage, 90 days": f"{client}/usage?days=90",
        "state": f"{client}/state",
        "team": f"{tenancy}/team",
        "audit trail": f"{tenancy}/audit",
        "audit trail of one client": f"{tenancy}/audit?subject={PREFIX}.many500",
        "audit trail, a subject that is not there": f"{tenancy}/audit?subject=nobody",
        "audit trail of a day long ago": f"{tenancy}/audit?since={day}&until={day}",
        "audit trail, an action that is not there": f"{tenancy}/audit?action=client_deleted",
        "audit trail of the operator": f"{tenancy}/audit?person=operator",
        "access tokens": f"{tenancy}/tokens",
    }


async def _sign_in(instance: Instance) -> Client:
    client = Client(HOST, instance.port)
    page = await client.send("GET", "/account/sign-in", statuses=(200,))
    action, fields = read_form(page.body)
    await client.post_form(action, fields | {"email": EMAIL, "password": PASSWORD}, statuses=(303,))
    return client


async def _measure(
    client: Client, read_seconds: Callable[[], tuple[float, float]], name: str, path: str, times: int
) -> PageFigures:
    """One request after the other."""
    await client.send("GET", path, statuses=(200,))
    durations, before = [], read_seconds()
    for _ in range(times):
        started = time.perf_counter()
        await client.send("GET", path, statuses=(200,))
        durations.append(1000 * (time.perf_counter() - started))
    used = [1000 * (end - start) / times for start, end in zip(before, read_seconds(), strict=True)]
    return PageFigures(name, statistics.median(durations), min(durations), *used)


async def _measure_all(instance: Instance, times: int) -> tuple[int, list[PageFigures]]:
    rows, postmaster = await seed(instance)
    read_seconds = partial(_read_seconds, instance, postmaster)
    client = await _sign_in(instance)
    figures = [
        await _measure(client, read_seconds, name, path, times)
        for name, path in {"account, beside it": "/account", **list_pages()}.items()
    ]
    await client.close()
    return rows, figures


def render_pages(rows: int, figures: list[PageFigures]) -> str:
    """As a table, the slowest named below it."""
    lines = [
        f"Portal pages with {CLIENTS:,} clients and {rows:,} rows in the logs; at most {TARGET_MS:.0f} ms.\n",
        "| page | median ms | best ms | CPU ms, worker | CPU ms, database |",
        "|-|-|-|-|-|",
    ]
    lines += [
        f"| {each.name} | {each.median:.1f} | {each.best:.1f} | {each.worker:.1f} | {each.database:.1f} |"
        for each in figures
    ]
    slow = [each.name for each in figures if each.median > TARGET_MS]
    return "\n".join([*lines, f"\nOver the target: {', '.join(slow) or 'none'}."])


def measure_pages(instance: Instance, times: int) -> str:
    """Every page, one request at a time."""
    return render_pages(*asyncio.run(_measure_all(instance, times)))
