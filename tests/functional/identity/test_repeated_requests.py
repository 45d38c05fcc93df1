"""A request whose address says all that there is to it waits nowhere: after the sign-in it comes again."""

import asyncio
from urllib.parse import parse_qsl, quote_plus, urlencode, urlsplit

import httpx
import pytest
from litestar.types import ASGIApp

from borvo.accounts.public import build_sign_in_url
from borvo.assembly import Platform
from borvo.identity.service.waiting import WAITING_REQUESTS
from tests.factories.clients import REDIRECT_URI, register_client
from tests.functional.accounts.enrolment import is_signed_in
from tests.functional.browser import Browser, asks_to_sign_in
from tests.functional.conftest import ISSUER, TestClock
from tests.functional.identity.arrivals import (
    BOB,
    CONTINUE,
    DETAILS,
    PASSWORD,
    SIGN_IN,
    WAITING,
    arrive,
    enter,
    post,
    read_claims,
    read_code,
    read_return,
)
from tests.functional.identity.aspnet import Handler, read_redirect
from tests.functional.identity.flows import ADA, CODE_FLOW, count, execute, obtain_tokens
from tests.functional.identity.test_request_objects import write_unsigned
from tests.functional.identity.test_waiting_requests import fill
from tests.functional.mails import find_link

AUTHORIZE = "/connect/authorize"
PUSHED = "urn:ietf:params:oauth:request_uri:" + "A" * 43


async def read_query(app: Handler, **changes: str | None) -> str:
    url = await app.build_authorization_url(**{**CODE_FLOW, **changes})
    return urlsplit(url).query


async def go_on(browser: Browser, page: httpx.Response, way: str) -> httpx.Response:
    """The answer to a right password on a page whose field for the way on was changed."""
    return await post(browser, page, SIGN_IN, email=ADA, password=PASSWORD, return_to=way)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"prompt": "consent", "scope": "openid email", "nonce": "n"},
        {"acr_values": "urn:borvo:acr:1", "ui_locales": "fr en", "login_hint": ADA},
        {"claims": '{"id_token": {"email": null}}', "state": 'é & "x" +%2B\U0001f600'},
        {"response_type": "code id_token", "nonce": "n"},
    ],
)
async def test_it_comes_again_as_it_was_and_nothing_is_kept(
    platform: Platform, app: Handler, known: Browser, changes: dict[str, str]
) -> None:
    page = await arrive(app, known, **changes)
    assert await count(platform, "authorization_request") == 0
    address = urlsplit(read_return(page))
    assert address.path == AUTHORIZE
    asked = dict(parse_qsl(address.query))
    assert asked.items() >= {**changes, "client_id": app.client_id, "redirect_uri": REDIRECT_URI}.items()
    assert asked.keys() == dict(parse_qsl(page.url.query.decode())).keys()


@pytest.mark.spec("OpenID Connect Core", "3.1.2.1")
@pytest.mark.parametrize(
    "changes",
    [
        {"prompt": "login"},
        {"prompt": "select_account consent"},
        WAITING,
        {"max_age": "0"},
        {"claims": '{"id_token": {"sub": {"value": "somebody"}}}'},
        {"id_token_hint": "no token"},
        {"state": "s" * 1900},
    ],
)
async def test_it_waits_when_it_matters_who_signs_in_or_when_and_when_it_is_long(
    platform: Platform, app: Handler, known: Browser, changes: dict[str, str]
) -> None:
    page = await arrive(app, known, **changes)
    assert read_return(page).startswith(CONTINUE)
    assert await count(platform, "authorization_request") == 1


