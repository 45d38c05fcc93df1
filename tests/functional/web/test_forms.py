"""Cross-site request forgery, and forms that cannot be read."""

import httpx
import pytest

from borvo.assembly import Platform
from tests.functional.browser import Browser
from tests.functional.identity.flows import ADA, count

COOKIE = "borvo_csrf"
FORM = {"content-type": "application/x-www-form-urlencoded"}


async def test_a_form_without_its_token_is_refused_with_a_way_forward(
    browser: Browser, platform: Platform
) -> None:
    page = await browser.open("/account/sign-up")
    fields = {"given_name": "A", "family_name": "B", "email": ADA, "password": "correct horse pony"}
    answer = await browser.submit(page, "/account/sign-up", _csrf_token=None, **fields)
    assert answer.status_code == 403
    assert "go back, reload the page and try again" in answer.text
    assert await count(platform, "person") == 0


async def test_after_a_refusal_the_cookie_is_dropped_and_the_next_page_works(browser: Browser) -> None:
    page = await browser.open("/account/sign-in")
    browser.client.cookies.clear()
    browser.client.cookies.set(COOKIE, "f" * 128, domain="localhost.local", path="/")
    answer = await browser.submit(page, "/account/sign-in", email=ADA, password="x")
    assert answer.status_code == 403
    assert answer.headers["set-cookie"].startswith(f"{COOKIE}=")
    assert "max-age=0" in answer.headers["set-cookie"].lower()
    assert (await browser.sign_in(ADA, "x")).status_code == 400


async def test_a_cookie_of_another_instance_is_replaced_with_the_next_page(browser: Browser) -> None:
    browser.client.cookies.set(COOKIE, "f" * 128, domain="localhost.local", path="/")
    page = await browser.open("/account/sign-up")
    assert page.headers["set-cookie"].startswith(f"{COOKIE}=")
    assert (await browser.submit(page, "/account/sign-up", email="x")).status_code == 400


async def test_a_token_of_ones_own_does_not_fit_anothers_cookie(
    browser: Browser, http: httpx.AsyncClient
) -> None:
    await browser.open("/account/sign-in")
    strangers = (await http.get("/account/sign-in")).cookies[COOKIE]
    answer = await browser.client.post("/account/sign-in", data={"_csrf_token": strangers, "email": ADA})
    assert answer.status_code == 403


@pytest.mark.parametrize("token", ["", "é" * 100, "f" * 128, ".", "a.b", "x" * 100_000, "\ud7ff"])
async def test_no_made_up_token_passes_even_when_the_cookie_agrees(
    http: httpx.AsyncClient, token: str
) -> None:
    headers = {b"cookie": f"{COOKIE}={token[:2000]}".encode()}
    answer = await http.post("/account/sign-in", data={"_csrf_token": token}, headers=headers)
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="_csrf_token"; filename="a"\r\n\r\nx\r\n--x--\r\n',
        ),
        ("multipart/form-data", b"x"),
        ("application/json", b'{"_csrf_token": 1}'),
        ("text/plain; charset=nonsense", b"\xff"),
        ("", b""),
    ],
)
async def test_a_body_of_another_kind_is_refused(browser: Browser, content_type: str, body: bytes) -> None:
    await browser.open("/account/sign-in")
    answer = await browser.client.post(
        "/account/sign-in", content=body, headers={"content-type": content_type}
    )
    assert answer.status_code == 403


@pytest.mark.parametrize("body", [b"a=%ff", b"a=%00", b"%00=a", b"\xff", b"&".join([b"a=1"] * 5000)])
async def test_an_unreadable_form_is_a_fault_of_whoever_sent_it(browser: Browser, body: bytes) -> None:
    await browser.open("/account/sign-in")
    answer = await browser.client.post("/account/sign-in", content=body, headers=FORM)
    assert answer.status_code == 400
    assert "text/html" in answer.headers["content-type"]


async def test_an_upload_that_is_none_is_a_fault_of_whoever_sent_it(browser: Browser) -> None:
    await browser.open("/account/sign-in")
    headers = {"content-type": "multipart/form-data; boundary=x"}
    answer = await browser.client.post("/account/sign-in", content=b"x", headers=headers)
    assert answer.status_code == 400
    assert "text/html" in answer.headers["content-type"]


async def test_a_body_beyond_the_limit_is_refused(browser: Browser) -> None:
    await browser.open("/account/sign-in")
    answer = await browser.client.post("/account/sign-in", content=b"a=" + b"x" * 1_100_000, headers=FORM)
    assert answer.status_code == 413


async def test_a_script_may_send_the_token_in_a_header(browser: Browser) -> None:
    await browser.open("/account/sign-in")
    headers = {"x-csrftoken": browser.client.cookies[COOKIE]}
    answer = await browser.client.post("/account/sign-out", headers=headers)
    assert answer.status_code == 303
