"""Steps of tests about personal access tokens, and a program that calls the management API through one."""

import re
from dataclasses import dataclass
from typing import Any

import httpx

from tests.functional.browser import Browser, read_forms

API = "/portal/api/v1"
CLIENT = f"{API}/clients/healthorg.myapp"
ALL = ["clients:write", "clients:delete", "secrets:write", "audit:read"]


def find_page(prefix: str = "healthorg") -> str:
    return f"/portal/tenancies/{prefix}/tokens"


async def submit_token(
    browser: Browser,
    scopes: list[str],
    *,
    label: str = "pipeline",
    days: str = "30",
    prefix: str = "healthorg",
) -> httpx.Response:
    """By the form; those that revoke are on pages of their own."""
    page = await browser.open(find_page(prefix))
    form = next(form for form in read_forms(page.text) if form.action == find_page(prefix))
    fields = {**dict(form.fields), "label": label, "days": days, "scopes": scopes}
    return await browser.client.post(form.action, data=fields)


def read_created(page: httpx.Response) -> str:
    found = re.search(r'id="created-token">([^<]+)<', page.text)
    assert found is not None, page.text
    return found[1]


async def create_token(
    browser: Browser, scopes: list[str] | None = None, *, days: str = "30", prefix: str = "healthorg"
) -> str:
    """One for everything unless told otherwise."""
    return read_created(
        await submit_token(browser, ALL if scopes is None else scopes, days=days, prefix=prefix)
    )


@dataclass
class Program:
    """Calls the API with a token, and keeps no cookies."""

    http: httpx.AsyncClient
    token: str

    async def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        return await self.http.request(method, path, headers=headers, **options)

    async def fetch(self, path: str, **options: Any) -> httpx.Response:
        return await self.call("GET", path, **options)
