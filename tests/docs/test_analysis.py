"""The example that analyses a year: its client against the demo. pandas is left to whoever runs it."""

import asyncio
import importlib.util
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from borvo.cli.demo_data import PASSWORD
from tests.functional.browser import Browser, read_forms

EXAMPLE = Path(__file__).resolve().parents[2] / "examples/analyse"
CALLBACK = "http://localhost:5001/signin-oidc"


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"analyse_{name}", EXAMPLE / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def sign_in(browser: Browser, address: str) -> str:
    """As the browser that it opens would."""
    page = await browser.open(address)
    if any(form.action.startswith("/account/sign-in") for form in read_forms(page.text)):
        page = await browser.submit(page, "/account/sign-in", email="patient2@demo.test", password=PASSWORD)
    if not page.is_redirect:
        page = await browser.submit(page, "/connect/authorize/decision", decision="allow")
    return page.headers["location"]


@pytest.mark.filterwarnings("ignore:The httpx module is deprecated")
async def test_its_client_signs_in_writes_and_reads_everything(demo: str, browser: Browser) -> None:
    make = _load("client").BorvoClient
    borvo: Any = await asyncio.to_thread(make, demo, "demo.code", "demo-code-secret-0123456789", CALLBACK)
    scopes = [f"{deed}.{name}" for deed in ("read", "write") for name in ("heart_rate", "body_mass")]
    await asyncio.to_thread(borvo.finish, await sign_in(browser, borvo.begin(*scopes)))
    week = list(_load("year").list_year(datetime(2025, 6, 1, tzinfo=UTC), days=7))
    assert await asyncio.to_thread(borvo.write, week) == len(week) == 7 * 145
    assert await asyncio.to_thread(borvo.write, week) == 0
    query = {"RangeOfStartDate.UpperBound": "2025-06-02T00:00:00Z", "unit": ["/min", "kg"]}
    found = await asyncio.to_thread(lambda: list(borvo.read("heart_rate", "body_mass", **query)))
    assert sorted(each["quantityValue"] for each in found) == sorted(each["quantityValue"] for each in week)
    with pytest.raises(RuntimeError, match="403"):
        await asyncio.to_thread(lambda: list(borvo.read("height")))
    await asyncio.to_thread(borvo.close)
