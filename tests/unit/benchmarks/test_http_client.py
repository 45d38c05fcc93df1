"""The benchmark's own browser: enough of one for the flows, and no more."""

from collections.abc import Mapping
from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.http_client import Client, read_form, read_parameters

TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=20)
NAMES = st.from_regex(r"[a-z_]{1,8}", fullmatch=True)


@given(TEXT, st.dictionaries(NAMES, TEXT, max_size=4))
def test_a_form_is_read_as_it_was_written(action: str, fields: Mapping[str, str]) -> None:
    inputs = "".join(f'<input type="hidden" name="{name}" value="{escape(fields[name])}">' for name in fields)
    page = f'<form method="post" action="{escape(action)}">{inputs}</form>'
    assert read_form(page.encode()) == (action, fields)


def test_the_first_form_that_is_posted_counts() -> None:
    page = b"""<form method="get" action="/search"><input name="words"></form>
      <form class="wide" method="post" action="/here"><input name="email"><input type="submit"></form>
      <form method="post" action="/there"><input name="other"></form>"""
    assert read_form(page) == ("/here", {"email": ""})


def test_a_page_without_a_form_is_shown() -> None:
    with pytest.raises(RuntimeError, match="Sorry"):
        read_form(b"<h1>Sorry</h1>")


def test_parameters_are_those_of_the_query() -> None:
    assert read_parameters("http://localhost/callback?code=a%2Bb&state=") == {"code": "a+b"}


def receive(client: Client, *headers: str) -> dict[str, str]:
    for header in headers:
        client._keep(header)
    return client.cookies


def test_a_cookie_is_kept_by_its_name_and_the_last_one_counts() -> None:
    kept = receive(Client("", 0), "a=1; path=/; httponly", "b=x=y; path=/deep", "a=2")
    assert kept == {"a": "2", "b": "x=y"}


@pytest.mark.parametrize(
    "header",
    ["a=; path=/", "a=1; Max-Age=0", "a=1; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT"],
)
def test_a_cookie_that_is_taken_back_is_forgotten(header: str) -> None:
    assert receive(Client("", 0), "a=1", "b=2", header, header) == {"b": "2"}
