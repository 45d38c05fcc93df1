"""Every address of the portal has a rule, and keeps it: a new one without a rule fails here."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from html import unescape

import httpx
import pytest
from litestar.routes import HTTPRoute

from borvo.assembly import Platform
from borvo.portal.api.routes import PATH as API
from borvo.portal.public import TeamRole, add_member
from tests.functional.application import register_handlers
from tests.functional.browser import Browser
from tests.functional.portal.conftest import StartPerson
from tests.functional.portal.journeys import register
from tests.functional.portal.registrations import create_initial_token, register_by_program
from tests.functional.portal.teams import find_link, find_person_id, invite, post
from tests.functional.portal.tokens import create_token

Case = tuple[str, str]


class Rule(Enum):
    """Who may. What is a member's is *not found* for strangers, and what is above a viewer is refused to her."""

    EVERYBODY = "everybody"
    SIGNED_IN = "anyone signed in"
    MEMBER = "member"
    DEVELOPER = "developer"
    OWNER = "owner"


CLIENT = "/portal/clients/{client_id:str}"
TENANCY = "/portal/tenancies/{name:str}"
TOKENS = f"{TENANCY}/tokens"
REGISTRATION = f"{TENANCY}/registration"
REPORT = "/portal/secrets/report"
SUFFIX = "/portal/clients/suffix"
LOGO = "ab" * 32
RULES: dict[Case, Rule] = {
    ("GET", "/portal"): Rule.SIGNED_IN,
    ("GET", "/portal/clients/new"): Rule.DEVELOPER,
    ("POST", "/portal/clients/new"): Rule.DEVELOPER,
    ("GET", CLIENT): Rule.MEMBER,
    ("POST", CLIENT): Rule.DEVELOPER,
    ("GET", f"{CLIENT}/secret"): Rule.MEMBER,
    ("POST", f"{CLIENT}/secret"): Rule.DEVELOPER,
    ("POST", f"{CLIENT}/secret/own"): Rule.DEVELOPER,
    ("GET", f"{CLIENT}/secret/{{secret_id:str}}/removal"): Rule.DEVELOPER,
    ("POST", f"{CLIENT}/secret/{{secret_id:str}}/removal"): Rule.DEVELOPER,
    # Without the secret that was just shown it is faulty for whoever may have it.
    ("POST", f"{CLIENT}/secret/file"): Rule.DEVELOPER,
    ("GET", f"{CLIENT}/start"): Rule.MEMBER,
    ("GET", f"{CLIENT}/drive"): Rule.DEVELOPER,
    ("POST", f"{CLIENT}/drive"): Rule.DEVELOPER,
    ("GET", f"{CLIENT}/requests"): Rule.MEMBER,
    ("GET", f"{CLIENT}/usage"): Rule.MEMBER,
    # Shows what was typed, and the logo of the client that its address or the form names.
    ("POST", "/portal/clients/new/preview"): Rule.DEVELOPER,
    ("POST", f"{CLIENT}/preview"): Rule.DEVELOPER,
    ("GET", f"{CLIENT}/state"): Rule.MEMBER,
    ("POST", f"{CLIENT}/state/{{action:str}}"): Rule.DEVELOPER,
    ("GET", f"{CLIENT}/disabling"): Rule.DEVELOPER,
    ("GET", f"{CLIENT}/deletion"): Rule.OWNER,
    ("POST", f"{CLIENT}/deletion"): Rule.OWNER,
    ("GET", f"{CLIENT}/logo"): Rule.DEVELOPER,
    ("POST", f"{CLIENT}/logo"): Rule.DEVELOPER,
    ("GET", f"{CLIENT}/moving"): Rule.DEVELOPER,
    ("POST", f"{CLIENT}/moving"): Rule.DEVELOPER,
    ("GET", f"{CLIENT}/export"): Rule.MEMBER,
    ("GET", "/portal/clients/import"): Rule.DEVELOPER,
    ("POST", "/portal/clients/import"): Rule.DEVELOPER,
    ("POST", "/portal/clients/import/confirmation"): Rule.DEVELOPER,
    ("GET", SUFFIX): Rule.DEVELOPER,
    ("GET", "/portal/grant"): Rule.SIGNED_IN,
    ("GET", "/portal/logos/{digest:str}"): Rule.EVERYBODY,
    ("GET", REPORT): Rule.EVERYBODY,
    ("POST", REPORT): Rule.EVERYBODY,
    ("POST", f"{REPORT}/form"): Rule.EVERYBODY,
    ("GET", f"{TENANCY}/team"): Rule.MEMBER,
    ("POST", f"{TENANCY}/invitations"): Rule.OWNER,
    ("POST", f"{TENANCY}/invitations/{{invitation_id:str}}/sending"): Rule.OWNER,
    ("POST", f"{TENANCY}/invitations/{{invitation_id:str}}/revocation"): Rule.OWNER,
    ("POST", f"{TENANCY}/team/{{member_id:str}}/role"): Rule.OWNER,
    ("GET", f"{TENANCY}/team/{{member_id:str}}/removal"): Rule.OWNER,
    ("POST", f"{TENANCY}/team/{{member_id:str}}/removal"): Rule.OWNER,
    ("GET", f"{TENANCY}/leaving"): Rule.MEMBER,
    ("POST", f"{TENANCY}/leaving"): Rule.MEMBER,
    ("GET", f"{TENANCY}/audit"): Rule.MEMBER,
    ("GET", f"{TENANCY}/audit.csv"): Rule.MEMBER,
    ("GET", f"{TENANCY}/audit.jsonl"): Rule.MEMBER,
    # Each member has her own.
    ("GET", TOKENS): Rule.MEMBER,
    ("POST", TOKENS): Rule.MEMBER,
    ("GET", f"{TOKENS}/{{token_id:str}}/revocation"): Rule.MEMBER,
    ("POST", f"{TOKENS}/{{token_id:str}}/revocation"): Rule.MEMBER,
    ("GET", REGISTRATION): Rule.MEMBER,
    ("POST", REGISTRATION): Rule.DEVELOPER,
    ("GET", f"{REGISTRATION}/{{initial_id:str}}/revocation"): Rule.DEVELOPER,
    ("POST", f"{REGISTRATION}/{{initial_id:str}}/revocation"): Rule.DEVELOPER,
    ("GET", f"{CLIENT}/registration/revocation"): Rule.DEVELOPER,
    ("POST", f"{CLIENT}/registration/revocation"): Rule.DEVELOPER,
    ("GET", "/portal/invitations/{token:str}"): Rule.EVERYBODY,
    # Whoever is signed in may knock; only whom the mail was for gets in.
    ("POST", "/portal/invitations/{token:str}"): Rule.SIGNED_IN,
}
# About no tenancy that its address names: a stranger's own portal, her own new client.
ACCEPTANCE = ("POST", "/portal/invitations/{token:str}")
OWN = {
    ("GET", "/portal"),
    ("GET", "/portal/grant"),
    ("GET", "/portal/clients/new"),
    ("GET", "/portal/clients/import"),
    ACCEPTANCE,
}
LEAVING = ("POST", f"{TENANCY}/leaving")
CREATION = ("POST", TOKENS)
# The token that is named is the owner's: for other members there is none.
REVOCATIONS = {(method, f"{TOKENS}/{{token_id:str}}/revocation") for method in ("GET", "POST")}
# A report of nothing is faulty, whoever sends it.
REPORTS = {("POST", REPORT), ("POST", f"{REPORT}/form")}
# What ends something comes after what looks at it.
ENDS = ("removal", "revocation", "leaving")
CASES = sorted(RULES, key=lambda case: (case[0] == "POST" and case[1].endswith(ENDS), case == LEAVING, case))


