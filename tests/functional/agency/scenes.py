"""Steps that tests of agencies take: people sign in to a client and get an access token."""

import re
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import httpx
from litestar.types import ASGIApp

from borvo.assembly import Platform
from borvo.mail.posting import KIND as MAIL
from borvo.mail.texting import TEXT_KIND
from borvo.organisations.public import Organisation, OrganisationRole, add_member, create_organisation
from borvo.support.organisations import allow_client
from borvo.support.service import add_role
from tests.factories.clients import BLOOD_PRESSURE
from tests.factories.samples import create_body
from tests.functional.browser import Browser
from tests.functional.conftest import ISSUER
from tests.functional.identity.aspnet import Handler, consent, read_form_post

AGENCY_SCOPES = "openid profile email agency_api"
CLINICIAN, OTHER, WORKER = "demo.clinician", "demo.other", "demo.worker"
INVITE_PATHS = [
    "/agency/v1/createagencyinvite",
    "/api/agency/createagencyinvite",
    "/agency/createagencyinvite/v1",
]
AGENT, PATIENT, BOB = "agnes@example.org", "ada@example.org", "bob@example.org"
DIARY = "demo.diary"
WRITE = (
    "openid write.blood_pressure write.blood_pressure.blood_pressure_systolic "
    "write.blood_pressure.blood_pressure_diastolic write.body_mass write.height"
)
BP = [
    "read.blood_pressure",
    *(f"read.blood_pressure.blood_pressure_{part}" for part in ("systolic", "diastolic")),
]


