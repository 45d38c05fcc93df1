"""A person closes her account, comes back, or is erased when her days are over."""

import httpx

import borvo.storage.marks  # noqa: F401  (a table that belongs to no feature)
from borvo.accounts.public import erase_due
from borvo.assembly import Platform
from borvo.assembly.upkeep import clean_up
from borvo.portal.public import create_tenancy
from borvo.storage.schema import metadata
from tests.factories.clients import MYBP_SCOPES, register_client
from tests.factories.samples import create_blood_pressure
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.identity.aspnet import Handler, consent, read_form_post
from tests.functional.identity.flows import ADA, count, execute, fetch_value, obtain_lasting, register_lasting
from tests.functional.mails import list_mails

PATH, PASSWORD = "/account/close", "correct horse pony"
# What has to be shown later: consents for a year, the log as long as operators keep it; and mails on their way.
EVIDENCE = {"security_event", "outbox_message", "agency_consent", "agency_access", "sample_position"}


async def close(browser: Browser, password: str = PASSWORD) -> httpx.Response:
    return await browser.submit(await browser.open(PATH), PATH, current_password=password)


async def test_nobody_reaches_a_closed_account_and_she_is_told(ada: Browser, platform: Platform) -> None:
    page = await close(ada)
    assert "will be erased on <strong>29 January 2026</strong>" in page.text
    assert (await ada.client.get("/account")).is_redirect
    assert await fetch_value(platform, "select count(*) from login_session where ended_at is null") == 0
    [mail] = await list_mails(platform, ADA)
    assert mail.subject == "Your account is closed"
    assert "29 January 2026" in mail.text


async def test_her_tokens_open_nothing_from_that_moment(
    ada: Browser, platform: Platform, handler: Handler
) -> None:
    lasting = await register_lasting(platform, handler.http)
    tokens = await obtain_lasting(lasting, ada)
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert (await handler.http.get("/connect/userinfo", headers=headers)).status_code == 200
    await close(ada)
    assert (await handler.http.get("/connect/userinfo", headers=headers)).status_code == 401


async def test_signing_in_opens_it_again_and_nothing_is_lost(
    ada: Browser, platform: Platform, clock: TestClock
) -> None:
    await close(ada)
    clock.advance(days=13, hours=23)
    await clean_up(platform)
    page = await ada.sign_in(ADA)
    assert page.url.path == "/account"
    assert "Your account is open again" in page.text
    assert (await list_mails(platform, ADA))[0].subject == "Your account is open again"
    clock.advance(days=30)
    await clean_up(platform)
    assert await count(platform, "person") == 1


async def test_a_wrong_password_neither_closes_nor_opens_it(ada: Browser, platform: Platform) -> None:
    assert (await close(ada, "wrong horse pony")).status_code == 400
    assert await fetch_value(platform, "select closed_at from person") is None
    await close(ada)
    assert (await ada.sign_in(ADA, "wrong horse pony")).status_code == 400
    assert await fetch_value(platform, "select closed_at from person") is not None


async def test_an_account_that_support_closed_is_not_opened_by_its_password(
    ada: Browser, platform: Platform
) -> None:
    await execute(platform, "update person set closed_at = $1", platform.clock())
    assert (await ada.sign_in(ADA)).status_code == 400


async def test_when_the_days_are_over_all_that_is_hers_is_erased(
    ada: Browser, platform: Platform, http: httpx.AsyncClient, clock: TestClock
) -> None:
    handler = Handler(http, await register_client(platform), " ".join(MYBP_SCOPES))
    page = await consent(ada, await ada.open(await handler.build_authorization_url()))
    tokens = (await handler.redeem(read_form_post(page)[1]["code"])).json()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    await http.post("/sample/v1", json=[create_blood_pressure()], headers=headers)
    person = await fetch_value(platform, "select id from person")
    assert await count(platform, "sample") > 0
    await close(ada)
    clock.advance(days=14)
    assert (await ada.sign_in(ADA)).status_code == 400
    await clean_up(platform)
    left = await find_tables_with(platform, str(person))
    assert left <= EVIDENCE
    assert (await list_mails(platform, ADA))[0].subject == "Your data was erased"
    assert (await ada.sign_up(ADA)).url.path == "/account"


async def find_tables_with(platform: Platform, person_id: str) -> set[str]:
    """Those in which a row says anywhere who she is."""
    async with platform.database.connection() as connection:
        found = {
            table: await connection.fetchval(
                f"select exists (select from \"{table}\" t where t::text like '%' || $1 || '%')", person_id
            )
            for table in metadata.tables
        }
    return {table for table, is_there in found.items() if is_there}


async def test_the_erasure_is_done_once_and_for_nobody_else(
    ada: Browser, platform: Platform, clock: TestClock
) -> None:
    await close(ada)
    await ada.sign_up("bob@example.org")
    clock.advance(days=14)
    assert await erase_due(platform.accounts) == 1
    assert await erase_due(platform.accounts) == 0
    assert await fetch_value(platform, "select email from person") == "bob@example.org"


async def test_the_only_owner_of_a_tenancy_with_clients_hands_it_over_first(
    ada: Browser, platform: Platform
) -> None:
    await create_tenancy(platform.portal, ADA, "healthorg")
    assert "Close my account" in (await ada.open(PATH)).text
    await register_client(platform, "healthorg.app")
    page = await ada.open(PATH)
    assert "only owner of the developer tenancy healthorg" in page.text
    assert "Close my account" not in page.text


async def test_a_foreign_page_closes_nothing(ada: Browser, platform: Platform) -> None:
    assert (await ada.client.post(PATH, data={"current_password": PASSWORD})).status_code == 403
    assert await fetch_value(platform, "select closed_at from person") is None
