"""Every cell of the tables in docs/reference/access.md, tried."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from borvo.assembly import Platform
from borvo.dataserver.export import worker
from borvo.organisations.public import OrganisationRole, add_member, remove_member
from borvo.support.service import add_role
from tests.factories.samples import create_body
from tests.functional.agency.scenes import AGENT, INVITE_PATHS, PATIENT, Stage, ask, seat_agent
from tests.functional.conftest import TestClock

PAGE = Path(__file__).resolve().parents[3] / "docs/reference/access.md"
Table = dict[str, dict[str, str]]
STATES = ("granted", "partly", "paused", "ended", "expired")
SCOPES = {"read.body_mass", "read.height"}
READ_OWN = "openid agency_api read.body_mass read.height write.body_mass write.height"
EXPORT = "/account/export"
RANGE = "RangeOfStartDate.LowerBound=2024-01-01T00:00:00Z&RangeOfStartDate.UpperBound=2024-12-31T00:00:00Z"
SAMPLES = [
    create_body(name, value, start="2024-02-03T08:00:00Z", clientAssignedId=name)
    for name, value in (("body_mass", 70.0), ("height", 1.7))
]
PEOPLE = {
    "agent": AGENT,
    "colleague": "cole@example.org",
    "elsewhere": AGENT,
    "manager": "mara@example.org",
    "former": "fay@example.org",
    "stranger": "aron@example.org",
    "owner": PATIENT,
    "support": "sara@example.org",
}


def read_tables() -> dict[str, Table]:
    """By heading: for each actor the cells by column."""
    tables: dict[str, Table] = {}
    for section in PAGE.read_text(encoding="utf-8").split("\n## ")[1:]:
        heading, _, text = section.partition("\n")
        rows = [
            re.split(r"\s*\|\s*", line.strip("| ")) for line in text.splitlines() if line.startswith("| ")
        ]
        columns = rows[0][1:]
        tables[heading] = {row[0]: dict(zip(columns, row[1:], strict=True)) for row in rows[1:]}
    return tables


LISTING, READING, KEPT, STOLEN, OWN, OTHER = read_tables().values()
Headers = Mapping[str, str]


@dataclass
class Cast:
    """Everybody of the tables, with the headers of their programs, and the keys of what agents asked for before."""

    stage: Stage
    organisation_id: str
    subject: str = ""
    download: str = ""
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)

    async def sign_everybody_in(self) -> None:
        for name, email in PEOPLE.items():
            client = "demo.other" if name == "elsewhere" else "demo.clinician"
            if email in self.stage.browsers:
                await self.stage.browsers[email].sign_in(email)
            self.headers[name] = await self.stage.sign_in(email, client_id=client, scope=READ_OWN)
        self.headers["service"] = await self.stage.start_service()

    async def list_claims(self, name: str) -> str:
        answer = await self.stage.http.get("/agency/v1/claims", headers=self.headers[name])
        if answer.status_code == 403:
            return "refused"
        assert answer.status_code == 200
        scopes = {each["value"] for claims in answer.json() for each in claims if each["type"] == "scope"}
        return describe(scopes) if scopes else "nobody"

    async def find_token(self, name: str) -> str | None:
        body = {"specificallyIncludedSubs": [self.subject]}
        answer = await self.stage.http.post("/agency/v1/querytoken", json=body, headers=self.headers[name])
        assert answer.status_code in {200, 403}
        return answer.json()["value"] if answer.status_code == 200 else None

    async def carry(self, name: str) -> dict[str, str] | None:
        """Headers with a token of one's own for the person; None when none is given."""
        token = await self.find_token(name)
        return {**self.headers[name], "agency-query-token": token} if token else None

    async def read(self, name: str) -> str:
        sent = await self.carry(name)
        return await self.read_samples(sent) if sent else "refused"

    async def read_samples(self, sent: Headers) -> str:
        answer = await self.stage.http.get("/sample/v1", headers=sent)
        if answer.status_code == 403:
            return "refused"
        assert answer.status_code == 200
        return describe({f"read.{each['type']}" for each in answer.json()["datas"]})

    async def aggregate(self, name: str) -> str:
        found = set()
        for scope in SCOPES:
            sent = await self.carry(name)
            if sent and await count_by_statistics(self.stage.http, sent, scope.removeprefix("read.")):
                found.add(scope)
        return describe(found) if found else "refused"

    async def ask(self, name: str) -> str:
        """Asks in two steps; the key is kept."""
        sent = await self.carry(name)
        if sent is None:
            return "refused"
        answer = await self.stage.http.post("/query/v1", headers=sent)
        assert answer.status_code == 200
        self.keys[name] = answer.json()["Key"]
        return await self.fetch(name)

    async def fetch(self, name: str) -> str:
        """By one's own key, or by the agent's."""
        parameters = {"querykey": self.keys.get(name, self.keys["agent"])}
        answer = await self.stage.http.get("/query/v1", params=parameters, headers=self.headers[name])
        if answer.status_code == 404:
            return "refused"
        assert answer.status_code == 200
        return describe({f"read.{each['type']}" for each in answer.json()})