async def test_however_long_it_is_no_page_on_the_way_loses_it_with_another_language(
    platform: Platform, app: Handler, known: Browser
) -> None:
    least = len(build_sign_in_url(f"{AUTHORIZE}?{await read_query(app, state='')}"))
    assert read_return(await arrive(app, known, state="s" * (2001 - least))).startswith(CONTINUE)
    page = await arrive(app, known, state="s" * (2000 - least))
    way = read_return(page)
    assert len(build_sign_in_url(way)) == 2000
    assert read_return(await known.submit(page, "/language", language="fr")) == way
    asking = await known.open(f"/account/reset?{urlencode({'return_to': way})}")
    sent = await known.submit(asking, "/account/reset", email=ADA)
    elsewhere = sent.text.split('href="/account/sign-in?')[1].split('"')[0].replace("&amp;", "&")
    chosen = await known.open(await find_link(platform, ADA))
    done = await known.submit(chosen, "/account/reset/", password="another horse pony")
    for shown in (await known.open(f"{SIGN_IN}?{elsewhere}"), done):
        assert ADA in shown.text
        assert read_return(await known.submit(shown, "/language", language="fr")) == way


async def test_it_waits_when_its_client_says_how_old_a_sign_in_may_be(
    platform: Platform, app: Handler, known: Browser
) -> None:
    await execute(platform, "update client set default_max_age = 3600")
    assert read_return(await arrive(app, known)).startswith(CONTINUE)


async def test_it_waits_when_it_came_in_an_object(platform: Platform, app: Handler, known: Browser) -> None:
    """Whoever signed it signed no address."""
    said = write_unsigned(client_id=app.client_id, state="within")
    page = await arrive(app, known, request=said, state="beside")
    assert read_return(page).startswith(CONTINUE)
    assert await count(platform, "authorization_request") == 1
    assert read_redirect(await enter(known, page))["state"] == "within"


async def test_nobody_who_may_go_on_is_held_up_by_requests_that_wait(
    platform: Platform, app: Handler, known: Browser
) -> None:
    await fill(platform, WAITING_REQUESTS.attempts)
    assert read_code(await enter(known, await arrive(app, known)))


async def test_who_takes_her_time_is_answered(app: Handler, known: Browser, clock: TestClock) -> None:
    page = await arrive(app, known, state="s")
    clock.advance(hours=3)
    answer = await enter(known, page)
    assert read_redirect(answer)["state"] == "s"
    assert (await read_claims(app, answer))["auth_time"] == int(clock().timestamp())


async def test_each_form_that_is_sent_for_it_is_answered_by_a_code_of_its_own(
    app: Handler, known: Browser
) -> None:
    """She proves each time who she is, and a browser that drops the first answer goes on to the app by the second."""
    page = await arrive(app, known)
    answers = await asyncio.gather(*(enter(known, page) for _ in range(3)))
    codes = {read_code(answer) for answer in answers}
    assert len(codes) == 3
    for code in codes:
        assert (await app.redeem(code)).status_code == 200


async def test_another_person_is_asked_what_she_allows(
    app: Handler, known: Browser, platform: Platform
) -> None:
    page = await arrive(app, known)
    path = page.text.split('href="/account/sign-up?')[1].split('"')[0].replace("&amp;", "&")
    await known.submit(await known.open(f"/account/sign-up?{path}"), "/account/sign-up", email=BOB)
    answer = await post(
        known, await known.open(await find_link(platform, BOB)), "/account/sign-up/", **DETAILS
    )
    assert answer.headers["location"] == read_return(page)
    assert "Allow App mybp?" in (await known.open(answer.headers["location"])).text


async def test_a_link_that_is_opened_in_another_browser_answers_no_request_that_comes_again(
    platform: Platform, application: ASGIApp, app: Handler, known: Browser
) -> None:
    page = await arrive(app, known)
    path = page.text.split('href="/account/sign-up?')[1].split('"')[0].replace("&amp;", "&")
    await known.submit(await known.open(f"/account/sign-up?{path}"), "/account/sign-up", email=BOB)
    transport = httpx.ASGITransport(app=application)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=ISSUER) as client:
        phone = Browser(client)
        answer = await post(
            phone, await phone.open(await find_link(platform, BOB)), "/account/sign-up/", **DETAILS
        )
        assert (answer.status_code, "Your account is ready" in answer.text) == (200, True)
        assert "App mybp" in answer.text


