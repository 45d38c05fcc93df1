"""Pages and mails are in the language of whoever reads them."""

from dataclasses import replace

import httpx
import pytest

from borvo.assembly import Platform, build_app
from borvo.settings import Settings
from tests.functional.browser import Browser, sign_up_by_mail
from tests.functional.conftest import ISSUER
from tests.functional.identity.aspnet import Handler
from tests.functional.mails import list_mails, read_links

ADA = "ada@example.org"
FRENCH = "fr-CH, fr;q=0.9, en;q=0.8"
SIGN_IN = {"en": '<h1 class="h3">Sign in</h1>', "fr": '<h1 class="h3">Se connecter</h1>'}


async def choose(browser: Browser, language: str, path: str = "/account/sign-in") -> httpx.Response:
    return await browser.submit(await browser.open(path), "/language", language=language)


@pytest.mark.parametrize(
    ("header", "tag"), [("", "en"), ("de", "en"), (FRENCH, "fr"), ("en;q=0.1, fr", "fr")]
)
async def test_a_page_is_in_the_language_that_the_browser_asks_for(
    http: httpx.AsyncClient, header: str, tag: str
) -> None:
    page = await http.get("/account/sign-in", headers={"Accept-Language": header})
    assert SIGN_IN[tag] in page.text
    assert f'<html lang="{tag}">' in page.text
    assert page.headers["content-language"] == tag
    assert page.headers["vary"] == "Cookie, Accept-Language"


async def test_a_choice_on_the_page_outweighs_the_browser(browser: Browser) -> None:
    browser.client.headers["Accept-Language"] = "en"
    page = await choose(browser, "fr", "/account/sign-in?return_to=/account/apps")
    assert SIGN_IN["fr"] in page.text
    assert 'name="return_to" value="/account/apps"' in page.text
    assert 'name="language" value="fr" lang="fr" aria-current="true">Français</button>' in page.text


async def test_what_a_person_told_us_outweighs_everything(browser: Browser, ada: Browser) -> None:
    browser.client.headers["Accept-Language"] = "en"
    await ada.submit(await ada.open("/account/profile"), "/account/profile", locale="fr-CA")
    page = await ada.open("/account")
    assert "<title>Votre compte · Borvo</title>" in page.text
    assert "Compte de Ada Byron" in page.text


async def test_who_is_signed_in_keeps_her_choice_wherever_she_signs_in(
    platform: Platform, ada: Browser
) -> None:
    page = await choose(ada, "fr", "/account")
    assert "Votre compte" in page.text
    ada.client.cookies.clear()
    await ada.sign_in(ADA)
    assert "Votre compte" in (await ada.open("/account")).text
    assert 'value="fr"' in (await ada.open("/account/profile")).text
    await choose(ada, "en", "/account")
    locale = "select locale from person_profile"
    assert await platform.database.pool.fetchval(locale) == "en"


async def test_a_choice_of_the_same_language_keeps_its_region(platform: Platform, ada: Browser) -> None:
    await ada.submit(await ada.open("/account/profile"), "/account/profile", locale="en-GB", nickname="Ace")
    await choose(ada, "en", "/account")
    told = await platform.database.pool.fetch("select locale, nickname from person_profile")
    assert [tuple(row) for row in told] == [("en-GB", "Ace")]
    await choose(ada, "fr", "/account")
    told = await platform.database.pool.fetch("select locale, nickname from person_profile")
    assert [tuple(row) for row in told] == [("fr", "Ace")]


@pytest.mark.parametrize("language", ["", "de", "../fr", "fr\r\nset-cookie: a=b"])
async def test_a_language_that_there_is_not_is_refused(browser: Browser, language: str) -> None:
    answer = await choose(browser, language)
    assert answer.status_code == 400
    assert "There is no such language here." in answer.text
    assert not any("language" in cookie.name for cookie in browser.client.cookies.jar)


async def test_nobody_chooses_for_another(http: httpx.AsyncClient) -> None:
    answer = await http.post("/language", data={"language": "fr", "return_to": "/"})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


async def test_a_choice_leads_nowhere_else(browser: Browser) -> None:
    page = await browser.open("/account/sign-in")
    form = {"language": "fr", "return_to": "https://example.org/"}
    answer = await browser.submit(page, "/language", **form)
    assert answer.url.host == "localhost"


@pytest.mark.spec("OpenID Connect Core", "3.1.2.1")
@pytest.mark.parametrize(
    ("ui_locales", "tag"), [("de fr-CA en", "fr"), ("de en fr", "en"), ("de", "fr"), ("", "fr")]
)
async def test_an_app_says_in_which_language_whom_it_sends_is_spoken_to(
    browser: Browser, handler: Handler, ui_locales: str, tag: str
) -> None:
    browser.client.headers["Accept-Language"] = FRENCH
    page = await browser.open(await handler.build_authorization_url(ui_locales=ui_locales))
    assert SIGN_IN[tag] in page.text
    assert page.headers["content-language"] == tag


@pytest.mark.spec("OpenID Connect Discovery", "3")
async def test_the_languages_there_are_stand_in_the_discovery_document(http: httpx.AsyncClient) -> None:
    document = (await http.get("/.well-known/openid-configuration")).json()
    assert document["ui_locales_supported"] == ["en", "fr"]


