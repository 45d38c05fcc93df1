"""The sandbox person of a test drive: nothing of her is left, and nobody else gets anywhere with her."""

import re
from collections.abc import Callable

import httpx
import pytest

from borvo.accounts.public import Limit, close_sandbox, find_person, open_sandbox
from borvo.assembly import Platform, build_app
from borvo.portal.public import clean_up
from borvo.portal.test_drive import service as test_drives
from borvo.portal.test_drive.drive import Drive
from borvo.web.loopback import Loopback, OutsideError
from tests.factories.clients import REDIRECT_URI, SECRET
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.identity.flows import call_userinfo
from tests.functional.portal.drives import NOTICED, PAGE, SERVICE, WORKS, drive, read_text
from tests.functional.portal.journeys import load_present, register

TABLES = (
    "consent",
    "authorization_code",
    "token_family",
    "login_session where user_agent = 'Test drive'",
    "session_client",
    "person where sandbox_tenancy_id is not null",
    "authorization_request",
)


async def list_left(platform: Platform) -> dict[str, int]:
    counts = {
        table: await platform.database.pool.fetchval(f"select count(*) from {table}") for table in TABLES
    }
    return {table: count for table, count in counts.items() if count}


@pytest.mark.parametrize("mistake", ["none", "declined", "secret", "reused_code"])
async def test_nothing_of_a_drive_is_left(platform: Platform, developer: Browser, mistake: str) -> None:
    await register(
        developer,
        scopes=["openid", "offline_access"],
        frontchannel_logout_uri="https://localhost:5001/out",
        backchannel_logout_uri="https://localhost:5001/back",
    )
    messages = await platform.database.pool.fetchval("select count(*) from outbox_message")
    assert NOTICED in (await drive(developer, mistake)).text or mistake == "none"
    assert await list_left(platform) == {}
    # No client is told of the end of a session that nobody had.
    assert await platform.database.pool.fetchval("select count(*) from outbox_message") == messages


async def test_a_code_and_a_token_that_were_shown_are_worth_nothing(
    developer: Browser, http: httpx.AsyncClient
) -> None:
    await register(developer, grant_types="authorization_code", access_token_format="opaque")
    secret = "/portal/clients/healthorg.myapp/secret"
    await developer.submit(await developer.open(secret), f"{secret}/own", secret=SECRET)
    text = read_text(await drive(developer))
    token = re.search(r'"access_token": "([^"]+)"', text)
    codes = re.findall(r"\scode\s+([A-Za-z0-9_-]{60,})\s", text)
    verifier = re.search(r"code_verifier\s+([\w-]+)", text)
    assert token
    assert codes
    assert verifier
    assert (await call_userinfo(http, token[1])).status_code == 401
    fields = {"grant_type": "authorization_code", "code": codes[0], "redirect_uri": REDIRECT_URI}
    own = {"client_id": "healthorg.myapp", "client_secret": SECRET, "code_verifier": verifier[1]}
    answer = await http.post("/connect/token", data={**fields, **own})
    assert answer.json()["error"] == "invalid_grant"


async def test_a_services_own_token_is_given_back(developer: Browser, http: httpx.AsyncClient) -> None:
    await register(developer, SERVICE, access_token_format="opaque")
    secret = "/portal/clients/healthorg.myapp/secret"
    await developer.submit(await developer.open(secret), f"{secret}/own", secret=SECRET)
    token = re.search(r'"access_token": "([^"]+)"', read_text(await drive(developer)))
    assert token
    own = {"client_id": "healthorg.myapp", "client_secret": SECRET, "token": token[1]}
    assert (await http.post("/connect/introspect", data=own)).json() == {"active": False}


async def test_no_token_is_shown_that_outlived_its_person(
    developer: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def forget_nothing(*_: object) -> bool:
        return False

    monkeypatch.setattr(test_drives, "close_sandbox", forget_nothing)
    await register(developer)
    page = await drive(developer)
    assert page.status_code == 500
    assert "eyJ" not in page.text


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[object], None]:
    """Does something while the sandbox person is there."""
    discover = Drive._discover

    def set_deed(deed: object) -> None:
        async def do(self: Drive) -> None:
            await deed()  # type: ignore[operator]
            await discover(self)

        monkeypatch.setattr(Drive, "_discover", do)

    return set_deed


async def test_nobody_can_sign_in_as_a_sandbox_person_or_find_her(
    platform: Platform, developer: Browser, browser: Browser, meanwhile: Callable[[object], None]
) -> None:
    await register(developer)
    seen: list[str] = []

    async def attack() -> None:
        pool = platform.database.pool
        row = await pool.fetchrow("select * from person where sandbox_tenancy_id is not null")
        assert row
        seen.append(row["email"])
        person_id = row["id"]
        assert (
            await pool.fetchval("select count(*) from person_password where person_id = $1", person_id) == 0
        )
        assert await pool.fetchval("select count(*) from person_email where person_id = $1", person_id) == 0
        for password in ("", "correct horse pony", "sandbox"):
            page = await browser.sign_in(row["email"], password)
            assert "Sign out" not in page.text
        async with platform.database.connection() as connection:
            assert await find_person(connection, row["email"]) is None
        team = await developer.open("/portal/tenancies/healthorg/team")
        assert row["email"] not in team.text

    meanwhile(attack)
    assert WORKS in (await drive(developer)).text
    assert seen == ["sandbox@borvo.invalid"]