def list_routes(platform: Platform) -> Iterator[Case]:
    for route in register_handlers(platform).routes:
        # Those of the management API have a table of their own.
        is_page = route.path.startswith("/portal") and not route.path.startswith(API)
        if isinstance(route, HTTPRoute) and is_page:
            yield from ((method, route.path) for method in route.methods if method not in {"HEAD", "OPTIONS"})


@dataclass
class Tenancy:
    """One with a client, a secret and an open invitation: all that an address may name."""

    names: dict[str, str]

    def fill(self, path: str) -> str:
        return re.sub(r"\{(\w+):\w+\}", lambda part: self.names[part[1]], path)


@pytest.fixture
async def tenancy(platform: Platform, developer: Browser, start_person: StartPerson) -> Tenancy:
    await start_person("dora@example.org")
    await add_member(platform.portal, "healthorg", "dora@example.org", TeamRole.DEVELOPER)
    await register(developer)
    path = "/portal/clients/healthorg.myapp/secret"
    await developer.submit(await developer.open(path), path)
    await invite(developer, "new@example.org")
    await create_token(developer)
    await create_initial_token(developer)
    pool = platform.database.pool
    await pool.execute(
        """insert into client_logo (client_key, digest, media_type, content, uploaded_at)
           select client_key, $1, 'image/png', '\\x00', now() from client""",
        LOGO,
    )
    await register_by_program(platform)
    return Tenancy(
        {
            "action": "draft",
            "digest": LOGO,
            "client_id": "healthorg.myapp",
            "name": "healthorg",
            "secret_id": str(await pool.fetchval("select id from client_secret")),
            "token_id": str(await pool.fetchval("select id from personal_token")),
            "initial_id": str(await pool.fetchval("select id from initial_token")),
            "invitation_id": str(await pool.fetchval("select id from tenancy_invitation")),
            "member_id": str(await find_person_id(platform, "dora@example.org")),
            "token": (await find_link(platform, "new@example.org")).rpartition("/")[2],
            "tenancy": str(await pool.fetchval("select id from tenancy where prefix = 'healthorg'")),
        }
    )


