"""Steps that tests of agencies take: people sign in to a client and get an access token."""

from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import httpx

from borvo.assembly import Platform, build_app
from tests.functional.browser import Browser
from tests.functional.conftest import ISSUER
from tests.functional.identity.aspnet import Handler, consent, read_form_post

AGENCY_SCOPES = "openid profile email agency_api"
CLINICIAN, OTHER, WORKER = "demo.clinician", "demo.other", "demo.worker"
AGENT, PATIENT = "agnes@example.org", "ada@example.org"


@dataclass
class Stage:
    """Browsers for any number of people, and the programs of three clients."""

    platform: Platform
    stack: AsyncExitStack
    http: httpx.AsyncClient
    browsers: dict[str, Browser] = field(default_factory=dict)

    async def open_browser(self) -> Browser:
        """Another one, in which nobody is signed in."""
        transport = httpx.ASGITransport(app=build_app(self.platform))  # type: ignore[arg-type]
        client = await self.stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url=ISSUER))
        return Browser(client)

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
