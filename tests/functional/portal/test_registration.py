"""Programs that register clients: what they are told, what is refused, and what the portal and people see of it."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from borvo.assembly import Platform
from borvo.identity.public import InstanceProfile
from borvo.portal.public import TeamRole, add_member, remove_member, suspend_tenancy
from borvo.portal.registration.admission import FAILURES
from borvo.portal.registration.service import REGISTRATIONS
from tests.functional.browser import Browser
from tests.functional.conftest import ISSUER, TestClock
from tests.functional.identity.aspnet import Handler
from tests.functional.identity.flows import call_userinfo, obtain_lasting, obtain_tokens, refresh
from tests.functional.portal.conftest import StartPerson
from tests.functional.portal.pictures import draw_png
from tests.functional.portal.registrations import (
    CALLBACK,
    METADATA,
    REGISTER,
    Registrar,
    create_initial_token,
    read_fault,
)
from tests.functional.portal.tokens import create_token
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
}


@pytest.mark.spec("RFC 7591", "2")
async def test_every_member_that_is_kept_comes_back(registrar: Registrar) -> None:
    told = await registrar.register(
        **FULL, software_id="passed-over", **{"client_name#fr": "x"}, contacts=["a"]
    )
    assert {name: told[name] for name in FULL} == FULL
    assert told["frontchannel_logout_session_required"] is True
    assert not {"software_id", "client_name#fr", "contacts"} & told.keys()
    assert (await registrar.manage("GET")).json()["subject_type"] == "pairwise"


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


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"redirect_uris": []}, "invalid_redirect_uri", "at least one address"),
    ({"redirect_uris": ["https://a.example/cb#x"]}, "invalid_redirect_uri", "fragment"),
    ({"redirect_uris": ["http://a.example/cb"]}, "invalid_redirect_uri", "plain http"),
    ({"redirect_uris": ["org.example.app:/cb"]}, "invalid_redirect_uri", "native apps"),
    ({"redirect_uris": ["https://1ocalhost:8000/cb"]}, "invalid_redirect_uri", ""),
    ({"redirect_uris": "https://a.example/cb"}, "invalid_client_metadata", "redirect_uris"),
    ({"redirect_uris": [7]}, "invalid_client_metadata", "redirect_uris"),
    ({"client_name": "x" * 101}, "invalid_client_metadata", "client_name: Use at most 100"),
    ({"client_name": "nul\x00"}, "invalid_client_metadata", "NUL"),
    ({"client_name": None, "redirect_uris": ["org.example.app:/cb"], "token_endpoint_auth_method": "none"},
     "invalid_client_metadata", "client_name: Enter the name"),
    ({"scope": "openid no.such"}, "invalid_client_metadata", "scope: There is no scope no.such"),
    ({"response_types": ["code foo"]}, "invalid_client_metadata", "response_types: code foo is not served"),
    ({"response_types": ["id_token"], "scope": "profile"}, "invalid_client_metadata", "scope: Choose openid"),
    ({"grant_types": ["password"]}, "invalid_client_metadata", "grant_types: password is not served"),
    ({"grant_types": ["implicit"], "response_types": ["code"]}, "invalid_client_metadata", "authorization_code"),
    ({"grant_types": ["authorization_code"], "response_types": ["code id_token"]},
     "invalid_client_metadata", "implicit"),
    ({"grant_types": ["authorization_code", "implicit"]}, "invalid_client_metadata", "response_types"),
    ({"grant_types": ["refresh_token"], "response_types": []}, "invalid_client_metadata", "refresh_token"),
    ({"grant_types": ["client_credentials"]}, "invalid_client_metadata", "scope: name the scopes"),
    ({"token_endpoint_auth_method": "tls_client_auth"}, "invalid_client_metadata", "is not served"),
    ({"token_endpoint_auth_method": "secret"}, "invalid_client_metadata", "is not served"),
    ({"id_token_signed_response_alg": "none"}, "invalid_client_metadata", "id_token_signed_response_alg: use"),
    ({"userinfo_signed_response_alg": "HS256"}, "invalid_client_metadata", "userinfo_signed_response_alg: use"),
    ({"id_token_encrypted_response_alg": "RSA-OAEP"}, "invalid_client_metadata", "encrypted"),
    ({"subject_type": "else"}, "invalid_client_metadata", "subject_type: use one of public, pairwise"),
    ({"subject_type": "pairwise", "redirect_uris": [CALLBACK, "https://b.example/cb"]},
     "invalid_client_metadata", "sector_identifier_uri: The callback URLs are on several hosts"),
    ({"frontchannel_logout_uri": "https://b.example/out"}, "invalid_client_metadata", "frontchannel_logout_uri"),
    ({"policy_uri": "javascript:alert(1)"}, "invalid_client_metadata", "policy_uri"),
    ({"jwks": {"keys": []}, "jwks_uri": "https://a.example/k"}, "invalid_client_metadata", "jwks"),
]  # fmt: skip


@pytest.mark.spec("RFC 7591", "3.2.2")
async def test_what_cannot_be_is_refused_with_a_word(platform: Platform, registrar: Registrar) -> None:
    for changes, error, words in REFUSED:
        answer = await registrar.post({**METADATA, **changes})
        assert words in read_fault(answer, error), (changes, answer.text)
    assert await count(platform, "client") == 0
    assert await platform.database.pool.fetchval("select made from initial_token") == 0


async def test_what_is_no_object_of_json_is_refused(registrar: Registrar) -> None:
    headers = {"Content-Type": "application/json; charset=utf-8"}
    for content in (b"", b"[]", b'"x"', b"{", b"\xff", b"[" * 100_000, b'{"redirect_uris": 1'):
        read_fault(await registrar.post(content=content, headers=headers), "invalid_client_metadata")


async def test_only_json_is_read_and_not_without_end(registrar: Registrar) -> None:
    text = json.dumps(METADATA).encode()
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        answer = await registrar.post(content=text, headers={"Content-Type": kind})
        assert "application/json" in read_fault(answer, "invalid_client_metadata")
    big = {**METADATA, "unknown": "x" * 250_000}
    assert (await registrar.post(big)).status_code == 413


async def test_the_strict_profile_registers_no_flow_with_access_tokens_in_the_browser(
    platform: Platform, registrar: Registrar
) -> None:
    assert platform.identity.profile is InstanceProfile.COMPATIBLE
    object.__setattr__(platform.portal, "is_strict", True)
    answer = await registrar.post({**METADATA, "response_types": ["code token"]})
    assert "through a browser" in read_fault(answer, "invalid_client_metadata")
    await registrar.register(response_types=["code id_token"])
    assert await read_row(platform, "require_pkce, allows_front_channel_tokens") == (True, False)


async def test_the_compatible_profile_demands_no_pkce_and_ticks_what_was_asked_for(
    platform: Platform, registrar: Registrar
) -> None:
    await registrar.register(response_types=["code", "code token"])
    assert await read_row(platform, "require_pkce, allows_front_channel_tokens") == (False, True)


@pytest.mark.spec("RFC 7591", "3")
async def test_without_a_token_that_works_nothing_is_registered(
    platform: Platform, registrar: Registrar, developer: Browser
) -> None:
    told = await registrar.register()
    others = [
        "x",
        await create_token(developer),
        told["registration_access_token"],
        told["client_secret"],
        registrar.initial_token[:-1] + ("A" if registrar.initial_token[-1] != "A" else "B"),
    ]
    for token in others:
        answer = await registrar.post(token=token)
        read_fault(answer, "invalid_token", 401)
        assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    nameless = await registrar.post(token="")
    assert nameless.headers["www-authenticate"] == "Bearer"
    assert nameless.status_code == 401
    # Whoever is signed in registers nothing by it.
    assert (await developer.client.post(REGISTER, json=METADATA)).status_code == 401
    assert await count(platform, "client") == 1


async def test_a_token_registers_as_many_as_it_says_also_when_all_come_at_once(
    platform: Platform, developer: Browser, http: httpx.AsyncClient
) -> None:
    registrar = Registrar(http, await create_initial_token(developer, most="3"))
    answers = await asyncio.gather(*(registrar.post() for _ in range(12)))
    statuses = [answer.status_code for answer in answers]
    assert (statuses.count(201), statuses.count(401)) == (3, 9)
    assert "all 3 clients" in read_fault(await registrar.post(), "invalid_token", 401)
    assert await count(platform, "client") == 3
    assert len({answer.json()["client_id"] for answer in answers if answer.status_code == 201}) == 3


async def test_a_token_ends(registrar: Registrar, clock: TestClock) -> None:
    clock.advance(days=30, seconds=-1)
    await registrar.register()
    clock.advance(seconds=1)
    read_fault(await registrar.post(), "invalid_token", 401)


@pytest.mark.usefixtures("developer")
async def test_a_token_rests_on_whoever_made_it(
    platform: Platform, start_person: StartPerson, http: httpx.AsyncClient
) -> None:
    member = await start_person("fay@example.org")
    await add_member(platform.portal, "healthorg", "fay@example.org", TeamRole.DEVELOPER)
    registrar = Registrar(http, await create_initial_token(member))
    await registrar.register()
    await add_member(platform.portal, "healthorg", "fay@example.org", TeamRole.VIEWER)
    read_fault(await registrar.post(), "invalid_token", 401)
    await add_member(platform.portal, "healthorg", "fay@example.org", TeamRole.DEVELOPER)
    await registrar.register()
    await platform.database.pool.execute("delete from person_role where role = 'developer'")
    read_fault(await registrar.post(), "invalid_token", 401)
    await remove_member(platform.portal, "healthorg", "fay@example.org")
    await add_member(platform.portal, "healthorg", "fay@example.org", TeamRole.DEVELOPER)
    read_fault(await registrar.post(), "invalid_token", 401)
    assert await count(platform, "initial_token") == 0


async def test_a_suspended_tenancy_registers_nothing_and_its_clients_manage_nothing(
    platform: Platform, registrar: Registrar
) -> None:
    await registrar.register()
    await suspend_tenancy(platform.portal, "healthorg")
    read_fault(await registrar.post(), "invalid_token", 401)
    for method in ("GET", "PUT", "DELETE"):
        read_fault(
            await registrar.manage(method, METADATA if method == "PUT" else None), "insufficient_scope", 403
        )


async def test_guesses_are_limited_by_network_and_tokens_that_work_are_not(
    platform: Platform, registrar: Registrar
) -> None:
    for _ in range(FAILURES.attempts):
        await platform.accounts.limiter.spend(FAILURES, "127.0.0.1", platform.clock())
    refused = await registrar.post(token="borvo_iat_wrong")
    read_fault(refused, "temporarily_unavailable", 429)
    assert int(refused.headers["retry-after"]) > 0
    await registrar.register()


async def test_a_tenancy_is_not_flooded(platform: Platform, registrar: Registrar) -> None:
    tenancy = str(await platform.database.pool.fetchval("select id from tenancy"))
    for _ in range(REGISTRATIONS.attempts):
        await platform.accounts.limiter.spend(REGISTRATIONS, tenancy, platform.clock())
    read_fault(await registrar.post(), "temporarily_unavailable", 429)
    assert await count(platform, "client") == 0


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
