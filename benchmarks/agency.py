"""An agent with ten thousand people: who shares what, and reading one of them by a query token."""

import asyncio
import statistics
import time
from dataclasses import dataclass, replace
from uuid import UUID

import asyncpg
import msgspec

from benchmarks.instance import EMAIL, Instance, issue_token, seed_client
from benchmarks.load import Call
from benchmarks.report import Row
from benchmarks.wire import Wire, authorize
from borvo.accounts.public import find_person
from borvo.assembly import build_platform
from borvo.catalogue.sample_types import map_sample_types
from borvo.cli.demo_data import DemoClient
from borvo.portal.public import GrantType, load_client
from borvo.support.service import add_role

PEOPLE = 10_000
SAMPLES = 100
"""Of the one person who is read."""
_ROUNDS = 10
_CLINIC = DemoClient("clinic", "Clinic", GrantType.HYBRID, ("openid", "agency_api", "read.heart_rate"))
_SCOPES = ["read.heart_rate", "read.step_count", "read.height"]

_SEED_PEOPLE = """
    insert into person (id, email, given_name, family_name, created_at)
    select gen_random_uuid(), 'p' || n || '@bench.test', 'Given' || n, 'Family' || n, now()
    from generate_series(1, $1::integer) n"""
_SEED_PROFILES = """
    insert into person_profile (person_id, middle_name, nickname, preferred_username, profile, picture, website, gender,
                                birthdate, zoneinfo, locale, phone_number, street_address, locality, region,
                                postal_code, country, updated_at)
    select id, '', '', '', '', '', '', '', '1980-01-01', '', '', '', '', '', '', '', '', now()
    from person where email like '%@bench.test'"""
_SEED_CONSENTS = """
    insert into agency_relationship (person_id, client_key, agency_id, is_organisation, subject, version, scopes,
                                     standing, granted_at, changed_at)
    select id, $1, $2, false, gen_random_uuid(), 1, $3::text[], 'active', now(), now()
    from person where email like '%@bench.test'"""
_SEED_SAMPLES = """
    insert into sample (person_id, id, position, type_code, start_at, end_at, created_at, value, device, client_key,
                        start_offset, end_offset)
    select $1, gen_random_uuid(), 0, $2, now() - n * interval '1 hour', now() - n * interval '1 hour', now(), 1.2,
           'bench', $3, 0, 0
    from generate_series(1, $4::integer) n"""
_BARE_CLAIMS = """
    select r.subject, p.given_name, p.family_name, p.email, f.birthdate, r.scopes
    from agency_relationship r join person p on p.id = r.person_id left join person_profile f on f.person_id = p.id
    where r.agency_id = $1 and r.client_key = $2"""
_BARE_READ = "select * from sample where person_id = $1 and type_code = $2 order by start_at limit 100"


@dataclass(frozen=True, slots=True)
class Clinic:
    """The agent's instance, and the one person who is read."""

    instance: Instance
    client_key: UUID
    subject: UUID
    person_id: UUID


async def prepare_clinic(instance: Instance) -> Clinic:
    """The bench's person becomes an agent, with whom ten thousand people share three types by one client."""
    platform = build_platform(instance.settings)
    await platform.database.open()
    try:
        async with platform.database.connection() as connection:
            agent = await find_person(connection, EMAIL)
        if agent is None:
            raise RuntimeError("the person was not seeded")
        await seed_client(platform, agent, _CLINIC)
        await add_role(platform.accounts, EMAIL, "agent")
        token = await issue_token(platform, agent, _CLINIC)
        async with platform.database.connection() as connection:
            client = await load_client(connection, _CLINIC.client_id)
    finally:
        await platform.database.close()
    if client is None:
        raise RuntimeError("the clinic was not registered")
    return await _seed(replace(instance, token=token), client.client_key)


