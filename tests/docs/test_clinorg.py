"""The example of an organisation's app, as a program, against the demo."""

import os
import re
import sys
from asyncio import subprocess, timeout, wait_for
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from borvo.cli.demo_data import CLIENTS, DEVELOPER, PASSWORD
from tests.docs.recipes import list_invitations
from tests.functional.browser import Browser, read_forms
from tests.processes import ROOT, find_free_port, stop, wait_for_port

AGENT, PERSON = "agent@demo.test", "patient2@demo.test"
CLIENT = "/portal/clients/demo.clinorg"


def configure(demo: str, port: int) -> dict[str, str]:
    """The environment that the example's README names, with the demo's client."""
    client = next(client for client in CLIENTS if client.suffix == "clinorg")
    own = {"ISSUER": demo, "PORT": str(port), "CLIENT_ID": client.client_id, "CLIENT_SECRET": client.secret}
    return {**os.environ, **{f"CLINORG_{name}": value for name, value in own.items()}}


@asynccontextmanager
async def open_browser(demo: str, email: str) -> AsyncIterator[Browser]:
    async with httpx.AsyncClient(base_url=demo, timeout=20) as client:
        browser = Browser(client)
        await browser.sign_in(email, PASSWORD)
        yield browser


async def move_client(demo: str, client_uri: str, redirect_uris: str) -> tuple[str, str]:
    """The developer enters where the app is, as the README asks for with another port. What stood there."""
    async with open_browser(demo, DEVELOPER) as browser:
        page = await browser.open(CLIENT)
        form = next(form for form in read_forms(page.text) if form.action.startswith(CLIENT))
        saved = await browser.submit(page, CLIENT, client_uri=client_uri, redirect_uris=redirect_uris)
    assert "Saved." in saved.text
    (before_uri,), (before_redirects,) = form.values("client_uri"), form.values("redirect_uris")
    return before_uri, before_redirects


@pytest.fixture(scope="module")
async def clinic(demo: str) -> AsyncIterator[httpx.AsyncClient]:
    """A browser at `examples/clinorg`, where the demo's agent is signed in."""
    port = find_free_port()
    origin = f"http://localhost:{port}"
    before = await move_client(demo, origin, f"{origin}/signin-oidc")
    process = await subprocess.create_subprocess_exec(
        sys.executable,
        str(ROOT / "examples" / "clinorg" / "app.py"),
        env=configure(demo, port),
        stdout=subprocess.DEVNULL,
    )
    try:
        await wait_for(wait_for_port(port), 60)
        async with httpx.AsyncClient(base_url=origin, timeout=20) as app:
            await sign_in(demo, app)
            yield app
    finally:
        await stop(process)
        await move_client(demo, *before)


async def sign_in(demo: str, app: httpx.AsyncClient) -> None:
    async with open_browser(demo, AGENT) as agent:
        page = await agent.open((await app.get("/signin")).headers["location"])
        if not page.is_redirect:
            page = await agent.submit(page, "/connect/authorize/decision", decision="allow")
    assert (await app.get(page.headers["location"])).headers["location"] == "/"


async def find_organisation(app: httpx.AsyncClient) -> str:
    """The id of the one that the app lists for its agent."""
    (found,) = re.findall(r'<option value="([^"]+)">Demo clinic<', (await app.get("/")).text)
    return str(found)


async def accept(demo: str, link: str) -> str:
    """Where the person's browser is sent."""
    async with open_browser(demo, PERSON) as person:
        page = await person.submit(await person.open(link), link, decision="accept")
    return str(page.headers["location"])


async def wait_for_agreement(app: httpx.AsyncClient, subject: str) -> str:
    """The state that the app was notified with, once it was."""
    async with timeout(20):
        while True:
            found = re.search(rf"<li>{subject} \(([^)]+)\)", (await app.get("/")).text)
            if found:
                return found[1]


async def test_the_clinic_asks_and_is_told_of_the_agreement(demo: str, clinic: httpx.AsyncClient) -> None:
    before = await list_invitations(demo)
    form = {"organisation": await find_organisation(clinic), "email": PERSON, "phone": ""}
    sent = await clinic.post("/invites", data={**form, "scopes": "read.step_count\r\nread.height"})
    assert "The invite is on its way." in sent.text
    (link,) = await list_invitations(demo) - before
    address = await accept(demo, link)
    values = parse_qs(urlsplit(address).query)
    (subject,), (state,) = values["subject"], values["state"]
    assert address.startswith(f"{clinic.base_url}/Patient/Redirect?")
    assert f"The clinic knows you as {subject}." in (await clinic.get(address)).text
    assert await wait_for_agreement(clinic, subject) != state


async def test_the_clinic_believes_no_state_that_it_did_not_send(clinic: httpx.AsyncClient) -> None:
    forged = {"subject": "somebody", "state": "made-up"}
    assert (await clinic.get("/Agency/Complete", params=forged)).status_code == 204
    assert "somebody" not in (await clinic.get("/")).text
    assert "somebody" not in (await clinic.get("/Patient/Redirect", params=forged)).text


async def test_the_clinic_says_once_what_to_mend(demo: str, clinic: httpx.AsyncClient) -> None:
    before = await list_invitations(demo)
    refused = await clinic.post("/invites", data={"email": "", "phone": "", "scopes": "read.step_count"})
    assert refused.status_code == 400
    assert refused.text.count("Give an e-mail address or a phone number, or both.") == 1
    assert await list_invitations(demo) == before
