"""The page of the audit trail, and its exports."""

import csv
import io
import json
import re
from datetime import timedelta

import pytest

from borvo.assembly import Platform
from borvo.kernel.ids import PersonId, TenancyId
from borvo.portal.audit import Action, Change, record_change
from borvo.portal.public import create_tenancy
from borvo.portal.trail import BATCH
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.portal.journeys import register
from tests.functional.portal.teams import TEAM, find_person_id, invite, join, post

AUDIT = "/portal/tenancies/healthorg/audit"
SUBJECT = re.compile(r'<strong>([^<]+)</strong> <span class="font-monospace text-break">([^<]*)<')


async def list_shown(browser: Browser, query: str = "") -> list[tuple[str, str]]:
    """Action and subject of what the page shows, in its order."""
    page = await browser.open(f"{AUDIT}?{query}")
    assert page.status_code == 200, page.text
    return SUBJECT.findall(page.text)


async def record_many(platform: Platform, count: int, subject: str = "healthorg.number") -> None:
    tenancy_id = TenancyId(
        await platform.database.pool.fetchval("select id from tenancy where prefix = 'healthorg'")
    )
    async with platform.database.transaction() as connection:
        for number in range(count):
            at = platform.clock() + timedelta(seconds=number)
            await record_change(
                connection, Change(tenancy_id, None, Action.CLIENT_CHANGED, f"{subject}{number}", at)
            )


async def test_everything_that_happens_to_a_team_is_in_the_trail_newest_first(
    platform: Platform, developer: Browser, colleague: Browser, clock: TestClock
) -> None:
    member = await find_person_id(platform, "cole@example.org")
    steps = [
        (register(developer), "Client registered"),
        (post(developer, f"{TEAM}/{member}/role", seen="developer", role="viewer"), "Member role changed"),
        (post(developer, f"{TEAM}/{member}/removal"), "Member removed"),
        (invite(developer, "cole@example.org"), "Member invited"),
    ]
    for step, _ in steps:
        clock.advance(seconds=1)
        await step
    invitation = await platform.database.pool.fetchval("select id from tenancy_invitation")
    begin = f"/portal/tenancies/healthorg/invitations/{invitation}"
    for path in (f"{begin}/sending", f"{begin}/revocation"):
        clock.advance(seconds=1)
        await post(developer, path)
    clock.advance(seconds=1)
    await join(platform, developer, colleague, "cole@example.org", "viewer")
    clock.advance(seconds=1)
    await post(colleague, "/portal/tenancies/healthorg/leaving")
    actions = [action for action, _ in await list_shown(developer)]
    assert actions[0] == "Member left"
    assert set(actions[1:3]) == {"Member joined", "Member invited"}
    assert actions[3:5] == ["Invitation revoked", "Invitation sent again"]
    assert actions[5:9] == [words for _, words in reversed(steps)]
    assert set(actions[9:]) == {"Tenancy created", "Member invited", "Member joined"}


async def test_a_change_is_told_with_who_when_before_and_after(developer: Browser) -> None:
    page = await register(developer)
    await developer.submit(page, "/portal/clients/healthorg.myapp", display_name="Another", pkce="required")
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", (await developer.open(AUDIT)).text))
    assert "Client changed healthorg.myapp by Ada Byron (grace@example.org)" in text
    assert "15 January 2026, 12:00:00" in text
    assert "Display name My App Another" in text
    assert "Require pkce no yes" in text


@pytest.mark.usefixtures("platform")
async def test_the_operator_is_named_as_such(developer: Browser) -> None:
    page = await developer.open(AUDIT)
    assert "by the operator" in page.text
    assert await list_shown(developer) == [("Tenancy created", "healthorg")]


async def test_the_trail_is_filtered_by_person_action_subject_and_time(
    platform: Platform, developer: Browser, colleague: Browser, clock: TestClock
) -> None:
    clock.advance(days=1)
    for browser, email in ((developer, "grace@example.org"), (colleague, "cole@example.org")):
        await browser.sign_in(email)
    await register(developer)
    clock.advance(days=1)
    for browser, email in ((developer, "grace@example.org"), (colleague, "cole@example.org")):
        await browser.sign_in(email)
    await register(colleague, suffix="other")
    cole = await find_person_id(platform, "cole@example.org")
    both = [("Client registered", "healthorg.other"), ("Client registered", "healthorg.myapp")]
    assert await list_shown(developer, "action=client_registered") == both
    assert await list_shown(developer, f"person={cole}&action=client_registered") == both[:1]
    assert await list_shown(developer, "person=operator") == [("Tenancy created", "healthorg")]
    assert await list_shown(developer, "subject=MYAPP") == both[1:]
    assert await list_shown(developer, "since=2026-01-16") == both
    assert await list_shown(developer, "since=2026-01-16&until=2026-01-16") == both[1:]
    assert await list_shown(developer, "until=2026-01-14") == []
    assert await list_shown(developer, "subject=%25") == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("person=nobody", "person"),
        ("action=nothing", "action"),
        ("since=tomorrow", "since"),
        ("until=9999-12-31", "until"),
        ("subject=%00", "subject"),
        ("subject=" + "x" * 301, "subject"),
    ],
)
async def test_a_filter_that_cannot_be_read_is_said_beside_its_field(
    developer: Browser, query: str, field: str
) -> None:
    page = await developer.client.get(f"{AUDIT}?{query}")
    assert page.status_code == 400
    assert f'id="{field}-error"' in page.text
    assert (await developer.client.get(f"{AUDIT}.csv?{query}")).status_code == 400


