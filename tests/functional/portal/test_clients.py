"""Registering clients and changing their details, through the pages."""

import asyncio
import re
from html import escape

import pytest

from borvo.assembly import Platform
from borvo.portal.public import GrantType
from tests.functional.browser import Browser, read_forms
from tests.functional.portal.conftest import StartDeveloper
from tests.functional.portal.journeys import CALLBACK, Fields, load, load_present, register

BLOOD_PRESSURE = ("blood_pressure", "blood_pressure_systolic", "blood_pressure_diastolic")


async def test_a_person_without_a_tenancy_is_told_how_to_get_one(browser: Browser) -> None:
    await browser.sign_up("new@example.org")
    page = await browser.open("/portal")
    assert page.status_code == 200
    text = re.sub(r"<[^>]+>", "", page.text)
    assert "borvo support tenancy create --owner new@example.org" in text
    assert str((await browser.open("/portal/clients/new")).url).endswith("/portal")


async def test_the_portal_asks_to_sign_in_and_comes_back(browser: Browser) -> None:
    page = await browser.open("/portal/clients/new")
    assert "/account/sign-in?return_to=%2Fportal%2Fclients%2Fnew" in str(page.url)


async def test_a_registered_client_is_listed_and_kept_as_entered(
    platform: Platform, developer: Browser
) -> None:
    page = await register(developer)
    assert page.status_code == 200
    assert page.url.path == "/portal/clients/healthorg.myapp"
    assert "set a secret" in page.text
    listing = await developer.open("/portal")
    assert "healthorg.myapp" in listing.text
    client = await load_present(platform, "healthorg.myapp")
    assert client.display_name == "My App"
    assert client.client_uri == "https://localhost:5001"
    assert client.redirect_uris == (CALLBACK,)
    assert client.grant_types == {GrantType.HYBRID}
    assert client.scopes == ("openid", "profile", "email")
    assert not client.require_pkce
    assert not client.is_disabled
    assert client.secrets == ()


@pytest.mark.parametrize(
    ("fields", "scopes_count"),
    [
        ({"scopes": ["openid", "profile", "email", "read.blood_pressure"]}, 6),
        ({"scopes": ["openid", "profile", "email", "agency_api", "read.height", "read.step_count"]}, 6),
        ({"scopes": ["openid", "profile", "email", "agency_api"]}, 4),
        (
            {
                "grant_types": "client_credentials",
                "scopes": "agency_api",
                "redirect_uris": "",
                "client_uri": "",
            },
            1,
        ),
    ],
)
async def test_what_the_public_samples_need_can_be_registered(
    platform: Platform, developer: Browser, fields: Fields, scopes_count: int
) -> None:
    page = await register(developer, fields)
    assert page.url.path == "/portal/clients/healthorg.myapp", page.text
    assert len((await load_present(platform, "healthorg.myapp")).scopes) == scopes_count


@pytest.mark.parametrize("access", ["read", "write"])
async def test_the_blood_pressure_box_stands_for_parent_and_children(
    platform: Platform, developer: Browser, access: str
) -> None:
    page = await register(developer, scopes=["openid", f"{access}.blood_pressure"])
    scopes = (await load_present(platform, "healthorg.myapp")).scopes
    assert set(scopes) == {
        "openid",
        "read.blood_pressure" if access == "read" else "write.blood_pressure",
        *(f"{access}.blood_pressure.{child}" for child in BLOOD_PRESSURE[1:]),
    }
    form = next(form for form in read_forms(page.text) if "clients" in form.action)
    assert set(form.values("scopes")) == set(scopes)
    assert "brought its 2 parts along" in page.text


@pytest.mark.parametrize(
    ("grant_types", "choice", "is_required"),
    [
        ("authorization_code", "automatic", True),
        ("authorization_code", "optional", False),
        ("hybrid", "automatic", False),
        ("hybrid", "required", True),
        ("authorization_code", None, True),
    ],
)
async def test_pkce_follows_the_grant_type_unless_chosen(
    platform: Platform, developer: Browser, grant_types: str, choice: str | None, is_required: bool
) -> None:
    await register(developer, grant_types=grant_types, pkce=choice)
    assert (await load_present(platform, "healthorg.myapp")).require_pkce is is_required