@pytest.mark.parametrize(
    "way",
    [
        "{path}/?{query}",
        "{path}#{query}",
        "/connect/../connect/authorize?{query}",
        "/connect/%61uthorize?{query}",
        "{path}?{query}&request=e30.e30.",
        "{path}?{query}&request_uri=" + quote_plus(PUSHED),
        "{path}?{query}&state=%ff",
        "{path}?{query}#&resource=https://app.example",
        "{path}?{query}" + "&resource" * 100,
        "{path}?{query}&client_id=demo.other",
        "{path}?{query}&prompt=login",
        "{path}?client_id=demo.unknown",
        "{path}?",
        "{path}",
    ],
)
async def test_what_is_no_such_address_or_takes_a_page_is_shown_where_it_leads(
    platform: Platform, app: Handler, known: Browser, way: str
) -> None:
    page, codes = await arrive(app, known), await count(platform, "authorization_code")
    address = way.format(path=AUTHORIZE, query=await read_query(app, state="s"))
    answer = await go_on(known, page, address)
    assert answer.headers["location"] == address
    assert await count(platform, "authorization_code") == codes
    assert await is_signed_in(known)


async def test_no_address_leads_to_where_the_app_is_not(app: Handler, known: Browser) -> None:
    page = await arrive(app, known)
    way = f"{AUTHORIZE}?{await read_query(app, redirect_uri='https://evil.example/')}"
    answer = await go_on(known, page, way)
    assert answer.headers["location"] == way
    shown = await known.client.get(way)
    assert (shown.status_code, "location" in shown.headers) == (400, False)
    # Nor does the page at its own address name it.
    known.client.cookies.clear()
    at_its_own = await known.open(f"{SIGN_IN}?{urlencode({'return_to': way})}")
    assert asks_to_sign_in(at_its_own)
    assert "form-action 'self';" in at_its_own.headers["content-security-policy"]


@pytest.mark.spec("OpenID Connect Core", "3.1.2.6")
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"scope": "openid read.nonsense"}, "invalid_scope"),
        ({"prompt": "none", "scope": "openid email"}, "consent_required"),
        ({"id_token_hint": "no token"}, "invalid_request"),
    ],
)
async def test_what_an_address_says_is_judged_as_if_it_came(
    app: Handler, known: Browser, changes: dict[str, str], error: str
) -> None:
    page = await arrive(app, known)
    query = await read_query(app, **changes, state="s")
    answer = await go_on(known, page, f"{AUTHORIZE}?{query}")
    told = read_redirect(answer)
    assert answer.headers["location"].startswith(REDIRECT_URI)
    assert (told["error"], told["state"]) == (error, "s")


async def test_a_hint_of_somebody_else_lets_nobody_in_by_the_address_either(
    app: Handler, known: Browser, clock: TestClock
) -> None:
    await known.sign_in(ADA)
    hint = (await obtain_tokens(app, known))["id_token"]
    known.client.cookies.clear()
    await known.sign_up(BOB)
    known.client.cookies.clear()
    page = await arrive(app, known)
    way = f"{AUTHORIZE}?{await read_query(app, id_token_hint=hint, state='s')}"
    answer = await post(known, page, SIGN_IN, email=BOB, password=PASSWORD, return_to=way)
    assert answer.headers["location"] == way
    clock.advance(seconds=1)
    assert asks_to_sign_in(await known.open(way))


async def test_a_client_that_must_push_is_not_answered_by_an_address(
    platform: Platform, app: Handler, known: Browser
) -> None:
    page = await arrive(app, known)
    await execute(platform, "update client set require_pushed_authorization_requests = true")
    assert read_redirect(await enter(known, page))["error"] == "invalid_request"


async def test_of_two_apps_each_gets_its_answer(
    platform: Platform, http: httpx.AsyncClient, app: Handler, known: Browser
) -> None:
    other = Handler(http, await register_client(platform, "demo.second", scopes=["openid"]), "openid")
    pages = [await arrive(each, known) for each in (app, other)]
    assert (await app.redeem(read_code(await enter(known, pages[0])))).status_code == 200
    asked = await enter(known, pages[1])
    assert asked.headers["location"] == read_return(pages[1])
    assert "Allow App second?" in (await known.open(asked.headers["location"])).text
