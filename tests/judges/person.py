"""The person in front of somebody else's client: she signs in, is asked, and goes where she is sent."""

from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

import httpx

from tests.functional.browser import Browser, PageForm, read_forms
from tests.instance import PASSWORD

_STEPS = 8


@dataclass(frozen=True)
class Delivery:
    """What her browser brings to the client: a redirect, or the form of `response_mode=form_post`."""

    url: str
    body: str = ""


@dataclass(frozen=True)
class Person:
    email: str
    browser: Browser

    async def visit(self, url: str, decision: str = "allow") -> Delivery | None:
        """Opens an address of Borvo's and answers every page that asks her something. What comes to the client; None
        when she ends at a page of Borvo's that asks nothing."""
        answer = await self.browser.open(url)
        for _ in range(_STEPS):
            if answer.is_redirect:
                return Delivery(answer.headers["location"])
            form = self._choose_form(answer)
            if form is None:
                return None
            if not form.action.startswith("/"):
                return Delivery(form.action, urlencode(form.fields))
            answer = await self._answer(answer, form.action, decision)
        raise AssertionError(f"she is asked again and again at {answer.url}")

    def _choose_form(self, page: httpx.Response) -> PageForm | None:
        """The form of the page itself: the header's has only a button."""
        forms = [form for form in read_forms(page.text) if form.action != "/account/sign-out"]
        return forms[0] if forms else None

    async def _answer(self, page: httpx.Response, action: str, decision: str) -> httpx.Response:
        path = urlsplit(action).path
        if path == "/account/sign-in":
            return await self.browser.submit(page, action, email=self.email, password=PASSWORD)
        if path.endswith("/decision"):
            return await self.browser.submit(page, action, decision=decision)
        return await self.browser.submit(page, action)