async def knock(browser: Browser, case: Case, tenancy: Tenancy) -> httpx.Response:
    """With what a form of the page would send, as far as it decides who may."""
    method, path = case
    if method == "GET":
        named = {"tenancy": tenancy.names["tenancy"], "suffix": "free"} if path == SUFFIX else {}
        return await browser.client.get(tenancy.fill(path), params=named)
    return await post(browser, tenancy.fill(path), tenancy=tenancy.names["tenancy"], role="viewer")


TABLES = (
    "client",
    "client_secret",
    "tenancy",
    "tenancy_member",
    "tenancy_invitation",
    "personal_token",
    "initial_token",
    "client_registration",
    "portal_audit",
)


async def dump(platform: Platform) -> dict[str, str]:
    """Everything that somebody who may not could have changed."""
    pool = platform.database.pool
    return {table: str(await pool.fetch(f"select t::text from {table} t order by 1")) for table in TABLES}


async def list_changed(platform: Platform, before: dict[str, str]) -> set[str]:
    return {table for table, rows in (await dump(platform)).items() if rows != before[table]}


async def find_faults(
    platform: Platform, browser: Browser, tenancy: Tenancy, judge: Callable[[Case, httpx.Response], bool]
) -> list[str]:
    """What was answered otherwise than the rule says, or changed something although it was refused."""
    faults = []
    for case in CASES:
        before = await dump(platform)
        answer = await knock(browser, case, tenancy)
        is_changed = await dump(platform) != before
        if not judge(case, answer) or (is_changed and answer.status_code >= 400):
            faults.append(f"{' '.join(case)}: {answer.status_code}, changed: {is_changed}")
    return faults


def test_every_route_of_the_portal_has_a_rule(platform: Platform) -> None:
    assert set(list_routes(platform)) == RULES.keys()


async def test_who_is_signed_out_is_sent_to_sign_in(
    platform: Platform, browser: Browser, tenancy: Tenancy
) -> None:
    page, before = await browser.open("/account/sign-in"), await dump(platform)
    token = page.text.partition('name="_csrf_token" value="')[2].partition('"')[0]
    for case in CASES:
        method, path = case
        answer = await browser.client.request(method, tenancy.fill(path), data={"_csrf_token": token})
        if RULES[case] is Rule.EVERYBODY:
            assert answer.status_code == (400 if case in REPORTS else 200), case
        else:
            assert answer.status_code == 303, case
            assert answer.headers["location"].startswith("/account/sign-in?return_to="), case
    assert await dump(platform) == before


def is_shut(case: Case, answer: httpx.Response) -> bool:
    # The choice of a language leads back to the address that was asked for, which tells nothing.
    if "healthorg.myapp" in answer.text.replace(f'value="{answer.url.path}"', ""):
        return False
    if case in OWN:
        return answer.status_code in {200, 303, 403}
    if case in REPORTS:
        return answer.status_code == 400
    return answer.status_code == (200 if RULES[case] is Rule.EVERYBODY else 404)


