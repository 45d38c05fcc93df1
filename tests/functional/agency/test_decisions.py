"""What a person is shown who opens the link of an invite, and what her answer does."""

import asyncio
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import asyncpg
import httpx
import pytest

from borvo.agency.public import NOTIFY
from borvo.assembly import Platform
from borvo.support.organisations import disallow_client
from borvo.support.service import remove_role
from tests.functional.agency.scenes import AGENT, INVITE_PATHS, PATIENT, Stage, ask, seat_agent
from tests.functional.browser import read_forms, sign_up_by_mail
from tests.functional.conftest import TestClock
from tests.functional.mails import read_links


async def list_scopes(stage: Stage, headers: dict[str, str]) -> list[str]:
    people = (await stage.http.get("/agency/v1/claims", headers=headers)).json()
    return [each["value"] for claims in people for each in claims if each["type"] == "scope"]


async def test_somebody_without_an_account_signs_up_and_lands_on_the_request(stage: Stage) -> None:
    link = await stage.invite(await stage.start_agent())
    browser = await stage.open_browser()
    page = await browser.open(link)
    assert "Agnes Agent" in page.text
    assert "read your blood pressure" in page.text
    assert "For example: 128 over 82 mmHg" in page.text
    assert "Share what is ticked" not in page.text
    # Every way to sign in or up leads back.
    assert page.text.count("/account/sign-") == page.text.count("?return_to=%2Fagency%2Finvitations%2F") == 2
    path = f"/account/sign-up?return_to={link}"
    page = await sign_up_by_mail(browser, PATIENT, read_links(stage.platform), path)
    assert "Share what is ticked" in page.text


@pytest.mark.spec("contract", "3.2")
async def test_on_acceptance_the_client_is_notified_and_the_browser_goes_back(
    platform: Platform, stage: Stage
) -> None:
    headers = await stage.start_agent()
    link = await stage.invite(
        headers,
        clientNotifyPath="/Agency/Complete?x=1",
        clientNotifyState="n&1",
        browserRedirectPath="/Patient/Redirect",
        browserRedirectState="é r",
    )
    browser = await stage.find_browser(PATIENT)
    page = await browser.open(link)
    assert "https://localhost:5001" in page.headers["content-security-policy"]
    answer = await browser.submit(page, link, decision="accept")
    subject = await stage.find_subject(PATIENT)
    assert str(UUID(subject)) == subject
    assert answer.status_code == 303
    target = urlsplit(answer.headers["location"])
    assert f"{target.scheme}://{target.netloc}{target.path}" == "https://localhost:5001/Patient/Redirect"
    assert parse_qs(target.query) == {"subject": [subject], "state": ["é r"]}
    ((_, payload),) = await platform.outbox.list_payloads(NOTIFY, 10)
    assert (payload["path"], payload["subject"], payload["state"]) == ("/Agency/Complete?x=1", subject, "n&1")
    (claims,) = (await stage.http.get("/agency/v1/claims", headers=headers)).json()
    assert {"type": "sub", "value": subject} in claims


async def test_what_is_unticked_is_not_shared(stage: Stage) -> None:
    headers = await stage.start_agent()
    link = await stage.invite(headers, requestedScopes=["read.height", "read.body_mass"])
    browser = await stage.find_browser(PATIENT)
    page = await browser.open(link)
    assert "How tall you are." in page.text
    assert "For example: 1.72 m" in page.text
    await browser.submit(page, link, decision="accept", scope=["read.height"])
    assert await list_scopes(stage, headers) == ["read.height"]


async def test_more_than_was_asked_for_cannot_be_smuggled_in(stage: Stage) -> None:
    headers = await stage.start_agent()
    link = await stage.invite(headers, requestedScopes=["read.height"])
    browser = await stage.find_browser(PATIENT)
    page = await browser.open(link)
    await browser.submit(page, link, decision="accept", scope=["read.height", "read.body_mass", "openid"])
    assert await list_scopes(stage, headers) == ["read.height"]


async def test_nothing_ticked_is_said_and_nothing_is_shared(stage: Stage) -> None:
    headers = await stage.start_agent()
    link = await stage.invite(headers)
    browser = await stage.find_browser(PATIENT)
    page = await browser.open(link)
    answer = await browser.submit(page, link, decision="accept", scope=None)
    assert answer.status_code == 400
    assert "Tick at least one line" in answer.text
    for field, value in (("data_from", "soon"), ("data_from", "2999-01-01"), ("duration", "7")):
        answer = await browser.submit(page, link, decision="accept", **{field: value})
        assert answer.status_code == 400
    assert await list_scopes(stage, headers) == []