@dataclass
class Stage:
    """Browsers for any number of people, and the programs of three clients."""

    platform: Platform
    stack: AsyncExitStack
    app: ASGIApp
    http: httpx.AsyncClient = field(init=False)
    seen: set[str] = field(default_factory=set)
    browsers: dict[str, Browser] = field(default_factory=dict)

    async def open_browser(self) -> Browser:
        """Another one, in which nobody is signed in."""
        return Browser(await self.open_client())

    async def open_client(self) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=self.app)  # type: ignore[arg-type]
        client = httpx.AsyncClient(transport=transport, base_url=ISSUER)
        return await self.stack.enter_async_context(client)

    async def find_browser(self, email: str, **names: str) -> Browser:
        """The person's own, in which she is signed in; she signs up when she comes for the first time."""
        if email not in self.browsers:
            self.browsers[email] = await self.open_browser()
            await self.browsers[email].sign_up(email, **names)
        return self.browsers[email]

    async def sign_in(
        self, email: str, *, scope: str = AGENCY_SCOPES, client_id: str = CLINICIAN
    ) -> dict[str, str]:
        """Headers with the access token that the client gets for her by the hybrid flow of the published samples."""
        browser, handler = await self.find_browser(email), Handler(self.http, client_id, scope)
        page = await browser.open(await handler.build_authorization_url())
        if "/connect/authorize/decision" in page.text:
            page = await consent(browser, page)
        _, fields = read_form_post(page)
        answer = await handler.redeem(fields["code"])
        assert answer.status_code == 200, answer.text
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    async def start_service(self, client_id: str = WORKER) -> dict[str, str]:
        """Headers with the access token that the client gets for itself."""
        handler = Handler(self.http, client_id, "agency_api")
        answer = await handler.request_token(grant_type="client_credentials", scope="agency_api")
        assert answer.status_code == 200, answer.text
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    async def start_agent(self, email: str = AGENT) -> dict[str, str]:
        """Headers with an agent's token; support has given her the role."""
        await self.find_browser(email, given_name="Agnes", family_name="Agent")
        await add_role(self.platform.accounts, email, "agent")
        return await self.sign_in(email)

    async def start_fresh(self, email: str) -> dict[str, str]:
        """As `sign_in`, after so long that her browser has forgotten her."""
        await self.browsers[email].sign_in(email)
        return await self.sign_in(email)

    async def read(self, headers: Mapping[str, str], token: str, query: str = "") -> httpx.Response:
        """Samples, by a query token."""
        return await self.http.get(f"/sample/v1?{query}", headers={**headers, "agency-query-token": token})

    async def query_token(self, headers: Mapping[str, str], *subjects: str, is_all: bool = False) -> str:
        body = {"includeAll": is_all, "specificallyIncludedSubs": list(subjects)}
        answer = await self.http.post("/agency/v1/querytoken", json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["value"])

    async def invite(self, headers: Mapping[str, str], email: str = PATIENT, **changes: Any) -> str:
        """The path of the link in the mail."""
        body = ask(email=email, **changes)
        answer = await self.http.post("/agency/v1/createagencyinvite", json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        links = {find_link(mail) for mail in await list_mails(self.platform, email)}
        # Not the newest by time, which stands still.
        (link,) = links - self.seen
        self.seen.add(link)
        return link

    async def share(self, headers: Mapping[str, str], email: str = PATIENT, **changes: Any) -> str:
        """The person is invited and accepts all of it; the subject by which she is known then."""
        link = await self.invite(headers, email, **changes)
        browser = await self.find_browser(email)
        page = await browser.open(link)
        answer = await browser.submit(page, link, decision="accept")
        assert "Shared." in answer.text, answer.text
        return await self.find_subject(email)

    async def find_subject(self, email: str) -> str:
        """That of her latest consent."""
        return str(
            await self.platform.database.pool.fetchval(
                """select r.subject from agency_relationship r join person p on p.id = r.person_id
                   where p.email = $1 order by r.changed_at desc limit 1""",
                email,
            )
        )


def ask(**changes: Any) -> dict[str, Any]:
    """What the published samples send, in person."""
    return {
        "email": PATIENT,
        "phoneNumber": None,
        "requestedScopes": [f"read.{name}" for name in BLOOD_PRESSURE],
        "organizationId": None,
        **changes,
    }


def find_link(mail: Mapping[str, Any]) -> str:
    found = re.search(r"/agency/invitations/\S+", mail["text"])
    assert found is not None
    return found[0]


async def list_mails(platform: Platform, email: str) -> list[Mapping[str, Any]]:
    """Invites, newest first."""
    mails = [payload for _, payload in await platform.outbox.list_payloads(MAIL, 100)]
    return [mail for mail in mails if mail["to"] == email and "/agency/invitations/" in mail["text"]]


async def list_texts(platform: Platform) -> list[Mapping[str, Any]]:
    return [payload for _, payload in await platform.outbox.list_payloads(TEXT_KIND, 100)]


async def count_messages(platform: Platform) -> int:
    """Invites on their way, by mail or as text."""
    mails = [payload for _, payload in await platform.outbox.list_payloads(MAIL, 100)]
    texts = await list_texts(platform)
    return sum("/agency/invitations/" in each["text"] for each in (*mails, *texts))


async def seat_agent(platform: Platform, stage: Stage, *, is_service_allowed: bool = False) -> Organisation:
    """An organisation with the agent in it."""
    await stage.find_browser(AGENT, given_name="Agnes", family_name="Agent")
    organisation = await create_organisation(platform.organisations, "North Clinic")
    await add_member(platform.organisations, "North Clinic", AGENT, OrganisationRole.AGENT)
    if is_service_allowed:
        await allow_client(platform.organisations, WORKER, "North Clinic")
    return organisation


async def write(stage: Stage, email: str, *bodies: dict[str, Any]) -> None:
    """The person's own samples, by the client `diary`, which has to be there."""
    headers = await stage.sign_in(email, scope=WRITE, client_id=DIARY)
    answer = await stage.http.post("/sample/v1", json=list(bodies), headers=headers)
    assert answer.status_code == 200, answer.text


def weigh(day: int, value: float) -> dict[str, Any]:
    return create_body("body_mass", value, start=f"2026-01-{day:02}T08:00:00Z")


async def read(stage: Stage, headers: dict[str, str], query: str = "", *subjects: str) -> httpx.Response:
    """By a query token of its own, for these subjects or for all."""
    token = await stage.query_token(headers, *subjects, is_all=not subjects)
    return await stage.read(headers, token, query)
