"""A simple browser, as the official suite's: cookies, redirects and forms by the ids of their elements; no scripts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx

_REDIRECTS = 10


@dataclass
class Form:
    """A form with the values that it would be sent with; `buttons` are the names and values by the buttons' ids."""

    id: str
    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    ids: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.frames: list[str] = []
        self.ids: set[str] = set()
        self.links: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.ids.add(values.get("id", ""))
        if tag == "form":
            form = Form(values.get("id", ""), values.get("action", ""), values.get("method", "get").lower())
            self.forms.append(form)
        elif tag == "iframe":
            self.frames.append(values.get("src", ""))
        elif tag == "a":
            self.links[values.get("id", "")] = values.get("href", "")
        elif self.forms and tag == "button":
            self.forms[-1].buttons[values.get("id", "")] = values.get("name", ""), values.get("value", "")
        elif self.forms and tag == "input":
            self._read_input(values)

    def _read_input(self, values: dict[str, str]) -> None:
        form, kind = self.forms[-1], values.get("type", "text")
        if kind in {"checkbox", "radio"} and "checked" not in values:
            return
        default = "on" if kind == "checkbox" else ""
        form.fields.append((values.get("name", ""), values.get("value", default)))
        form.ids[values.get("id", "")] = values.get("name", "")


@dataclass(frozen=True)
class Page:
    """What the browser shows. `url` has the fragment that led here."""

    url: str
    response: httpx.Response
    forms: tuple[Form, ...]
    frames: tuple[str, ...]
    ids: frozenset[str]
    links: dict[str, str]

    @property
    def text(self) -> str:
        return self.response.text

    def find_form(self, form_id: str) -> Form | None:
        return next((form for form in self.forms if form.id == form_id), None)

    def is_at(self, uri: str) -> bool:
        """Whether it is that of the URI, whatever stands behind `?` and `#`."""
        return self.url.partition("#")[0].partition("?")[0] == uri.partition("?")[0]

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.url).query, keep_blank_values=True))

    @property
    def fragment(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.url).fragment, keep_blank_values=True))


def _read_page(url: str, response: httpx.Response) -> Page:
    reader = _Reader()
    if "html" in response.headers.get("content-type", ""):
        reader.feed(response.text)
    return Page(url, response, tuple(reader.forms), tuple(reader.frames), frozenset(reader.ids), reader.links)


class Browser:
    """One profile: its cookies are its own, the connections are shared."""

    def __init__(self, client: httpx.AsyncClient, cookies: httpx.Cookies | None = None) -> None:
        self._client = client
        self.cookies = httpx.Cookies(cookies)

    def copy(self) -> "Browser":
        return Browser(self._client, self.cookies)

    async def visit(self, url: str) -> Page:
        return await self._send("GET", url)

    async def post(self, url: str, fields: dict[str, str]) -> Page:
        """What a form of any site may do."""
        return await self._send("POST", url, fields)

    async def press(self, page: Page, form: Form, button_id: str, **values: str) -> Page:
        """Fills the fields with these ids, and sends the form by one of its buttons."""
        given = {form.ids[field_id]: value for field_id, value in values.items()}
        pairs = [(name, given.get(name, value)) for name, value in form.fields]
        if form.buttons[button_id][0]:
            pairs.append(form.buttons[button_id])
        fields: dict[str, list[str]] = {}
        for name, value in pairs:
            fields.setdefault(name, []).append(value)
        url = urljoin(page.url, form.action)
        if form.method == "get":
            return await self._send("GET", f"{url}?{httpx.QueryParams(fields)}")
        return await self._send("POST", url, fields)

    async def open_frames(self, page: Page) -> None:
        """Loads the frames of the page, as any browser does."""
        for frame in page.frames:
            await self._send("GET", urljoin(page.url, frame))

    async def _send(self, method: str, url: str, fields: Mapping[str, str | list[str]] | None = None) -> Page:
        for _ in range(_REDIRECTS):
            request = self._client.build_request(method, url, data=fields)
            self.cookies.set_cookie_header(request)
            response = await self._client.send(request)
            self.cookies.extract_cookies(response)
            location = response.headers.get("location")
            if not response.is_redirect or location is None:
                return _read_page(url, response)
            url = _join(url, location)
            if response.status_code in {301, 302, 303}:
                method, fields = "GET", None
        raise AssertionError("too many redirects")


def _join(url: str, location: str) -> str:
    """RFC 9110 10.2.2: a fragment stays when the new address has none."""
    target = urljoin(url, location)
    fragment = urlsplit(url).fragment
    return f"{target}#{fragment}" if fragment and "#" not in location else target


def build_cookieless(**options: object) -> httpx.AsyncClient:
    """A client that keeps no cookies: browsers do, each its own."""
    client = httpx.AsyncClient(timeout=120, **options)  # type: ignore[arg-type]
    client.cookies = _Forgetful()
    return client


class _Forgetful(CookieJar):
    def extract_cookies(self, response: object, request: object) -> None:
        pass
