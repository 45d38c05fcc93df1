"""A client once more: duplicated, or carried to another environment as a file."""

import json
from typing import Any

import httpx
import pytest

from borvo.assembly import Platform
from tests.functional.browser import Browser, read_forms
from tests.functional.portal.conftest import StartDeveloper
from tests.functional.portal.journeys import load, load_present, register
from tests.functional.portal.pictures import draw_png
from tests.functional.portal.test_clients import SETTINGS
from tests.functional.portal.test_states import set_secret, upload

CLIENT = "/portal/clients/healthorg.myapp"
IMPORT = "/portal/clients/import"


async def export(browser: Browser) -> dict[str, Any]:
    answer = await browser.client.get(f"{CLIENT}/export")
    assert answer.headers["content-disposition"] == 'attachment; filename="healthorg.myapp.json"'
    carried: dict[str, Any] = answer.json()
    return carried


async def show_plan(browser: Browser, text: str) -> httpx.Response:
    return await browser.submit(await browser.open(IMPORT), IMPORT, text=text)


async def test_a_duplicate_has_all_but_the_id_and_the_secrets(platform: Platform, developer: Browser) -> None:
    await register(developer, {**SETTINGS, "is_public": None, "description": "What it does"})
    await set_secret(developer, "what-nobody-guesses-9381")
    await upload(developer, draw_png())
    page = await developer.open("/portal/clients/new?like=healthorg.myapp")
    page = await developer.submit(page, "/portal/clients/new", suffix="second")
    assert page.url.path == "/portal/clients/healthorg.second"
    assert "What it does" in page.text
    assert "/portal/logos/" in page.text
    first, second = [await load_present(platform, f"healthorg.{name}") for name in ("myapp", "second")]
    assert second.secrets == ()
    assert second.redirect_uris == first.redirect_uris
    assert second.signing_algorithm == first.signing_algorithm
    assert second.client_key != first.client_key


async def test_a_strangers_client_is_no_model(developer: Browser, stranger: Browser) -> None:
    await register(developer)
    await upload(developer, draw_png())
    assert (await stranger.open("/portal/clients/new?like=healthorg.myapp")).status_code == 404
    page = await register(stranger, like="healthorg.myapp")
    assert page.url.path == "/portal/clients/elsewhere.myapp"
    assert "/portal/logos/" not in page.text


async def test_an_exported_client_comes_in_elsewhere_as_it_was(
    platform: Platform, developer: Browser, start_developer: StartDeveloper
) -> None:
    await register(developer, {**SETTINGS, "is_public": None, "policy_uri": "https://a.example/p"})
    await set_secret(developer, "what-nobody-guesses-9381")
    await upload(developer, draw_png())
    carried = await export(developer)
    text = json.dumps(carried)
    assert "what-nobody-guesses" not in text
    assert "secret" not in text.replace('"token_endpoint_auth_method": "secret"', "")
    other = await start_developer("other@example.org", "production")
    page = await show_plan(other, text)
    assert "A new client is made." in page.text
    assert "https://a.example/p" in page.text
    assert await load(platform, "production.myapp") is None
    page = await other.submit(page, f"{IMPORT}/confirmation")
    assert page.url.path == "/portal/clients/production.myapp"
    again = (await other.client.get("/portal/clients/production.myapp/export")).json()
    assert again == carried


async def test_an_import_shows_what_it_would_change_and_changes_only_that(
    platform: Platform, developer: Browser
) -> None:
    await register(developer)
    await set_secret(developer, "what-nobody-guesses-9381")
    carried = await export(developer)
    carried["details"]["display_name"] = "Brought along"
    page = await show_plan(developer, json.dumps(carried))
    table = page.text.partition("<tbody>")[2].partition("</tbody>")[0]
    assert table.count("<tr>") == 1
    assert "My App" in table
    assert "Brought along" in table
    page = await developer.submit(page, f"{IMPORT}/confirmation")
    client = await load_present(platform, "healthorg.myapp")
    assert client.display_name == "Brought along"
    assert len(client.secrets) == 1


