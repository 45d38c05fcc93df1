"""Nothing grows for ever: whatever traffic leaves behind is gone once its time is over."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from borvo.assembly import Platform
from borvo.assembly.upkeep import clean_up, list_notes
from borvo.dataserver.export import worker
from borvo.organisations.public import OrganisationRole, add_member
from borvo.portal.public import create_tenancy
from borvo.settings import Settings
from borvo.support.public import Wish, act_on_person, open_log, seal_due
from tests.factories.clients import register_client
from tests.factories.proofs import Prover
from tests.factories.samples import create_body
from tests.functional.accounts.enrolment import add_passkey, sign_in_by_passkey
from tests.functional.agency.conftest import READ
from tests.functional.agency.scenes import (
    AGENCY_SCOPES,
    CLINICIAN,
    DIARY,
    PATIENT,
    WORKER,
    WRITE,
    Stage,
    seat_agent,
)
from tests.functional.application import build_app_for
from tests.functional.conftest import TestClock
from tests.functional.growth import ENDING, KEPT
from tests.functional.identity.arrivals import WAITING
from tests.functional.identity.aspnet import Handler
from tests.functional.identity.assertions import register_signer
from tests.functional.identity.flows import CODE_FLOW, obtain_code, obtain_lasting, register_lasting
from tests.functional.portal.registrations import create_initial_token
from tests.functional.portal.teams import post
from tests.functional.portal.tokens import create_token

DEVELOPER, MANAGER, CAREFUL = "grace@example.org", "mara@example.org", "cara@example.org"


@pytest.fixture
def clock() -> TestClock:
    """Long ago: the database keeps its trails by its own clock, which no test can move."""
    clock = TestClock()
    clock.now = datetime(2020, 1, 15, 12, 0, tzinfo=UTC)
    return clock


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Without new keys, of which the log tells now and then whatever traffic there is. The trails for the shortest
    time."""
    return replace(settings, key_rotation_days=0, audit_trail_days=366, access_log_days=366)


@pytest.fixture
async def stage(platform: Platform) -> AsyncIterator[Stage]:
    scopes = (*AGENCY_SCOPES.split(), *READ)
    await register_client(platform, CLINICIAN, scopes=scopes)
    await register_client(platform, DIARY, scopes=[*WRITE.split(), "read.body_mass"])
    await register_client(
        platform, WORKER, grant_types=["client_credentials"], scopes=["agency_api"], redirect_uris=[]
    )
    async with AsyncExitStack() as stack:
        stage = Stage(platform, stack, build_app_for(platform))
        stage.http = await stage.open_client()
        yield stage


async def count_rows(platform: Platform) -> dict[str, int]:
    async with platform.database.connection() as connection:
        return {
            table: await connection.fetchval(f'select count(*) from "{table}"')
            for table in (*sorted(ENDING), *sorted(KEPT))
        }


async def sign_people_in(stage: Stage) -> None:
    """Links that nobody opens, requests without an answer, codes that nobody redeems, tokens of every form, sessions
    that clients hear of."""
    platform, http = stage.platform, stage.http
    ada = await stage.find_browser(PATIENT)
    await post(ada, "/account/reset", email="nobody@example.org")
    stranger = await stage.open_browser()
    handler = await register_lasting(
        platform, http, access_token_format="opaque", backchannel_logout_uri="https://localhost:5001/out"
    )
    await stranger.open(await handler.build_authorization_url(**CODE_FLOW, **WAITING))
    await stranger.sign_in(PATIENT, "wrong password")
    await obtain_code(handler, ada)
    await obtain_lasting(handler, ada)
    careful = await stage.find_browser(CAREFUL)
    key = await add_passkey(careful)
    lost = Wish(kinds=("passkey",), checked="nothing, for a test")
    await act_on_person(platform.accounts, "factor-removal", CAREFUL, lost, "lost for a test")
    careful.client.cookies.clear()
    await careful.sign_in(CAREFUL)
    await sign_in_by_passkey(careful, key)
    headers = await stage.start_service()
    worker_client = Handler(http, WORKER, "agency_api")
    await worker_client.call("revocation_endpoint", token=headers["Authorization"].removeprefix("Bearer "))
    await Prover(platform.clock).ask(worker_client, grant_type="client_credentials")
    await (await register_signer(platform, http)).ask()
    await worker_client.call("introspection_endpoint", token="x", client_secret="not the secret")
    await handler.redeem("not-a-code")
    device = Handler(http, await register_device(platform), "openid", secret="")
    await device.call("device_authorization_endpoint", scope="openid")


