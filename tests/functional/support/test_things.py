"""Tenancies and organisations in the support console."""

import json
import re

import httpx
import pytest

from borvo.assembly import Platform
from borvo.portal.public import create_tenancy
from borvo.support.public import Wish, act_on_person, create_initial_token
from tests.factories.clients import register_client
from tests.functional.browser import Browser
from tests.functional.identity.flows import fetch_value
from tests.functional.mails import list_mails
from tests.functional.support.console import SUE, WHY, Office

OWNER, OTHER = "grace@example.org", "bob@example.org"
TENANCIES, ORGANISATIONS = "/support/tenancies", "/support/organisations"


@pytest.fixture
async def people(office: Office) -> dict[str, Browser]:
    return {email: await office.open_browser(email) for email in (OWNER, OTHER)}


@pytest.fixture
async def tenancy(sue: Browser, people: dict[str, Browser]) -> str:
    """The path of its page."""
    assert people
    page = await sue.open(TENANCIES)
    page = await sue.submit(page, TENANCIES, email=OWNER, prefix="healthorg", reason=WHY)
    assert "The tenancy is there" in page.text
    return f"{TENANCIES}/healthorg"


@pytest.fixture
async def clinic(platform: Platform, sue: Browser, people: dict[str, Browser]) -> str:
    assert people
    page = await sue.open(ORGANISATIONS)
    page = await sue.submit(page, ORGANISATIONS, name="North Clinic", reason=WHY)
    assert "The organisation is there" in page.text
    return f"{ORGANISATIONS}/{await fetch_value(platform, 'select id from organisation')}"


async def act(browser: Browser, path: str, **fields: str) -> httpx.Response:
    return await browser.submit(await browser.open(path), path, **{"reason": WHY, **fields})


async def test_a_tenancy_is_made_suspended_resumed_and_renamed_and_its_owner_told(
    office: Office, sue: Browser, tenancy: str, people: dict[str, Browser]
) -> None:
    assert "healthorg" in (await people[OWNER].open("/portal")).text
    page = await act(sue, f"{tenancy}/suspension")
    assert "Suspended" in page.text
    assert f'href="{tenancy}/suspension"' not in page.text
    page = await act(sue, f"{tenancy}/resumption")
    assert "Works" in page.text
    page = await act(sue, f"{tenancy}/prefix", prefix="betterorg")
    assert page.url.path == f"{TENANCIES}/betterorg"
    mails = [mail.text for mail in await list_mails(office.platform, OWNER)]
    assert len(mails) == 4
    for said in (
        "is suspended: its clients get no tokens",
        "works again",
        "begin with betterorg",
        "now owns",
    ):
        assert any(said in text for text in mails), said


async def test_each_deed_is_in_the_log_with_who_did_it_and_why(
    office: Office, sue: Browser, tenancy: str
) -> None:
    await act(sue, f"{tenancy}/suspension")
    events = await office.list_events("support_acted")
    assert {each["actor"] for each in events} == {f"support person {await office.find_id(SUE)}"}
    details = [json.loads(each["detail"]) for each in events]
    assert {"deed": "tenancy: Suspend the tenancy", "subject": "healthorg", "reason": WHY} in details
    assert "Suspend the tenancy" in (await sue.open("/support/events?kind=support_acted")).text


async def test_members_come_and_go_and_are_told(
    office: Office, sue: Browser, tenancy: str, people: dict[str, Browser]
) -> None:
    page = await act(sue, f"{tenancy}/member", email=OTHER, role="viewer")
    assert f"{OTHER}, viewer, since" in page.text
    assert "healthorg" in (await people[OTHER].open("/portal")).text
    added = [each for each in await office.list_events("role_added") if "developer" in each["detail"]]
    assert added[-1]["actor"].startswith("support person ")
    page = await act(sue, f"{tenancy}/removal", email=OTHER)
    assert OTHER not in page.text
    assert len(await list_mails(office.platform, OTHER)) == 2