async def test_details_can_be_changed(platform: Platform, developer: Browser) -> None:
    page = await register(developer)
    page = await developer.submit(
        page,
        "/portal/clients/healthorg.myapp",
        display_name="Another Name",
        client_uri="https://app.example.org/",
        redirect_uris=f"{CALLBACK}\r\n\r\n  https://app.example.org/cb \r\n{CALLBACK}",
        grant_types=["authorization_code", "client_credentials"],
        scopes=["openid", "read.height"],
        pkce="required",
    )
    assert "Saved." in page.text
    client = await load_present(platform, "healthorg.myapp")
    assert client.display_name == "Another Name"
    assert client.client_uri == "https://app.example.org"
    assert client.redirect_uris == (CALLBACK, "https://app.example.org/cb")
    assert client.grant_types == {GrantType.AUTHORIZATION_CODE, GrantType.CLIENT_CREDENTIALS}
    assert client.scopes == ("openid", "read.height")
    assert client.require_pkce


async def test_the_details_page_submitted_as_it_is_changes_nothing(
    platform: Platform, developer: Browser
) -> None:
    page = await register(developer, redirect_uris=f"{CALLBACK}\norg.example.app:/cb", is_public="yes")
    before = await load_present(platform, "healthorg.myapp")
    await developer.submit(page, "/portal/clients/healthorg.myapp")
    assert await load_present(platform, "healthorg.myapp") == before


async def test_the_client_id_cannot_be_changed(platform: Platform, developer: Browser) -> None:
    page = await register(developer)
    await developer.submit(
        page, "/portal/clients/healthorg.myapp", suffix="other", client_id="healthorg.other", tenancy="x"
    )
    assert (await load_present(platform, "healthorg.myapp")).suffix == "myapp"
    assert await load(platform, "healthorg.other") is None


FAULTS: list[tuple[str, Fields]] = [
    ("suffix", {"suffix": "My-App"}),
    ("suffix", {"suffix": ""}),
    ("suffix", {"suffix": "a" * 65}),
    ("display_name", {"display_name": ""}),
    ("client_uri", {"client_uri": "http://app.example.org"}),
    ("redirect_uris", {"redirect_uris": ""}),
    ("redirect_uris", {"redirect_uris": f"{CALLBACK}\njavascript:alert(1)"}),
    ("redirect_uris", {"redirect_uris": f"{CALLBACK}#part"}),
    ("redirect_uris", {"redirect_uris": "https://*.example.org/cb"}),
    ("grant_types", {"grant_types": None}),
    ("grant_types", {"grant_types": "password"}),
    ("scopes", {"scopes": None}),
    ("scopes", {"scopes": ["openid", "read.everything"]}),
    ("scopes", {"scopes": ["profile"]}),
]


@pytest.mark.parametrize(("field", "fields"), FAULTS)
async def test_a_fault_is_shown_beside_its_field_and_nothing_is_registered(
    platform: Platform, developer: Browser, field: str, fields: Fields
) -> None:
    page = await register(developer, fields)
    assert page.status_code == 400
    assert f'id="{field}-error"' in page.text
    assert page.text.count("invalid-feedback") == 1
    assert await platform.database.pool.fetchval("select count(*) from client") == 0


async def test_nothing_typed_is_lost(developer: Browser) -> None:
    typed: Fields = {
        "suffix": "Bad Suffix",
        "display_name": "A name & <more>",
        "client_uri": "ftp://nowhere",
        "redirect_uris": "https://a.example/cb\r\nnonsense",
        "grant_types": ["implicit", "client_credentials"],
        "scopes": ["openid", "write.height"],
        "pkce": "optional",
    }
    page = await register(developer, typed)
    assert page.status_code == 400
    form = next(form for form in read_forms(page.text) if form.action == "/portal/clients/new")
    for name, value in typed.items():
        assert set(form.values(name)) == ({value} if isinstance(value, str) else set(value or ())), name


