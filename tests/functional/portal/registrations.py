"""A program that registers clients and manages them, and steps towards its first token."""

import re
from dataclasses import dataclass, field
from typing import Any

import httpx

from borvo.assembly import Platform
from tests.functional.browser import Browser, read_forms

REGISTER = "/connect/register"
CALLBACK = "https://app.example.org/callback"
METADATA: dict[str, Any] = {"redirect_uris": [CALLBACK], "client_name": "Installed App"}


def find_page(prefix: str = "healthorg") -> str:
    return f"/portal/tenancies/{prefix}/registration"


async def submit_initial_token(
    browser: Browser,
    *,
    label: str = "installer",
    most: str = "10",
    days: str = "30",
    prefix: str = "healthorg",
) -> httpx.Response:
    page = await browser.open(find_page(prefix))
    form = next(form for form in read_forms(page.text) if form.action == find_page(prefix))
    fields = {**dict(form.fields), "label": label, "days": days, "most": most}
    return await browser.client.post(form.action, data=fields)


async def create_initial_token(browser: Browser, **terms: str) -> str:
    answer = await submit_initial_token(browser, **terms)
    found = re.search(r'id="created-token">([^<]+)<', answer.text)
    assert found is not None, answer.text
    return found[1]


@dataclass
class Registrar:
    """Keeps what it is told of its client."""

    http: httpx.AsyncClient
    initial_token: str
    client: dict[str, Any] = field(default_factory=dict)

    async def post(self, body: object = None, token: str | None = None, **options: Any) -> httpx.Response:
        given = self.initial_token if token is None else token
        headers = {"Authorization": f"Bearer {given}"} if given else {}
        content: dict[str, Any] = (
            {"json": METADATA if body is None else body} if "content" not in options else {}
        )
        return await self.http.post(
            REGISTER, headers={**headers, **options.pop("headers", {})}, **content, **options
        )

    async def register(self, **changes: Any) -> dict[str, Any]:
        """A client of the usual metadata, but for the changes."""
        answer = await self.post({**METADATA, **changes})
        assert answer.status_code == 201, answer.text
        self.client = answer.json()
        return self.client

    async def manage(
        self, method: str, body: object = None, *, token: str | None = None, client_id: str | None = None
    ) -> httpx.Response:
        """At the client's own address, with its own token, unless told otherwise."""
        given = self.client["registration_access_token"] if token is None else token
        headers = {"Authorization": f"Bearer {given}"} if given else {}
        url = self.client["registration_client_uri"]
        if client_id is not None:
            url = f"{REGISTER}/{client_id}"
        options: dict[str, Any] = {} if body is None else {"json": body}
        answer = await self.http.request(method, url, headers=headers, **options)
        if token is None and client_id is None and answer.status_code == 200:
            self.client = {**answer.json(), **{n: v for n, v in self.client.items() if n == "client_secret"}}
        return answer

    async def replace(self, **changes: Any) -> httpx.Response:
        return await self.manage("PUT", {**METADATA, "client_id": self.client["client_id"], **changes})


async def register_by_program(platform: Platform) -> None:
    """As if programs had registered all clients that are there."""
    await platform.database.pool.execute(
        """insert into client_registration (client_key, digest, secret_method, registered_at, initial_label)
           select client_key, sha256(client_id::bytea), 'client_secret_basic', created_at, 'installer' from client"""
    )


def read_fault(answer: httpx.Response, error: str, status: int = 400) -> str:
    """The words of a refusal, which must be of this kind."""
    body = answer.json()
    assert (answer.status_code, body["error"]) == (status, error), answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert body["error_description"].isascii()
    return str(body["error_description"])
