"""The developer portal's list of clients, in a tenancy that has many."""

import asyncio
import statistics
import time

import asyncpg

from benchmarks.http_client import Client, read_form
from benchmarks.instance import EMAIL, HOST, Instance
from benchmarks.report import Row
from borvo.cli.demo_data import PASSWORD, PREFIX

THOUSAND = 1000
_SEED = """
    insert into client (client_id, client_key, tenancy_id, suffix, display_name, client_uri, redirect_uris, grant_types,
                        scopes, require_pkce, created_at, updated_at)
    select $1 || '.many' || n, gen_random_uuid(), t.id, 'many' || n, 'Client ' || n, '',
           array['https://app' || n || '.example.org/signin-oidc'], '{hybrid}', '{openid}', false, now(), now()
    from generate_series(1, $2::integer) n, tenancy t where t.prefix = $1
    on conflict do nothing"""
_SEED_SECRETS = """
    insert into client_secret (client_key, id, algorithm, digest, created_by, created_at)
    select client_key, gen_random_uuid(), 'hmac-sha256', '\\x00', gen_random_uuid(), now()
    from client where suffix like 'many%' on conflict do nothing"""


async def _seed(instance: Instance) -> None:
    connection = await asyncpg.connect(instance.settings.database_url)
    await connection.execute(_SEED, PREFIX, THOUSAND)
    await connection.execute(_SEED_SECRETS)
    await connection.close()


async def _sign_in(instance: Instance) -> Client:
    client = Client(HOST, instance.port)
    page = await client.send("GET", "/account/sign-in", statuses=(200,))
    action, fields = read_form(page.body)
    await client.post_form(action, fields | {"email": EMAIL, "password": PASSWORD}, statuses=(303,))
    return client


async def _measure(client: Client, path: str, times: int) -> float:
    """The median of one request after the other, in milliseconds."""
    durations = []
    for _ in range(times):
        started = time.perf_counter()
        await client.send("GET", path, statuses=(200,))
        durations.append(time.perf_counter() - started)
    return 1000 * statistics.median(durations)


async def _measure_list(instance: Instance, times: int) -> Row:
    await _seed(instance)
    client = await _sign_in(instance)
    paths = ("/portal", "/portal?page=20", "/portal?q=app99")
    slowest = max([await _measure(client, path, times) for path in paths])
    bare = await _measure(client, "/account", times)
    await client.close()
    return Row(
        "client list of 1,000 clients, its slowest page",
        f"{slowest:.1f} ms",
        f"account page {bare:.1f} ms",
        slowest / bare,
        "at most 30 ms",
    )


def measure_client_list(instance: Instance, times: int) -> Row:
    """The first page, a late one and a search, one request at a time."""
    return asyncio.run(_measure_list(instance, times))