async def test_faults_on_the_details_page_lose_nothing_and_save_nothing(
    platform: Platform, developer: Browser
) -> None:
    page = await register(developer)
    page = await developer.submit(
        page, "/portal/clients/healthorg.myapp", display_name="New name", redirect_uris="nonsense"
    )
    assert page.status_code == 400
    form = next(form for form in read_forms(page.text) if "clients" in form.action)
    assert form.values("display_name") == ["New name"]
    assert form.values("redirect_uris") == ["nonsense"]
    assert (await load_present(platform, "healthorg.myapp")).display_name == "My App"


async def test_a_suffix_is_unique_within_a_tenancy_only(
    platform: Platform, developer: Browser, stranger: Browser
) -> None:
    await register(developer)
    page = await register(developer, display_name="Second")
    assert page.status_code == 400
    assert 'id="suffix-error"' in page.text
    assert (await load_present(platform, "healthorg.myapp")).display_name == "My App"
    page = await register(stranger)
    assert page.url.path == "/portal/clients/elsewhere.myapp"


async def test_twenty_registrations_of_one_suffix_at_once_yield_one_client(
    platform: Platform, developer: Browser
) -> None:
    pages = await asyncio.gather(*(register(developer) for _ in range(20)))
    assert sorted(page.status_code for page in pages) == [200, *[400] * 19]
    assert await platform.database.pool.fetchval("select count(*) from client") == 1


async def test_a_form_without_its_csrf_token_is_refused_with_a_page(
    platform: Platform, developer: Browser
) -> None:
    page = await register(developer, _csrf_token=None)
    assert page.status_code == 403
    assert page.headers["content-type"].startswith("text/html")
    assert await load(platform, "healthorg.myapp") is None


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7*7 }}"])
async def test_hostile_names_stay_text_on_every_page(developer: Browser, name: str) -> None:
    await register(developer, display_name=name)
    for path in ("", "/clients/healthorg.myapp", "/clients/healthorg.myapp/secret"):
        page = await developer.open(f"/portal{path}")
        assert page.status_code == 200
        assert escape(name).replace("&#x27;", "&#39;").replace("&quot;", "&#34;") in page.text
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text


async def test_unknown_clients_are_not_found_whatever_their_name(developer: Browser) -> None:
    for name in ("healthorg.nothing", "%00", "a'b", "..%2f", "x" * 300):
        page = await developer.client.get(f"/portal/clients/{name}")
        assert page.status_code == 404, name


async def test_groups_that_hold_a_chosen_scope_are_open(developer: Browser) -> None:
    page = await register(developer, scopes=["openid", "read.height"])
    open_groups = [part for part in page.text.split("<details")[1:] if " open" in part.split(">")[0]]
    assert ["Basic" in open_groups[0], "Body Quantity" in open_groups[1], len(open_groups)] == [True, True, 2]


async def test_every_page_of_a_client_leads_to_all_others(developer: Browser) -> None:
    root = "/portal/clients/healthorg.myapp"
    await register(developer)
    tab = re.compile(rf'class="nav-link[^"]*"[^>]* href="{root}/(\w+)"')
    offered = tab.findall((await developer.open(root)).text)
    assert {"secret", "start", "requests", "usage", "state"} <= set(offered)
    for name in offered:
        page = await developer.open(f"{root}/{name}")
        assert tab.findall(page.text) == offered
        # Where in the portal one is.
        assert re.search(r'class="nav-link active"[^>]* aria-current="true">Clients<', page.text)


async def test_pages_run_nothing_inline_and_are_kept_by_no_cache(developer: Browser) -> None:
    page = await register(developer)
    assert set(re.findall(r"<script(.{14})", page.text)) == {' src="/static/'}
    assert " style=" not in page.text
    assert page.headers["cache-control"] == "no-store"
    assert "'unsafe-inline'" not in page.headers["content-security-policy"]


