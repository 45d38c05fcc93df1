"""How long the log of what was read is kept, and the consents under which that was."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from borvo.agency.public import clean_up
from borvo.assembly import Platform
from tests.functional.conftest import TestClock
from tests.functional.identity.flows import execute

PERSON, SUBJECT = uuid4(), uuid4()


@pytest.fixture
def clock() -> TestClock:
    """Of today: the database keeps the last year by its own clock."""
    clock = TestClock()
    clock.now = datetime.now(UTC)
    return clock


async def put_version(platform: Platform, version: int, age: timedelta) -> None:
    await execute(
        platform,
        """insert into agency_consent (person_id, subject, version, at, standing, scopes, shown)
           values ($1, $2, $3, $4, 'active', '{}', '{}')""",
        PERSON,
        SUBJECT,
        version,
        platform.clock() - age,
    )


async def put_read(platform: Platform, version: int, age: timedelta) -> None:
    await execute(
        platform,
        """insert into agency_access (person_id, id, at, subject, version, agent_name, organisation_name,
             client_id, client_name, types, samples)
           values ($1, gen_random_uuid(), $2, $3, $4, 'Dr. Low', '', 'demo.clinician', 'Clinician', '{}', 0)""",
        PERSON,
        platform.clock() - age,
        SUBJECT,
        version,
    )


async def put_relationship(platform: Platform, version: int) -> None:
    await execute(
        platform,
        """insert into agency_relationship (person_id, client_key, agency_id, is_organisation, subject, version,
             scopes, standing, granted_at, changed_at)
           values ($1, gen_random_uuid(), gen_random_uuid(), false, $2, $3, '{}', 'active', $4, $4)""",
        PERSON,
        SUBJECT,
        version,
        platform.clock(),
    )


async def list_versions(platform: Platform, table: str) -> list[int]:
    async with platform.database.connection() as connection:
        rows = await connection.fetch(f"select version from {table} order by person_id, version")
    return [row["version"] for row in rows]


async def test_reads_go_by_their_term_and_versions_of_consent_with_the_last_of_them(
    platform: Platform,
) -> None:
    term = timedelta(days=platform.settings.access_log_days)
    old, young = term + timedelta(days=1), term - timedelta(days=1)
    for version in (1, 2, 3):
        await put_version(platform, version, old)
    await put_version(platform, 4, young)
    await put_relationship(platform, 3)
    await put_read(platform, 1, old)
    await put_read(platform, 2, young)
    await clean_up(platform.agency)
    assert await list_versions(platform, "agency_access") == [2]
    # Under 2 something was read that is still in the log, 3 is in force, 4 is young.
    assert await list_versions(platform, "agency_consent") == [2, 3, 4]


async def test_of_people_who_left_nothing_stays_beyond_the_term(platform: Platform) -> None:
    term = timedelta(days=platform.settings.access_log_days)
    await put_version(platform, 1, term + timedelta(days=1))
    await clean_up(platform.agency)
    assert await list_versions(platform, "agency_consent") == []


async def test_the_database_keeps_the_last_year_whatever_the_clock_of_a_server_says(
    platform: Platform, clock: TestClock
) -> None:
    await put_version(platform, 1, timedelta(days=364))
    await put_read(platform, 1, timedelta(days=364))
    clock.advance(days=36500)
    await clean_up(platform.agency)
    assert await list_versions(platform, "agency_access") == [1]
    assert await list_versions(platform, "agency_consent") == [1]
