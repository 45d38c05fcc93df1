"""Every address of the management API has a rule, and keeps it whoever calls: a new one without a rule fails here."""

import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from litestar.routes import HTTPRoute

from borvo.assembly import Platform
from borvo.portal.api.bodies import ClientBody
from borvo.portal.model import GrantType
from borvo.portal.public import TeamRole
from tests.functional.application import register_handlers
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.portal.conftest import StartPerson
from tests.functional.portal.journeys import register
from tests.functional.portal.pictures import draw_png
from tests.functional.portal.registrations import register_by_program
from tests.functional.portal.teams import find_person_id, join
from tests.functional.portal.tokens import ALL, API, Program, create_token, find_page

Case = tuple[str, str]
CLIENT = f"{API}/clients/{{client_id:str}}"


@dataclass(frozen=True)
class Rule:
    """Which scope the token needs, and what its owner has to be at least. `request` is one that does something."""

    scope: str
    role: TeamRole = TeamRole.VIEWER
    request: dict[str, Any] = field(default_factory=dict)

    @property
    def is_reading(self) -> bool:
        return self.role is TeamRole.VIEWER


SAVING = {
    "headers": {"If-Match": "*"},
    "json": {"display_name": "Changed", "grant_types": ["client_credentials"], "scopes": ["agency_api"]},
}
RULES: dict[Case, Rule] = {
    ("GET", f"{API}/tenancy"): Rule("clients:read"),
    ("GET", f"{API}/clients"): Rule("clients:read"),
    ("GET", CLIENT): Rule("clients:read"),
    ("GET", f"{CLIENT}/secrets"): Rule("clients:read"),
    ("GET", f"{API}/audit"): Rule("audit:read"),
    ("PUT", CLIENT): Rule("clients:write", TeamRole.DEVELOPER, SAVING),
    ("PUT", f"{CLIENT}/logo"): Rule("clients:write", TeamRole.DEVELOPER, {"content": draw_png()}),
    ("DELETE", f"{CLIENT}/logo"): Rule("clients:write", TeamRole.DEVELOPER),
    ("POST", f"{CLIENT}/state/{{action:str}}"): Rule("clients:write", TeamRole.DEVELOPER),
    ("DELETE", f"{CLIENT}/registration"): Rule("clients:write", TeamRole.DEVELOPER),
    ("POST", f"{CLIENT}/secrets"): Rule("secrets:write", TeamRole.DEVELOPER),
    ("DELETE", f"{CLIENT}/secrets/{{secret_id:str}}"): Rule("secrets:write", TeamRole.DEVELOPER),
    ("DELETE", CLIENT): Rule("clients:delete", TeamRole.OWNER, {"params": {"confirm": "healthorg.myapp"}}),
}
CASES = list(RULES)
TABLES = (
    "client",
    "client_secret",
    "client_logo",
    "client_registration",
    "tenancy",
    "tenancy_member",
    "portal_audit",
    "security_event",
)


def list_routes(platform: Platform) -> Iterator[Case]:
    for route in register_handlers(platform).routes:
        if isinstance(route, HTTPRoute) and route.path.startswith(API):
            yield from ((method, route.path) for method in route.methods if method not in {"HEAD", "OPTIONS"})


@dataclass
class Target:
    """A client with a secret: all that an address may name."""

    names: dict[str, str]

    def fill(self, path: str, **others: str) -> str:
        return re.sub(r"\{(\w+):\w+\}", lambda part: {**self.names, **others}[part[1]], path)


@pytest.fixture
async def target(platform: Platform, developer: Browser) -> Target:
    await register(developer)
    path = "/portal/clients/healthorg.myapp/secret"
    await developer.submit(await developer.open(path), path)
    await register_by_program(platform)
    secret_id = await platform.database.pool.fetchval("select id from client_secret")
    return Target({"client_id": "healthorg.myapp", "secret_id": str(secret_id), "action": "disable"})


_DUMP = "select concat_ws('', {})".format(
    ", ".join(f"(select jsonb_agg(t order by t::text) from {table} t)" for table in TABLES)
)


async def dump(platform: Platform) -> str:
    """Everything that somebody who may not could have changed."""
    return str(await platform.database.pool.fetchval(_DUMP))


Judge = Callable[[Rule, httpx.Response], bool]


async def find_faults(
    platform: Platform, program: Program, target: Target, judge: Judge, **others: str
) -> list[str]:
    """What was answered otherwise than the rule says, or changed something although it was refused."""
    faults = []
    for case, rule in RULES.items():
        before = await dump(platform)
        answer = await program.call(case[0], target.fill(case[1], **others), **rule.request)
        is_changed = await dump(platform) != before
        if not judge(rule, answer) or (is_changed and answer.status_code >= 400):
            faults.append(
                f"{' '.join(case)}: {answer.status_code} {answer.text[:200]}, changed: {is_changed}"
            )
    return faults


