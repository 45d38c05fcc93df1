"""What agents see and do on pages."""

from dataclasses import replace
from urllib.parse import quote

import pytest

from borvo.assembly import Platform
from tests.functional.agency.scenes import (
    AGENT,
    PATIENT,
    Stage,
    count_messages,
    find_link,
    list_mails,
    seat_agent,
)
from tests.functional.application import build_app_for
from tests.functional.portal.teams import post

HOME = "https://localhost:5001/home?x=1"
FORM = "/agency/invite"


@pytest.mark.spec("contract", "3.1")
@pytest.mark.parametrize("path", ["/agency/invite", "/agency"])
async def test_a_client_that_sends_the_browser_gets_it_back(
    platform: Platform, stage: Stage, path: str
) -> None:
    await seat_agent(platform, stage)
    browser = await stage.find_browser(AGENT)
    page = await browser.open(f"{path}?clientid=demo.clinician&redirectUrl={quote(HOME, safe='')}")
    assert "https://localhost:5001" in page.headers["content-security-policy"]
    answer = await browser.submit(
        page,
        FORM,
        email=PATIENT,
        scopes=["read.height", "read.heart_rate"],
        purpose="Follow-up",
        duration="91",
    )
    assert (answer.status_code, answer.headers["location"]) == (303, HOME)
    (mail,) = await list_mails(platform, PATIENT)
    assert "Follow-up" in mail["text"]
    assert "in person" not in mail["text"]
    person = await stage.find_browser(PATIENT)
    shown = await person.open(find_link(mail))
    assert "until 16 April 2026" in shown.text
    too_long = await person.submit(shown, find_link(mail), decision="accept", duration="365")
    assert too_long.status_code == 400
    assert (
        "Shared." in (await person.submit(too_long, find_link(mail), decision="accept", duration="30")).text
    )


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "//evil.example",
        "javascript:alert(1)",
        "https://evil.example\\@localhost:5001/",
        "https://localhost:5001.evil.example/",
        "https://localhost:50011/",
        "https://localhost:5001/\r\nSet-Cookie: a=b",
        "https://localhost:5001@evil.example/",
        "/x",
    ],
)
async def test_the_browser_is_sent_nowhere_else(stage: Stage, address: str) -> None:
    await stage.start_agent()
    browser = await stage.find_browser(AGENT)
    page = await browser.open(f"{FORM}?clientid=demo.clinician&redirectUrl={quote(address, safe='')}")
    assert page.status_code == 400


async def test_a_record_is_asked_for_with_its_parts(platform: Platform, stage: Stage) -> None:
    await stage.start_agent()
    browser = await stage.find_browser(AGENT)
    page = await browser.open(f"{FORM}?clientid=demo.clinician")
    parts = "read.blood_pressure.blood_pressure_systolic read.blood_pressure.blood_pressure_diastolic"
    value = f"read.blood_pressure {parts}"
    assert f'value="{value}"' in page.text
    await browser.submit(page, FORM, email=PATIENT, scopes=[value])
    asked = await platform.database.pool.fetchval("select scopes from agency_invite")
    assert sorted(asked) == sorted(value.split())


async def test_what_is_wrong_is_said_beside_it_and_nothing_is_sent(platform: Platform, stage: Stage) -> None:
    await stage.start_agent()
    browser = await stage.find_browser(AGENT)
    assert (await browser.open(f"{FORM}?clientid=demo.none")).status_code == 404
    page = await browser.open(f"{FORM}?clientid=demo.clinician")
    answer = await browser.submit(
        page, FORM, phone_number="0170", agency="x", purpose="a\u202eb", duration="7"
    )
    assert answer.status_code == 400
    for text in (
        "international prefix",
        "Name at least one scope",
        "Choose from the list",
        "ordinary characters",
    ):
        assert text in answer.text
    answer = await browser.submit(page, FORM, scopes=["read.height"])
    assert "Enter an e-mail address or a phone number" in answer.text
    assert await count_messages(platform) == 0


async def test_agents_look_after_their_invites(platform: Platform, stage: Stage) -> None:
    headers = await stage.start_agent()
    first = await stage.invite(headers)
    person = await stage.find_browser(PATIENT)
    await person.submit(await person.open(first), first, decision="later")
    browser = await stage.find_browser(AGENT)
    page = await browser.open("/agency")
    assert PATIENT in page.text
    invite_id = await platform.database.pool.fetchval("select id from agency_invite")
    again = await browser.submit(page, f"/agency/invites/{invite_id}/sending")
    assert "on its way again" in again.text
    assert (await person.open(first)).status_code == 404
    # What was kept by the link before has gone with it.
    assert (await person.open(f"/account/sharing/invites/{invite_id}")).status_code == 404
    (second,) = {find_link(mail) for mail in await list_mails(platform, PATIENT)} - {first}
    assert (await person.open(second)).status_code == 200
    gone = await browser.submit(again, f"/agency/invites/{invite_id}/withdrawal")
    assert "withdrawn" in gone.text
    assert (await person.open(second)).status_code == 404


async def test_who_shares_is_listed_for_the_agent_and_for_nobody_else(
    platform: Platform, stage: Stage
) -> None:
    organisation = await seat_agent(platform, stage)
    headers = await stage.sign_in(AGENT)
    await stage.share(headers, organizationId=str(organisation.id))
    page = await (await stage.find_browser(AGENT)).open("/agency")
    assert "You may read blood pressure" in page.text
    assert "with North Clinic" in page.text
    await stage.start_agent("aron@example.org")
    other = await (await stage.find_browser("aron@example.org")).open("/agency")
    assert "Nobody shares anything with you right now" in other.text
    for path in ("/agency", f"{FORM}?clientid=demo.clinician"):
        assert (await (await stage.find_browser(PATIENT)).open(path)).status_code == 403


async def test_a_phone_number_is_asked_for_only_where_text_messages_are_sent(
    platform: Platform, stage: Stage
) -> None:
    await stage.start_agent()
    browser = await stage.find_browser(AGENT)
    assert 'name="phone_number"' in (await browser.open(f"{FORM}?clientid=demo.clinician")).text
    build_app_for(replace(platform, agency=replace(platform.agency, can_text=False)))
    assert 'name="phone_number"' not in (await browser.open(f"{FORM}?clientid=demo.clinician")).text


async def test_nobody_changes_the_invites_of_others(platform: Platform, stage: Stage) -> None:
    await stage.invite(await stage.start_agent())
    await stage.start_agent("aron@example.org")
    invite_id = await platform.database.pool.fetchval("select id from agency_invite")
    browser = await stage.find_browser("aron@example.org")
    for action, status in (("sending", 404), ("withdrawal", 404), ("nonsense", 400)):
        answer = await post(browser, f"/agency/invites/{invite_id}/{action}")
        assert answer.status_code == status
    answer = await post(await stage.find_browser(PATIENT), f"/agency/invites/{invite_id}/sending")
    assert answer.status_code == 403
