"""Pages are about one tenancy at a time; whoever has several goes from one to another."""

import pytest

from borvo.assembly import Platform
from borvo.portal.public import TeamRole, add_member, create_tenancy
from tests.functional.browser import Browser, read_last_form
from tests.functional.conftest import TestClock
from tests.functional.portal.journeys import register
from tests.functional.portal.teams import post

SWITCH = "tenancy-switch"


@pytest.fixture
async def both(platform: Platform, developer: Browser, stranger: Browser, clock: TestClock) -> Browser:
    """Grace's browser: she owns one tenancy and looks at the other. Both have a client."""
    await register(developer)
    await register(stranger, suffix="theirs", display_name="Their App")
    clock.advance(seconds=1)
    await add_member(platform.portal, "elsewhere", "grace@example.org", TeamRole.VIEWER)
    return developer


async def test_with_one_tenancy_nothing_is_shown_and_nothing_kept(developer: Browser) -> None:
    page = await register(developer)
    for path in ("/portal", "/portal/tenancies/healthorg/team", "/portal/clients/new"):
        page = await developer.open(path)
        assert SWITCH not in page.text
    assert "borvo_tenancy" not in developer.client.cookies


async def test_the_portal_is_about_the_tenancy_that_is_asked_for_and_remembers_it(both: Browser) -> None:
    page = await both.open("/portal")
    assert "healthorg.myapp" in page.text
    assert "elsewhere.theirs" not in page.text
    assert 'href="/portal?tenancy=elsewhere"' in page.text
    for path in ("/portal?tenancy=elsewhere", "/portal"):
        page = await both.open(path)
        assert "elsewhere.theirs" in page.text
        assert "healthorg.myapp" not in page.text
    await both.open("/portal?tenancy=healthorg")
    assert "healthorg.myapp" in (await both.open("/portal")).text


async def test_a_page_of_a_tenancy_is_remembered_too(both: Browser) -> None:
    await both.open("/portal/tenancies/elsewhere/team")
    assert "elsewhere.theirs" in (await both.open("/portal")).text


async def test_the_role_is_that_of_the_tenancy_that_is_looked_at(both: Browser) -> None:
    assert "Register a client" in (await both.open("/portal")).text
    page = await both.open("/portal?tenancy=elsewhere")
    assert "Register a client" not in page.text
    assert "You are a viewer here" in page.text
    assert (await both.open("/portal/clients/new")).status_code == 403


async def test_a_new_client_belongs_to_the_tenancy_that_is_looked_at(
    platform: Platform, both: Browser
) -> None:
    await create_tenancy(platform.portal, "grace@example.org", "third")
    await both.open("/portal?tenancy=third")
    page = await register(both, suffix="newest")
    assert page.url.path == "/portal/clients/third.newest"


async def test_a_client_page_leads_back_to_its_own_tenancy(both: Browser) -> None:
    page = await both.open("/portal/clients/elsewhere.theirs")
    assert 'href="/portal?tenancy=elsewhere">Clients' in page.text


@pytest.mark.usefixtures("stranger")
@pytest.mark.parametrize("name", ["elsewhere", "nothing", "%00", "a'b", "x" * 300, "%ff"])
async def test_another_tenancy_or_none_is_not_found(developer: Browser, name: str) -> None:
    assert (await developer.client.get(f"/portal?tenancy={name}")).status_code == 404
    for page in ("team", "audit", "audit.csv", "leaving"):
        assert (await developer.client.get(f"/portal/tenancies/{name}/{page}")).status_code == 404


async def test_what_another_person_looked_at_in_this_browser_is_not_shown_to_the_next(
    both: Browser, stranger: Browser
) -> None:
    await both.open("/portal?tenancy=healthorg")
    stranger.client.cookies.set("borvo_tenancy", both.client.cookies["borvo_tenancy"])
    page = await stranger.open("/portal")
    assert page.status_code == 200
    assert "elsewhere.theirs" in page.text
    assert "healthorg" not in page.text


async def test_the_form_decides_and_not_what_was_looked_at_since(both: Browser) -> None:
    """Two tabs: the form of one is sent after the other has gone on to another tenancy."""
    page = await both.open("/portal/clients/new")
    tenancy = read_last_form(page.text).values("tenancy")[0]
    await both.open("/portal?tenancy=elsewhere")
    fields = dict(read_last_form(page.text).fields) | {"suffix": "late", "display_name": "Late"}
    fields |= {"tenancy": tenancy, "redirect_uris": "https://localhost:5001/signin-oidc"}
    fields.pop("_csrf_token")
    answer = await post(both, "/portal/clients/new", **fields)
    assert answer.headers["location"].startswith("/portal/clients/healthorg.late")
