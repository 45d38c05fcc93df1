"""The authorization endpoint answers with the sign-in page itself, which is as good as that at its own address."""

from urllib.parse import parse_qsl, quote_plus, urlsplit

import pytest

from borvo.assembly import Platform
from tests.factories.clients import REDIRECT_URI
from tests.functional.browser import Browser, asks_to_sign_in, read_forms
from tests.functional.conftest import TestClock
from tests.functional.identity.arrivals import (
    CONTINUE,
    SIGN_IN,
    arrive,
    enter,
    post,
    read_code,
    read_return,
    wait,
)
from tests.functional.identity.aspnet import Handler
from tests.functional.identity.flows import ADA, CODE_FLOW, count


async def test_one_answer_brings_the_page(platform: Platform, app: Handler, known: Browser) -> None:
    answer = await known.client.get(await app.build_authorization_url(**CODE_FLOW, login_hint=ADA))
    assert asks_to_sign_in(answer)
    assert "to go on to <strong>App mybp</strong>" in answer.text
    assert f'value="{ADA}"' in answer.text
    assert await count(platform, "authorization_request") == 0
    assert read_code(await enter(known, answer))


async def test_the_page_is_kept_nowhere_shown_in_no_frame_and_leads_to_the_app_alone(
    app: Handler, known: Browser
) -> None:
    page = await arrive(app, known)
    at_its_own = await known.open(f"{SIGN_IN}?return_to={quote_plus(read_return(page))}")
    for name in ("content-security-policy", "cache-control", "vary", "referrer-policy", "content-language"):
        assert page.headers[name] == at_its_own.headers[name], name
    policy = page.headers["content-security-policy"]
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(REDIRECT_URI))
    assert f"form-action 'self' {origin};" in policy
    assert "frame-ancestors 'none'" in policy
    assert page.headers["cache-control"] == "no-store"


async def test_it_has_the_forms_of_the_page_at_its_own_address(app: Handler, known: Browser) -> None:
    page = await arrive(app, known, login_hint=ADA)
    language = next(form for form in read_forms(page.text) if form.action == "/language")
    (opened,) = language.values("return_to")
    assert urlsplit(opened).path == SIGN_IN
    assert dict(parse_qsl(urlsplit(opened).query)) == {"return_to": read_return(page), "login_hint": ADA}
    again = await known.open(opened)
    assert _list_forms(again.text) == _list_forms(page.text)


def _list_forms(page: str) -> list[tuple[str, list[tuple[str, str, list[tuple[str, str]]]]]]:
    """With what each address in a field says, in whichever order."""
    return [(form.action, [_read_field(*field) for field in form.fields]) for form in read_forms(page)]


def _read_field(name: str, value: str) -> tuple[str, str, list[tuple[str, str]]]:
    parts = urlsplit(value)
    return name, parts.path, sorted(parse_qsl(parts.query))


async def test_another_language_and_a_wrong_password_lead_on_with_the_same_request(
    platform: Platform, app: Handler, known: Browser
) -> None:
    page = await wait(app, known)
    french = await known.submit(page, "/language", language="fr")
    assert '<h1 class="h3">Se connecter</h1>' in french.text
    wrong = await post(known, french, SIGN_IN, email=ADA, password="wrong horse pony")
    assert wrong.status_code == 400
    assert read_return(wrong) == read_return(page)
    assert await count(platform, "authorization_request") == 1
    assert read_code(await enter(known, wrong))


@pytest.mark.spec("OpenID Connect Core", "3.1.2.1")
async def test_the_app_wishes_the_language_of_the_page(app: Handler, known: Browser) -> None:
    page = await arrive(app, known, ui_locales="fr-CA fr")
    assert page.headers["content-language"] == "fr"
    assert '<h1 class="h3">Se connecter</h1>' in page.text


async def test_it_speaks_as_at_its_own_address_though_somebody_is_signed_in(
    app: Handler, known: Browser, clock: TestClock
) -> None:
    account = await known.sign_in(ADA)
    await known.submit(account, "/language", language="fr")
    known.client.cookies.delete("borvo_language")
    clock.advance(seconds=1)
    page = await arrive(app, known, prompt="login")
    wrong = await post(known, page, SIGN_IN, email=ADA, password="wrong horse pony")
    assert page.headers["content-language"] == wrong.headers["content-language"] == "en"


async def test_what_the_app_says_of_the_person_is_no_more_than_text(app: Handler, known: Browser) -> None:
    hint = '"><script>alert(1)</script>&' + "x" * 5000
    page = await arrive(app, known, login_hint=hint)
    assert "<script>alert" not in page.text
    form = next(form for form in read_forms(page.text) if form.action == SIGN_IN)
    assert form.values("email") == [hint[:254]]


async def test_whatever_the_app_says_of_the_person_another_language_leads_on_to_it(
    app: Handler, known: Browser
) -> None:
    page = await arrive(app, known, login_hint="\N{GRINNING FACE}" * 254)
    french = await known.submit(page, "/language", language="fr")
    assert read_return(french) == read_return(page)


async def test_a_request_that_waits_brings_the_page_wherever_it_goes_on(app: Handler, known: Browser) -> None:
    page = await wait(app, known)
    request = read_return(page)
    assert request.startswith(CONTINUE)
    again = await known.client.get(request)
    assert asks_to_sign_in(again)
    assert read_return(again) == request
    assert read_code(await enter(known, again))


async def test_a_form_from_another_site_goes_on_as_a_get_of_our_own(app: Handler, known: Browser) -> None:
    """By its answer the browser would ask whether to send it again."""
    url = await app.build_authorization_url(**CODE_FLOW)
    answer = await known.client.post(urlsplit(url).path, data=dict(parse_qsl(urlsplit(url).query)))
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(CONTINUE)
