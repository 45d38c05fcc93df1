"""What a person may tell about herself, and how a browser is described to her."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from borvo.accounts.devices import describe_device
from borvo.accounts.forms import fill_profile, read_profile
from borvo.accounts.policy import (
    check_birth_year,
    check_birthdate,
    check_line,
    check_locale,
    check_phone_number,
    check_street,
    check_url,
    check_zone,
    normalize_locale,
    normalize_phone_number,
)
from borvo.accounts.public import ClaimsSubject, Person, PostalAddress, Profile
from borvo.web.forms import Form

TODAY = date(2026, 1, 15)
ZONES = frozenset({"Europe/London", "UTC"})
NAME = {"given_name": ["Ada"], "family_name": ["Byron"]}


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://example.org",
        "http://b\u00fccher.example/me?x=1#y",
        "https://[::1]:8443/a",
        "HTTPS://a.example/",
    ],
)
def test_web_addresses_are_taken(url: str) -> None:
    assert check_url(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "example.org",
        "javascript:alert(1)",
        "data:image/png;base64,AA",
        "ftp://example.org",
        "https://",
        "https:///path",
        "https://user:word@example.org",
        "https://example.org@evil.example",
        "https://exam ple.org",
        "https://example.org\\@evil.example",
        "java\nscript:alert(1)",
        "https://example.org/\u202egnp",
        "https://[::1",
        "https://a:99999/",
        "https://a..b/",
        "https://example.org/" + "x" * 1000,
    ],
)
def test_what_is_no_web_address_is_refused(url: str) -> None:
    assert check_url(url)


@given(st.text())
def test_any_text_is_judged_without_an_error(text: str) -> None:
    for check in (check_url, check_line, check_street, check_locale, check_phone_number):
        assert check(text) is None or text
    assert check_birthdate(text, TODAY) is None or text
    assert check_zone(text, ZONES) is None or text


@pytest.mark.spec("OpenID Connect Core", "5.1")
@pytest.mark.parametrize("text", ["", "1970", "2024-02-29", "2026-01-15", "2026", "1900-01-01"])
def test_a_day_or_a_year_that_was_is_a_birthdate(text: str) -> None:
    assert check_birthdate(text, TODAY) is None


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-16",
        "2027",
        "2023-02-29",
        "1970-13-01",
        "0199-01-01",
        "1899",
        "70",
        "1970-1-1",
        "1.1.1970",
        "\u0661970",
    ],
)
def test_what_is_no_day_or_lies_ahead_is_no_birthdate(text: str) -> None:
    assert check_birthdate(text, TODAY)


@pytest.mark.parametrize(
    ("year", "birthdate", "is_fine"),
    [
        ("", "1970-01-02", True),
        ("1970", "", True),
        ("1970", "1970-01-02", True),
        ("1971", "1970-01-02", False),
        ("1970-01-02", "", False),
        ("19", "", False),
    ],
)
def test_the_year_beside_a_date_is_the_dates_own(year: str, birthdate: str, is_fine: bool) -> None:
    assert (check_birth_year(year, birthdate, TODAY) is None) is is_fine


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("EN", "en"),
        ("en-gb", "en-GB"),
        ("en_GB", "en-GB"),
        ("ZH-hant-tw", "zh-Hant-TW"),
        ("es-419", "es-419"),
        ("", ""),
    ],
)
def test_a_locale_is_spelt_as_usual(text: str, normal: str) -> None:
    assert normalize_locale(text) == normal
    assert normalize_locale(normal) == normal
    assert check_locale(normal) is None


@pytest.mark.parametrize("text", ["e", "english", "en-", "en GB", "en-GB-", "12", "en-<b>"])
def test_what_is_no_locale_is_refused(text: str) -> None:
    assert check_locale(text)


def test_a_zone_is_one_that_is_known_or_spelt_like_one_where_none_is_known() -> None:
    assert check_zone("Europe/London", ZONES) is None
    assert check_zone("Europe/Atlantis", ZONES)
    assert check_zone("Europe/Atlantis", frozenset()) is None
    assert check_zone("../../etc/passwd", frozenset())


@pytest.mark.parametrize("text", ["+44 20 7946-0000", "+1 (201) 555.0123", "+442079460000"])
def test_a_phone_number_is_read_without_what_parts_its_digits(text: str) -> None:
    normal = normalize_phone_number(text)
    assert normal.removeprefix("+").isdecimal()
    assert check_phone_number(normal) is None


@pytest.mark.parametrize(
    "text", ["020 7946 0000", "+0 20 7946 0000", "+44", "+4420794600001234", "+44 x", "\u0661"]
)
def test_a_phone_number_without_its_country_is_refused(text: str) -> None:
    assert check_phone_number(normalize_phone_number(text))


def test_a_street_has_a_few_lines() -> None:
    assert check_street("1 High Street\nFlat 2") is None
    assert check_street("a\n" * 6)
    assert check_street("x" * 301)
    assert check_street("a\u202eb")


lines = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20)


@given(
    address=st.builds(PostalAddress, lines, lines, lines, lines, lines),
    told=st.tuples(lines, lines, lines),
    birthdate=st.sampled_from(["", "1970", "1970-01-02"]),
)
def test_a_form_sent_back_unchanged_changes_nothing(
    address: PostalAddress, told: tuple[str, str, str], birthdate: str
) -> None:
    profile = Profile(
        *told, birthdate=birthdate, address=address, locale="en-GB", phone_number="+442079460000"
    )
    person = Person(None, "", False, "Ada", "Byron", frozenset())  # type: ignore[arg-type]
    details = read_profile(fill_profile(ClaimsSubject(person, profile)), TODAY, ZONES)
    assert details is not None
    assert (details.given_name, details.family_name, details.profile) == ("Ada", "Byron", profile)


def test_every_fault_of_a_profile_is_shown_at_once() -> None:
    wrong = {
        "given_name": "",
        "middle_name": "x" * 101,
        "gender": "\u202e",
        "website": "javascript:alert(1)",
        "picture": "x",
        "birthdate": "2030-01-01",
        "birth_year": "soon",
        "zoneinfo": "Atlantis",
        "locale": "?",
        "phone_number": "12",
        "street_address": "x" * 400,
        "country": "x" * 101,
    }
    form = Form({**NAME, **{name: [text] for name, text in wrong.items()}})
    assert read_profile(form, TODAY, ZONES) is None
    assert set(form.errors) == set(wrong)


MOZILLA = "Mozilla/5.0 "
WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko) "


@pytest.mark.parametrize(
    ("user_agent", "description"),
    [
        (f"{MOZILLA}(X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox on Linux"),
        (
            f"{MOZILLA}(Windows NT 10.0; Win64; x64) {WEBKIT}Chrome/126.0.0.0 Safari/537.36 Edg/126.0",
            "Edge on Windows",
        ),
        (f"{MOZILLA}(Linux; Android 14) {WEBKIT}Chrome/126.0.0.0 Mobile Safari/537.36", "Chrome on Android"),
        (
            f"{MOZILLA}(iPhone; CPU iPhone OS 17_5 like Mac OS X) {WEBKIT}Version/17.5 Safari/604.1",
            "Safari on iPhone",
        ),
        (f"{MOZILLA}(iPad; CPU OS 17_5 like Mac OS X) {WEBKIT}FxiOS/126.0 Safari/605.1", "Firefox on iPad"),
        (
            f"{MOZILLA}(Macintosh; Intel Mac OS X 10_15_7) {WEBKIT}Version/17.5 Safari/605.1",
            "Safari on macOS",
        ),
        (
            f"{MOZILLA}(X11; CrOS x86_64 14541.0.0) {WEBKIT}Chrome/126.0.0.0 Safari/537.36",
            "Chrome on ChromeOS",
        ),
        ("curl/8.7.1", "Unknown browser"),
        ("Version/1 (Linux)", "Unknown browser on Linux"),
        ("", "Unknown browser"),
    ],
)
def test_a_browser_is_described_in_plain_words(user_agent: str, description: str) -> None:
    assert describe_device(user_agent) == description


@given(st.text())
def test_no_header_gets_its_own_words_into_the_description(user_agent: str) -> None:
    assert describe_device(user_agent).isascii()