async def test_strangers_find_nothing(platform: Platform, stranger: Browser, tenancy: Tenancy) -> None:
    before = await dump(platform)
    assert await find_faults(platform, stranger, tenancy, is_shut) == []
    assert await dump(platform) == before


async def test_removed_members_find_nothing(platform: Platform, former: Browser, tenancy: Tenancy) -> None:
    before = await dump(platform)
    assert await find_faults(platform, former, tenancy, is_shut) == []
    assert await dump(platform) == before


async def test_members_without_the_role_developer_find_nothing(
    platform: Platform, colleague: Browser, tenancy: Tenancy
) -> None:
    """Support takes the portal away by taking the role."""
    await platform.database.pool.execute("delete from person_role")
    before = await dump(platform)
    assert await find_faults(platform, colleague, tenancy, is_shut) == []
    assert await dump(platform) == before


async def test_a_viewer_reads_what_members_read_and_is_refused_the_rest_in_words(
    platform: Platform, onlooker: Browser, tenancy: Tenancy
) -> None:
    def judge(case: Case, answer: httpx.Response) -> bool:
        if RULES[case] in {Rule.DEVELOPER, Rule.OWNER}:
            return answer.status_code == 403 and "Ask " in answer.text
        excused = {LEAVING: 303, CREATION: 400, **dict.fromkeys(REVOCATIONS, 404)}
        return case in OWN | REPORTS or answer.status_code == excused.get(case, 200)

    assert await find_faults(platform, onlooker, tenancy, judge) == []


async def test_no_link_that_a_viewer_is_shown_ends_in_a_refusal(onlooker: Browser, tenancy: Tenancy) -> None:
    seen, waiting = set[str](), ["/portal", tenancy.fill("/portal/clients/{client_id:str}")]
    while waiting:
        address = waiting.pop()
        seen.add(address)
        page = await onlooker.open(address)
        assert page.status_code == 200, address
        found = {unescape(link) for link in re.findall(r'<a [^>]*href="(/portal[^"]*)"', page.text)}
        waiting += found - seen - {*waiting}
    assert {each.rpartition("/")[2] for each in seen} >= {"secret", "state", "usage", "team", "audit"}
    refused = await onlooker.open(tenancy.fill("/portal/clients/{client_id:str}/drive"))
    assert 'href="/portal">Go to the developer portal' in refused.text


async def test_a_developer_is_refused_only_what_owners_do(
    platform: Platform, colleague: Browser, tenancy: Tenancy
) -> None:
    def judge(case: Case, answer: httpx.Response) -> bool:
        if RULES[case] is Rule.OWNER:
            return answer.status_code == 403 and "Only owners" in answer.text
        # An empty form is faulty, and that is said to whoever may send it.
        return case in OWN | REVOCATIONS or answer.status_code in {200, 303, 400}

    assert await find_faults(platform, colleague, tenancy, judge) == []


async def test_nobody_changes_a_suspended_tenancy_and_members_still_read(
    platform: Platform, developer: Browser, tenancy: Tenancy
) -> None:
    def judge(case: Case, answer: httpx.Response) -> bool:
        if RULES[case] in {Rule.DEVELOPER, Rule.OWNER}:
            return answer.status_code == 403 and "suspended" in answer.text
        # The last owner cannot go. Tokens are revoked all the same.
        excused = {LEAVING: 409, CREATION: 403, ("POST", f"{TOKENS}/{{token_id:str}}/revocation"): 303}
        return case in OWN | REPORTS or answer.status_code == excused.get(case, 200)

    await platform.database.pool.execute("update tenancy set suspended_at = now()")
    before = await dump(platform)
    assert await find_faults(platform, developer, tenancy, judge) == []
    assert await list_changed(platform, before) == {"personal_token", "portal_audit"}


async def test_an_owner_is_refused_nothing(platform: Platform, developer: Browser, tenancy: Tenancy) -> None:
    def judge(case: Case, answer: httpx.Response) -> bool:
        # She is the last owner, the form did not say which role was looked at, and the mail was somebody else's.
        excused = {LEAVING: 409, ("POST", f"{TENANCY}/team/{{member_id:str}}/role"): 409, ACCEPTANCE: 403}
        if case in excused:
            return answer.status_code == excused[case]
        return answer.status_code in {200, 303, 400}

    assert await find_faults(platform, developer, tenancy, judge) == []
