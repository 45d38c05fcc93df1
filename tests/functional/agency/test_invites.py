"""`createagencyinvite`: who may ask whom for what, and what goes out."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx
import pytest

from borvo.agency.invites import FROM_ANYBODY
from borvo.assembly import Platform
from tests.functional.agency.scenes import (
    AGENT,
    INVITE_PATHS,
    PATIENT,
    Stage,
    ask,
    count_messages,
    list_mails,
    list_texts,
    seat_agent,
)
from tests.functional.application import build_app_for


@pytest.mark.parametrize("path", INVITE_PATHS)
@pytest.mark.spec("contract", "3.1")
async def test_an_agent_asks_in_person_by_mail(platform: Platform, stage: Stage, path: str) -> None:
    headers = await stage.start_agent()
    answer = await stage.http.post(path, json=ask(), headers=headers)
    assert answer.status_code == 200, answer.text
    (mail,) = await list_mails(platform, PATIENT)
    text = mail["text"]
    assert AGENT in text
    assert "App clinician" in text
    assert "read your blood pressure" in text
    assert "/agency/invitations/" in text
    assert answer.json()["isMailSent"]


@pytest.mark.spec("contract", "3.1")
async def test_the_published_samples_bodies_are_taken(platform: Platform, stage: Stage) -> None:
    organisation = await seat_agent(platform, stage)
    headers = await stage.sign_in(AGENT)
    clinorg = {
        "email": None,
        "phoneNumber": "+44 7700 900123",
        "requestedScopes": ["read.step_count\r", "", "read.height "],
        "organizationId": str(organisation.id),
        "clientNotifyPath": "/Agency/Complete",
        "clientNotifyState": str(uuid4()),
        "browserRedirectPath": "/Patient/Redirect",
        "browserRedirectState": str(uuid4()),
    }
    answer = await stage.http.post(INVITE_PATHS[0], json=clinorg, headers=headers)
    assert answer.status_code == 200, answer.text
    pascal = {name[0].upper() + name[1:]: value for name, value in clinorg.items()}
    pascal |= {"Email": PATIENT, "PhoneNumber": None, "OrganizationId": ""}
    assert (await stage.http.post(INVITE_PATHS[1], json=pascal, headers=headers)).status_code == 200
    (text,) = await list_texts(platform)
    assert text["to"] == "+447700900123"
    assert "North Clinic" in text["text"]
    (mail,) = await list_mails(platform, PATIENT)
    assert "North Clinic" not in mail["text"]


async def test_a_service_asks_for_an_organisation_that_support_allowed(
    platform: Platform, stage: Stage
) -> None:
    organisation = await seat_agent(platform, stage, is_service_allowed=True)
    headers = await stage.start_service()
    body = ask(organizationId=str(organisation.id))
    assert (await stage.http.post(INVITE_PATHS[0], json=body, headers=headers)).status_code == 200
    (mail,) = await list_mails(platform, PATIENT)
    assert "North Clinic asks you" in mail["text"]
    missing = await stage.http.post(INVITE_PATHS[0], json=ask(organizationId=""), headers=headers)
    assert missing.status_code == 400
    assert "organizationId" in missing.json()["errors"]
    other = await stage.http.post(INVITE_PATHS[0], json=ask(organizationId=str(uuid4())), headers=headers)
    assert other.status_code == 403
    assert await count_messages(platform) == 1


@pytest.mark.parametrize("path", INVITE_PATHS)
async def test_whoever_may_not_ask_is_refused_and_nothing_is_sent(
    platform: Platform, stage: Stage, path: str
) -> None:
    organisation = await seat_agent(platform, stage)
    doors: list[tuple[Mapping[str, str], Mapping[str, Any], int]] = [
        ({}, ask(), 401),
        ({"Authorization": "Bearer nonsense"}, ask(), 401),
        (await stage.sign_in(AGENT, scope="openid"), ask(), 403),
        (await stage.sign_in(PATIENT), ask(), 403),
        (await stage.start_service(), ask(organizationId=str(organisation.id)), 403),
        (await stage.sign_in(AGENT), ask(organizationId=str(uuid4())), 403),
    ]
    for headers, body, status in doors:
        answer = await stage.http.post(path, json=body, headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert await count_messages(platform) == 0


async def test_what_is_not_valid_is_answered_with_its_errors_and_sends_nothing(
    platform: Platform, stage: Stage
) -> None:
    headers = await stage.start_agent()
    for body in (b"", b"[]", b"{", b"null", b"\xff", b"[" * 100_000):
        answer = await stage.http.post(INVITE_PATHS[0], content=body, headers=headers)
        assert answer.status_code == 400
        assert "body" in answer.json()["errors"]
    answer = await stage.http.post(INVITE_PATHS[0], json=ask(clientNotifyPath="//evil"), headers=headers)
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["clientNotifyPath"]
    assert await count_messages(platform) == 0


async def test_an_agency_invites_an_address_a_few_times_only(platform: Platform, stage: Stage) -> None:
    headers = await stage.start_agent()
    answers = [
        await stage.http.post(INVITE_PATHS[0], json=ask(email="x@example.org"), headers=headers)
        for _ in range(6)
    ]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0
    assert await count_messages(platform) == 5
    # Nobody learns by a refusal that others have invited the same address.
    other = await stage.start_agent("aron@example.org")
    body = ask(email="x@example.org")
    assert (await stage.http.post(INVITE_PATHS[0], json=body, headers=other)).status_code == 200
    assert await count_messages(platform) == 6


async def test_an_address_that_many_have_invited_gets_no_more_and_nobody_is_told(
    platform: Platform, stage: Stage
) -> None:
    now = platform.clock()
    for _ in range(FROM_ANYBODY.attempts):
        await platform.accounts.limiter.spend(FROM_ANYBODY, "x@example.org", now)
    headers = await stage.start_agent()
    answers = [
        (await stage.http.post(INVITE_PATHS[0], json=ask(email=email), headers=headers)).json()
        for email in ("x@example.org", "y@example.org")
    ]
    assert [len(await list_mails(platform, email)) for email in ("x@example.org", "y@example.org")] == [0, 1]
    for answer in answers:
        answer.pop("inviteId")
    assert answers[0] == answers[1]


async def test_where_nothing_sends_text_messages_a_phone_number_alone_is_refused(
    platform: Platform, stage: Stage
) -> None:
    headers = await stage.start_agent()
    stage.app = build_app_for(replace(platform, agency=replace(platform.agency, can_text=False)))
    http = await stage.open_client()
    phone = {"phoneNumber": "+44 7700 900123"}
    answer = await http.post(INVITE_PATHS[0], json=ask(email=None, **phone), headers=headers)
    assert answer.status_code == 400
    assert "sends no text messages" in answer.json()["errors"]["phoneNumber"][0]
    assert await platform.database.pool.fetchval("select count(*) from agency_invite") == 0
    both = await http.post(INVITE_PATHS[0], json=ask(**phone), headers=headers)
    assert (both.json()["isMailSent"], both.json()["isTextSent"]) == (True, False)
    assert await list_texts(platform) == []


async def test_a_text_message_says_who_asks_by_which_app_for_what_and_how_to_recognise_it(
    platform: Platform, stage: Stage
) -> None:
    scopes = ["read.step_count", "read.height", "read.body_mass", "read.heart_rate"]
    body = ask(email=None, phoneNumber="+44 7700 900123", requestedScopes=scopes)
    await stage.http.post(INVITE_PATHS[0], json=body, headers=await stage.start_agent())
    (message,) = await list_texts(platform)
    text = message["text"]
    assert AGENT in text
    assert "by the app App clinician, to read your " in text
    assert " and 1 more. Nothing is shared unless you agree." in text
    assert f"A real link begins with {platform.settings.issuer}/" in text


async def test_an_address_with_an_account_is_answered_like_one_without(stage: Stage) -> None:
    headers = await stage.start_agent()
    await stage.find_browser(PATIENT)
    answers = [
        (await stage.http.post(INVITE_PATHS[0], json=ask(email=email), headers=headers)).json()
        for email in (PATIENT, "nobody@example.org")
    ]
    for answer in answers:
        answer.pop("inviteId")
    assert answers[0] == answers[1]


async def test_parallel_invites_all_go_out(platform: Platform, stage: Stage) -> None:
    headers = await stage.start_agent()

    async def invite(number: int) -> httpx.Response:
        body = ask(email=f"p{number}@example.org")
        return await stage.http.post(INVITE_PATHS[0], json=body, headers=headers)

    answers = await asyncio.gather(*map(invite, range(10)))
    assert {answer.status_code for answer in answers} == {200}
    assert await count_messages(platform) == 10
