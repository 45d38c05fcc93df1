"""Draft and live, disabled and deleted, and the ways back."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import pytest

from borvo.assembly import Platform
from borvo.identity.service.guessing import WRONG_SECRETS
from borvo.portal import lifecycle
from tests.functional.browser import Browser, read_forms, read_last_form
from tests.functional.conftest import TestClock
from tests.functional.identity.aspnet import Handler
from tests.functional.identity.flows import obtain_code, obtain_tokens, refresh
from tests.functional.portal.journeys import Fields, load, load_present, register
from tests.functional.portal.pictures import draw_png

ID = "healthorg.myapp"
CLIENT = f"/portal/clients/{ID}"
STATE = f"{CLIENT}/state"
READY: Fields = {
    "client_uri": "https://app.example.org",
    "redirect_uris": "https://app.example.org/signin-oidc",
    "policy_uri": "https://app.example.org/privacy",
    "scopes": ["openid", "profile", "email", "offline_access"],
}
WEIGHT = {
    "type": "body_mass",
    "quantityValue": 70.5,
    "dateRange": {"lowerBound": "2026-01-10T07:00:00Z", "upperBound": "2026-01-10T07:00:00Z"},
}
CALLBACK = "https://app.example.org/signin-oidc"


async def act(browser: Browser, action: str) -> httpx.Response:
    """Presses the button of that action, or sends what it would send where there is none."""
    page = await browser.open(STATE)
    if any(form.action == f"{STATE}/{action}" for form in read_forms(page.text)):
        return await browser.submit(page, f"{STATE}/{action}")
    token = next(form.values("_csrf_token") for form in read_forms(page.text) if form.values("_csrf_token"))[
        0
    ]
    return await browser.client.post(f"{STATE}/{action}", data={"_csrf_token": token})


async def upload(browser: Browser, content: bytes) -> httpx.Response:
    page = await browser.open(f"{CLIENT}/logo")
    token = read_last_form(page.text).values("_csrf_token")[0]
    files = {"logo": ("logo.png", content, "image/png")}
    return await browser.client.post(f"{CLIENT}/logo", data={"_csrf_token": token}, files=files)


async def set_secret(browser: Browser, secret: str) -> None:
    page = await browser.open(f"{CLIENT}/secret")
    await browser.submit(page, f"{CLIENT}/secret/own", secret=secret)


@pytest.fixture
async def live(developer: Browser) -> Browser:
    """A developer whose client is live."""
    await register(developer, READY)
    await set_secret(developer, "what-nobody-guesses-9381")
    assert (await upload(developer, draw_png())).status_code == 303
    assert (await act(developer, "live")).status_code == 200
    assert "Live since" in (await developer.open(STATE)).text
    return developer


async def test_a_new_client_is_a_draft_and_works(
    developer: Browser, http: httpx.AsyncClient, browser: Browser
) -> None:
    await register(developer, READY)
    await set_secret(developer, "what-nobody-guesses-9381")
    await browser.sign_up("ada@example.org")
    assert ">Draft<" in (await developer.open(CLIENT)).text
    handler = Handler(http, ID, "openid", "what-nobody-guesses-9381", CALLBACK)
    assert "access_token" in await obtain_tokens(handler, browser, scope="openid")


async def test_what_is_missing_is_named_and_nothing_goes_live_before(developer: Browser) -> None:
    await register(developer)
    page = await developer.open(STATE)
    for words in (
        "somebody&#39;s own computer",
        "Enter the https address",
        "Upload the logo",
        "Set a secret",
    ):
        assert words in page.text
    assert "Mark as live" not in page.text
    assert (await act(developer, "live")).status_code == 400
    assert ">Draft<" in (await developer.open(STATE)).text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("redirect_uris", "https://localhost:5001/signin-oidc"),
        ("client_uri", "http://localhost:5001"),
        ("policy_uri", ""),
        ("backchannel_logout_uri", "http://localhost:5001/logout"),
    ],
)
async def test_a_change_that_would_break_a_live_client_is_refused_beside_its_field(
    live: Browser, field: str, value: str
) -> None:
    page = await live.submit(await live.open(CLIENT), CLIENT, **{field: value})
    assert page.status_code == 400
    assert f'id="{field}-error"' in page.text
    assert "back to draft first" in page.text
    await act(live, "draft")
    page = await live.submit(await live.open(CLIENT), CLIENT, **{field: value})
    assert "Saved." in page.text


async def test_other_changes_of_a_live_client_are_saved_and_leave_it_live(live: Browser) -> None:
    page = await live.submit(await live.open(CLIENT), CLIENT, display_name="Better name")
    assert "Saved." in page.text
    assert ">Live<" in page.text


async def test_a_live_client_keeps_its_logo(live: Browser) -> None:
    page = await live.submit(await live.open(f"{CLIENT}/logo"), f"{CLIENT}/logo", removal="yes")
    assert page.status_code == 400
    assert "/portal/logos/" in page.text
    assert (await upload(live, draw_png(64, 64))).status_code == 303


async def _make_tokens(person: Browser, http: httpx.AsyncClient) -> tuple[Handler, dict[str, str]]:
    await person.sign_up("ada@example.org")
    scope = "openid profile email offline_access"
    handler = Handler(http, ID, scope, "what-nobody-guesses-9381", CALLBACK)
    return handler, await obtain_tokens(handler, person, scope=scope)


def _list_doors(handler: Handler, tokens: dict[str, str]) -> dict[str, Callable[[], Awaitable[bool]]]:
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}

    async def look() -> bool:
        return (await handler.http.get("/connect/userinfo", headers=bearer)).status_code == 200

    async def introspect() -> bool:
        answer = await handler.call("introspection_endpoint", token=tokens["access_token"])
        return answer.status_code == 200 and bool(answer.json()["active"])

    async def use() -> bool:
        return (await refresh(handler, tokens["refresh_token"])).status_code == 200

    return {"userinfo": look, "introspection": introspect, "refresh": use}


@pytest.mark.parametrize("ending", ["disable", "deletion"])
async def test_the_tokens_of_a_client_that_ends_are_dead_and_stay_so(
    platform: Platform,
    clock: TestClock,
    live: Browser,
    http: httpx.AsyncClient,
    browser: Browser,
    ending: str,
) -> None:
    handler, tokens = await _make_tokens(browser, http)
    doors = _list_doors(handler, tokens)
    assert await doors["userinfo"]()
    if ending == "disable":
        await live.submit(await live.open(f"{CLIENT}/disabling"), f"{STATE}/disable")
    else:
        await live.submit(await live.open(f"{CLIENT}/deletion"), f"{CLIENT}/deletion", typed=ID)
        await act(live, "restore")
    assert (await load_present(platform, ID)).is_disabled
    assert {name: await knock() for name, knock in doors.items()} == dict.fromkeys(doors, False)
    await act(live, "enable")
    assert not (await load_present(platform, ID)).is_disabled
    clock.advance(seconds=1)
    assert {name: await knock() for name, knock in doors.items()} == dict.fromkeys(doors, False)
    # Consent was not taken back: she signs in, and is not asked again for the same.
    fresh = await obtain_tokens(handler, browser, scope="openid profile email offline_access")
    assert await _list_doors(handler, fresh)["userinfo"]()
    assert await _list_doors(handler, fresh)["refresh"]()


async def test_a_code_from_before_buys_nothing_after(
    clock: TestClock, live: Browser, http: httpx.AsyncClient, browser: Browser
) -> None:
    handler, _ = await _make_tokens(browser, http)
    code = await obtain_code(handler, browser, scope="openid profile email offline_access")
    await act(live, "disable")
    await act(live, "enable")
    clock.advance(seconds=2)
    assert (await handler.redeem(code)).json()["error"] == "invalid_grant"


async def test_refreshing_while_the_client_is_disabled_leaves_no_token_alive(
    clock: TestClock, live: Browser, http: httpx.AsyncClient, browser: Browser
) -> None:
    handler, first = await _make_tokens(browser, http)
    scope = "openid profile email offline_access"
    families = [first, *[await obtain_tokens(handler, browser, scope=scope) for _ in range(8)]]
    uses = [refresh(handler, each["refresh_token"]) for each in families]
    answers, _ = await asyncio.gather(asyncio.gather(*uses), act(live, "disable"))
    await act(live, "enable")
    clock.advance(seconds=2)
    for fresh in (answer.json() for answer in answers if answer.status_code == 200):
        doors = _list_doors(handler, fresh)
        assert {name: await knock() for name, knock in doors.items()} == dict.fromkeys(doors, False)


@pytest.mark.parametrize("typed", ["", "myapp", "healthorg.myapp2", "HEALTHORG.MYAPP"])
async def test_deletion_wants_the_client_id_typed(platform: Platform, developer: Browser, typed: str) -> None:
    await register(developer)
    page = await developer.submit(
        await developer.open(f"{CLIENT}/deletion"), f"{CLIENT}/deletion", typed=typed
    )
    assert page.status_code == 400
    assert 'id="typed-error"' in page.text
    assert not (await load_present(platform, ID)).is_disabled


async def _delete(browser: Browser) -> None:
    await browser.submit(await browser.open(f"{CLIENT}/deletion"), f"{CLIENT}/deletion", typed=ID)


async def test_a_deleted_client_comes_back_within_thirty_days_as_a_disabled_draft(
    platform: Platform, clock: TestClock, live: Browser
) -> None:
    await _delete(live)
    clock.advance(days=29)
    await lifecycle.clean_up(platform.portal)
    await live.sign_in("grace@example.org")
    await act(live, "restore")
    client = await load_present(platform, ID)
    assert client.is_disabled
    assert len(client.secrets) == 1
    page = await live.open(STATE)
    assert "Enable the client" in page.text
    assert "Mark as live" in page.text


async def test_after_thirty_days_it_is_gone_with_all_but_what_people_wrote(
    platform: Platform, clock: TestClock, live: Browser, http: httpx.AsyncClient, browser: Browser
) -> None:
    page = await live.open(CLIENT)
    await live.submit(
        page, CLIENT, scopes=["openid", "profile", "email", "offline_access", "write.body_mass"]
    )
    handler, _ = await _make_tokens(browser, http)
    tokens = await obtain_tokens(handler, browser, scope="openid write.body_mass")
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert (await http.post("/sample/v1", json=[WEIGHT], headers=bearer)).status_code == 200
    await platform.portal.usage.flush(platform.database)
    await platform.identity.activity.flush(platform.database)
    platform.identity.client_limiter.peaks.note(ID, WRONG_SECRETS, 1, clock())
    await platform.identity.client_limiter.peaks.flush(platform.database)
    key = (await load_present(platform, ID)).client_key
    await _delete(live)
    clock.advance(days=30, seconds=1)
    await lifecycle.clean_up(platform.portal)
    await live.sign_in("grace@example.org")
    assert await load(platform, ID) is None
    assert (await live.client.get(STATE)).status_code == 404
    for table in (
        "client_secret",
        "client_logo",
        "client_usage",
        "client_activity",
        "client_limit_peak",
        "consent",
    ):
        count = await platform.database.pool.fetchval(
            f"select count(*) from {table} where client_key = $1", key
        )
        assert (table, count) == (table, 0)
    assert await platform.database.pool.fetchval("select count(*) from sample") == 1
    page = await register(live)
    assert page.url.path == CLIENT
    assert (await load_present(platform, ID)).client_key != key


async def test_a_deleted_client_cannot_be_changed_nor_its_id_taken(live: Browser) -> None:
    earlier = await live.open(CLIENT)
    await _delete(live)
    page = await live.submit(earlier, CLIENT, display_name="Ghost")
    assert page.status_code == 400
    assert "Restore it first" in page.text
    assert (await register(live)).status_code == 400
    for action in ("live", "draft", "enable", "disable"):
        assert (await act(live, action)).status_code == 400
    assert (await live.open(CLIENT)).url.path == STATE


@pytest.mark.parametrize("action", ["live", "draft", "disable", "enable", "restore", "nothing"])
async def test_to_another_tenancy_there_is_no_such_client(
    platform: Platform, developer: Browser, stranger: Browser, action: str
) -> None:
    await register(developer)
    page = await stranger.open("/portal/clients/import")
    token = read_last_form(page.text).values("_csrf_token")[0]
    answer = await stranger.client.post(f"{STATE}/{action}", data={"_csrf_token": token})
    assert answer.status_code == 404
    assert not (await load_present(platform, ID)).is_disabled


async def test_each_state_stands_in_the_audit_trail(platform: Platform, live: Browser) -> None:
    for action in ("draft", "disable", "enable"):
        await act(live, action)
    await act(live, "enable")
    await _delete(live)
    await act(live, "restore")
    rows = await platform.database.pool.fetch("select action from portal_audit order by at, id")
    actions = [row["action"] for row in rows]
    assert sorted(each for each in actions if each.startswith("client_")) == sorted(
        [
            "client_registered",
            "client_live",
            "client_draft",
            "client_disabled",
            "client_enabled",
            "client_deleted",
            "client_restored",
        ]
    )
    assert "logo_changed" in actions