async def test_organisations_get_members_and_clients(
    office: Office, sue: Browser, clinic: str, people: dict[str, Browser]
) -> None:
    page = await act(sue, f"{clinic}/member", email=OTHER, role="agent")
    page = await act(sue, f"{clinic}/member", email=OTHER, role="membership_manager")
    assert f"{OTHER}, agent, membership manager, since" in page.text
    assert (await people[OTHER].client.get("/agency")).status_code == 200
    await register_client(
        office.platform, "demo.worker", grant_types=["client_credentials"], redirect_uris=[]
    )
    assert (
        '<li class="text-break">demo.worker</li>'
        in (await act(sue, f"{clinic}/client", client="demo.worker")).text
    )
    assert "None does." in (await act(sue, f"{clinic}/client-removal", client="demo.worker")).text
    await act(sue, f"{clinic}/member", email=OWNER, role="membership_manager")
    page = await act(sue, f"{clinic}/removal", email=OTHER)
    assert OTHER not in page.text
    assert len(await list_mails(office.platform, OTHER)) == 5


async def test_who_is_concerned_hears_that_a_client_acts_for_an_organisation(
    office: Office, sue: Browser, clinic: str, tenancy: str
) -> None:
    """In whose name it is done, and who has the client; not the rest of both teams."""
    await act(sue, f"{clinic}/member", email=OTHER, role="membership_manager")
    await register_client(
        office.platform, "healthorg.worker", grant_types=["client_credentials"], redirect_uris=[]
    )
    assert tenancy
    before = {email: len(await list_mails(office.platform, email)) for email in (OWNER, OTHER, SUE)}
    for deed, said in (("client", "now acts"), ("client-removal", "no longer acts")):
        for _ in range(2):
            await act(sue, f"{clinic}/{deed}", client="healthorg.worker")
        for email in (OWNER, OTHER):
            told = [mail.text for mail in await list_mails(office.platform, email)]
            assert sum(f"healthorg.worker {said} for North Clinic" in text for text in told) == 1
    after = {email: len(await list_mails(office.platform, email)) for email in before}
    assert after == {OWNER: before[OWNER] + 2, OTHER: before[OTHER] + 2, SUE: before[SUE]}


async def test_a_look_at_members_is_written_down(
    office: Office, sue: Browser, tenancy: str, clinic: str
) -> None:
    before = await office.list_events("support_acted")
    for path in (tenancy, clinic):
        assert (await sue.client.get(path)).status_code == 200
    acted = [each for each in await office.list_events("support_acted") if each not in before]
    told = [json.loads(event["detail"]) for event in acted]
    assert {each["deed"] for each in told} == {"Members shown"}
    assert sorted(each["subject"] for each in told) == ["North Clinic", "healthorg"]
    assert all(event["actor"].startswith("support person ") for event in acted)


async def test_suspended_members_are_shown_as_such(
    office: Office, sue: Browser, tenancy: str, clinic: str
) -> None:
    await act(sue, f"{tenancy}/member", email=OTHER, role="viewer")
    await act(sue, f"{clinic}/member", email=OTHER, role="agent")
    await act_on_person(office.platform.accounts, "suspension", OTHER, Wish(), WHY)
    for path in (tenancy, clinic):
        page = (await sue.open(path)).text
        assert OTHER in page
        assert '<span class="badge text-bg-danger">Suspended</span>' in page


MISTAKES = {
    "an unknown owner": ("{tenancies}", {"email": "nobody@example.org", "prefix": "other"}, 404),
    "a taken prefix": ("{tenancies}", {"email": OWNER, "prefix": "healthorg"}, 400),
    "a malformed prefix": ("{tenancy}/prefix", {"prefix": "No-Prefix"}, 400),
    "no reason": ("{tenancy}/suspension", {"reason": ""}, 400),
    "an unknown member": ("{tenancy}/member", {"email": "nobody@example.org", "role": "viewer"}, 404),
    "an unknown role": ("{tenancy}/member", {"email": OTHER, "role": "king"}, 400),
    "the last owner": ("{tenancy}/removal", {"email": OWNER}, 409),
    "a taken name": ("{organisations}", {"name": "north  clinic"}, 400),
    "an unknown client": ("{clinic}/client", {"client": "demo.nobody"}, 404),
    "a member of none": ("{clinic}/removal", {"email": OTHER}, 404),
}