async def register_device(platform: Platform) -> str:
    return await register_client(
        platform, "demo.scale", grant_types=["device_code"], redirect_uris=[], is_public=True
    )


async def develop(stage: Stage) -> None:
    """A tenancy with an open invitation and a token for programs."""
    browser = await stage.find_browser(DEVELOPER)
    await create_tenancy(stage.platform.portal, DEVELOPER, "healthorg")
    await post(browser, "/portal/tenancies/healthorg/invitations", email="cole@example.org", role="developer")
    await create_token(browser)
    await create_initial_token(browser)


async def keep_samples(stage: Stage) -> None:
    """Samples that are deleted, results that are kept, an export."""
    headers = await stage.sign_in(PATIENT, scope=f"{WRITE} read.body_mass", client_id=DIARY)
    bodies = [create_body(clientAssignedId=name) for name in ("a", "b")]
    await stage.http.post("/sample/v1", json=bodies, headers=headers)
    await stage.http.delete("/sample/v1/a", headers=headers)
    await stage.http.post("/query/v1?types=body_mass", headers=headers)
    browser = await stage.find_browser(PATIENT)
    await browser.submit(await browser.open("/account/export"), "/account/export", format="json")
    await worker.make_next(stage.platform.dataserver)


async def ask_people(stage: Stage) -> None:
    """Invites answered and kept for later, reads of what was shared, results, an invitation to an organisation."""
    organisation = await seat_agent(stage.platform, stage)
    await stage.find_browser(MANAGER)
    await add_member(
        stage.platform.organisations, organisation.name, MANAGER, OrganisationRole.MEMBERSHIP_MANAGER
    )
    address = f"/organisations/{organisation.id}/invitations"
    await post(await stage.find_browser(MANAGER), address, email="nora@example.org", role="agent")
    headers = await stage.start_agent()
    await stage.share(headers, requestedScopes=["read.body_mass"])
    link = await stage.invite(headers, requestedScopes=["read.height"])
    browser = await stage.find_browser(PATIENT)
    await browser.submit(await browser.open(link), link, decision="later")
    token = await stage.query_token(headers, is_all=True)
    sent = {**headers, "agency-query-token": token}
    await stage.http.post("/query/v1?types=body_mass", headers=sent)


async def test_what_traffic_leaves_behind_is_gone_in_time(
    platform: Platform, stage: Stage, clock: TestClock
) -> None:
    for cause in (sign_people_in, develop, keep_samples, ask_people):
        await cause(stage)
    for flush, _ in list_notes(platform):
        await flush(platform.database)
    await seal_due(open_log(platform.database, platform.keyring, days=365))
    before = await count_rows(platform)
    assert [table for table in sorted(ENDING) if not before[table]] == [], "no traffic reached it"
    # Nothing has had its time.
    await clean_up(platform)
    soon = await count_rows(platform)
    assert [table for table in sorted(ENDING) if soon[table] < before[table]] == []
    await age(platform, clock)
    after = await count_rows(platform)
    assert {table: after[table] for table in sorted(ENDING) if after[table]} == {}
    assert [table for table in KEPT if after[table] < before[table]] == []


async def age(platform: Platform, clock: TestClock) -> None:
    """Three years, with a round of the job now and then: mails of one round are deleted by a later one."""
    for days in (1, 30, 365, 365, 365):
        clock.advance(days=days)
        await clean_up(platform)