def describe(scopes: set[str]) -> str:
    return "all" if scopes == SCOPES else "some" if scopes == {"read.body_mass"} else str(scopes)


async def count_by_statistics(http: httpx.AsyncClient, sent: Headers, type_: str) -> int | None:
    answer = await http.get(f"/sample/v1/statistics?type={type_}&{RANGE}", headers=sent)
    if answer.status_code == 403:
        return None
    assert answer.status_code == 200
    return sum(int(each["count"]) for each in answer.json()["buckets"])


@pytest.fixture
async def cast(platform: Platform, stage: Stage) -> Cast:
    organisation = await seat_agent(platform, stage, is_service_allowed=True)
    for email in PEOPLE.values():
        await stage.find_browser(email)
    for name in ("colleague", "former"):
        await add_member(platform.organisations, "North Clinic", PEOPLE[name], OrganisationRole.AGENT)
    manager = OrganisationRole.MEMBERSHIP_MANAGER
    await add_member(platform.organisations, "North Clinic", PEOPLE["manager"], manager)
    await remove_member(platform.organisations, "North Clinic", PEOPLE["former"], None)
    await add_role(platform.accounts, PEOPLE["stranger"], "agent")
    await add_role(platform.accounts, PEOPLE["support"], "support")
    cast = Cast(stage, str(organisation.id))
    await cast.sign_everybody_in()
    owner = cast.headers["owner"]
    assert (await stage.http.post("/sample/v1", json=SAMPLES, headers=owner)).status_code == 200
    return cast


async def share(cast: Cast) -> None:
    """She accepts all of it for a month, and the agents ask for results."""
    stage, headers = cast.stage, cast.headers["agent"]
    link = await stage.invite(headers, requestedScopes=sorted(SCOPES), organizationId=cast.organisation_id)
    browser = stage.browsers[PATIENT]
    page = await browser.open(link)
    await browser.submit(page, link, decision="accept", scope=sorted(SCOPES), duration="30")
    cast.subject = await stage.find_subject(PATIENT)


async def bring_about(cast: Cast, state: str, clock: TestClock) -> None:
    """From the state in which all is granted, with results that were asked for in it."""
    await share(cast)
    if state == "expired":
        clock.advance(days=15)
        await cast.sign_everybody_in()
    for name in ("agent", "colleague"):
        assert await cast.ask(name) == "all"
    browser, path = cast.stage.browsers[PATIENT], f"/account/sharing/{cast.subject}"
    if state == "partly":
        await browser.submit(await browser.open(path), path, scope=["read.body_mass"])
    elif state in {"paused", "ended"}:
        action = {"paused": "pause", "ended": "end"}[state]
        await browser.submit(await browser.open("/account/sharing"), f"{path}/{action}")
    elif state == "expired":
        clock.advance(days=15)
        await cast.sign_everybody_in()


def pick(table: Table, state: str) -> dict[str, str]:
    return {name: cells[state] for name, cells in table.items()}


@pytest.mark.parametrize("state", STATES)
async def test_what_each_reaches_of_a_person_in_each_state(cast: Cast, state: str, clock: TestClock) -> None:
    await bring_about(cast, state, clock)
    assert {name: await cast.list_claims(name) for name in LISTING} == pick(LISTING, state)
    assert {name: await cast.fetch(name) for name in KEPT} == pick(KEPT, state)
    for way in (cast.read, cast.aggregate, cast.ask):
        assert {name: await way(name) for name in READING} == pick(READING, state), way


async def try_everything(cast: Cast, name: str) -> list[str]:
    """With a query token that the agent got, each time a new one."""
    http, key = cast.stage.http, {"querykey": cast.keys["agent"]}

    async def send() -> dict[str, str]:
        return {**cast.headers[name], "agency-query-token": await cast.find_token("agent") or ""}

    async def refuse(method: str, path: str, **given: Any) -> str:
        answer = await http.request(method, path, headers=await send(), **given)
        assert answer.status_code == 403, (method, path, answer.text)
        return "refused"

    counts = {f"read.{type_}": await count_by_statistics(http, await send(), type_) for type_ in NAMES}
    asked = await http.post("/query/v1", headers=await send())
    return [
        await cast.read_samples(await send()),
        describe({scope for scope, count in counts.items() if count}) if any(counts.values()) else "refused",
        {200: "all", 403: "refused"}[asked.status_code],
        await refuse("GET", "/query/v1", params=key),
        await refuse("GET", "/sample/v1/changes"),
        await refuse("POST", "/sample/v1", json=SAMPLES),
        await refuse("PUT", "/sample/v1/height", json=SAMPLES[1]),
        await refuse("DELETE", "/sample/v1/height"),
    ]


