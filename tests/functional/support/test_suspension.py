"""Support suspends an account, lifts that, closes it, and sends the verification again."""

import json

import httpx
import pytest

from borvo.accounts.public import Intervention, suspend_account
from borvo.assembly import Platform
from borvo.assembly.upkeep import clean_up
from borvo.kernel.ids import PersonId
from borvo.portal.public import create_tenancy
from borvo.support.public import Wish, act_on_person
from tests.factories.clients import register_client
from tests.functional.accounts.enrolment import SECOND_STEP, add_passkey, sign_in_by_passkey
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.identity.flows import (
    call_userinfo,
    execute,
    fetch_value,
    obtain_code,
    obtain_lasting,
    refresh,
    register_lasting,
)
from tests.functional.mails import find_link, list_mails
from tests.functional.portal.tokens import API, Program, create_token
from tests.functional.support.console import ADA, SUE, WHY, Office, act, find, post

SAID = "Your account is suspended"
HOLDER = "grace@example.org"


@pytest.fixture
async def ada(office: Office, sue: Browser) -> Browser:
    """She is looked up already."""
    browser = await office.open_browser(ADA)
    await find(sue)
    return browser


async def list_subjects(platform: Platform, email: str = ADA) -> list[str]:
    return [mail.subject for mail in await list_mails(platform, email)]


