"""The developer's tutorial, done as it says: its commands in a shell, its pages in a browser without scripts."""

import asyncio
import json
import re
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from borvo.catalogue.sample_types import map_sample_types
from borvo.cli.demo_data import DEVELOPER, PASSWORD
from tests.docs.blocks import Terminal, read_blocks
from tests.functional.browser import Browser

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/tutorials/developer.md"
PERSON = "patient2@demo.test"
TYPES = [map_sample_types()[name] for name in ("blood_pressure_systolic", "blood_pressure_diastolic")]

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


async def _register(browser: Browser) -> str:
    """The secret of the client that the tutorial's table describes."""
    await browser.sign_in(DEVELOPER, PASSWORD)
    page = await browser.open("/portal/clients/new")
    made = await browser.submit(
        page,
        "/portal/clients/new",
        suffix="tutorial",
        display_name="Tutorial",
        redirect_uris="http://localhost:5001/callback",
        grant_types="authorization_code",
        scopes=["openid", "profile", "email", "read.blood_pressure", "write.blood_pressure"],
    )
    assert "demo.tutorial" in made.text
    page = await browser.open("/portal/clients/demo.tutorial/secret")
    shown = await browser.submit(page, "/portal/clients/demo.tutorial/secret")
    match = re.search(r'id="generated-secret">([^<]+)<', shown.text)
    assert match
    return match[1]


async def _allow(browser: Browser, address: str) -> str:
    """The code in the address that the person's browser is sent to."""
    page = await browser.open(address)
    asked = await browser.submit(page, "/account/sign-in", email=PERSON, password=PASSWORD)
    answer = await browser.submit(asked, "/connect/authorize/decision", decision="allow")
    target = urlsplit(answer.headers["location"])
    assert f"{target.scheme}://{target.netloc}{target.path}" == "http://localhost:5001/callback"
    return parse_qs(target.query)["code"][0]


def test_the_tutorial_names_what_is_entered() -> None:
    text = PAGE.read_text(encoding="utf-8")
    entered = ("tutorial", "demo.", "Tutorial", "http://localhost:5001/callback", DEVELOPER, PASSWORD, PERSON)
    assert [value for value in entered if f"`{value}`" not in text] == []


@needs_curl
async def test_the_developers_tutorial_works(demo: str, browser: Browser, tmp_path: Path) -> None:
    blocks, terminal = read_blocks(PAGE), Terminal(tmp_path)

    async def run(name: str, **replaced: str) -> str:
        block = blocks.pop(name).replace("http://localhost:8000", demo)
        for old, new in replaced.items():
            assert old.replace("_", "-") in block
            block = block.replace(old.replace("_", "-"), new)
        return await asyncio.to_thread(terminal.run, block)

    async def ask(name: str) -> Any:
        return json.loads(await run(name))

    assert (await ask("where"))["issuer"] == demo
    assert (await ask("service"))["scope"] == "agency_api"
    await run("client", the_secret_that_the_page_showed=await _register(browser))
    browser.client.cookies.clear()
    await run("code", the_code_from_the_address=await _allow(browser, (await run("ask")).strip()))
    await run("redeem")
    assert (await ask("userinfo"))["given_name"] == "Pieter"
    write = blocks["write"]
    assert [each["status"] for each in (await ask("write"))["samples"]] == ["created"]
    blocks["write"] = write
    assert [each["status"] for each in (await ask("write"))["samples"]] == ["duplicate"]
    page = await ask("read")
    assert page["totalAvailable"] == 1
    children = page["datas"][0]["correlationObjects"]
    assert [each["type"] for each in children] == [each.name for each in TYPES]
    assert (await ask("refused"))["status"] == 403
    assert blocks == {}, "a block is not run"
