"""What people allow apps: which, since when, when it was last used, and taking back some of it."""

from datetime import timedelta

import httpx
import pytest

from borvo.assembly import Platform
from borvo.identity.consent_uses import USE_GRANULARITY
from borvo.identity.public import Identity
from tests.factories.clients import MYBP_SCOPES, register_client
from tests.functional.application import build_app_for
from tests.functional.browser import Browser, read_forms
from tests.functional.conftest import ISSUER, TestClock
from tests.functional.identity.aspnet import Handler
from tests.functional.identity.flows import (
    CODE_FLOW,
    call_userinfo,
    obtain_lasting,
    obtain_tokens,
    reach_answer,
    refresh,
    register_lasting,
)

APPS = "/account/apps"
SCOPES = ("openid", "email", "read.height", "read.body_mass")


@pytest.fixture
async def app(platform: Platform, http: httpx.AsyncClient) -> Handler:
    return Handler(http, await register_client(platform, scopes=SCOPES), " ".join(SCOPES))


async def keep(browser: Browser, handler: Handler, *ticked: str) -> httpx.Response:
    """Saves the page of the app with only these lines ticked."""
    path = f"{APPS}/{handler.client_id}"
    return await browser.submit(await browser.open(path), path, scope=list(ticked))


async def flush(identity: Identity) -> None:
    await identity.consent_uses.flush(identity.database)


async def test_one_scope_is_taken_back_and_the_rest_goes_on_without_asking(
    app: Handler, ada: Browser
) -> None:
    tokens = await obtain_tokens(app, ada)
    page = await keep(ada, app, "email", "read.height")
    assert "lost what you unticked" in page.text
    assert "Read your body mass" not in page.text
    assert "body mass" not in (await ada.open(f"{APPS}/{app.client_id}")).text
    assert (await call_userinfo(app.http, tokens["access_token"])).status_code == 401
    again = await obtain_tokens(app, ada, prompt="none")
    assert again["scope"] == "openid email read.height"
    assert "some of what you had allowed App mybp" in (await ada.open("/account/security")).text


async def test_lasting_access_ends_with_a_scope_that_it_may_carry(
    platform: Platform, http: httpx.AsyncClient, ada: Browser
) -> None:
    handler = await register_lasting(platform, http, access_token_format="opaque")
    tokens = await obtain_lasting(handler, ada)
    await keep(ada, handler, "offline_access")
    assert (await call_userinfo(http, tokens["access_token"])).status_code == 401
    assert (await refresh(handler, tokens["refresh_token"])).json()["error"] == "invalid_grant"
    again = await obtain_lasting(handler, ada, prompt="none")
    assert set(again["scope"].split()) == {"openid", "offline_access"}


async def test_a_group_is_taken_back_with_its_parts(
    platform: Platform, http: httpx.AsyncClient, ada: Browser
) -> None:
    handler = Handler(http, await register_client(platform), " ".join(MYBP_SCOPES))
    await obtain_tokens(handler, ada)
    page = await ada.open(f"{APPS}/{handler.client_id}")
    lines = next(form for form in read_forms(page.text) if form.action.startswith(APPS)).values("scope")
    (reading,) = [line for line in lines if line.startswith("read.")]
    assert len(reading.split()) == 3
    await keep(ada, handler, *(line for line in lines if line != reading))
    kept = (await obtain_tokens(handler, ada, prompt="none"))["scope"].split()
    assert not [scope for scope in kept if scope.startswith("read.")]
    assert len([scope for scope in kept if scope.startswith("write.")]) == 3


async def test_saving_all_as_it_was_ends_nothing(app: Handler, ada: Browser) -> None:
    tokens = await obtain_tokens(app, ada)
    assert "nothing has changed" in (await keep(ada, app, *SCOPES)).text
    assert (await call_userinfo(app.http, tokens["access_token"])).status_code == 200


async def test_who_signs_in_is_taken_back_with_the_app_only(app: Handler, ada: Browser) -> None:
    await obtain_tokens(app, ada)
    await keep(ada, app)
    assert (await obtain_tokens(app, ada, prompt="none"))["scope"] == "openid"


