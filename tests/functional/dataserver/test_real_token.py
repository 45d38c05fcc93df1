"""The DataServer as assembled, with a token that the OpenID provider issued."""

import httpx
import pytest

from borvo.assembly import Platform
from tests.factories.clients import MYBP_SCOPES, register_client
from tests.factories.samples import create_blood_pressure, create_body
from tests.functional.browser import Browser
from tests.functional.identity.aspnet import Handler, consent, read_form_post


async def test_a_person_writes_and_reads_with_the_token_of_her_sign_in(
    platform: Platform, http: httpx.AsyncClient, browser: Browser
) -> None:
    handler = Handler(http, await register_client(platform), " ".join(MYBP_SCOPES))
    await browser.sign_up("ada@example.org")
    page = await consent(browser, await browser.open(await handler.build_authorization_url()))
    token = (await handler.redeem(read_form_post(page)[1]["code"])).json()
    claims = await handler.read_id_token(token["id_token"])
    headers = {"Authorization": f"Bearer {token['access_token']}"}

    written = await http.post("/sample/v1", json=[create_blood_pressure()], headers=headers)
    assert written.status_code == 200
    read = await http.get("/sample/v1?types=blood_pressure", headers=headers)
    assert [each["subject"] for each in read.json()["datas"]] == [claims["sub"]]
    refused = await http.post("/sample/v1", json=[create_body()], headers=headers)
    assert refused.status_code == 403
    assert (await http.get("/sample/v1")).status_code == 401


@pytest.mark.parametrize(
    "sql",
    [
        "update client set disabled_at = $1",
        "update consent set withdrawn_at = $1, version = version + 1",
        "update consent set version = version + 1, granted_at = $1",
        "update person set closed_at = $1",
        """insert into revoked_token (subject, token_id, expires_at)
           select person_id::text, token_id, $1::timestamptz + interval '1 hour' from authorization_code""",
    ],
)
async def test_a_page_is_shown_only_while_the_token_rests_on_something(
    platform: Platform, http: httpx.AsyncClient, browser: Browser, sql: str
) -> None:
    handler = Handler(http, await register_client(platform), " ".join(MYBP_SCOPES))
    await browser.sign_up("ada@example.org")
    page = await consent(browser, await browser.open(await handler.build_authorization_url()))
    token = (await handler.redeem(read_form_post(page)[1]["code"])).json()
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    await http.post("/sample/v1", json=[create_blood_pressure()], headers=headers)
    assert (await http.get("/sample/v1", headers=headers)).json()["count"] == 1
    async with platform.database.connection() as connection:
        await connection.execute(sql, platform.clock())
    answer = await http.get("/sample/v1", headers=headers)
    assert answer.status_code == 401
    assert "datas" not in answer.json()
