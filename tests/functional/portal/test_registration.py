"""Programs that register clients: what they are told, what is refused, and what the portal and people see of it."""

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from borvo.accounts.public import find_person
from borvo.assembly import Platform
from tests.functional.browser import Browser
from tests.functional.conftest import ISSUER, TestClock
from tests.functional.identity.aspnet import Handler
from tests.functional.identity.flows import call_userinfo, obtain_lasting, obtain_tokens, refresh
from tests.functional.portal.pictures import draw_png
from tests.functional.portal.registrations import (
    CALLBACK,
    METADATA,
    REGISTER,
    Registrar,
    create_initial_token,
    read_fault,
)
from tests.functional.site import Site, serve_site


@pytest.fixture
async def registrar(developer: Browser, http: httpx.AsyncClient) -> Registrar:
    return Registrar(http, await create_initial_token(developer))


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with serve_site() as site:
        yield site


async def read_row(platform: Platform, columns: str) -> tuple[object, ...]:
    (row,) = await platform.database.pool.fetch(f"select {columns} from client")
    return tuple(row)


async def count(platform: Platform, table: str) -> int:
    found: int = await platform.database.pool.fetchval(f"select count(*) from {table}")
    return found


@pytest.mark.spec("RFC 7591", "3.2.1")
@pytest.mark.spec("OpenID Connect Dynamic Client Registration", "3.2")
async def test_a_client_is_registered_and_told_all_that_is_kept(
    registrar: Registrar, clock: TestClock
) -> None:
    answer = await registrar.post(METADATA)
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    told = answer.json()
    assert re.fullmatch(r"healthorg\.[0-9a-z]{20}", told["client_id"])
    assert re.fullmatch(r"borvo_cs_[0-9A-Za-z]{49}", told.pop("client_secret"))
    assert re.fullmatch(r"borvo_rat_[0-9A-Za-z]{49}", told.pop("registration_access_token"))
    assert told == {
        "client_id": told["client_id"],
        "client_id_issued_at": int(clock().timestamp()),
        "client_secret_expires_at": 0,
        "registration_client_uri": f"{ISSUER}{REGISTER}/{told['client_id']}",
        "redirect_uris": [CALLBACK],
        "client_name": "Installed App",
        "response_types": ["code"],
        "grant_types": ["authorization_code"],
        "scope": "openid profile email phone address",
        "token_endpoint_auth_method": "client_secret_basic",
        "id_token_signed_response_alg": "RS256",
        "subject_type": "public",
        "require_auth_time": True,
        "require_pushed_authorization_requests": False,
        "require_signed_request_object": False,
        "dpop_bound_access_tokens": False,
    }


async def test_the_client_works_at_once_and_the_portal_shows_it_as_a_draft(
    registrar: Registrar, developer: Browser, ada: Browser
) -> None:
    told = await registrar.register(grant_types=["authorization_code", "refresh_token"])
    handler = Handler(
        registrar.http, told["client_id"], "openid email offline_access", told["client_secret"], CALLBACK
    )
    tokens = await obtain_lasting(handler, ada)
    assert (await refresh(handler, tokens["refresh_token"])).status_code == 200
    page = (await developer.open(f"/portal/clients/{told['client_id']}")).text
    assert "Installed App" in page
    assert told["client_secret"] not in page
    assert "Draft" in (await developer.open("/portal")).text


async def test_nothing_secret_is_kept_in_clear_or_logged(
    platform: Platform, registrar: Registrar, capfd: pytest.CaptureFixture[str]
) -> None:
    told = await registrar.register()
    await registrar.replace(client_name="Another")
    secrets = {registrar.initial_token, told["client_secret"], told["registration_access_token"]}
    dump = "".join(
        [
            str(await platform.database.pool.fetch(f"select t::text from {table} t"))
            for table in ("initial_token", "client", "client_registration", "client_secret", "portal_audit")
        ]
    )
    output = "".join(capfd.readouterr())
    assert "client registered" in output
    for secret in secrets | {registrar.client["registration_access_token"]}:
        assert secret[10:] not in dump
        assert secret[10:] not in output