async def test_a_rejection_shares_nothing_and_tells_the_reason(platform: Platform, stage: Stage) -> None:
    headers = await stage.start_agent()
    link = await stage.invite(headers, clientNotifyPath="/n", browserRedirectPath="/r")
    browser = await stage.find_browser(PATIENT)
    answer = await browser.submit(await browser.open(link), link, decision="reject", reason="Not now")
    assert "You rejected the request" in answer.text
    assert await list_scopes(stage, headers) == []
    assert await platform.outbox.list_payloads(NOTIFY, 10) == []
    assert await platform.database.pool.fetchval("select reason from agency_invite") == "Not now"
    assert (await browser.open(link)).status_code == 404


async def test_decided_later_it_waits_on_her_page_and_only_hers(stage: Stage) -> None:
    headers = await stage.start_agent()
    link = await stage.invite(headers)
    browser = await stage.find_browser(PATIENT)
    page = await browser.submit(await browser.open(link), link, decision="later")
    assert "waits here until you decide" in page.text
    kept = next(part for part in page.text.split('"') if part.startswith("/account/sharing/invites/"))
    stranger = await stage.find_browser("mallory@example.org")
    assert (await stranger.open(kept)).status_code == 404
    answer = await browser.submit(await browser.open(kept), kept, decision="accept")
    assert "Shared." in answer.text
    assert len(await list_scopes(stage, headers)) == 3


@pytest.mark.spec("contract", "7")
async def test_of_several_who_accept_at_once_one_is_bound(platform: Platform, stage: Stage) -> None:
    link = await stage.invite(await stage.start_agent(), clientNotifyPath="/n")
    browsers = [await stage.find_browser(f"p{number}@example.org") for number in range(4)]
    pages = [await browser.open(link) for browser in browsers]
    answers = await asyncio.gather(
        *(
            browser.submit(page, link, decision="accept", confirmed="on")
            for browser, page in zip(browsers, pages, strict=True)
        )
    )
    assert sum("Shared." in answer.text for answer in answers) == 1
    assert {answer.status_code for answer in answers} <= {200, 404, 409}
    assert await platform.database.pool.fetchval("select count(*) from agency_relationship") == 1
    assert len(await platform.outbox.list_payloads(NOTIFY, 10)) == 1


async def test_a_link_ends_with_its_term_with_a_withdrawal_and_with_the_agents_role(
    platform: Platform, stage: Stage, clock: TestClock
) -> None:
    headers = await stage.start_agent()
    browser = await stage.find_browser(PATIENT)
    first, second = await stage.invite(headers), await stage.invite(headers)
    assert (await browser.open(second)).status_code == 200
    await remove_role(platform.accounts, AGENT, "agent")
    assert (await browser.open(first)).status_code == 404
    await stage.start_agent()
    clock.advance(days=13, hours=23)
    await browser.sign_in(PATIENT)
    assert (await browser.open(first)).status_code == 200
    clock.advance(hours=1)
    assert (await browser.open(first)).status_code == 404


@pytest.mark.parametrize("token", ["x", "A" * 43, "%00", "a" * 3000])
async def test_a_guessed_link_opens_nothing(stage: Stage, token: str) -> None:
    answer = await stage.http.get(f"/agency/invitations/{token}")
    assert answer.status_code == 404


async def test_who_signed_in_meanwhile_has_not_agreed(stage: Stage) -> None:
    headers = await stage.start_agent()
    link = await stage.invite(headers)
    browser = await stage.find_browser(PATIENT)
    page = await browser.open(link)
    await browser.sign_up("eve@example.org")
    fields = dict(next(form for form in read_forms(page.text) if form.action == link).fields)
    form = next(form for form in read_forms((await browser.open(link)).text) if form.action == link)
    fields["_csrf_token"] = form.values("_csrf_token")[0]
    answer = await browser.client.post(link, data={**fields, "decision": "accept"})
    assert "Another account is signed in" in answer.text
    assert await list_scopes(stage, headers) == []


async def test_accepting_again_replaces_what_was_shared_under_the_same_subject(stage: Stage) -> None:
    headers = await stage.start_agent()
    subject = await stage.share(headers, requestedScopes=["read.height"])
    link = await stage.invite(headers, requestedScopes=["read.body_mass"])
    browser = await stage.find_browser(PATIENT)
    page = await browser.open(link)
    await browser.submit(page, link, decision="accept", scope=["read.body_mass"])
    assert await stage.find_subject(PATIENT) == subject
    assert await list_scopes(stage, headers) == ["read.body_mass"]