async def test_a_mistake_is_named_on_the_page_and_loses_nothing(
    office: Office, sue: Browser, tenancy: str, clinic: str
) -> None:
    told = len(await list_mails(office.platform, OTHER))
    for name, (pattern, fields, status) in MISTAKES.items():
        path = pattern.format(
            tenancies=TENANCIES, tenancy=tenancy, organisations=ORGANISATIONS, clinic=clinic
        )
        page = await act(sue, path, **fields)
        assert (page.status_code, 'role="alert"' in page.text) == (status, True), name
        for value in fields.values():
            assert not value or value == "king" or f'value="{value}"' in page.text, name
    assert len(await list_mails(office.platform, OTHER)) == told


async def test_an_initial_access_token_is_ended(office: Office, sue: Browser, tenancy: str) -> None:
    await create_initial_token(office.platform.portal, "healthorg", "Installers", 30, 10)
    page = await sue.open(tenancy)
    assert "Installers" in page.text
    [address] = re.findall(rf'href="({tenancy}/token\?token=[^"]+)"', page.text)
    page = await sue.submit(await sue.open(address), f"{tenancy}/token", reason=WHY)
    assert "Installers" not in page.text
    assert (await act(sue, f"{tenancy}/token", token="x")).status_code == 404


async def test_nobody_puts_herself_anywhere(office: Office, sue: Browser, tenancy: str, clinic: str) -> None:
    for path, fields in (
        (TENANCIES, {"prefix": "mine"}),
        (f"{tenancy}/member", {"role": "owner"}),
        (f"{clinic}/member", {"role": "agent"}),
        (f"{clinic}/removal", {}),
    ):
        page = await act(sue, path, email=SUE, **fields)
        assert page.status_code == 403, path
        assert "This is your own account." in page.text
    roles = "select count(*) from person_role r join person p on p.id = r.person_id where p.email = 'sue@example.org'"
    assert await fetch_value(office.platform, roles) == 1
    assert await fetch_value(office.platform, "select count(*) from organisation_member") == 0


@pytest.mark.usefixtures("tenancy")
async def test_whoever_is_named_in_a_deed_finds_it_in_her_log(office: Office, sue: Browser) -> None:
    """The answer tells whether she has an account."""
    assert (await act(sue, TENANCIES, email=OTHER, prefix="healthorg")).status_code == 400
    assert (await act(sue, TENANCIES, email="nobody@example.org", prefix="healthorg")).status_code == 404
    whose = [str(each["person_id"]) for each in await office.list_events("support_looked")]
    assert whose.count(str(await office.find_id(OTHER))) == 1
    assert len(whose) == 3  # the owner, too, when the tenancy was made


async def test_nobody_lets_a_client_of_her_own_act_for_an_organisation(
    office: Office, sue: Browser, clinic: str
) -> None:
    await create_tenancy(office.platform.portal, SUE, "sueorg")
    await register_client(
        office.platform, "sueorg.worker", grant_types=["client_credentials"], redirect_uris=[]
    )
    page = await act(sue, f"{clinic}/client", client="sueorg.worker")
    assert (page.status_code, "You belong to the tenancy of this client" in page.text) == (403, True)
    assert await fetch_value(office.platform, "select count(*) from organisation_client") == 0


@pytest.mark.parametrize("path", [f"{TENANCIES}/none", f"{TENANCIES}/%00", f"{ORGANISATIONS}/none"])
async def test_what_is_not_there_is_not_found(sue: Browser, path: str) -> None:
    for each in (path, f"{path}/member", f"{path}/no-deed"):
        assert (await sue.client.get(each)).status_code == 404