async def test_a_tenancy_with_a_hex_prefix_registers_clients(
    platform: Platform, start_developer: StartDeveloper
) -> None:
    browser = await start_developer("hex@example.org", "0af9" * 16)
    await register(browser)
    assert (await load_present(platform, "0af9" * 16 + ".myapp")).suffix == "myapp"


SETTINGS: Fields = {
    "grant_types": ["authorization_code", "hybrid"],
    "is_public": "yes",
    "allows_front_channel_tokens": "yes",
    "access_token_format": "opaque",
    "signing_algorithm": "ES256",
    "post_logout_redirect_uris": "https://localhost:5001/bye",
    "frontchannel_logout_uri": "https://localhost:5001/signout-oidc",
    "backchannel_logout_uri": "https://localhost:5001/logout",
    "request_uris": "https://localhost:5001/request.jwt#1\nhttps://localhost:5001/other.jwt",
    "require_pushed_authorization_requests": "yes",
}


async def test_every_setting_is_kept_and_shown_again(platform: Platform, developer: Browser) -> None:
    await register(developer, SETTINGS)
    client = await load_present(platform, "healthorg.myapp")
    assert client.is_public
    assert client.require_pkce
    assert client.allows_front_channel_tokens
    assert (client.access_token_format, client.signing_algorithm) == ("opaque", "ES256")
    assert client.post_logout_redirect_uris == ("https://localhost:5001/bye",)
    assert client.frontchannel_logout_uri == "https://localhost:5001/signout-oidc"
    assert client.backchannel_logout_uri == "https://localhost:5001/logout"
    assert client.request_uris == ("https://localhost:5001/request.jwt#1", "https://localhost:5001/other.jwt")
    assert client.require_pushed_authorization_requests
    page = await developer.open("/portal/clients/healthorg.myapp")
    await developer.submit(page, "/portal/clients/healthorg.myapp")
    assert await load_present(platform, "healthorg.myapp") == client


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("is_public", {"is_public": "yes", "grant_types": ["hybrid", "client_credentials"]}),
        ("allows_front_channel_tokens", {"allows_front_channel_tokens": "yes", "grant_types": "device_code"}),
        ("post_logout_redirect_uris", {"post_logout_redirect_uris": "http://elsewhere.example/"}),
        ("frontchannel_logout_uri", {"frontchannel_logout_uri": "https://elsewhere.example/"}),
        ("backchannel_logout_uri", {"backchannel_logout_uri": "http://elsewhere.example/"}),
        ("request_uris", {"request_uris": "http://elsewhere.example/"}),
    ],
)
async def test_a_setting_that_cannot_be_is_refused_beside_its_field(
    platform: Platform, developer: Browser, name: str, changes: Fields
) -> None:
    page = await register(developer, changes)
    assert page.status_code == 400
    assert f'id="{name}-error"' in page.text
    assert await load(platform, "healthorg.myapp") is None


async def test_an_app_that_cannot_keep_a_secret_gets_none(platform: Platform, developer: Browser) -> None:
    await register(developer)
    secrets = "/portal/clients/healthorg.myapp/secret"
    earlier = await developer.open(secrets)
    page = await developer.open("/portal/clients/healthorg.myapp")
    await developer.submit(page, "/portal/clients/healthorg.myapp", is_public="yes")
    page = await developer.open(secrets)
    assert "cannot keep a secret" in page.text
    assert [form for form in read_forms(page.text) if form.action.startswith(secrets)] == []
    assert (await developer.submit(earlier, secrets)).status_code == 400
    assert (await load_present(platform, "healthorg.myapp")).secrets == ()


async def test_an_app_with_a_secret_does_not_become_public(platform: Platform, developer: Browser) -> None:
    await register(developer)
    page = await developer.open("/portal/clients/healthorg.myapp/secret")
    await developer.submit(page, "/portal/clients/healthorg.myapp/secret")
    page = await developer.open("/portal/clients/healthorg.myapp")
    page = await developer.submit(page, "/portal/clients/healthorg.myapp", is_public="yes")
    assert page.status_code == 400
    assert 'id="is_public-error"' in page.text
    assert not (await load_present(platform, "healthorg.myapp")).is_public
