"""Every text of the portal's pages is said in the language of whoever reads them, faults included."""

import re

import httpx
import pytest

from borvo.assembly import Platform
from tests.functional.browser import Browser, read_forms
from tests.functional.portal.journeys import CALLBACK, register
from tests.functional.portal.marked_pages import list_unspoken, mark_texts
from tests.functional.portal.secrets import CLIENT, generate
from tests.functional.portal.test_requests import flush

ROOT = f"/portal/clients/{CLIENT}"
TENANCY = "/portal/tenancies/healthorg"
PAGES = [
    "/portal",
    "/portal/clients/new",
    "/portal/clients/import",
    "/portal/grant?presence=person&place=server&library=hybrid",
    "/portal/secrets/report",
    *(f"{TENANCY}/{page}" for page in ("team", "tokens", "registration", "audit", "leaving")),
    f"{ROOT}?notice=saved",
    *(f"{ROOT}/{page}" for page in ("secret", "start", "drive", "requests", "usage", "state")),
    *(f"{ROOT}/{page}" for page in ("logo", "moving", "disabling", "deletion")),
]
# What is the same in every language: names, literals of the protocol and what somebody typed.
NAMES = re.compile(
    r"· Borvo|My App( · Borvo)?|Ada Byron( \(.*\))?|healthorg\.(myapp)?|\S+@example\.org|https?://\S+"
    r"|[a-z_]+|[0-9a-f-]{36}|[A-Z]{2}\d+|EdDSA"
    r"|[;, ]*(Borvo|PHP|Go|ASP\.NET Core|curl|(JavaScript, Node|\w+) \(\w+(-\w+)*\)[; ]*)+"
)


def find_unspoken(page: httpx.Response) -> list[str]:
    return [text for text in list_unspoken(page.text) if not NAMES.fullmatch(text)]


@pytest.mark.parametrize(
    "page", ["<p>\u27e6Hello\u27e7 you</p>", "<p><b>Hello</b></p>", '<a title="Go on"></a>']
)
def test_a_text_that_no_catalogue_holds_is_noticed(page: str) -> None:
    assert list_unspoken(page)


async def test_no_page_of_the_portal_has_a_text_that_no_catalogue_holds(
    platform: Platform, developer: Browser, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await register(developer, grant_types=["hybrid", "authorization_code"])
    await generate(developer, label="", days="30")
    refused = {
        "client_id": CLIENT,
        "redirect_uri": f"{CALLBACK}/",
        "response_type": "code",
        "scope": "openid",
    }
    await http.get("/connect/authorize", params=refused)
    await flush(platform)
    mark_texts(monkeypatch)
    pages = {address: await developer.open(address) for address in PAGES}
    assert {page.status_code for page in pages.values()} == {200}
    found = {address: find_unspoken(page) for address, page in pages.items()}
    assert {address: texts for address, texts in found.items() if texts} == {}


BROKEN = [
    (
        "",
        {
            "display_name": "",
            "client_uri": "app",
            "redirect_uris": "http://example.org/\nfoo:/bar\nhttps://a@b/\nhttps://xn--pple-43d.org/",
            "scopes": ["read.blood_pressure", "read.nothing"],
            "jwks": '{"keys": [{"kty": "oct"}, {"kty": "RSA"}, 3]}',
            "jwks_uri": "https://example.org/#",
            "access_token_minutes": "0",
            "default_max_age": "x",
            "frontchannel_logout_uri": "https://elsewhere.example.org/",
            "sector_identifier_uri": "x",
        },
    ),
    ("/secret/own", {"secret": "password"}),
    ("/deletion", {"typed": "x"}),
]


@pytest.mark.parametrize(("page", "fields"), BROKEN, ids=[page or "details" for page, _ in BROKEN])
async def test_no_fault_of_a_form_is_told_in_words_that_no_catalogue_holds(
    developer: Browser, monkeypatch: pytest.MonkeyPatch, page: str, fields: dict[str, str | list[str] | None]
) -> None:
    await register(developer)
    mark_texts(monkeypatch)
    form = await developer.open(ROOT + page.removesuffix("/own"))
    answer = await developer.submit(form, ROOT + page, **fields)
    assert answer.status_code == 400
    assert find_unspoken(answer) == []


async def test_no_fault_of_a_team_is_told_in_words_that_no_catalogue_holds(
    developer: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    await register(developer)
    mark_texts(monkeypatch)
    found = {}
    for page, path, fields in (
        ("team", "invitations", {"email": "nobody"}),
        ("tokens", "tokens", {"label": "", "days": "1"}),
        ("registration", "registration", {"label": "", "days": "1", "most": "0"}),
    ):
        form = await developer.open(f"{TENANCY}/{page}")
        answer = await developer.submit(form, f"{TENANCY}/{path}", **fields)
        assert answer.status_code == 400
        found[path] = find_unspoken(answer)
    for address in (f"{TENANCY}/audit?since=x&action=x&person=x", "/portal/clients/healthorg.none"):
        found[address] = find_unspoken(await developer.open(address))
    assert {path: texts for path, texts in found.items() if texts} == {}


async def test_whether_an_id_is_free_is_told_in_the_language_of_the_page(
    developer: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    forms = read_forms((await developer.open("/portal/clients/new")).text)
    tenancy = next(form.values("tenancy")[0] for form in forms if form.values("tenancy"))
    mark_texts(monkeypatch)
    for suffix in ("myapp", "My App"):
        answer = await developer.open(f"/portal/clients/suffix?tenancy={tenancy}&suffix={suffix}")
        assert list_unspoken(answer.json()["message"]) == []