NAMES = [scope.removeprefix("read.") for scope in sorted(SCOPES)]


async def try_own(cast: Cast, name: str) -> list[str]:
    """Addresses of samples, without a query token, but for writing."""
    http, sent = cast.stage.http, cast.headers[name]
    changes = await http.get("/sample/v1/changes", headers=sent)
    asked = await http.post("/query/v1", headers=sent)
    fetched = await http.get("/query/v1", params={"key": asked.json().get("Key", "")}, headers=sent)
    counts = [await count_by_statistics(http, sent, type_) for type_ in NAMES]
    page = await http.get("/sample/v1", headers=sent)
    corrected = await http.put("/sample/v1/height", json=SAMPLES[1], headers=sent)
    deleted = await http.delete("/sample/v1/height", headers={**sent, "If-Match": '"00"'})
    types = await http.get("/sample/v1/types", headers=sent)
    browser = cast.stage.browsers.get(PEOPLE.get(name, ""))
    download = await (browser.open(cast.download) if browser else http.get(cast.download, headers=sent))
    if asked.status_code == 200:
        assert (fetched.status_code, len(fetched.json())) == (200, asked.json()["NumberOfResults"])
    return [
        own(page, page.json().get("totalAvailable")),
        "refused" if None in counts else tell(sum(filter(None, counts))),
        own(changes, len(changes.json().get("added", []))),
        own(asked, asked.json().get("NumberOfResults")),
        {200: "her own", 404: "nothing of hers", 403: "refused"}[corrected.status_code],
        # Only who has it learns that it is not what she says it is.
        {412: "her own", 404: "nothing of hers", 403: "refused"}[deleted.status_code],
        "the list" if len(types.json()) else "",
        "her own" if '"body_mass"' in download.text else "refused",
    ]


async def write(cast: Cast, name: str) -> str:
    answer = await cast.stage.http.post("/sample/v1", json=SAMPLES, headers=cast.headers[name])
    receipts = [each["status"] for each in answer.json().get("samples", [])]
    return own(answer, receipts.count("duplicate"))


def own(answer: httpx.Response, count: int | None) -> str:
    if answer.status_code == 403:
        return "refused"
    assert answer.status_code == 200, answer.text
    return tell(count or 0)


def tell(count: int) -> str:
    return {0: "nothing of hers", 2: "her own"}[count]


async def make_export(cast: Cast, platform: Platform) -> None:
    browser = cast.stage.browsers[PATIENT]
    await browser.submit(await browser.open(EXPORT), EXPORT, format="json")
    assert await worker.make_next(platform.dataserver)
    (cast.download,) = re.findall(rf'href="({EXPORT}/[^"]+/samples)"', (await browser.open(EXPORT)).text)


async def test_what_each_may_do_otherwise(cast: Cast, platform: Platform, clock: TestClock) -> None:
    await bring_about(cast, "granted", clock)
    await make_export(cast, platform)
    tried = {name: await try_everything(cast, name) for name in STOLEN}
    assert tried == {name: [*cells.values()] for name, cells in STOLEN.items()}
    tried = {name: await try_own(cast, name) for name in OWN}
    assert tried == {name: [*cells.values()][:-1] for name, cells in OWN.items()}
    # Last, since then everybody has some.
    assert {name: await write(cast, name) for name in OWN} == pick(OWN, "writing")
    http = cast.stage.http
    for name, cells in OTHER.items():
        headers = cast.headers[name]
        body = ask(email="new@example.org", organizationId=cast.organisation_id)
        invited = await http.post(INVITE_PATHS[0], json=body, headers=headers)
        listed = await http.get("/organizations/v1/membership", headers=headers)
        assert [
            {200: "taken", 403: "refused"}[invited.status_code],
            "refused"
            if listed.status_code == 403
            else " ".join(each["name"] for each in listed.json()) or "none",
        ] == list(cells.values()), name


def test_the_tables_are_whole() -> None:
    everybody = {*PEOPLE, "service"}
    assert all(set(table) == everybody for table in (LISTING, READING, KEPT, STOLEN, OWN, OTHER))
    assert all(set(cells) == set(STATES) for table in (LISTING, READING, KEPT) for cells in table.values())
