"""Borvo as the provider: the whole platform on a port and a database of its own."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from argon2 import PasswordHasher

from borvo.accounts.public import (
    Passwords,
    PostalAddress,
    Profile,
    ProfileDetails,
    Registration,
    create_person,
    save_details,
)
from borvo.assembly import Platform, build_app, build_platform
from borvo.identity.key_schedule import MINIMUM_ANNOUNCEMENT
from borvo.kernel.clock import read_system_clock
from borvo.kernel.entropy import read_system_entropy
from borvo.portal.public import InitialTerms, create_tenancy, make_initial_token_by_support
from borvo.settings import Settings
from borvo.web.http_protocol import BoundedHttp
from tests.conformance.browser import Browser, Page
from tests.conformance.plans import CODE
from tests.conformance.provider import CLAIMS, EMAIL, PASSWORD, Client, Metadata
from tests.conformance.serving import HOST, find_port, listen, serve
from tests.factories.clients import SECRET, register_client
from tests.functional.conftest import reuse_keys

_TENANCY = "conformance"
_SCOPES = ("openid", "profile", "email", "address", "phone", "offline_access")
# What is entered in the portal, by the name under which clients register it.
_COLUMNS = (
    "post_logout_redirect_uris",
    "frontchannel_logout_uri",
    "backchannel_logout_uri",
    "jwks",
    "jwks_uri",
    "request_uris",
)


class _Clock:
    """The machine's, set forward by the tests."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return read_system_clock() + self.ahead


class Borvo:
    """People sign in and consent by the pages; clients are written into the tables, as the portal does."""

    name = "Borvo"

    def __init__(self, platform: Platform, clock: _Clock, initial_access_token: str) -> None:
        self.platform = platform
        self.issuer = platform.settings.issuer
        self.initial_access_token = initial_access_token
        self._clock = clock
        self._numbers = count(1)

    async def register(self, metadata: Metadata) -> Client:
        settings = dict(metadata.settings)
        method = settings.pop("token_endpoint_auth_method", "client_secret_basic")
        columns: dict[str, Any] = {name: settings.pop(name) for name in _COLUMNS if name in settings}
        if "jwks" in columns:
            columns["jwks"] = json.dumps(columns["jwks"])
        # Whoever registers a logout address is told the session.
        settings.pop("backchannel_logout_session_required", None)
        assert not settings, f"the portal has no {settings.keys()}"
        client_id = await register_client(
            self.platform,
            f"{_TENANCY}.app{next(self._numbers)}",
            grant_types=(_find_grant(metadata.response_type),),
            scopes=_SCOPES,
            redirect_uris=metadata.redirect_uris,
            allows_front_channel_tokens="token" in metadata.response_type.split(),
            **columns,
        )
        return Client(client_id, SECRET, metadata.redirect_uris, method)

    async def answer(self, browser: Browser, page: Page) -> tuple[str, Page] | None:
        if form := page.find_form("sign-in-form"):
            return "sign-in", await browser.press(page, form, "sign-in", email=EMAIL, password=PASSWORD)
        if form := page.find_form("consent-form"):
            return "consent", await browser.press(page, form, "allow")
        if form := page.find_form("form-post"):
            return "continue", await browser.press(page, form, "continue")
        if form := page.find_form("sign-out-form"):
            return "sign-out", await browser.press(page, form, "sign-out")
        if "signed-out" in page.ids and page.frames:
            await browser.open_frames(page)
            return "frames", await browser.visit(page.links["next"])
        return None

    async def advance(self, seconds: int) -> None:
        self._clock.ahead += timedelta(seconds=seconds)

    async def rotate_keys(self) -> None:
        await self.platform.identity.cabinet.rotate(["RS256"], MINIMUM_ANNOUNCEMENT)
        # A key signs once everybody can know of it.
        await self.advance(int(MINIMUM_ANNOUNCEMENT.total_seconds()) + 60)

    def now(self) -> float:
        return self._clock().timestamp()


def _find_grant(response_type: str) -> str:
    if response_type == CODE:
        return "authorization_code"
    return "hybrid" if CODE in response_type.split() else "implicit"


def _read_profile() -> ProfileDetails:
    texts = {name: str(CLAIMS[name]) for name in Profile.__slots__ if name in CLAIMS}
    address = PostalAddress("12 St James's Square", "London", "", "SW1Y 4JH", "United Kingdom")
    return ProfileDetails("Ada", "Byron", Profile(**texts, address=address))


@asynccontextmanager
async def run_borvo(database_url: str) -> AsyncIterator[Borvo]:
    """On a migrated, empty database."""
    listener, clock = listen(), _Clock()
    settings = Settings(
        issuer=f"http://localhost:{find_port(listener)}",
        database_url=database_url,
        secret_key=base64.b64encode(b"c" * 32).decode(),
        log_level="warning",
        host=HOST,
    )
    passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    platform = build_platform(
        settings, clock=clock, entropy=read_system_entropy, passwords=passwords, generate=reuse_keys()
    )
    async with serve(build_app(platform), listener, http=BoundedHttp, interface="asgi3", lifespan="on"):
        person = await create_person(platform.accounts, Registration(EMAIL, "Ada", "Byron", PASSWORD))
        assert person is not None
        await save_details(platform.accounts, person.id, _read_profile())
        await create_tenancy(platform.portal, EMAIL, _TENANCY)
        terms = InitialTerms("conformance", days=30, most=1000)
        token = await make_initial_token_by_support(platform.portal, _TENANCY, terms)
        yield Borvo(platform, clock, token.reveal())
