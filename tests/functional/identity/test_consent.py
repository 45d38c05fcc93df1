"""The page that asks a person, and what her answer does."""

import asyncio
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from borvo.assembly import Platform
from tests.factories.clients import MYBP_SCOPES, REDIRECT_URI, register_client
from tests.functional.browser import Browser, read_forms
from tests.functional.identity.aspnet import Handler, consent, read_redirect
from tests.functional.identity.flows import ADA, CODE_FLOW, count, execute, obtain_code, reach_answer


async def _open(handler: Handler, browser: Browser, **changes: str | None) -> httpx.Response:
    page = await browser.open(await handler.build_authorization_url(**{**CODE_FLOW, **changes}))
    assert page.status_code == 200
    return page


async def test_the_page_names_the_app_the_person_and_every_scope_in_words(
    handler: Handler, ada: Browser
) -> None:
    page = await _open(handler, ada)
    assert "App mybp" in page.text
    assert ADA in page.text
    members = sum(page.text.count(label) for label in ("Systolic blood pressure", "Diastolic blood pressure"))
    assert page.text.count("list-group-item") + members == len(MYBP_SCOPES)


async def test_the_pages_form_may_lead_to_the_client_and_nowhere_else(handler: Handler, ada: Browser) -> None:
    policy = (await _open(handler, ada)).headers["content-security-policy"]
    assert "form-action 'self' https://localhost:5001;" in policy
    assert "frame-ancestors 'none'" in policy


async def test_a_name_chosen_by_a_developer_is_text_and_never_markup(
    handler: Handler, platform: Platform, ada: Browser
) -> None:
    await execute(platform, "update client set display_name = '<script>alert(1)</script>'")
    page = await _open(handler, ada)
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert" in page.text


@pytest.mark.spec("RFC 6749", "4.1.2.1")
async def test_declining_is_told_to_the_client_and_nothing_is_stored(
    handler: Handler, ada: Browser, platform: Platform
) -> None:
    answer = await consent(ada, await _open(handler, ada), "decline")
    assert read_redirect(answer)["error"] == "access_denied"
    assert await count(platform, "consent") == 0
    assert await count(platform, "authorization_code") == 0
    assert await count(platform, "authorization_request") == 0


@pytest.mark.parametrize("decision", ["", "ALLOW", "true", "allow\u00a0x"])
async def test_only_the_button_that_allows_allows(handler: Handler, ada: Browser, decision: str) -> None:
    answer = await consent(ada, await _open(handler, ada), decision)
    assert read_redirect(answer)["error"] == "access_denied"


async def test_a_decision_without_the_forms_token_is_refused(
    handler: Handler, ada: Browser, platform: Platform
) -> None:
    page = await _open(handler, ada)
    answer = await ada.submit(page, "/connect/authorize/decision", decision="allow", _csrf_token=None)
    assert answer.status_code == 403
    assert await count(platform, "consent") == 0


async def test_a_request_is_answered_once(handler: Handler, ada: Browser) -> None:
    page = await _open(handler, ada)
    assert read_redirect(await consent(ada, page))["code"]
    again = await consent(ada, page)
    assert again.status_code == 400
    assert "already answered" in again.text


async def test_ten_parallel_decisions_yield_one_code(
    handler: Handler, ada: Browser, platform: Platform
) -> None:
    page = await _open(handler, ada)
    answers = await asyncio.gather(*(consent(ada, page) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [303] + [400] * 9
    assert await count(platform, "authorization_code") == 1


async def test_a_decision_after_the_login_has_ended_leads_to_signing_in_and_back_to_the_question(
    handler: Handler, ada: Browser, platform: Platform
) -> None:
    page = await _open(handler, ada)
    await execute(platform, "update login_session set ended_at = $1", platform.clock())
    answer = await consent(ada, page)
    assert answer.url.path == "/account/sign-in"
    page = await ada.submit(answer, "/account/sign-in", email=ADA, password="correct horse pony")
    assert read_redirect(await consent(ada, page))["code"]


async def test_who_takes_the_persons_place_while_she_is_asked_is_asked_herself(
    handler: Handler, ada: Browser, platform: Platform
) -> None:
    page = await _open(handler, ada)
    await ada.submit(await ada.open("/account/sessions"), "/account/sign-out")
    await ada.sign_up("grace@example.org", given_name="Grace")
    asked = await consent(ada, page)
    assert "grace@example.org" in asked.text
    assert await count(platform, "consent") == 0
    assert read_redirect(await consent(ada, asked))["code"]


async def test_consent_is_per_client(
    handler: Handler, platform: Platform, http: httpx.AsyncClient, ada: Browser
) -> None:
    await reach_answer(handler, ada)
    other = Handler(http, await register_client(platform, "demo.other"), handler.scope)
    page = await _open(other, ada)
    assert page.url.path == "/connect/authorize"
    assert "App other" in page.text


async def test_consent_to_more_keeps_what_was_allowed_and_the_version(
    handler: Handler, ada: Browser, platform: Platform
) -> None:
    await obtain_code(handler, ada, scope="openid profile")
    await obtain_code(handler, ada, scope="openid email")
    async with platform.database.connection() as connection:
        row = await connection.fetchrow("select scopes, version from consent")
    assert row is not None
    assert (row["scopes"], row["version"]) == (["email", "openid", "profile"], 1)


async def test_after_a_withdrawal_the_person_is_asked_anew_for_everything(
    handler: Handler, ada: Browser, platform: Platform
) -> None:
    await obtain_code(handler, ada)
    await execute(platform, "update consent set withdrawn_at = $1, version = version + 1", platform.clock())
    page = await _open(handler, ada, scope="openid profile")
    assert read_redirect(await consent(ada, page))["code"]
    async with platform.database.connection() as connection:
        scopes = await connection.fetchval("select scopes from consent")
    assert scopes == ["openid", "profile"]


async def test_prompt_consent_asks_although_everything_was_allowed(handler: Handler, ada: Browser) -> None:
    await reach_answer(handler, ada)
    page = await _open(handler, ada, prompt="consent")
    assert any(form.action == "/connect/authorize/decision" for form in read_forms(page.text))
    answer = await consent(ada, page)
    assert answer.headers["location"].startswith(REDIRECT_URI)
    assert set(parse_qs(urlsplit(answer.headers["location"]).query)) == {"code", "state", "iss"}
