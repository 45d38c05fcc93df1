"""The logo of a client: uploaded, shown to those who are asked for consent, and nothing but a picture."""

import hashlib

import httpx
import pytest

from borvo.assembly import Platform
from tests.functional.browser import Browser
from tests.functional.identity.aspnet import Handler
from tests.functional.identity.flows import CODE_FLOW
from tests.functional.portal.journeys import register
from tests.functional.portal.pictures import draw_jpeg, draw_png, draw_webp
from tests.functional.portal.test_states import upload

CLIENT = "/portal/clients/healthorg.myapp"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    ("content", "media_type"),
    [(draw_png(), "image/png"), (draw_jpeg(), "image/jpeg"), (draw_webp(), "image/webp")],
    ids=["PNG", "JPEG", "WebP"],
)
async def test_a_logo_is_sent_to_everybody_as_what_it_is_and_kept_for_good(
    developer: Browser, http: httpx.AsyncClient, content: bytes, media_type: str
) -> None:
    await register(developer)
    assert (await upload(developer, content)).status_code == 303
    address = f"/portal/logos/{hashlib.sha256(content).hexdigest()}"
    assert f'src="{address}"' in (await developer.open(CLIENT)).text
    answer = await http.get(address)
    assert answer.content == content
    assert answer.headers["content-type"] == media_type
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("content", [b"", SVG, b"GIF89a", draw_png(2000, 10), draw_png(padding=300_000)])
async def test_what_is_no_fit_picture_is_refused_beside_the_field_and_the_old_one_stays(
    developer: Browser, content: bytes
) -> None:
    await register(developer)
    await upload(developer, draw_png())
    page = await upload(developer, content)
    assert page.status_code == 400
    assert 'id="logo-error"' in page.text
    assert hashlib.sha256(draw_png()).hexdigest() in page.text


async def test_a_body_that_is_no_form_is_refused_and_never_an_error_of_ours(developer: Browser) -> None:
    await register(developer)
    for content_type in ("multipart/form-data", "multipart/form-data; boundary=x", "image/png"):
        headers = {"content-type": content_type}
        answer = await developer.client.post(f"{CLIENT}/logo", content=b"--x\r\nnonsense", headers=headers)
        assert answer.status_code in {400, 403}


async def test_a_file_does_not_come_without_its_csrf_token(developer: Browser) -> None:
    await register(developer)
    answer = await developer.client.post(f"{CLIENT}/logo", files={"logo": ("x.png", draw_png(), "image/png")})
    assert answer.status_code == 403


async def test_a_logo_can_be_replaced_and_removed(developer: Browser, http: httpx.AsyncClient) -> None:
    await register(developer)
    await upload(developer, draw_png())
    await upload(developer, draw_png(64, 64))
    old, new = (hashlib.sha256(each).hexdigest() for each in (draw_png(), draw_png(64, 64)))
    assert (await http.get(f"/portal/logos/{old}")).status_code == 404
    assert (await http.get(f"/portal/logos/{new}")).status_code == 200
    page = await developer.open(f"{CLIENT}/logo")
    await developer.submit(page, f"{CLIENT}/logo", removal="yes")
    assert (await http.get(f"/portal/logos/{new}")).status_code == 404


@pytest.mark.parametrize("name", ["x", "0" * 63, "0" * 64, "A" * 64, "%00", "..%2f" * 12])
async def test_other_names_lead_to_no_picture(http: httpx.AsyncClient, name: str) -> None:
    assert (await http.get(f"/portal/logos/{name}")).status_code == 404


async def test_who_is_asked_for_consent_sees_logo_description_and_both_links(
    developer: Browser, http: httpx.AsyncClient, browser: Browser
) -> None:
    await register(
        developer,
        description="Keeps your readings & <more>",
        policy_uri="https://app.example.org/privacy?a=1&b=2",
        tos_uri="https://app.example.org/terms",
    )
    await upload(developer, draw_png())
    await browser.sign_up("ada@example.org")
    handler = Handler(http, "healthorg.myapp", "openid profile")
    page = await browser.open(await handler.build_authorization_url(**CODE_FLOW))
    assert f'src="/portal/logos/{hashlib.sha256(draw_png()).hexdigest()}"' in page.text
    assert "Keeps your readings &amp; &lt;more&gt;" in page.text
    assert 'href="https://app.example.org/privacy?a=1&amp;b=2"' in page.text
    assert 'href="https://app.example.org/terms"' in page.text
    assert "img-src 'self'" in page.headers["content-security-policy"]


@pytest.mark.parametrize(
    "uri", ["javascript:alert(1)", "http://a.example/", "/privacy", "https://u@a.example/"]
)
@pytest.mark.parametrize("field", ["policy_uri", "tos_uri"])
async def test_links_are_web_addresses(platform: Platform, developer: Browser, field: str, uri: str) -> None:
    page = await register(developer, {field: uri})
    assert page.status_code == 400
    assert f'id="{field}-error"' in page.text
    assert await platform.database.pool.fetchval("select count(*) from client") == 0
