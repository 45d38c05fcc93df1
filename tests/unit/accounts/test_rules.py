"""The pure rules about people and their logins."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from borvo.accounts.forms import read_registration, read_return_to
from borvo.accounts.limits import find_window
from borvo.accounts.links import LinkText, parse_link_text
from borvo.accounts.model import (
    SessionCookie,
    check_email,
    check_name,
    normalize_email,
    parse_session_cookie,
)
from borvo.web.forms import Form

sixteen, token = st.binary(min_size=16, max_size=16), st.binary(min_size=32, max_size=32)


@given(sixteen, sixteen, token)
def test_a_session_cookie_is_read_back_as_it_was_written(
    person: bytes, session: bytes, secret: bytes
) -> None:
    cookie = SessionCookie(person, session, secret)
    assert parse_session_cookie(cookie.render()) == cookie
    assert parse_session_cookie(cookie.render() + "=") is None


@given(st.text())
def test_no_made_up_session_cookie_is_an_error(text: str) -> None:
    assert parse_session_cookie(text) is None


@given(st.text())
def test_normalizing_an_address_twice_changes_nothing_more(text: str) -> None:
    assert normalize_email(normalize_email(text)) == normalize_email(text)


@pytest.mark.parametrize("text", ["a@b.co", "ada.byron+x@mail.example.org", "o'neil@example.org"])
def test_ordinary_addresses_are_taken(text: str) -> None:
    assert check_email(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a@b",
        "@b.co",
        "a@.c",
        "a b@c.de",
        "a\n@b.co",
        "a@b.co\r\nBcc: x@y.zz",
        "a@b@c.de",
        "a\x00@b.co",
        "x" * 250 + "@b.co",
    ],
)
def test_what_is_no_address_is_refused_with_a_reason(text: str) -> None:
    assert check_email(text)


@pytest.mark.parametrize("text", ["", "a\x00", "a\nb", "\u202egnp", "x" * 101])
def test_unprintable_and_endless_names_are_refused(text: str) -> None:
    assert check_name(text, "given name")


async def test_every_fault_of_a_registration_is_shown_at_once() -> None:
    form = Form({"password": ["short"]})
    assert await read_registration(form, "ada@example.org") is None
    assert set(form.errors) == {"given_name", "family_name", "password"}


@given(st.text())
def test_the_way_back_is_a_local_path_whatever_was_asked(text: str) -> None:
    path = read_return_to(text)
    assert path.startswith("/")
    assert not path.startswith("//")
    assert "\\" not in path


def test_an_endless_way_back_is_not_kept() -> None:
    assert read_return_to("/" + "x" * 2000) == "/account"


@given(sixteen, token)
def test_a_link_is_read_back_as_it_was_written(person: bytes, secret: bytes) -> None:
    assert parse_link_text(LinkText(person, secret).render()) == LinkText(person, secret)


@given(st.text())
def test_no_made_up_link_is_an_error(text: str) -> None:
    assert parse_link_text(text) is None


@given(st.datetimes(min_value=datetime(1971, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_an_instant_lies_in_its_window(now: datetime) -> None:
    assert find_window(now) <= now < find_window(now) + timedelta(minutes=15)
    assert find_window(find_window(now)) == find_window(now)