@pytest.mark.parametrize("before", ["x", "%00", "%ff", "00000000-0000-0000-0000-000000000000", "x" * 3000])
async def test_a_hostile_page_mark_is_harmless(developer: Browser, before: str) -> None:
    assert (await developer.client.get(f"{AUDIT}?before={before}")).status_code == 200


async def test_the_trail_is_read_page_by_page_and_nothing_is_left_out(
    platform: Platform, developer: Browser
) -> None:
    await record_many(platform, 60)
    shown, path = [], f"{AUDIT}?subject=number"
    while path:
        page = await developer.open(path)
        shown += SUBJECT.findall(page.text)
        older = re.search(r'href="([^"]+)">Older<', page.text)
        path = older[1].replace("&amp;", "&") if older else ""
    assert [subject for _, subject in shown] == [f"healthorg.number{number}" for number in range(59, -1, -1)]


async def test_what_belongs_to_another_tenancy_is_in_no_trail(
    platform: Platform, developer: Browser, stranger: Browser
) -> None:
    await register(stranger, suffix="theirs")
    entry = await platform.database.pool.fetchval(
        "select id from portal_audit where action = 'client_registered'"
    )
    for query in ("", f"before={entry}", f"person={await find_person_id(platform, 'mallory@example.org')}"):
        assert "elsewhere" not in (await developer.open(f"{AUDIT}?{query}")).text
    for kind in ("csv", "jsonl"):
        assert "elsewhere" not in (await developer.open(f"{AUDIT}.{kind}")).text


async def test_a_spreadsheet_gets_no_formula_from_what_somebody_typed(
    platform: Platform, developer: Browser
) -> None:
    await register(developer, display_name='=HYPERLINK("https://evil.example")')
    await record_many(platform, 1, subject="=1+1,")
    answer = await developer.open(f"{AUDIT}.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="audit-healthorg.csv"'
    assert answer.headers["cache-control"] == "no-store"
    head, *rows = csv.reader(io.StringIO(answer.text, newline=""))
    assert head[:5] == ["time", "person", "e-mail", "action", "subject"]
    assert len(rows) == 3
    assert "'=1+1,0" in {row[4] for row in rows}
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)


async def test_both_exports_hold_all_that_the_filter_finds_in_its_order(
    platform: Platform, developer: Browser
) -> None:
    count = BATCH + 3
    await record_many(platform, count)
    expected = [f"healthorg.number{number}" for number in range(count - 1, -1, -1)]
    lines = (await developer.open(f"{AUDIT}.jsonl?subject=number")).text.splitlines()
    assert [json.loads(line)["subject"] for line in lines] == expected
    rows = csv.reader(io.StringIO((await developer.open(f"{AUDIT}.csv?subject=number")).text, newline=""))
    assert [row[4] for row in rows][1:] == expected


async def test_whoever_closed_her_account_stays_in_the_trail(platform: Platform, developer: Browser) -> None:
    tenancy = await create_tenancy(platform.portal, "grace@example.org", "second")
    gone = PersonId(tenancy.id)
    async with platform.database.transaction() as connection:
        change = Change(tenancy.id, gone, Action.CLIENT_CHANGED, "second.x", platform.clock())
        await record_change(connection, change)
    page = await developer.open("/portal/tenancies/second/audit")
    assert "by a former person" in page.text
    assert "Former person" in page.text
    assert (await developer.open("/portal/tenancies/second/audit.csv")).status_code == 200


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "{{ 7*7 }}"])
async def test_hostile_names_stay_text_in_the_trail(developer: Browser, name: str) -> None:
    await register(developer, display_name=name)
    page = await developer.open(AUDIT)
    assert "<script>alert" not in page.text
    assert ">49<" not in page.text


@pytest.mark.usefixtures("colleague")
async def test_the_trail_is_told_in_the_language_of_its_reader_and_exported_in_that_of_programs(
    platform: Platform, developer: Browser
) -> None:
    member = await find_person_id(platform, "cole@example.org")
    await post(developer, f"{TEAM}/{member}/role", seen="developer", role="viewer")
    developer.client.headers["Accept-Language"] = "fr"
    query = "action=member_role_changed"
    assert await list_shown(developer, query) == [
        ("R\u00f4le d\u2019un membre modifi\u00e9", "cole@example.org")
    ]
    page = await developer.open(f"{AUDIT}?{query}")
    assert 'data-label="Apr\u00e8s"><span class="text-break">observateur</span>' in page.text
    exported = await developer.open(f"{AUDIT}.jsonl?{query}")
    entry = json.loads(exported.text)
    assert (entry["action"], entry["after"]) == ("member_role_changed", {"role": "viewer"})
