"""Every cell of the tables in docs/reference/access.md, tried."""

import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from borvo.assembly import Platform
from borvo.organisations.public import OrganisationRole, add_member, remove_member
from borvo.support.service import add_role
from tests.factories.clients import register_client
from tests.factories.samples import create_body
from tests.functional.agency.scenes import AGENT, INVITE_PATHS, PATIENT, Stage, ask, seat_agent
from tests.functional.conftest import TestClock

PAGE = Path(__file__).resolve().parents[3] / "docs/reference/access.md"
Table = dict[str, dict[str, str]]
STATES = ("granted", "partly", "paused", "ended", "expired")
SCOPES = {"read.body_mass", "read.height"}
READ_OWN = "openid agency_api read.body_mass read.height"
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


LISTING, READING, OTHER = read_tables().values()


@dataclass
class Cast:
    """Everybody of the tables, with the headers of their programs."""

    stage: Stage
    organisation_id: str
    subject: str = ""
    headers: dict[str, dict[str, str]] = field(default_factory=dict)

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

    async def read(self, name: str) -> str:
        body = {"specificallyIncludedSubs": [self.subject]}
        answer = await self.stage.http.post("/agency/v1/querytoken", json=body, headers=self.headers[name])
        if answer.status_code == 403:
            return "refused"
        page = await self.stage.read(self.headers[name], answer.json()["value"])
        assert page.status_code == 200
        return describe({f"read.{each['type']}" for each in page.json()["datas"]})


def describe(scopes: set[str]) -> str:
    return "all" if scopes == SCOPES else "some" if scopes == {"read.body_mass"} else str(scopes)


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
    await register_client(platform, "demo.diary", scopes=["openid", "write.body_mass", "write.height"])
    owner = await stage.sign_in(PATIENT, client_id="demo.diary", scope="openid write.body_mass write.height")
    samples = [create_body("body_mass", 70.0), create_body("height", 1.7)]
    assert (await stage.http.post("/sample/v1", json=samples, headers=owner)).status_code == 200
    return Cast(stage, str(organisation.id))


async def bring_about(cast: Cast, state: str, clock: TestClock) -> None:
    stage = cast.stage
    headers = await stage.sign_in(AGENT, scope=READ_OWN)
    link = await stage.invite(headers, requestedScopes=sorted(SCOPES), organizationId=cast.organisation_id)
    browser = stage.browsers[PATIENT]
    ticked = ["read.body_mass"] if state == "partly" else sorted(SCOPES)
    duration = "30" if state == "expired" else ""
    page = await browser.submit(
        await browser.open(link), link, decision="accept", scope=ticked, duration=duration
    )
    cast.subject = await stage.find_subject(PATIENT)
    action = {"paused": "pause", "ended": "end"}.get(state)
    if action:
        await browser.submit(page, f"/account/sharing/{cast.subject}/{action}")
    if state == "expired":
        clock.advance(days=30)
    await cast.sign_everybody_in()


@pytest.mark.parametrize("state", STATES)
async def test_what_each_reaches_of_a_person_in_each_state(cast: Cast, state: str, clock: TestClock) -> None:
    await bring_about(cast, state, clock)
    assert {name: await cast.list_claims(name) for name in LISTING} == {
        name: cells[state] for name, cells in LISTING.items()
    }
    assert {name: await cast.read(name) for name in READING} == {
        name: cells[state] for name, cells in READING.items()
    }


async def test_what_each_may_do_otherwise(cast: Cast, clock: TestClock) -> None:
    await bring_about(cast, "granted", clock)
    http = cast.stage.http
    for name, cells in OTHER.items():
        headers = cast.headers[name]
        body = ask(email="new@example.org", organizationId=cast.organisation_id)
        invited = await http.post(INVITE_PATHS[0], json=body, headers=headers)
        listed = await http.get("/organizations/v1/membership", headers=headers)
        own = await http.get("/sample/v1", headers=headers)
        assert [
            {200: "taken", 403: "refused"}[invited.status_code],
            "refused"
            if listed.status_code == 403
            else " ".join(each["name"] for each in listed.json()) or "none",
            "refused"
            if own.status_code == 403
            else {0: "nothing of hers", 2: "her own"}[own.json()["totalAvailable"]],
        ] == list(cells.values()), name


def test_the_tables_are_whole() -> None:
    everybody = {*PEOPLE, "service"}
    assert set(LISTING) == set(READING) == set(OTHER) == everybody
    assert all(set(cells) == set(STATES) for cells in (*LISTING.values(), *READING.values()))
