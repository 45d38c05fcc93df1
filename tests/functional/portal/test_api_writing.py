"""What programs change through the management API: the rules of the pages, and nothing overwritten unseen."""

import asyncio
import re
from typing import Any

import httpx
import pytest

from borvo.assembly import Platform
from tests.functional.browser import Browser
from tests.functional.portal.journeys import CALLBACK, load_present, register
from tests.functional.portal.pictures import draw_png
from tests.functional.portal.secrets import obtain_token
from tests.functional.portal.tokens import API, CLIENT, Program, create_token

NEW = f"{API}/clients/healthorg.newapp"
ABSENT = {"If-None-Match": "*"}
DETAILS: dict[str, Any] = {
    "display_name": "New App",
    "client_uri": "https://localhost:5001",
    "redirect_uris": [CALLBACK],
    "grant_types": ["authorization_code"],
    "scopes": ["openid", "profile"],
}


@pytest.fixture
async def program(developer: Browser, http: httpx.AsyncClient) -> Program:
    """With a token for everything in the tenancy, which has a client."""
    await register(developer)
    return Program(http, await create_token(developer))


async def save(program: Program, path: str, known: str, **changes: Any) -> httpx.Response:
    """With the details of a usual client, or of the one that is there, but for the changes."""
    details = DETAILS if path == NEW else (await program.fetch(path)).json()["details"]
    headers = ABSENT if known == "*" else {"If-Match": known}
    return await program.call("PUT", path, headers=headers, json={**details, **changes})


async def list_trail(platform: Platform, action: str) -> list[tuple[str, str, bool]]:
    rows = await platform.database.pool.fetch(
        "select subject, through, actor_id is not null as is_person from portal_audit where action = $1 order by at",
        action,
    )
    return [tuple(row.values()) for row in rows]


async def test_a_client_is_registered_once_and_the_trail_names_person_and_token(
    platform: Platform, program: Program
) -> None:
    made = await save(program, NEW, "*")
    assert (made.status_code, made.headers["etag"], made.headers["location"]) == (201, '"1"', NEW)
    assert made.json()["details"]["require_pkce"] is True
    assert (await program.fetch(NEW)).json() == made.json()
    again = await save(program, NEW, "*", display_name="Other")
    assert again.status_code == 412
    assert "already" in again.json()["detail"]
    assert (await load_present(platform, "healthorg.newapp")).display_name == "New App"
    name = f"token ending {program.token[-4:]}"
    assert ("healthorg.newapp", name, True) in await list_trail(platform, "client_registered")


