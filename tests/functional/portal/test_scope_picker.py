"""Choosing scopes as a browser without scripts does, and the preview of the page that asks for them."""

import html
import re

import httpx
import pytest

from borvo.assembly import Platform
from tests.functional.browser import Browser
from tests.functional.identity.aspnet import Handler
from tests.functional.portal.journeys import load_present, register
from tests.functional.portal.pictures import draw_png
from tests.functional.portal.teams import post
from tests.functional.portal.test_states import set_secret, upload

CLIENT = "/portal/clients/healthorg.myapp"
NEW = "/portal/clients/new"
READ = "read.blood_pressure"
SYSTOLIC = f"{READ}.blood_pressure_systolic"
DIASTOLIC = f"{READ}.blood_pressure_diastolic"
SECRET = "what-nobody-guesses-9381"


def read_frame(page: httpx.Response) -> str:
    """The document in the frame of the preview."""
    match = re.search(r'srcdoc="([^"]*)"', page.text)
    assert match
    return html.unescape(match[1])


def read_card(page: str) -> str:
    """The card that asks, without its form's own fields and tags; what no person reads differs."""
    card = page.partition('<div class="card-body">')[2].partition("</section>")[0]
    card = re.sub(r"<form[^>]*>|<input type=\"hidden\"[^>]*>", "", card)
    return " ".join(re.sub(r'type="(submit|button)"', "", card).split())


async def test_a_group_brings_its_parts_and_the_page_says_so(platform: Platform, developer: Browser) -> None:
    page = await register(developer, scopes=["openid", READ])
    assert "Reading blood pressure brought its 2 parts along" in page.text
    assert (await load_present(platform, "healthorg.myapp")).scopes == ("openid", READ, SYSTOLIC, DIASTOLIC)
    page = await developer.submit(page, CLIENT, scopes=["openid", READ, SYSTOLIC, DIASTOLIC, "write.food"])
    assert "Writing food brought its 39 parts along" in page.text
    assert len((await load_present(platform, "healthorg.myapp")).scopes) == 4 + 40


async def test_what_came_along_is_also_told_beside_other_faults(developer: Browser) -> None:
    page = await register(developer, scopes=["openid", READ], display_name="")
    assert page.status_code == 400
    assert "brought its 2 parts along" in page.text
    assert re.search(rf'value="{re.escape(DIASTOLIC)}" checked', page.text)


async def test_a_part_is_left_out_only_once_the_developer_says_so(
    platform: Platform, developer: Browser
) -> None:
    page = await register(developer, scopes=["openid", READ])
    page = await developer.submit(page, CLIENT, scopes=["openid", READ, SYSTOLIC])
    assert page.status_code == 400
    assert "Without diastolic blood pressure, asking for blood pressure" in page.text
    assert len((await load_present(platform, "healthorg.myapp")).scopes) == 4
    page = await developer.submit(page, CLIENT, accepted_gaps=READ)
    assert "Saved." in page.text
    assert (await load_present(platform, "healthorg.myapp")).scopes == ("openid", READ, SYSTOLIC)
    # It stays said beside the row, and is not asked about again.
    assert "Without it, asking for blood pressure" in page.text
    page = await developer.submit(page, CLIENT, display_name="Other")
    assert "Saved." in page.text
    assert (await load_present(platform, "healthorg.myapp")).scopes == ("openid", READ, SYSTOLIC)


async def test_a_scope_that_a_failed_request_lacked_comes_with_its_parts(developer: Browser) -> None:
    await register(developer)
    page = await developer.open(f"{CLIENT}?add_scope={READ}")
    for scope in (READ, SYSTOLIC, DIASTOLIC):
        assert re.search(rf'value="{re.escape(scope)}" checked', page.text)