async def _seed(instance: Instance, client_key: UUID) -> Clinic:
    connection = await asyncpg.connect(instance.settings.database_url)
    await connection.execute(_SEED_PEOPLE, PEOPLE)
    await connection.execute(_SEED_PROFILES)
    await connection.execute(_SEED_CONSENTS, client_key, instance.person_id, _SCOPES)
    ((person_id, subject),) = await connection.fetch(
        "select person_id, subject from agency_relationship limit 1"
    )
    code = map_sample_types()["heart_rate"].code
    await connection.execute(_SEED_SAMPLES, person_id, code, client_key, SAMPLES)
    await connection.execute("vacuum analyze")
    await connection.close()
    return Clinic(instance, client_key, subject, person_id)


async def _measure_claims(clinic: Clinic) -> tuple[float, float]:
    """By turns: what else the machine does weighs on both."""
    instance, wire = clinic.instance, Wire(clinic.instance)
    call = Call("GET", "/agency/v1/claims", authorize(instance))
    connection = await asyncpg.connect(instance.settings.database_url)
    borvo, bare = [], []
    for _ in range(_ROUNDS + 1):
        started = time.perf_counter()
        body = wire.send(call)
        borvo.append(time.perf_counter() - started)
        started = time.perf_counter()
        rows = await connection.fetch(_BARE_CLAIMS, instance.person_id, clinic.client_key)
        bare.append(time.perf_counter() - started)
        if not len(msgspec.json.decode(body)) == len(rows) == PEOPLE:
            raise RuntimeError("not everybody is listed")
    wire.close()
    await connection.close()
    return statistics.median(borvo[1:]), statistics.median(bare[1:])


async def _measure_reads(clinic: Clinic, times: int) -> tuple[float, float, float]:
    """Seconds of a query token with the read that uses it up, of the bare statement, and of the worker's processor a
    pair, one after the other."""
    instance, wire = clinic.instance, Wire(clinic.instance)
    headers, body = (
        authorize(instance),
        msgspec.json.encode({"specificallyIncludedSubs": [str(clinic.subject)]}),
    )
    asking = Call("POST", "/agency/v1/querytoken", headers, body)
    connection = await asyncpg.connect(instance.settings.database_url)
    code = map_sample_types()["heart_rate"].code
    borvo, bare, used = [], [], instance.read_worker_seconds()
    for _ in range(times + 1):
        started = time.perf_counter()
        token = msgspec.json.decode(wire.send(asking))["value"]
        reading = Call(
            "GET", "/sample/v1?types=heart_rate&take=100", (*headers, ("agency-query-token", token))
        )
        answer = wire.send(reading)
        borvo.append(time.perf_counter() - started)
        started = time.perf_counter()
        await connection.fetch(_BARE_READ, clinic.person_id, code)
        bare.append(time.perf_counter() - started)
    if msgspec.json.decode(answer)["count"] != SAMPLES:
        raise RuntimeError("the samples are not all there")
    used = (instance.read_worker_seconds() - used) / (times + 1)
    wire.close()
    await connection.close()
    return statistics.median(borvo[1:]), statistics.median(bare[1:]), used


def measure_agency(instance: Instance, times: int = 300) -> list[Row]:
    clinic = asyncio.run(prepare_clinic(instance))
    claims, bare = asyncio.run(_measure_claims(clinic))
    pair, read, used = asyncio.run(_measure_reads(clinic, times))
    return [
        Row(
            f"claims of {PEOPLE:,} people",
            f"{claims * 1000:,.0f} ms",
            f"bare select {bare * 1000:,.0f} ms",
            claims / bare,
            "under 3.00",
        ),
        Row(
            f"query token plus read of {SAMPLES}, one at a time",
            f"{pair * 1000:.1f} ms, {1 / pair:,.0f}/s; {1 / used:,.0f}/s a core of the worker",
            f"bare select {read * 1000:.2f} ms",
            pair / read,
            "",
        ),
    ]