async def test_whoever_signs_up_in_french_gets_mail_in_french(platform: Platform, browser: Browser) -> None:
    browser.client.headers["Accept-Language"] = FRENCH
    await sign_up_by_mail(browser, ADA, read_links(platform))
    [mail] = await list_mails(platform, ADA)
    assert (mail.subject, mail.language) == ("Terminez votre inscription", "fr")
    assert "Quelqu\u2019un, sans doute vous," in mail.text
    # Her language is known from now on, wherever the next mail comes from.
    browser.client.headers["Accept-Language"] = "en"
    page = await browser.open("/account/email")
    page = await browser.submit(
        page, "/account/email", email="new@example.org", current_password="correct horse pony"
    )
    assert "Nous avons envoyé un e-mail à la nouvelle adresse." in page.text
    subjects = {mail.subject for mail in await list_mails(platform, ADA)}
    assert "Votre adresse e-mail est sur le point de changer" in subjects


async def test_whoever_signs_up_in_the_language_of_everybody_has_chosen_none(
    platform: Platform, browser: Browser
) -> None:
    await sign_up_by_mail(browser, ADA, read_links(platform))
    assert await platform.database.pool.fetchval("select count(*) from person_profile") == 0


async def test_faults_and_errors_are_told_in_the_readers_language(browser: Browser) -> None:
    browser.client.headers.update({"Accept-Language": FRENCH, "Accept": "text/html"})
    page = await browser.submit(await browser.open("/account/sign-up"), "/account/sign-up", email="ada")
    assert page.status_code == 400
    assert "Indiquez une adresse e-mail telle que nom@example.org." in page.text
    missing = await browser.open("/nowhere")
    assert "Il n\u2019y a rien à cette adresse." in missing.text
    assert '<html lang="fr">' in missing.text


async def test_programs_are_answered_in_english(http: httpx.AsyncClient) -> None:
    answer = await http.get("/nowhere", headers={"Accept-Language": "fr"})
    assert answer.json()["detail"] == "There is nothing at this address."


async def test_a_name_is_no_markup_in_any_language(browser: Browser) -> None:
    await browser.sign_up(ADA, given_name="<b>Ada</b>", family_name='"%(name)s')
    browser.client.headers["Accept-Language"] = "fr"
    page = await browser.open("/account")
    assert "<b>Ada" not in page.text
    assert 'aria-label="Compte de &lt;b&gt;Ada&lt;/b&gt; &#34;%(name)s"' in page.text


async def test_an_instance_may_speak_another_language_of_itself(platform: Platform) -> None:
    settings = Settings(
        issuer=ISSUER,
        database_url=platform.settings.database_url,
        secret_key=platform.settings.secret_key,
        language="fr",
    )
    transport = httpx.ASGITransport(app=build_app(replace(platform, settings=settings)))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=ISSUER) as client:
        assert SIGN_IN["fr"] in (await client.get("/account/sign-in")).text


async def test_consent_is_asked_for_in_the_language_that_the_app_wants(
    ada: Browser, handler: Handler
) -> None:
    page = await ada.open(await handler.build_authorization_url(ui_locales="fr"))
    assert page.headers["content-language"] == "fr"
    assert "lire vos données «\u00a0pression artérielle (relevés)\u00a0»" in page.text
    assert "Par exemple" not in page.text
    assert ">Autoriser</button>" in page.text


async def test_a_form_with_faults_offers_the_page_anew_in_other_languages(browser: Browser) -> None:
    opened = "/account/sign-in?return_to=%2Faccount%2Fapps"
    page = await browser.open(opened)
    for _ in range(2):
        page = await browser.submit(page, "/account/sign-in", email=ADA, password="not hers, for sure")
        assert page.status_code == 400
        assert "what you typed is not kept" in page.text
    page = await browser.submit(page, "/language", language="fr")
    assert page.url.raw_path == opened.encode()
    assert SIGN_IN["fr"] in page.text
    assert "conservée" not in page.text


@pytest.mark.parametrize("opened", ["", "https://example.org/", "//example.org", "/a\\b", "/" + "a" * 2000])
async def test_what_cannot_be_opened_again_is_not_offered_in_other_languages(
    browser: Browser, opened: str
) -> None:
    page = await browser.open("/account/sign-in")
    page = await browser.submit(page, "/account/sign-in", email=ADA, password="not hers", _opened=opened)
    assert page.status_code == 400
    assert 'action="/language"' not in page.text


async def test_what_a_form_brought_is_not_left_for_another_language(browser: Browser) -> None:
    page = await browser.submit(await browser.open("/account/sign-up"), "/account/sign-up", email=ADA)
    assert page.status_code == 200
    assert 'action="/language"' not in page.text


@pytest.mark.parametrize(
    ("method", "path", "status", "words"),
    [
        ("GET", "/nowhere", 404, "Il n\u2019y a rien \u00e0 cette adresse."),
        ("PUT", "/account", 405, "Cette adresse ne s\u2019ouvre pas de cette fa\u00e7on."),
        ("POST", "/account/sign-in", 403, "Ce formulaire n\u2019a pas pu \u00eatre envoy\u00e9"),
        ("GET", "/agency/invitations/none", 404, "Introuvable"),
    ],
)
async def test_errors_are_told_in_the_language_of_the_reader(
    http: httpx.AsyncClient, method: str, path: str, status: int, words: str
) -> None:
    headers = {"Accept": "text/html", "Accept-Language": "fr"}
    page = await http.request(method, path, headers=headers)
    assert page.status_code == status
    assert words in page.text
    assert "Aller \u00e0 la page d\u2019accueil" in page.text