def is_problem(answer: httpx.Response, status: int) -> bool:
    return (
        answer.status_code == status
        and answer.headers["content-type"] == "application/problem+json"
        and answer.headers["cache-control"] == "no-store"
        and answer.json()["status"] == status
    )


def is_shut(_: Rule, answer: httpx.Response) -> bool:
    challenge = answer.headers.get("www-authenticate", "")
    return is_problem(answer, 401) and challenge == 'Bearer realm="portal", error="invalid_token"'


def is_fine(_: Rule, answer: httpx.Response) -> bool:
    return answer.status_code < 300 and answer.headers["cache-control"] == "no-store"


def test_every_route_of_the_api_has_a_rule(platform: Platform) -> None:
    assert set(list_routes(platform)) == RULES.keys()


async def test_every_route_is_described_with_its_refusals(http: httpx.AsyncClient) -> None:
    schema = (await http.get("/openapi.json")).json()
    assert schema["components"]["securitySchemes"]["personalAccessToken"]["scheme"] == "bearer"
    for method, path in CASES:
        operation = schema["paths"][re.sub(r":\w+\}", "}", path)][method.lower()]
        assert operation["security"] == [{"personalAccessToken": []}]
        assert set(operation["responses"]) >= {"401", "403", "404", "429"}
        assert len(operation["description"]) > 20


async def test_saving_a_client_is_described_as_it_is_read_and_answered(http: httpx.AsyncClient) -> None:
    schema = (await http.get("/openapi.json")).json()
    save = schema["paths"][f"{API}/clients/{{client_id}}"]["put"]
    body = save["requestBody"]["content"]["application/json"]["schema"]
    assert list(body["properties"]) == [*ClientBody.__struct_fields__]
    assert body["required"] == ["display_name", "grant_types", "scopes"]
    assert body["properties"]["grant_types"]["items"]["enum"] == [*GrantType]
    assert body["properties"]["require_pkce"]["type"] == ["boolean", "null"]
    answers = {code: str(save["responses"][code]["content"]) for code in ("200", "201", "412")}
    assert {code: "PlanAnswer" in told for code, told in answers.items()} == {
        "200": True,
        "201": False,
        "412": False,
    }
    assert "OvertakenProblem" in answers["412"]


async def test_nobody_gets_in_without_a_token_not_even_who_is_signed_in(
    platform: Platform, developer: Browser, target: Target
) -> None:
    before = await dump(platform)
    for (method, path), rule in RULES.items():
        answer = await developer.client.request(method, target.fill(path), **rule.request)
        assert is_problem(answer, 401), path
        assert answer.headers["www-authenticate"] == 'Bearer realm="portal"'
    assert await dump(platform) == before


End = Callable[[Platform, Browser, TestClock], Awaitable[object]]


async def _expire(_: Platform, __: Browser, clock: TestClock) -> None:
    clock.advance(days=7)


async def _revoke(platform: Platform, owner: Browser, _: TestClock) -> None:
    token_id = await platform.database.pool.fetchval("select id from personal_token")
    path = f"{find_page()}/{token_id}/revocation"
    page = await owner.submit(await owner.open(path), path)
    assert "The token is revoked" in page.text


async def _take_role(platform: Platform, _: Browser, __: TestClock) -> None:
    await platform.database.pool.execute("delete from person_role")


async def _close_account(platform: Platform, _: Browser, __: TestClock) -> None:
    await platform.database.pool.execute("update person set closed_at = now()")


@pytest.mark.parametrize("end", [_expire, _revoke, _take_role, _close_account])
async def test_a_token_that_ended_or_lost_what_it_rests_on_opens_nothing(
    platform: Platform,
    developer: Browser,
    http: httpx.AsyncClient,
    clock: TestClock,
    target: Target,
    end: End,
) -> None:
    program = Program(http, await create_token(developer, days="7"))
    assert (await program.fetch(f"{API}/tenancy")).status_code == 200
    await end(platform, developer, clock)
    assert await find_faults(platform, program, target, is_shut) == []


async def test_what_is_no_token_opens_nothing(
    platform: Platform, developer: Browser, http: httpx.AsyncClient, target: Target
) -> None:
    token = await create_token(developer)
    for text in (f"{token[:-1]}!", "borvo_pat_" + "0" * 43 + "2k29M9"):
        program = Program(http, text)
        assert await find_faults(platform, program, target, is_shut) == []


async def test_a_member_who_is_removed_loses_her_tokens_for_good(
    platform: Platform,
    developer: Browser,
    http: httpx.AsyncClient,
    start_person: StartPerson,
    clock: TestClock,
    target: Target,
) -> None:
    member = await start_person("fay@example.org")
    await join(platform, developer, member, "fay@example.org")
    program = Program(http, await create_token(member))
    path = f"/portal/tenancies/healthorg/team/{await find_person_id(platform, 'fay@example.org')}/removal"
    await developer.submit(await developer.open(path), path)
    assert await find_faults(platform, program, target, is_shut) == []
    # Who comes back begins anew.
    clock.advance(seconds=1)
    await join(platform, developer, member, "fay@example.org")
    assert await find_faults(platform, program, target, is_shut) == []