async def test_nothing_opens_a_suspended_account_from_that_moment(
    office: Office, sue: Browser, ada: Browser, http: httpx.AsyncClient
) -> None:
    platform = office.platform
    app = await register_lasting(platform, http)
    tokens = await obtain_lasting(app, ada)
    code = await obtain_code(app, ada)
    page = await act(sue, "suspension", await office.find_id())
    assert "The account is suspended." in page.text
    assert "Suspended on 15 January 2026, 12:00 UTC" in page.text
    assert (await ada.client.get("/account")).headers["location"].startswith("/account/sign-in")
    assert (await call_userinfo(http, tokens["access_token"])).status_code == 401
    assert (await refresh(app, tokens["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await app.redeem(code)).json()["error"] == "invalid_grant"
    assert await list_subjects(platform) == [SAID]
    [event] = await office.list_events("account_suspended")
    assert event["actor"] == f"support person {await office.find_id(SUE)}"
    assert json.loads(event["detail"]) == {"reason": WHY}


async def test_what_was_ended_does_not_come_back_when_it_is_lifted(
    office: Office, sue: Browser, ada: Browser, http: httpx.AsyncClient, clock: TestClock
) -> None:
    app = await register_lasting(office.platform, http)
    tokens = await obtain_lasting(app, ada)
    code = await obtain_code(app, ada)
    await act(sue, "suspension", await office.find_id())
    clock.advance(seconds=2)
    assert "The suspension is lifted." in (await act(sue, "lifting", await office.find_id())).text
    assert (await ada.client.get("/account")).is_redirect
    assert (await call_userinfo(http, tokens["access_token"])).status_code == 401
    assert (await refresh(app, tokens["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await app.redeem(code)).json()["error"] == "invalid_grant"
    assert (await ada.sign_in(ADA)).url.path == "/account"
    tokens = await obtain_lasting(app, ada)
    assert (await call_userinfo(http, tokens["access_token"])).status_code == 200
    assert sorted(await list_subjects(office.platform)) == sorted([SAID, "Your account works again"])


async def test_only_who_proves_who_she_is_learns_of_it(
    office: Office, sue: Browser, ada: Browser, clock: TestClock
) -> None:
    key = await add_passkey(ada)
    await act(sue, "suspension", await office.find_id())
    stranger = await office.open_browser()
    unknown = await stranger.sign_in("nobody@example.org", "wrong horse pony")
    wrong = await stranger.sign_in(ADA, "wrong horse pony")
    assert (wrong.status_code, SAID in wrong.text) == (unknown.status_code, False)
    right = await stranger.sign_in(ADA)
    assert (right.status_code, SAID in right.text) == (403, True)
    assert (await stranger.client.get("/account")).is_redirect
    by_passkey = await sign_in_by_passkey(stranger, key)
    assert (by_passkey.status_code, SAID in by_passkey.text) == (403, True)
    # And support, that somebody has what opens the account.
    refused = await office.list_events("sign_in_refused")
    assert {json.loads(event["detail"])["methods"][0] for event in refused} == {"pwd", "hwk"}
    for _ in range(6):
        await stranger.sign_in(ADA)
    assert len(await office.list_events("sign_in_refused")) == 5
    # As with every account, the link for a new password comes; it opens nothing else.
    clock.advance(seconds=1)
    await stranger.submit(await stranger.open("/account/reset"), "/account/reset", email=ADA)
    link = await find_link(office.platform, ADA)
    await stranger.submit(await stranger.open(link), link, password="another horse pony")
    assert SAID in (await stranger.sign_in(ADA, "another horse pony")).text


async def test_a_sign_in_that_waits_for_its_second_step_ends(
    office: Office, sue: Browser, ada: Browser
) -> None:
    await add_passkey(ada)
    ada.client.cookies.clear()
    assert (await ada.sign_in(ADA)).url.path == SECOND_STEP
    await act(sue, "suspension", await office.find_id())
    assert (await ada.client.get(SECOND_STEP)).headers["location"].startswith("/account/sign-in")


async def test_personal_tokens_end_with_an_entry_in_the_trail(
    office: Office, sue: Browser, http: httpx.AsyncClient
) -> None:
    holder = await office.open_browser(HOLDER)
    await create_tenancy(office.platform.portal, HOLDER, "healthorg")
    program = Program(http, await create_token(holder))
    assert (await program.fetch(f"{API}/clients")).status_code == 200
    await find(sue, HOLDER)
    await act(sue, "suspension", await office.find_id(HOLDER))
    assert (await program.fetch(f"{API}/clients")).status_code == 401
    await act(sue, "lifting", await office.find_id(HOLDER))
    assert (await program.fetch(f"{API}/clients")).status_code == 401
    trail = "select count(*) from portal_audit where action = 'token_revoked' and actor_id is null"
    assert await fetch_value(office.platform, trail) == 1


async def test_query_tokens_of_an_agent_end(office: Office, platform: Platform) -> None:
    await office.open_browser(ADA)
    person_id = PersonId(await fetch_value(platform, "select id from person"))
    await execute(
        platform,
        """insert into agency_query_token (token_digest, client_key, agent_id, subjects, versions, expires_at)
           values ('x', $1, $1, '{}', '{}', now())""",
        person_id,
    )
    await suspend_account(platform.accounts, person_id, Intervention(WHY))
    assert await fetch_value(platform, "select count(*) from agency_query_token") == 0


async def test_nobody_acts_on_her_own_account(office: Office, sue: Browser) -> None:
    await find(sue, SUE)
    own = await office.find_id(SUE)
    assert "ask a colleague" in (await sue.open(f"/support/people/{own}")).text
    for deed in ("suspension", "closing", "role-giving", "role-taking", "verification", "factor-removal"):
        answer = await post(
            sue,
            f"/support/people/{own}/{deed}",
            reason=WHY,
            role="agent",
            kinds="passkey",
            checked="it is me",
        )
        assert answer.status_code == 403, deed
    assert await fetch_value(office.platform, "select count(*) from factor_removal") == 0
    assert (await sue.client.get("/support")).status_code == 200


@pytest.mark.parametrize(
    ("deed", "first"),
    [("suspension", "suspension"), ("lifting", ""), ("closing", "closing"), ("verification", "")],
)
@pytest.mark.usefixtures("ada")
async def test_what_makes_no_sense_is_refused_in_words(
    office: Office, sue: Browser, deed: str, first: str
) -> None:
    person_id = await office.find_id()
    if first:
        await act(sue, first, person_id)
    told = len(await list_subjects(office.platform))
    page = await act(sue, deed, person_id)
    assert page.status_code == 409
    assert "already" in page.text or "not suspended" in page.text
    assert f'value="{WHY}"' in page.text
    assert len(await list_subjects(office.platform)) == told


async def test_closing_has_the_grace_of_her_own_closing(
    office: Office, sue: Browser, ada: Browser, clock: TestClock
) -> None:
    page = await act(sue, "closing", await office.find_id())
    assert "Will be erased on 29 January 2026, 12:00 UTC" in page.text
    assert (await ada.client.get("/account")).is_redirect
    [mail] = await list_mails(office.platform, ADA)
    assert "29 January 2026" in mail.text
    clock.advance(days=13)
    assert "Your account is open again" in (await ada.sign_in(ADA)).text


async def test_who_is_suspended_and_closed_does_not_come_back_by_signing_in(
    office: Office, sue: Browser, ada: Browser, clock: TestClock
) -> None:
    person_id = await office.find_id()
    await act(sue, "suspension", person_id)
    await act(sue, "closing", person_id)
    page = await sue.open(f"/support/people/{person_id}")
    assert all(f">{state}</span>" in page.text for state in ("Suspended", "Closed"))
    assert SAID in (await ada.sign_in(ADA)).text
    await act(sue, "lifting", person_id)
    assert "Your account is open again" in (await ada.sign_in(ADA)).text
    await act(sue, "closing", person_id)
    clock.advance(days=14)
    await clean_up(office.platform)
    assert await fetch_value(office.platform, "select count(*) from person") == 1


async def test_an_account_that_a_thief_closed_is_suspended_and_does_not_open_again(
    office: Office, sue: Browser, ada: Browser
) -> None:
    fields = {"current_password": "correct horse pony"}
    await ada.submit(await ada.open("/account/close"), "/account/close", **fields)
    person_id = await office.find_id()
    page = await sue.open(f"/support/people/{person_id}")
    assert f"/support/people/{person_id}/suspension" in page.text
    assert "The account is suspended" in (await act(sue, "suspension", person_id)).text
    assert SAID in (await ada.sign_in(ADA)).text
    await act(sue, "lifting", person_id)
    assert "Your account is open again" in (await ada.sign_in(ADA)).text


async def test_what_hangs_on_an_account_keeps_support_from_closing_it(office: Office, sue: Browser) -> None:
    await office.open_browser(HOLDER)
    await create_tenancy(office.platform.portal, HOLDER, "healthorg")
    await register_client(office.platform, "healthorg.app")
    await find(sue, HOLDER)
    page = await act(sue, "closing", await office.find_id(HOLDER))
    assert page.status_code == 409
    assert "only owner of the developer tenancy" in page.text


async def test_the_verification_is_sent_again_to_who_needs_it(
    office: Office, sue: Browser, ada: Browser
) -> None:
    await execute(office.platform, "update person set email_verified_at = null where email = $1", ADA)
    assert "is on its way" in (await act(sue, "verification", await office.find_id())).text
    link = await find_link(office.platform, ADA)
    assert "confirmed" in (await ada.submit(await ada.open(link), link)).text
    for _ in range(4):
        await execute(office.platform, "update person set email_verified_at = null where email = $1", ADA)
        await act(sue, "verification", await office.find_id())
    page = await act(sue, "verification", await office.find_id())
    assert page.status_code == 429


async def test_commands_do_the_same(office: Office, platform: Platform) -> None:
    ada = await office.open_browser(ADA)
    assert "suspended" in await act_on_person(platform.accounts, "suspension", ADA, Wish(), WHY)
    assert (await ada.client.get("/account")).is_redirect
    assert "lifted" in await act_on_person(platform.accounts, "lifting", ADA, Wish(), WHY)
    assert "29 January 2026" in await act_on_person(platform.accounts, "closing", ADA, Wish(), WHY)
    actors = {each["actor"] for each in await office.list_events("account_suspended")}
    assert actors == {"support command"}
