"""The pages of the portal as somebody reads them in French: whatever of them is left in English was not said whole."""

import re
from html.parser import HTMLParser

from tests.functional.browser import Browser
from tests.functional.portal.journeys import Fields, register
from tests.functional.portal.teams import TEAM, invite

CLIENT = "/portal/clients/healthorg.myapp"
TENANCY = "/portal/tenancies/healthorg"
PAGES = (
    "/portal",
    "/portal?q=nothing",
    "/portal/clients/new",
    "/portal/clients/import",
    "/portal/grant",
    "/portal/grant?presence=person&place=server&library=implicit",
    "/portal/grant?presence=nobody",
    "/portal/secrets/report",
    CLIENT,
    f"{CLIENT}?tab=advanced",
    *(f"{CLIENT}/{name}" for name in ("secret", "start", "drive", "requests", "usage", "state", "moving")),
    *(f"{TENANCY}/{name}" for name in ("team", "audit", "tokens", "registration", "leaving")),
    "/portal/clients/healthorg.none",
)
FAULTS: dict[str, Fields] = {
    "/portal/clients/new": {"suffix": "My app", "redirect_uris": "http://example.org/*", "client_uri": "x"},
    CLIENT: {"display_name": "", "redirect_uris": "", "policy_uri": "nowhere"},
    f"{CLIENT}/secret": {"days": "1"},
    f"{CLIENT}/drive": {"flow": "", "mistake": ""},
    f"{TENANCY}/tokens": {"label": "", "days": ""},
    f"{TENANCY}/registration": {"label": "", "days": "", "most": "0"},
}
# The name of the owner is made up of letters; what apps and protocols are called stands in `code`.
_ENGLISH = re.compile(
    r"\b(?:the|of|and|is|are|your|with|this|that|not|by|it|from|was|has|you|its|who|for|in|an|no|yes)\b"
)
_UNREAD = {"script", "style", "code", "pre", "textarea"}


class Reader(HTMLParser):
    """What a person reads, piece by piece."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._unread = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unread += tag in _UNREAD
        self.texts += [value for name, value in attrs if name in {"aria-label", "placeholder"} and value]

    def handle_endtag(self, tag: str) -> None:
        self._unread -= tag in _UNREAD

    def handle_data(self, data: str) -> None:
        if not self._unread:
            self.texts.append(data)


def find_english(page: str) -> list[str]:
    assert '<html lang="fr">' in page
    reader = Reader()
    reader.feed(page)
    return [" ".join(text.split()) for text in reader.texts if _ENGLISH.search(text.lower())]


def test_english_is_found() -> None:
    page = '<html lang="fr"><p title="the">un <code>the</code></p><nav aria-label="Out of it"></nav><p>Who is it</p>'
    assert find_english(page) == ["Out of it", "Who is it"]


async def test_every_page_of_the_portal_is_in_french_as_a_whole(developer: Browser) -> None:
    await register(developer)
    await invite(developer, "cole@example.org")
    developer.client.headers["Accept-Language"] = "fr"
    left = {path: find_english((await developer.open(path)).text) for path in PAGES}
    assert {path: texts for path, texts in left.items() if texts} == {}


async def test_every_fault_of_a_form_is_in_french_as_a_whole(developer: Browser) -> None:
    await register(developer)
    developer.client.headers["Accept-Language"] = "fr"
    left = {}
    for path, fields in FAULTS.items():
        answer = await developer.submit(await developer.open(path), path, **fields)
        assert answer.status_code == 400, path
        left[path] = find_english(answer.text)
    answer = await developer.submit(await developer.open(TEAM), f"{TENANCY}/invitations", email="nobody")
    left[TEAM] = find_english(answer.text)
    assert {path: texts for path, texts in left.items() if texts} == {}