async def test_strangers_find_nothing_and_cannot_tell_what_is_there(
    platform: Platform, stranger: Browser, http: httpx.AsyncClient, target: Target
) -> None:
    program = Program(http, await create_token(stranger, prefix="elsewhere"))
    told: list[set[tuple[int, str]]] = []
    for names in ({}, {"client_id": "healthorg.none", "secret_id": "none"}):
        answers: set[tuple[int, str]] = set()

        def judge(_: Rule, answer: httpx.Response, answers: set[tuple[int, str]] = answers) -> bool:
            path = answer.request.url.path
            if "healthorg" not in path:
                return is_fine(_, answer) and "healthorg" not in answer.text
            problem = answer.json()
            answers.add((answer.status_code, str({**problem, "instance": ""})))
            return is_problem(answer, 404)

        assert await find_faults(platform, program, target, judge, **names) == []
        told.append(answers)
    assert told[0] == told[1]
    assert len(told[0]) == 1


async def test_a_token_opens_no_other_tenancy_of_its_owner(
    platform: Platform, developer: Browser, stranger: Browser, http: httpx.AsyncClient, target: Target
) -> None:
    """Mallory is a member of both, and her token is of one."""
    await join(platform, developer, stranger, "mallory@example.org", "owner")
    program = Program(http, await create_token(stranger, prefix="elsewhere"))

    def judge(_: Rule, answer: httpx.Response) -> bool:
        if "healthorg" in answer.request.url.path:
            return (
                is_problem(answer, 404)
                and answer.json()["detail"] == "There is no such client in your tenancy."
            )
        return is_fine(_, answer)

    assert await find_faults(platform, program, target, judge) == []


@pytest.mark.parametrize("role", [TeamRole.VIEWER, TeamRole.DEVELOPER])
async def test_a_token_does_no_more_than_its_owner_may(
    platform: Platform,
    developer: Browser,
    http: httpx.AsyncClient,
    start_person: StartPerson,
    target: Target,
    role: TeamRole,
) -> None:
    member = await start_person("vera@example.org")
    await join(platform, developer, member, "vera@example.org", role)
    program = Program(http, await create_token(member))

    def judge(rule: Rule, answer: httpx.Response) -> bool:
        if rule.role in {TeamRole.VIEWER, role}:
            return is_fine(rule, answer)
        return is_problem(answer, 403) and "Ask " in answer.json()["detail"]

    assert await find_faults(platform, program, target, judge) == []


async def test_a_token_whose_owner_became_a_viewer_only_reads(
    platform: Platform, developer: Browser, http: httpx.AsyncClient, target: Target
) -> None:
    program = Program(http, await create_token(developer))
    await platform.database.pool.execute("update tenancy_member set role = 'viewer'")

    def judge(rule: Rule, answer: httpx.Response) -> bool:
        return is_fine(rule, answer) if rule.is_reading else is_problem(answer, 403)

    assert await find_faults(platform, program, target, judge) == []


@pytest.mark.parametrize("scope", ["clients:read", *ALL])
async def test_a_token_does_what_its_scopes_allow_and_is_told_what_it_lacks(
    platform: Platform, developer: Browser, http: httpx.AsyncClient, target: Target, scope: str
) -> None:
    program = Program(http, await create_token(developer, [scope]))

    def judge(rule: Rule, answer: httpx.Response) -> bool:
        if rule.scope in {scope, "clients:read"}:
            return answer.status_code < 300
        challenge = f'Bearer realm="portal", error="insufficient_scope", scope="{rule.scope}"'
        return is_problem(answer, 403) and answer.headers["www-authenticate"] == challenge

    assert await find_faults(platform, program, target, judge) == []


async def test_in_a_suspended_tenancy_nothing_is_changed(
    platform: Platform, developer: Browser, http: httpx.AsyncClient, target: Target
) -> None:
    program = Program(http, await create_token(developer))
    await platform.database.pool.execute("update tenancy set suspended_at = now()")

    def judge(rule: Rule, answer: httpx.Response) -> bool:
        if rule.is_reading:
            return is_fine(rule, answer)
        return is_problem(answer, 403) and "suspended" in answer.json()["detail"]

    assert await find_faults(platform, program, target, judge) == []


async def test_an_owners_token_for_everything_is_refused_nothing(
    platform: Platform, developer: Browser, http: httpx.AsyncClient, target: Target
) -> None:
    program = Program(http, await create_token(developer))
    assert await find_faults(platform, program, target, is_fine) == []