async def test_the_audit_trail_says_by_whose_token(developer: Browser, registrar: Registrar) -> None:
    told = await registrar.register()
    await registrar.replace(client_name="Renamed")
    await registrar.manage("DELETE")
    trail = (await developer.open("/portal/tenancies/healthorg/audit")).text
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", trail))
    assert f"Client registered {told['client_id']} by" in text
    assert f"(grace@example.org) through initial token ending {registrar.initial_token[-4:]}" in text
    assert f"Client changed {told['client_id']} by the app itself through its registration token" in text
    assert f"Client deleted {told['client_id']} by the app itself" in text
    export = (await developer.open("/portal/tenancies/healthorg/audit.csv?person=operator")).text
    assert "client_changed" not in export


async def test_the_security_log_says_that_a_program_got_a_secret(
    platform: Platform, registrar: Registrar
) -> None:
    told = await registrar.register()
    async with platform.database.connection() as connection:
        owner = await find_person(connection, "grace@example.org")
        rows = await connection.fetch("select * from security_event where kind = 'client_secret_added'")
    assert owner is not None
    [row] = [row for row in rows if row["client_id"] == told["client_id"]]
    assert (row["person_id"], row["actor"]) == (owner.id, f"person {owner.id}")
    assert told["client_secret"] not in str(dict(row))


FLOWS: list[tuple[dict[str, Any], set[str], set[str]]] = [
    ({"response_types": ["code"]}, {"code"}, {"authorization_code"}),
    ({"response_types": ["id_token"]}, {"id_token"}, {"implicit"}),
    (
        {"response_types": ["token id_token"], "grant_types": ["implicit"]},
        {"id_token", "id_token token"},
        {"implicit"},
    ),
    (
        {"response_types": ["code id_token"]},
        {"code", "code id_token"},
        {"authorization_code", "implicit"},
    ),
    (
        {"response_types": ["code token"], "grant_types": ["implicit", "authorization_code"]},
        {"code", "code id_token", "code token", "code id_token token"},
        {"authorization_code", "implicit"},
    ),
    (
        {"grant_types": ["authorization_code", "refresh_token"]},
        {"code"},
        {"authorization_code", "refresh_token"},
    ),
    (
        {"grant_types": ["client_credentials"], "scope": "agency_api", "redirect_uris": []},
        set(),
        {"client_credentials"},
    ),
    (
        {"grant_types": ["urn:ietf:params:oauth:grant-type:device_code"], "redirect_uris": None},
        set(),
        {"urn:ietf:params:oauth:grant-type:device_code"},
    ),
]


@pytest.mark.spec("RFC 7591", "2.1")
async def test_the_answer_says_which_flows_are_open(registrar: Registrar) -> None:
    for asked, responses, grants in FLOWS:
        told = await registrar.register(**asked)
        assert (set(told["response_types"]), set(told["grant_types"])) == (responses, grants)


FULL: dict[str, Any] = {
    "client_uri": "https://app.example.org",
    "policy_uri": "https://app.example.org/privacy",
    "tos_uri": "https://app.example.org/terms",
    "scope": "openid read.blood_pressure",
    "token_endpoint_auth_method": "client_secret_post",
    "id_token_signed_response_alg": "ES256",
    "userinfo_signed_response_alg": "PS256",
    "subject_type": "pairwise",
    "request_uris": ["https://app.example.org/request.jwt"],
    "post_logout_redirect_uris": ["https://app.example.org/out"],
    "frontchannel_logout_uri": "https://app.example.org/front",
    "backchannel_logout_uri": "https://app.example.org/back",
    "require_pushed_authorization_requests": True,
    "dpop_bound_access_tokens": True,
    "default_max_age": 3600,
    "contacts": ["ops@example.org", "Ada"],
    "software_id": "4NRB1-0XZABZI9E6-5SM3R",
    "software_version": "2.1",
    "initiate_login_uri": "https://app.example.org/begin",
}


@pytest.mark.spec("RFC 7591", "2")
async def test_every_member_that_is_kept_comes_back(registrar: Registrar) -> None:
    told = await registrar.register(**FULL, **{"client_name#fr": "x"}, application_type="web")
    assert {name: told[name] for name in FULL} == FULL
    assert told["frontchannel_logout_session_required"] is True
    assert not {"client_name#fr", "application_type"} & told.keys()
    seen = (await registrar.manage("GET")).json()
    assert {name: seen[name] for name in FULL} == FULL
    # What is left out of a replacement is taken off.
    replaced = (await registrar.replace()).json()
    said = {"default_max_age", "contacts", "software_id", "software_version", "initiate_login_uri"}
    assert said < FULL.keys()
    assert not said & replaced.keys()


