"""A simple browser that finds elements by their ids alone, and runs no script, comes through every page of a sign-in,
a sign-out and a device. Programs of others rely on these ids: none may change."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx
import pytest

from borvo.assembly import Platform
from tests.factories.clients import register_client
from tests.functional.browser import Browser
from tests.functional.identity.aspnet import Handler
from tests.functional.identity.flows import ADA, CODE_FLOW, obtain_tokens

PASSWORD = "correct horse pony"
Attributes = dict[str, str]


@dataclass
class Page(HTMLParser):
    """What a simple browser knows of a page: the elements that have an id, and what each form would send."""

    text: str
    url: str
    elements: dict[str, tuple[str, int, Attributes]] = field(default_factory=dict)
    forms: list[tuple[Attributes, Attributes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        # A handler in the page would be a script.
        assert [name for name in values if name.startswith("on")] == []
        if tag == "form":
            self.forms.append((values, {}))
        if tag == "input" and self.forms and values.get("type") not in {"checkbox", "radio"}:
            self.forms[-1][1][values["name"]] = values.get("value", "")
        if values.get("id"):
            assert values["id"] not in self.elements, "an id that is there twice names nothing"
            self.elements[values["id"]] = tag, len(self.forms) - 1, values

    def lacks(self, *ids: str) -> set[str]:
        """Those of the ids that the page does not have."""
        return set(ids) - self.elements.keys()


@dataclass
class SimpleBrowser:
    """Opens pages, fills fields and presses buttons, all by id."""

    browser: Browser
    page: Page = field(default_factory=lambda: Page("", ""))

    def _read(self, answer: httpx.Response) -> Page:
        self.page = Page(answer.text if not answer.is_redirect else "", str(answer.url))
        return self.page

    async def open(self, path: str) -> Page:
        return self._read(await self.browser.open(path))

    async def press(self, button: str, **typed: str) -> httpx.Response:
        """Types texts into the fields that have these ids, and presses the button."""
        tag, number, given = self.page.elements[button]
        form, fields = self.page.forms[number]
        assert (tag, given["type"], form["method"]) == ("button", "submit", "post")
        names = {self.page.elements[each][2]["name"]: text for each, text in typed.items()}
        assert {self.page.elements[each][1] for each in typed} <= {number}, "a field of another form"
        pressed = {given["name"]: given["value"]} if "name" in given else {}
        target = urljoin(self.page.url, form["action"])
        if not target.startswith(self.browser.origin):
            # To the client: what a browser would send there.
            return httpx.Response(200, text="", request=httpx.Request("POST", target, data=fields))
        answer = await self.browser.client.post(target, data={**fields, **names, **pressed})
        answer = await self.browser.open(answer.headers["location"]) if answer.status_code == 303 else answer
        self._read(answer)
        return answer


@pytest.fixture
async def simple(browser: Browser) -> SimpleBrowser:
    """Of somebody who has an account and is signed out."""
    await browser.sign_up(ADA)
    await browser.submit(await browser.open("/account"), "/account/sign-out")
    return SimpleBrowser(browser)


@pytest.mark.parametrize("decision", ["allow", "decline"])
async def test_a_sign_in_is_driven_by_ids(handler: Handler, simple: SimpleBrowser, decision: str) -> None:
    page = await simple.open(await handler.build_authorization_url())
    assert not page.lacks("sign-in-form", "email", "password", "sign-in")
    await simple.press("sign-in", email=ADA, password=PASSWORD)
    assert not simple.page.lacks("consent-form", "allow", "decline")
    await simple.press(decision)
    assert not simple.page.lacks("form-post", "continue")
    sent = (await simple.press("continue")).request.content.decode()
    assert ("code=" in sent) == (decision == "allow")
    assert ("error=access_denied" in sent) == (decision == "decline")


async def test_a_wrong_request_is_told_by_an_id(handler: Handler, simple: SimpleBrowser) -> None:
    page = await simple.open(await handler.build_authorization_url(redirect_uri="https://evil.example"))
    assert not page.lacks("error")


async def test_a_sign_out_is_driven_by_ids(handler: Handler, simple: SimpleBrowser) -> None:
    await simple.browser.sign_in(ADA)
    await obtain_tokens(handler, simple.browser, **CODE_FLOW)
    page = await simple.open("/connect/endsession")
    assert not page.lacks("sign-out-form", "sign-out", "stay-signed-in")
    await simple.press("sign-out")
    # The start page is where a sign-out without an app leads.
    assert not simple.page.lacks("signed-out")


@pytest.mark.parametrize(("decision", "end"), [("allow", "device-connected"), ("decline", "device-declined")])
async def test_a_device_is_let_in_by_ids(
    platform: Platform, http: httpx.AsyncClient, simple: SimpleBrowser, decision: str, end: str
) -> None:
    client_id = await register_client(
        platform, "demo.scale", grant_types=["device_code"], redirect_uris=[], is_public=True
    )
    device = Handler(http, client_id, "openid email", secret="")
    begun = (await device.call("device_authorization_endpoint", scope=device.scope)).json()
    await simple.open("/account/device")
    await simple.press("sign-in", email=ADA, password=PASSWORD)
    assert not simple.page.lacks("device-form", "user_code", "continue")
    await simple.press("continue", user_code=begun["user_code"])
    assert not simple.page.lacks("device-consent-form", "allow", "decline")
    await simple.press(decision)
    assert not simple.page.lacks(end)