async def test_what_changed_since_it_was_shown_is_shown_first(platform: Platform, developer: Browser) -> None:
    await register(developer)
    carried = await export(developer)
    carried["details"]["display_name"] = "Brought along"
    plan = await show_plan(developer, json.dumps(carried))
    await developer.submit(await developer.open(CLIENT), CLIENT, display_name="Meanwhile")
    page = await developer.submit(plan, f"{IMPORT}/confirmation")
    assert page.status_code == 409
    assert "Meanwhile" in page.text
    assert (await load_present(platform, "healthorg.myapp")).display_name == "Meanwhile"
    await developer.submit(page, f"{IMPORT}/confirmation")
    assert (await load_present(platform, "healthorg.myapp")).display_name == "Brought along"


async def test_a_file_can_be_chosen_instead_of_pasted(developer: Browser) -> None:
    await register(developer)
    content = json.dumps(await export(developer)).encode()
    page = await developer.open(IMPORT)
    form = read_forms(page.text)[-2]
    fields = {name: form.values(name)[0] for name in ("_csrf_token", "tenancy")}
    answer = await developer.client.post(IMPORT, data=fields, files={"file": ("c.json", content)})
    assert "nothing would change" in answer.text
    answer = await developer.client.post(IMPORT, data=fields, files={"file": ("c.json", b"\xff\xfe")})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "change",
    [
        {"redirect_uris": ["http://a.example/cb"]},
        {"redirect_uris": ["javascript:alert(1)"]},
        {"scopes": ["read.everything"]},
        {"grant_types": []},
        {"display_name": "a\u0000b"},
        {"access_token_minutes": 10**9},
        {"is_public": True, "grant_types": ["client_credentials"]},
    ],
)
async def test_a_file_is_judged_by_the_rules_of_the_form(
    platform: Platform, developer: Browser, change: dict[str, object]
) -> None:
    await register(developer)
    carried = await export(developer)
    carried["suffix"] = "second"
    carried["details"].update(change)
    page = await show_plan(developer, json.dumps(carried))
    assert page.status_code == 400
    assert "cannot be imported like this" in page.text
    form = read_forms(page.text)[-1]
    fields = {name: form.values(name)[0] for name in ("_csrf_token", "tenancy", "version", "text")}
    answer = await developer.client.post(f"{IMPORT}/confirmation", data=fields)
    assert answer.status_code == 400
    assert await load(platform, "healthorg.second") is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "nonsense",
        "null",
        '{"format":"borvo-client","version":2}',
        '{"format":"borvo-client","version":1,"suffix":"../x","details":{}}',
        "[" * 5000,
        '{"format":"borvo-client","version":1,"suffix":"\\ud800","details":{}}',
    ],
)
async def test_what_is_no_exported_client_is_refused_beside_the_field(developer: Browser, text: str) -> None:
    page = await show_plan(developer, text)
    assert page.status_code == 400
    assert 'id="file-error"' in page.text


async def test_nobody_imports_into_a_strangers_tenancy(
    platform: Platform, developer: Browser, stranger: Browser
) -> None:
    await register(developer)
    text = json.dumps({**await export(developer), "suffix": "second"})
    tenancy = str((await load_present(platform, "healthorg.myapp")).tenancy_id)
    page = await stranger.open(IMPORT)
    assert (await stranger.submit(page, IMPORT, text=text, tenancy=tenancy)).status_code == 404
    plan = await show_plan(stranger, text)
    answer = await stranger.submit(plan, f"{IMPORT}/confirmation", tenancy=tenancy)
    assert answer.status_code == 404
    assert await load(platform, "healthorg.second") is None
    assert (await stranger.client.get(f"{CLIENT}/export")).status_code == 404