async def test_the_team_sees_what_a_program_says_of_itself(registrar: Registrar, developer: Browser) -> None:
    told = await registrar.register(software_id="<till>", software_version="2.1", contacts=["a@example.org"])
    page = (await developer.open(f"/portal/clients/{told['client_id']}/state")).text
    assert "<strong>&lt;till&gt;</strong>, version 2.1." in page
    assert "Contacts: a@example.org." in page


async def test_a_client_without_a_secret_gets_none_and_must_prove_its_code(
    platform: Platform, registrar: Registrar
) -> None:
    told = await registrar.register(
        token_endpoint_auth_method="none", redirect_uris=["org.example.app:/callback"]
    )
    assert "client_secret" not in told
    assert "client_secret_expires_at" not in told
    assert told["token_endpoint_auth_method"] == "none"
    assert await read_row(platform, "is_public, require_pkce") == (True, True)


async def test_a_client_that_names_itself_not_is_called_as_its_host(registrar: Registrar) -> None:
    assert (await registrar.register(client_name=None))["client_name"] == "app.example.org"


@pytest.mark.spec("OpenID Connect Dynamic Client Registration", "2")
async def test_a_logo_is_fetched_once_and_served_from_here(registrar: Registrar, site: Site) -> None:
    uri = site.put("/logo.png", draw_png())
    told = await registrar.register(logo_uri=uri)
    assert told["logo_uri"].startswith(f"{ISSUER}/portal/logos/")
    assert (await registrar.http.get(told["logo_uri"])).content == draw_png()
    assert site.asked == ["/logo.png"]
    for content in (b"<svg/>", b""):
        answer = await registrar.post({**METADATA, "logo_uri": site.put("/other", content)})
        assert "logo_uri: " in read_fault(answer, "invalid_client_metadata")
    missing = await registrar.post({**METADATA, "logo_uri": f"{uri}-not"})
    assert "logo_uri: This address answered with the status 404" in read_fault(
        missing, "invalid_client_metadata"
    )


@pytest.mark.spec("OpenID Connect Dynamic Client Registration", "5")
async def test_a_sector_list_must_name_every_callback(registrar: Registrar, site: Site, ada: Browser) -> None:
    uris = [CALLBACK, "https://b.example/cb"]
    good, bad = site.put("/good", json.dumps(uris).encode()), site.put("/bad", json.dumps(uris[1:]).encode())
    wish = {"redirect_uris": uris, "subject_type": "pairwise"}
    refused = await registrar.post({**METADATA, **wish, "sector_identifier_uri": bad})
    assert f"sector_identifier_uri: The list at this address lacks {CALLBACK}" in read_fault(
        refused, "invalid_client_metadata"
    )
    device = {"grant_types": ["urn:ietf:params:oauth:grant-type:device_code"], "redirect_uris": []}
    unlisted = {**METADATA, **wish, **device, "sector_identifier_uri": good}
    # Whoever calls nobody back could join any sector.
    assert "in nobody's list" in read_fault(await registrar.post(unlisted), "invalid_client_metadata")
    told = await registrar.register(**wish, sector_identifier_uri=good)
    assert told["sector_identifier_uri"] == good
    handler = Handler(registrar.http, told["client_id"], "openid", told["client_secret"], CALLBACK)
    seen = (await call_userinfo(registrar.http, (await obtain_tokens(handler, ada))["access_token"])).json()
    other = await registrar.register(
        redirect_uris=uris[1:], subject_type="pairwise", sector_identifier_uri=good
    )
    sibling = Handler(registrar.http, other["client_id"], "openid", other["client_secret"], uris[1])
    again = (await call_userinfo(registrar.http, (await obtain_tokens(sibling, ada))["access_token"])).json()
    assert seen["sub"] == again["sub"]


async def test_addresses_are_asked_for_nobody_without_a_token(registrar: Registrar, site: Site) -> None:
    uri = site.put("/logo.png", draw_png())
    await registrar.post({**METADATA, "logo_uri": uri}, token="borvo_iat_x")
    await registrar.post({**METADATA, "logo_uri": uri, "scope": "no.such"})
    assert site.asked == []