async def test_an_app_that_signs_nobody_in_is_removed_with_its_last_scope(
    platform: Platform, http: httpx.AsyncClient, ada: Browser
) -> None:
    client_id = await register_client(platform, scopes=["read.height"], grant_types=["authorization_code"])
    handler = Handler(http, client_id, "read.height")
    await reach_answer(handler, ada, **{**CODE_FLOW, "scope": "read.height"})
    assert "You have not allowed any app" in (await keep(ada, handler)).text
    assert (await ada.open(f"{APPS}/{client_id}")).status_code == 404


async def test_what_was_allowed_after_the_page_was_opened_stays(app: Handler, ada: Browser) -> None:
    await obtain_tokens(app, ada, scope="openid email read.height")
    path = f"{APPS}/{app.client_id}"
    page = await ada.open(path)
    await obtain_tokens(app, ada)
    await ada.submit(page, path, scope=["email"])
    assert (await obtain_tokens(app, ada, prompt="none"))["scope"] == "openid email read.body_mass"


async def test_nobody_sees_or_narrows_what_another_allows(
    app: Handler, ada: Browser, platform: Platform
) -> None:
    tokens = await obtain_tokens(app, ada)
    transport = httpx.ASGITransport(app=build_app_for(platform))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=ISSUER) as client:
        eve = Browser(client)
        path = f"{APPS}/{app.client_id}"
        assert (await client.get(path)).status_code == 303
        assert (await client.post(path, data={"shown": "email"})).status_code == 403
        await eve.sign_up("eve@example.org")
        assert (await eve.open(path)).status_code == 404
        page = await eve.open("/account/profile")
        form = next(form for form in read_forms(page.text) if form.action == "/account/profile")
        data = {"_csrf_token": form.values("_csrf_token")[0], "shown": "email"}
        assert (await client.post(path, data=data)).status_code == 404
    assert (await call_userinfo(app.http, tokens["access_token"])).status_code == 200


async def test_a_page_shows_since_when_and_when_it_was_last_used(
    app: Handler, ada: Browser, platform: Platform, clock: TestClock
) -> None:
    since = clock.now
    tokens = await obtain_tokens(app, ada)
    clock.advance(minutes=45)
    await call_userinfo(app.http, tokens["access_token"])
    await flush(platform.identity)
    for path in (APPS, f"{APPS}/{app.client_id}"):
        page = (await ada.open(path)).text
        assert f'Since <time datetime="{since.isoformat()}"' in page
        assert f'Last used <time datetime="{clock.now.isoformat()}"' in page


async def test_since_stays_when_more_is_allowed_and_starts_anew_after_a_removal(
    app: Handler, ada: Browser, clock: TestClock
) -> None:
    since = clock.now
    await obtain_tokens(app, ada, scope="openid email")
    clock.advance(hours=1)
    await obtain_tokens(app, ada)
    assert f'Since <time datetime="{since.isoformat()}"' in (await ada.open(APPS)).text
    removal = f"{APPS}/{app.client_id}/removal"
    await ada.submit(await ada.open(removal), removal)
    await obtain_tokens(app, ada)
    page = (await ada.open(APPS)).text
    assert f'Since <time datetime="{clock.now.isoformat()}"' in page


async def test_uses_are_written_seldom_and_never_of_what_has_ended(
    app: Handler, ada: Browser, platform: Platform, clock: TestClock
) -> None:
    tokens = await obtain_tokens(app, ada)
    await flush(platform.identity)
    first = clock.now
    clock.advance(minutes=USE_GRANULARITY / timedelta(minutes=1) - 1)
    await call_userinfo(app.http, tokens["access_token"])
    await flush(platform.identity)
    assert await _find_last_use(platform) == first
    await keep(ada, app, "email")
    clock.advance(minutes=30)
    assert (await call_userinfo(app.http, tokens["access_token"])).status_code == 401
    await flush(platform.identity)
    assert await _find_last_use(platform) == first


async def _find_last_use(platform: Platform) -> object:
    async with platform.database.connection() as connection:
        return await connection.fetchval("select last_used_at from consent")