async def test_of_many_who_register_the_same_at_once_one_does(program: Program) -> None:
    answers = await asyncio.gather(*(save(program, NEW, "*") for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 412, 412, 412, 412]


async def test_a_change_needs_what_was_seen_and_shows_the_second_what_the_first_did(
    platform: Platform, program: Program
) -> None:
    first = await save(program, CLIENT, '"1"', display_name="First", description="one")
    assert (first.status_code, first.headers["etag"]) == (200, '"2"')
    second = await save(program, CLIENT, '"1"', display_name="Second")
    assert second.status_code == 412
    problem = second.json()
    assert (second.headers["etag"], problem["version"]) == ('"2"', 2)
    assert problem["current"] == {"display_name": "First"}
    assert problem["yours"] == {"display_name": "Second"}
    assert (await load_present(platform, "healthorg.myapp")).display_name == "First"
    assert (await save(program, CLIENT, second.headers["etag"], display_name="Second")).status_code == 200


async def test_of_two_who_change_the_same_at_once_one_is_told(program: Program) -> None:
    answers = await asyncio.gather(*(save(program, CLIENT, '"1"', display_name=f"N{n}") for n in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]


async def test_a_page_that_was_open_meanwhile_shows_what_the_program_did(
    program: Program, developer: Browser
) -> None:
    page = await developer.open("/portal/clients/healthorg.myapp")
    await save(program, CLIENT, '"1"', display_name="By program")
    shown = await developer.submit(page, "/portal/clients/healthorg.myapp", display_name="By page")
    assert shown.status_code == 409
    assert "By program" in shown.text


async def test_what_is_sent_again_changes_nothing_more(platform: Platform, program: Program) -> None:
    for _ in range(2):
        # The second answer would have been lost: its program still knows the first version.
        answer = await save(program, CLIENT, '"1"', display_name="Once")
        assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
    assert len(await list_trail(platform, "client_changed")) == 1
    details = (await program.fetch(CLIENT)).json()["details"]
    whatever = {"headers": {"If-Match": "*"}, "json": {**details, "display_name": "Other"}}
    assert (await program.call("PUT", CLIENT, **whatever)).headers["etag"] == '"3"'


async def test_who_does_not_say_what_was_seen_saves_nothing(platform: Platform, program: Program) -> None:
    cases: list[tuple[dict[str, str], int]] = [
        ({}, 428),
        ({"If-Match": "3"}, 400),
        ({"If-Match": 'W/"1"'}, 400),
        ({"If-Match": '"1", "2"'}, 400),
        ({"If-None-Match": '"1"'}, 400),
        ({"If-Match": '"1"', "If-None-Match": "*"}, 400),
    ]
    for headers, status in cases:
        answer = await program.call("PUT", CLIENT, headers=headers, json=DETAILS)
        assert answer.status_code == status
        assert "If-Match" in answer.json()["detail"]
    assert await list_trail(platform, "client_changed") == []


async def test_nothing_is_made_by_a_change_of_what_is_not_there(program: Program) -> None:
    for known in ('"1"', "*"):
        headers = {"If-Match": known}
        assert (await program.call("PUT", NEW, headers=headers, json=DETAILS)).status_code == 404


async def test_an_id_is_of_the_tenancy_and_keeps_the_rules(program: Program) -> None:
    cases: list[tuple[str, int, list[str]]] = [
        ("healthorg.New", 400, ["client_id"]),
        ("healthorg.", 400, ["client_id"]),
        ("healthorg.a.b", 400, ["client_id"]),
        ("elsewhere.newapp", 404, []),
        ("newapp", 404, []),
    ]
    for path, status, errors in cases:
        answer = await program.call("PUT", f"{API}/clients/{path}", headers=ABSENT, json=DETAILS)
        assert (answer.status_code, list(answer.json().get("errors", {}))) == (status, errors), path


async def test_what_a_page_would_refuse_is_refused_by_the_name_of_its_member(
    platform: Platform, program: Program
) -> None:
    answer = await save(program, NEW, "*", display_name="", scopes=["nonsense"], access_token_minutes=1)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert sorted(answer.json()["errors"]) == ["access_token_minutes", "display_name", "scopes"]
    assert len(await list_trail(platform, "client_registered")) == 1


async def test_what_is_no_body_gets_a_clear_answer(program: Program) -> None:
    for content in (b"", b"{", b"[]", b"\xff", b'{"display_name": "\\ud800"}', b"null"):
        answer = await program.call("PUT", NEW, headers=ABSENT, content=content)
        assert answer.status_code == 400
    large = await program.call("PUT", NEW, headers=ABSENT, content=b" " * 300_000)
    assert large.status_code == 413


async def test_a_host_that_looks_like_another_is_confirmed_by_name(program: Program) -> None:
    uris = {"redirect_uris": ["https://examp1e.org/cb"], "client_uri": "https://example.org"}
    refused = await save(program, NEW, "*", **uris)
    assert sorted(refused.json()["errors"]) == ["confirmed_hosts", "redirect_uris"]
    assert "examp1e.org" in refused.json()["errors"]["confirmed_hosts"][0]
    made = await save(program, NEW, "*", **uris, confirmed_hosts=["examp1e.org"])
    assert made.status_code == 201


async def test_a_dry_run_says_what_would_be_and_saves_nothing(platform: Platform, program: Program) -> None:
    dry = {"params": {"dry_run": "true"}}
    told = await program.call("PUT", NEW, headers=ABSENT, json=DETAILS, **dry)
    assert told.status_code == 200
    assert told.json()["outcome"] == "register"
    assert told.json()["after"]["scopes"] == ["openid", "profile"]
    assert (await program.fetch(NEW)).status_code == 404
    details = (await program.fetch(CLIENT)).json()["details"]
    headers = {"If-Match": '"1"'}
    same = await program.call("PUT", CLIENT, headers=headers, json=details, **dry)
    assert same.json() == {"client_id": "healthorg.myapp", "outcome": "nothing", "before": {}, "after": {}}
    change = await program.call("PUT", CLIENT, headers=headers, json={**details, "display_name": "X"}, **dry)
    assert change.json()["before"] == {"display_name": "My App"}
    assert change.json()["after"] == {"display_name": "X"}
    assert await list_trail(platform, "client_changed") == []
    wrong = await program.call("PUT", CLIENT, headers=headers, json=details, params={"dry_run": "yes"})
    assert list(wrong.json()["errors"]) == ["dry_run"]


async def test_a_client_is_disabled_and_enabled_as_on_its_page(
    platform: Platform, program: Program, http: httpx.AsyncClient
) -> None:
    await save(program, NEW, "*", grant_types=["client_credentials"], scopes=["agency_api"], redirect_uris=[])
    secret = (await program.call("POST", f"{NEW}/secrets")).json()["secret"]
    assert (await obtain_token(http, secret, "healthorg.newapp")).status_code == 200
    for _ in range(2):
        answer = await program.call("POST", f"{NEW}/state/disable")
        assert (answer.status_code, answer.json()["state"]) == (200, "disabled")
    assert (await obtain_token(http, secret, "healthorg.newapp")).status_code == 401
    assert (await program.call("POST", f"{NEW}/state/enable")).json()["state"] == "draft"
    assert (await obtain_token(http, secret, "healthorg.newapp")).status_code == 200
    assert len(await list_trail(platform, "client_disabled")) == 1
    assert (await program.call("POST", f"{NEW}/state/nonsense")).status_code == 404


async def test_a_client_goes_live_once_nothing_is_missing_and_back(program: Program) -> None:
    refused = await program.call("POST", f"{CLIENT}/state/live")
    assert refused.status_code == 400
    assert {"redirect_uris", "policy_uri", "logo", "secret"} <= refused.json()["errors"].keys()
    picture = await program.call("PUT", f"{CLIENT}/logo", content=draw_png())
    assert len(picture.json()["logo"]) == 64
    await program.call("POST", f"{CLIENT}/secrets")
    uris = {
        "redirect_uris": ["https://app.example.org/cb"],
        "client_uri": "https://app.example.org",
        "policy_uri": "https://app.example.org/privacy",
    }
    await save(program, CLIENT, '"1"', **uris)
    assert (await program.call("POST", f"{CLIENT}/state/live")).json()["state"] == "live"
    broken = await save(program, CLIENT, '"2"', policy_uri="")
    assert list(broken.json()["errors"]) == ["policy_uri"]
    assert list((await program.call("DELETE", f"{CLIENT}/logo")).json()["errors"]) == ["logo"]
    assert (await program.call("POST", f"{CLIENT}/state/draft")).json()["state"] == "draft"
    assert (await program.call("DELETE", f"{CLIENT}/logo")).json()["logo"] == ""


async def test_what_is_no_picture_is_no_logo(program: Program) -> None:
    for content in (b"", b"<svg/>", b"x" * 1000):
        answer = await program.call("PUT", f"{CLIENT}/logo", content=content)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["logo"])


async def test_a_client_is_deleted_by_its_name_and_comes_back_within_thirty_days(
    platform: Platform, program: Program
) -> None:
    for params in ({}, {"confirm": "myapp"}):
        refused = await program.call("DELETE", CLIENT, params=params)
        assert list(refused.json()["errors"]) == ["confirm"]
    for _ in range(2):
        gone = await program.call("DELETE", CLIENT, params={"confirm": "healthorg.myapp"})
        assert (gone.status_code, gone.json()["state"]) == (200, "deleted")
        assert gone.json()["restorable_until"].startswith("2026-02-14")
    assert len(await list_trail(platform, "client_deleted")) == 1
    refused = await save(program, CLIENT, '"1"', display_name="X")
    assert refused.status_code == 400
    assert "Restore it first" in refused.json()["detail"]
    assert (await save(program, CLIENT, "*")).status_code == 412
    back = await program.call("POST", f"{CLIENT}/state/restore")
    assert (back.status_code, back.json()["state"]) == (200, "disabled")


async def test_secrets_come_and_go_and_the_last_one_only_when_that_is_meant(
    platform: Platform, program: Program, developer: Browser
) -> None:
    made = await program.call("POST", f"{CLIENT}/secrets", json={"label": "web", "days": 30})
    told = made.json()
    assert made.status_code == 201
    assert re.fullmatch(r"borvo_cs_[0-9A-Za-z]{49}", told["secret"])
    assert told["ending"] == told["secret"][-4:]
    assert told["expires_at"].startswith("2026-02-14")
    address = made.headers["location"]
    refused = await program.call("DELETE", address)
    assert list(refused.json()["errors"]) == ["last"]
    assert "last=true" in refused.json()["detail"]
    second = (await program.call("POST", f"{CLIENT}/secrets")).headers["location"]
    assert (await program.call("DELETE", address)).status_code == 204
    assert (await program.call("DELETE", address)).status_code == 404
    assert (await program.call("DELETE", second, params={"last": "true"})).status_code == 204
    name = f"token ending {program.token[-4:]}"
    assert await list_trail(platform, "secret_removed") == [("healthorg.myapp", name, True)] * 2
    log = (await developer.open("/account/security")).text
    assert f"You removed a secret from the client My App. This was done through your {name}." in log


async def test_a_secret_is_generated_on_the_terms_of_the_page(platform: Platform, program: Program) -> None:
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({"days": 31}, ["days"]),
        ({"days": "30"}, ["days"]),
        ({"label": "x" * 61}, ["label"]),
        ({"secret": "my own"}, ["secret"]),
    ]
    for body, members in cases:
        answer = await program.call("POST", f"{CLIENT}/secrets", json=body)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, members)
    assert (await load_present(platform, "healthorg.myapp")).secrets == ()


async def test_the_trail_shows_people_by_which_token_it_was_done(
    program: Program, developer: Browser
) -> None:
    await save(program, CLIENT, '"1"', display_name="X")
    page = (await developer.open("/portal/tenancies/healthorg/audit")).text
    assert f"(grace@example.org) through token ending {program.token[-4:]}" in page
    lines = (await developer.client.get("/portal/tenancies/healthorg/audit.jsonl")).text
    assert f'"through": "token ending {program.token[-4:]}"' in lines


async def test_secrets_reach_no_log(program: Program, capfd: pytest.CaptureFixture[str]) -> None:
    secret = (await program.call("POST", f"{CLIENT}/secrets")).json()["secret"]
    output = "".join(capfd.readouterr())
    assert "client secret added" in output
    assert secret not in output