async def test_two_drives_at_once_have_two_people(
    developer: Browser, colleague: Browser, meanwhile: Callable[[object], None]
) -> None:
    await register(developer)
    pages: list[httpx.Response] = []

    async def drive_too() -> None:
        if not pages:
            pages.append(await developer.open(PAGE))
            pages.append(await drive(colleague))

    meanwhile(drive_too)
    first = await drive(developer)
    assert WORKS in first.text
    assert WORKS in pages[1].text
    people = {re.findall(r'"sub": "([^"]+)"', read_text(page))[0] for page in (first, pages[1])}
    assert len(people) == 2


async def test_a_client_that_is_disabled_meanwhile_meets_what_an_app_meets(
    platform: Platform, developer: Browser, meanwhile: Callable[[object], None]
) -> None:
    await register(developer)

    async def disable() -> None:
        await platform.database.pool.execute("update client set disabled_at = now()")

    meanwhile(disable)
    page = await drive(developer)
    assert "does not work as it is registered" in page.text
    assert "its registration is switched off" in page.text
    assert await list_left(platform) == {}


async def test_a_drive_that_breaks_leaves_nobody(
    platform: Platform, developer: Browser, meanwhile: Callable[[object], None]
) -> None:
    await register(developer)

    async def fail() -> None:
        raise RuntimeError("the power went")

    meanwhile(fail)
    assert (await drive(developer)).status_code == 500
    assert await list_left(platform) == {}
    client = await load_present(platform, "healthorg.myapp")
    assert platform.portal.verifier._lent == {}
    assert client.secrets == ()


@pytest.mark.usefixtures("developer")
async def test_whom_a_process_left_behind_is_cleared_away_and_nobody_else(
    platform: Platform, clock: TestClock
) -> None:
    tenancy_id = await platform.database.pool.fetchval("select id from tenancy")
    async with platform.database.transaction() as connection:
        await open_sandbox(connection, platform.accounts, tenancy_id)
    people = await platform.database.pool.fetchval("select count(*) from person")
    await clean_up(platform.portal)
    assert await platform.database.pool.fetchval("select count(*) from person") == people
    clock.advance(minutes=6)
    await clean_up(platform.portal)
    assert await platform.database.pool.fetchval("select count(*) from person") == people - 1


@pytest.mark.usefixtures("developer")
async def test_a_real_person_is_never_closed_as_a_sandbox_person(platform: Platform) -> None:
    person_id = await platform.database.pool.fetchval("select id from person")
    async with platform.database.transaction() as connection:
        assert not await close_sandbox(connection, person_id)
    assert await platform.database.pool.fetchval("select count(*) from login_session") == 1


async def test_a_viewer_is_told_what_it_takes(developer: Browser, onlooker: Browser) -> None:
    await register(developer)
    page = await onlooker.open(PAGE)
    assert page.status_code == 403
    assert "Ask an owner" in page.text


async def test_a_disabled_client_is_refused_in_words(platform: Platform, developer: Browser) -> None:
    await register(developer)
    form = await developer.open(PAGE)
    await platform.database.pool.execute("update client set disabled_at = now()")
    page = await developer.submit(form, PAGE, flow="code", mistake="none")
    assert page.status_code == 400
    assert "Enable it on its page State first" in page.text
    assert "Enable it on its page State first" in (await developer.open(PAGE)).text


async def test_who_drives_too_often_keeps_the_page_and_is_told_when_to_come_back(
    developer: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(test_drives, "DRIVES", Limit("test-drive", 1))
    await register(developer)
    assert (await drive(developer)).status_code == 200
    page = await drive(developer, "declined")
    assert page.status_code == 429
    assert int(page.headers["retry-after"]) > 0
    assert "Please try again in" in page.text
    assert re.search(r'value="declined"[^>]* checked', page.text)


async def test_every_drive_is_in_the_audit_trail(developer: Browser) -> None:
    await register(developer)
    await drive(developer, "declined")
    trail = read_text(await developer.open("/portal/tenancies/healthorg/audit?action=client_driven"))
    assert "Client driven" in trail
    assert "declined" in trail
    assert "code id_token" in trail


async def test_the_clients_own_secrets_are_left_alone(platform: Platform, developer: Browser) -> None:
    await register(developer)
    secret = "/portal/clients/healthorg.myapp/secret"
    await developer.submit(await developer.open(secret), secret)
    before = await platform.database.pool.fetch("select * from client_secret")
    assert WORKS in (await drive(developer)).text
    await platform.portal.verifier.uses.flush(platform.database)
    assert await platform.database.pool.fetch("select * from client_secret") == before


async def test_nothing_is_asked_outside_the_instance(platform: Platform) -> None:
    build_app(platform)
    async with platform.portal.loopback.open("test") as inside:
        assert (await inside.get("/health/live")).status_code == 200
        for address in ("https://localhost:5001/signin-oidc", "http://localhost:8001/", "http://localhost/"):
            with pytest.raises(OutsideError):
                await inside.get(address)
    with pytest.raises(RuntimeError):
        Loopback("http://localhost:8000").open("test")
