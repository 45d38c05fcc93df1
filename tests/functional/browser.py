"""A browser without scripts for functional tests: it reads the forms of a page and submits them as they are."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urljoin

import httpx

from borvo.accounts.public import Registration, create_person
from tests.functional.application import find_platform


@dataclass
class PageForm:
    """One form of a page with the values that a browser would submit."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.fields if key == name]


# Read by hand: the standard library's parser takes longer for a large page than the server takes to answer with it.
# What is read was written by our templates, so it is well formed.
_TAGS = re.compile(
    r"""<(form|input|textarea|/?select|option)\b((?:[^>"']|"[^"]*"|'[^']*')*)>""", re.IGNORECASE
)
_ATTRIBUTES = re.compile(r"""([^\s=/"']+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"']+)))?""")


def read_forms(page: str) -> list[PageForm]:
    forms: list[PageForm] = []
    select = ""
    for tag in _TAGS.finditer(page):
        name, attributes = tag[1].lower(), _read_attributes(tag[2])
        if name == "form":
            forms.append(PageForm(attributes.get("action", ""), attributes.get("method", "get").lower()))
        elif name in {"select", "/select"}:
            select = attributes.get("name", "")
        elif forms and name == "option":
            if select and "selected" in attributes:
                forms[-1].fields.append((select, attributes.get("value", "")))
        elif forms and attributes.get("name"):
            value = _read_area(page, tag.end()) if name == "textarea" else _read_value(attributes)
            if value is not None:
                forms[-1].fields.append((attributes["name"], value))
    return forms


def _read_attributes(text: str) -> dict[str, str]:
    return {
        name.lower(): unescape(double or single or bare)
        for name, double, single, bare in _ATTRIBUTES.findall(text)
    }


def _read_value(attributes: dict[str, str]) -> str | None:
    """What an input sends, if it sends anything."""
    kind = attributes.get("type", "text")
    if kind in {"submit", "button"} or "disabled" in attributes:
        return None
    if kind in {"checkbox", "radio"} and "checked" not in attributes:
        return None
    return attributes.get("value", "on")


def _read_area(page: str, start: int) -> str:
    return unescape(page[start : page.index("</textarea", start)]).removeprefix("\n")


def read_last_form(page: str) -> PageForm:
    """The last one before that of the footer, by which a language is chosen."""
    return [form for form in read_forms(page) if form.action != "/language"][-1]


def asks_to_sign_in(page: httpx.Response) -> bool:
    """Whether it is the sign-in page, under whichever address, and without a complaint."""
    return page.status_code == 200 and any(
        form.action == "/account/sign-in" for form in read_forms(page.text)
    )


class Browser:
    """Keeps cookies, follows redirects within the origin, and stops at redirects that leave it."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.origin = str(client.base_url).rstrip("/")

    async def open(self, path: str) -> httpx.Response:
        return await self._follow(await self.client.get(path))

    async def _follow(self, response: httpx.Response) -> httpx.Response:
        for _ in range(10):
            location = response.headers.get("location")
            target = urljoin(str(response.url), location) if location else ""
            if not response.is_redirect or not target.startswith(self.origin):
                return response
            response = await self.client.get(target)
        raise AssertionError("too many redirects")

    async def submit(
        self, page: httpx.Response, action: str, /, **values: str | list[str] | None
    ) -> httpx.Response:
        """Submits the page's form whose action starts with `action`, with the fields changed that are given;
        None leaves a field out. The last path follows redirects within the origin."""
        form = next(form for form in read_forms(page.text) if form.action.startswith(action))
        fields: dict[str, list[str]] = {}
        for name, value in form.fields:
            fields.setdefault(name, []).append(value)
        for name, given in values.items():
            fields.pop(name, None)
            if given is not None:
                fields[name] = [given] if isinstance(given, str) else given
        response = await self.client.request(form.method, urljoin(str(page.url), form.action), data=fields)
        return await self._follow(response)

    async def sign_up(
        self,
        email: str,
        *,
        given_name: str = "Ada",
        family_name: str = "Byron",
        password: str = "correct horse pony",
    ) -> httpx.Response:
        """Makes an account, as if by the link of a mail, and signs in. `sign_up_by_mail` goes the whole way."""
        transport = self.client._transport
        assert isinstance(transport, httpx.ASGITransport)
        registration = Registration(email, given_name, family_name, password, is_email_verified=True)
        assert await create_person(find_platform(transport.app).accounts, registration)
        return await self.sign_in(email, password)

    async def sign_in(self, email: str, password: str = "correct horse pony") -> httpx.Response:
        page = await self.open("/account/sign-in")
        return await self.submit(page, "/account/sign-in", email=email, password=password)


async def sign_up_by_mail(
    browser: Browser, email: str, read_link: Callable[[str], Awaitable[str]], path: str = "/account/sign-up"
) -> httpx.Response:
    """The whole way of a person: `read_link` finds the address in the newest mail to her."""
    page = await browser.open(path)
    page = await browser.submit(page, "/account/sign-up", email=email)
    assert page.status_code == 200, page.text
    page = await browser.open(await read_link(email))
    details = {"given_name": "Ada", "family_name": "Byron", "password": "correct horse pony"}
    return await browser.submit(page, "/account/sign-up/", **details)