async def test_the_preview_is_the_page_that_people_get(developer: Browser, http: httpx.AsyncClient) -> None:
    described = {"description": "Made for\nyour doctor", "policy_uri": "https://app.example.org/privacy"}
    page = await register(developer, scopes=["openid", "email", READ], **described)
    await set_secret(developer, SECRET)
    page = await developer.open(CLIENT)
    # The same person looks at both.
    handler = Handler(http, "healthorg.myapp", f"openid email {READ} {SYSTOLIC} {DIASTOLIC}", SECRET)
    real = await developer.open(await handler.build_authorization_url())
    assert "My App would" in re.sub(r"<[^>]+>", "", real.text)
    assert read_card(read_frame(page)) == read_card(real.text)
    assert "Privacy policy" in read_card(real.text)


async def test_the_preview_shows_what_is_typed_and_saves_nothing(
    platform: Platform, developer: Browser
) -> None:
    await register(developer)
    for path, tenancy in ((f"{CLIENT}/preview", ""), (f"{NEW}/preview", await find_tenancy(platform))):
        answer = await post(
            developer,
            path,
            tenancy=tenancy,
            display_name="<b>Typed</b>",
            grant_types="hybrid",
            scopes=READ,
        )
        assert answer.status_code == 200
        assert "Allow &lt;b&gt;Typed&lt;/b&gt;?" in answer.text
        assert "Systolic blood pressure · Diastolic blood pressure" in answer.text
        assert 'action="/connect' not in answer.text
        assert answer.headers["x-frame-options"] == "SAMEORIGIN"
        assert "frame-ancestors 'self'" in answer.headers["content-security-policy"]
    client = await load_present(platform, "healthorg.myapp")
    assert (client.display_name, client.scopes) == ("My App", ("openid", "profile", "email"))


async def find_tenancy(platform: Platform) -> str:
    return str(await platform.database.pool.fetchval("select id from tenancy where prefix = 'healthorg'"))


async def test_the_form_may_frame_our_own_pages_and_the_page_that_asks_none(developer: Browser) -> None:
    page = await register(developer)
    assert "frame-src 'self';" in page.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert 'sandbox="allow-same-origin"' in page.text


async def test_the_preview_carries_the_logo_also_of_the_client_that_is_copied(
    platform: Platform, developer: Browser, stranger: Browser
) -> None:
    await register(developer)
    await upload(developer, draw_png(64, 64))
    digest = await platform.database.pool.fetchval("select digest from client_logo")
    for path in (CLIENT, f"{NEW}?like=healthorg.myapp"):
        assert f"/portal/logos/{digest}" in read_frame(await developer.open(path))
    tenancy = await find_tenancy(platform)
    typed = {"tenancy": tenancy, "grant_types": "hybrid", "scopes": "openid", "like": "healthorg.myapp"}
    assert digest in (await post(developer, f"{NEW}/preview", **typed)).text
    own = await platform.database.pool.fetchval("select id from tenancy where prefix = 'elsewhere'")
    answer = await post(stranger, f"{NEW}/preview", **{**typed, "tenancy": str(own)})
    assert answer.status_code == 404
    assert digest not in answer.text


@pytest.mark.parametrize("grant", ["client_credentials", "hybrid"])
async def test_where_nobody_is_asked_the_preview_says_so(
    platform: Platform, developer: Browser, grant: str
) -> None:
    scopes = "agency_api" if grant == "client_credentials" else "nonsense"
    answer = await post(
        developer, f"{NEW}/preview", tenancy=await find_tenancy(platform), grant_types=grant, scopes=scopes
    )
    assert answer.status_code == 200
    assert "Nobody is asked" in answer.text


async def test_an_exported_client_without_a_part_is_imported_as_it_is(
    platform: Platform, developer: Browser
) -> None:
    page = await register(developer, scopes=["openid", READ])
    await developer.submit(page, CLIENT, scopes=["openid", READ, SYSTOLIC], accepted_gaps=READ)
    text = (await developer.client.get(f"{CLIENT}/export")).text.replace('"myapp"', '"second"')
    page = await developer.open("/portal/clients/import")
    page = await developer.submit(page, "/portal/clients/import", text=text)
    await developer.submit(page, "/portal/clients/import/confirmation")
    assert (await load_present(platform, "healthorg.second")).scopes == ("openid", READ, SYSTOLIC)
