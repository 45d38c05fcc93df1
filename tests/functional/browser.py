"""A browser without scripts for functional tests: it reads the forms of a page and submits them as they are."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
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


class _FormReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self._area: str | None = None
        self._text: list[str] = []
        self._select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(PageForm(values.get("action", ""), values.get("method", "get").lower()))
        elif not self.forms:
            return
        elif tag == "input" and values.get("name"):
            self._read_input(values, {name for name, _ in attrs})
        elif tag == "textarea":
            self._area, self._text = values.get("name"), []
        elif tag == "select":
            self._select = values.get("name")
        elif tag == "option" and self._select and any(name == "selected" for name, _ in attrs):
            self.forms[-1].fields.append((self._select, values.get("value", "")))

    def _read_input(self, values: dict[str, str], names: set[str]) -> None:
        kind = values.get("type", "text")
        if kind in {"checkbox", "radio"} and "checked" not in names:
            return
        if kind not in {"submit", "button"} and "disabled" not in names:
            self.forms[-1].fields.append((values["name"], values.get("value", "on")))

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._area is not None:
            self.forms[-1].fields.append((self._area, "".join(self._text).removeprefix("\n")))
            self._area = None
        elif tag == "select":
            self._select = None


def read_forms(page: str) -> list[PageForm]:
    reader = _FormReader()
    reader.feed(page)
    return reader.forms


def read_last_form(page: str) -> PageForm:
    """The last one before that of the footer, by which a language is chosen."""
    return [form for form in read_forms(page) if form.action != "/language"][-1]


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
