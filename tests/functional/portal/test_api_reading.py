"""What programs read through the management API."""

import httpx
import pytest

from borvo.assembly import Platform
from tests.functional.browser import Browser
from tests.functional.portal.journeys import CALLBACK, register
from tests.functional.portal.test_list import make_many
from tests.functional.portal.tokens import API, CLIENT, Program, create_token


@pytest.fixture
async def program(developer: Browser, http: httpx.AsyncClient) -> Program:
    """With a token for everything in the tenancy, which has a client."""
    await register(developer)
    return Program(http, await create_token(developer))


async def test_a_client_is_told_by_the_names_of_the_file_that_carries_it(
    program: Program, developer: Browser
) -> None:
    answer = await program.fetch(CLIENT)
    told = answer.json()
    assert answer.headers["etag"] == '"1"'
    assert (told["client_id"], told["suffix"], told["state"], told["version"]) == (
        "healthorg.myapp",
        "myapp",
        "draft",
        1,
    )
    carried = (await developer.client.get("/portal/clients/healthorg.myapp/export")).json()
    assert told["details"] == carried["details"]
    assert told["details"]["redirect_uris"] == [CALLBACK]


async def test_the_list_is_searched_and_paged(
    platform: Platform, program: Program, developer: Browser
) -> None:
    await make_many(platform, 26)
    everything = (await program.fetch(f"{API}/clients")).json()
    assert (everything["total"], everything["page"], everything["pages"]) == (27, 1, 2)
    second = (await program.fetch(f"{API}/clients", params={"page": "2"})).json()
    assert len(everything["clients"]) + len(second["clients"]) == 27
    found = (await program.fetch(f"{API}/clients", params={"q": "myapp", "state": "draft"})).json()
    assert [each["client_id"] for each in found["clients"]] == ["healthorg.myapp"]
    assert found["clients"][0]["grant_types"] == ["hybrid"]
    assert found["clients"][0]["secret_ends_at"] is None
    path = "/portal/clients/healthorg.c7/secret"
    await developer.submit(await developer.open(path), path, days="30")
    (ending,) = (await program.fetch(f"{API}/clients", params={"secrets": "ending"})).json()["clients"]
    assert ending["client_id"] == "healthorg.c7"
    assert ending["secret_ends_at"]


async def test_what_makes_no_sense_is_said(program: Program) -> None:
    for name, value in (("state", "gone"), ("page", "0"), ("page", "x"), ("secrets", "none")):
        answer = await program.fetch(f"{API}/clients", params={name: value})
        assert answer.status_code == 400
        assert list(answer.json()["errors"]) == [name]


async def test_secrets_are_listed_and_never_told(program: Program, developer: Browser) -> None:
    path = "/portal/clients/healthorg.myapp/secret"
    page = await developer.submit(await developer.open(path), path, label="web")
    generated = page.text.partition('id="generated-secret">')[2].partition("<")[0]
    answer = await program.fetch(f"{CLIENT}/secrets")
    (secret,) = answer.json()["secrets"]
    assert (secret["label"], secret["ending"], secret["is_live"]) == ("web", generated[-4:], True)
    assert secret["created_by"] == "Ada Byron"
    assert generated not in answer.text


async def test_the_tenancy_says_what_the_token_may(program: Program) -> None:
    told = (await program.fetch(f"{API}/tenancy")).json()
    assert (told["prefix"], told["role"], told["is_suspended"]) == ("healthorg", "owner", False)
    assert told["scopes"][0] == "clients:read"


async def test_the_audit_trail_is_filtered_and_paged(platform: Platform, program: Program) -> None:
    for _ in range(26):
        await platform.database.pool.execute(
            """insert into portal_audit (tenancy_id, id, at, action, subject, before, after)
               select id, gen_random_uuid(), now(), 'prefix_changed', 'x', '{}', '{}' from tenancy"""
        )
    first = (await program.fetch(f"{API}/audit")).json()
    assert len(first["entries"]) == 25
    second = (await program.fetch(f"{API}/audit", params={"before": first["older"]})).json()
    assert second["older"] is None
    assert len({entry["id"] for entry in [*first["entries"], *second["entries"]]}) == 29
    found = (await program.fetch(f"{API}/audit", params={"action": "client_registered"})).json()
    (entry,) = found["entries"]
    assert (entry["subject"], entry["actor"]["email"]) == ("healthorg.myapp", "grace@example.org")
    wrong = await program.fetch(f"{API}/audit", params={"since": "yesterday"})
    assert list(wrong.json()["errors"]) == ["since"]
