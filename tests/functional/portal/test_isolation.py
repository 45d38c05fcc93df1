"""What belongs to one tenancy is nothing that another could find."""

from borvo.assembly import Platform
from borvo.portal.public import TeamRole, add_member
from tests.functional.browser import Browser, read_forms
from tests.functional.portal.journeys import load, load_present, register


async def test_a_client_of_another_tenancy_is_not_found(
    platform: Platform, developer: Browser, stranger: Browser
) -> None:
    page = await register(developer)
    await register(stranger, suffix="own")
    own = await stranger.open("/portal/clients/elsewhere.own")
    assert (await stranger.open("/portal/clients/healthorg.myapp")).status_code == 404
    token = read_forms(own.text)[-2].values("_csrf_token")[0]
    path = "/portal/clients/healthorg.myapp"
    fields = dict(read_forms(page.text)[-2].fields) | {"_csrf_token": token, "display_name": "Taken over"}
    answer = await stranger.client.post(path, data=fields)
    assert answer.status_code == 404
    assert (await load_present(platform, "healthorg.myapp")).display_name == "My App"
    assert "healthorg" not in (await stranger.open("/portal")).text


async def test_a_client_cannot_be_registered_in_another_tenancy(
    platform: Platform, developer: Browser, stranger: Browser
) -> None:
    form_page = await developer.open("/portal/clients/new")
    tenancy = read_forms(form_page.text)[-2].values("tenancy")[0]
    page = await register(stranger, tenancy=tenancy)
    assert page.status_code == 404
    assert await load(platform, "healthorg.myapp") is None


async def test_who_loses_the_role_loses_the_portal(platform: Platform, developer: Browser) -> None:
    await register(developer)
    await platform.database.pool.execute("delete from person_role")
    assert "healthorg.myapp" not in (await developer.open("/portal")).text
    assert (await developer.open("/portal/clients/healthorg.myapp")).status_code == 404


async def test_members_of_a_tenancy_share_its_clients(
    platform: Platform, developer: Browser, stranger: Browser
) -> None:
    await register(developer)
    await add_member(platform.portal, "healthorg", "mallory@example.org", TeamRole.DEVELOPER)
    assert (await stranger.open("/portal/clients/healthorg.myapp")).status_code == 200
    page = await stranger.open("/portal?tenancy=healthorg")
    assert "healthorg.myapp" in page.text