async def test_each_agency_and_client_knows_her_under_another_name(platform: Platform, stage: Stage) -> None:
    await stage.start_agent()
    organisation = await seat_agent(platform, stage)
    here, there = await stage.sign_in(AGENT), await stage.sign_in(AGENT, client_id="demo.other")
    await stage.share(here)
    await stage.share(there)
    await stage.share(here, organizationId=str(organisation.id))
    rows = await platform.database.pool.fetch("select subject from agency_relationship")
    subjects = {str(row["subject"]) for row in rows}
    assert len(subjects) == 3
    person_id = await platform.database.pool.fetchval("select id from person where email = $1", PATIENT)
    assert str(person_id) not in subjects


async def test_a_consent_is_kept_in_every_version_and_never_changed(platform: Platform, stage: Stage) -> None:
    headers = await stage.start_agent()
    subject = await stage.share(headers)
    browser = await stage.find_browser(PATIENT)
    page = await browser.open("/account/sharing")
    await browser.submit(page, f"/account/sharing/{subject}/end")
    exported = (await browser.open(f"/account/sharing/{subject}/consent.json")).json()
    assert [(each["resourceType"], each["status"]) for each in exported] == [
        ("Consent", "active"),
        ("Consent", "inactive"),
    ]
    first, second = exported
    assert first["text"]["div"].count("<li>") == 1
    assert "read your blood pressure records. Your blood pressure: " in first["text"]["div"]
    assert "For example: 128 over 82 mmHg" in first["text"]["div"]
    # The words on the page on which she ended it.
    assert "<li>read your blood pressure records</li>" in second["text"]["div"]
    for deed in (
        "update agency_consent set scopes = '{}'",
        "delete from agency_consent",
        "truncate agency_access",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await platform.database.pool.execute(deed)


async def test_a_consent_is_kept_in_the_language_in_which_she_read_it(stage: Stage) -> None:
    headers = await stage.start_agent()
    link = await stage.invite(headers)
    browser = await stage.find_browser(PATIENT)
    browser.client.headers["Accept-Language"] = "fr"
    page = await browser.open(link)
    assert "Pression art\u00e9rielle systolique \u00b7 " in page.text
    assert "Systolic" not in page.text
    # Whatever the browser asks for when she answers.
    browser.client.headers["Accept-Language"] = "en"
    await browser.submit(page, link, decision="accept")
    subject = await stage.find_subject(PATIENT)
    for field, action in (("fr", "pause"), ("en", "resume"), ("../fr", "end")):
        page = await browser.open("/account/sharing")
        await browser.submit(page, f"/account/sharing/{subject}/{action}", shown_in=field)
    exported = (await browser.open(f"/account/sharing/{subject}/consent.json")).json()
    assert [each["language"] for each in exported] == ["fr", "fr", "en", "en"]
    first, second, third, fourth = (each["text"]["div"] for each in exported)
    assert (
        "<li>lire vos donn\u00e9es \u00ab\u00a0pression art\u00e9rielle (relev\u00e9s)\u00a0\u00bb. Votre pression"
        in first
    )
    assert "Par exemple\u00a0: 128 sur 82 mmHg" in first
    assert (
        "<li>lire vos donn\u00e9es \u00ab\u00a0pression art\u00e9rielle (relev\u00e9s)\u00a0\u00bb</li>"
        in second
    )
    assert "<li>read your blood pressure records</li>" in third
    assert third == fourth
    assert [each["policyRule"]["text"].partition(" ")[0] for each in exported] == [
        "Partag\u00e9", "Partag\u00e9", "Shared", "Shared",
    ]  # fmt: skip


async def test_the_page_says_how_many_of_an_organisation_would_see_it(
    platform: Platform, stage: Stage
) -> None:
    organisation = await seat_agent(platform, stage)
    link = await stage.invite(await stage.sign_in(AGENT), organizationId=str(organisation.id))
    page = await (await stage.find_browser(PATIENT)).open(link)
    assert "Its agents, 1 at present, can see what you share." in page.text
    assert "Its membership managers see none of it." in page.text


async def test_the_page_says_that_the_client_is_not_registered_for_it(stage: Stage) -> None:
    link = await stage.invite(await stage.start_agent(), requestedScopes=["read.heart_rate"])
    page = await (await stage.find_browser(PATIENT)).open(link)
    assert "have not said before that it would ask to read your heart rate" in page.text


async def test_an_invite_by_a_service_ends_when_support_takes_the_right(
    platform: Platform, stage: Stage
) -> None:
    organisation = await seat_agent(platform, stage, is_service_allowed=True)
    body = ask(organizationId=str(organisation.id))
    headers = await stage.start_service()
    link = await stage.invite(headers, **body)
    browser = await stage.find_browser(PATIENT)
    assert "North Clinic" in (await browser.open(link)).text
    await disallow_client(platform.organisations, "demo.worker", "North Clinic")
    assert (await browser.open(link)).status_code == 404
    answer: httpx.Response = await stage.http.post(INVITE_PATHS[0], json=body, headers=headers)
    assert answer.status_code == 403
