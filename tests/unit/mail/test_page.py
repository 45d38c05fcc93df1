"""The page that goes along with a mail's text: it says the same, and loads nothing."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from borvo.accounts import words
from borvo.mail.blocks import read_blocks, read_line
from borvo.mail.model import Mail
from borvo.mail.page import render_mail

TEXT = """Hello,

this is <b>not bold</b> & says so: https://health.example.org/account.

https://health.example.org/account/reset/abc

- one
- two

1. first
2. second
"""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def read(mail: Mail) -> _Reader:
    reader = _Reader()
    reader.feed(render_mail(mail))
    return reader


@given(st.text())
def test_the_pieces_of_a_line_are_the_line(text: str) -> None:
    assert "".join(piece.text for piece in read_line(text)) == text


@given(st.text())
def test_no_text_of_a_mail_is_an_error_or_loses_a_word(text: str) -> None:
    told = "".join(piece.text for block in read_blocks(text) for line in block.lines for piece in line)
    bare = re.sub(r"(?m)^(- |\d+\. )", "", text)
    assert re.sub(r"\s", "", told) in re.sub(r"\s", "", text) or re.sub(r"\s", "", told) == re.sub(
        r"\s", "", bare
    )


def test_paragraphs_lists_and_links_become_what_they_look_like() -> None:
    assert [block.kind for block in read_blocks(TEXT)] == [
        "paragraph",
        "paragraph",
        "link",
        "list",
        "numbered",
    ]
    page = read(Mail("ada@example.org", "A subject", TEXT))
    assert [attrs["href"] for tag, attrs in page.tags if tag == "a"] == [
        "https://health.example.org/account",
        "https://health.example.org/account/reset/abc",
    ]
    assert [tag for tag, _ in page.tags].count("li") == 4


def test_what_is_typed_by_others_is_text() -> None:
    page = read(Mail("ada@example.org", "<i>A</i> subject", TEXT + "\n\n<script>x</script> javascript:x"))
    assert {tag for tag, _ in page.tags}.isdisjoint({"b", "i", "script"})
    assert "<b>not bold</b> & says so" in page.text
    assert all(
        attrs["href"].startswith("https://") for tag, attrs in page.tags if tag == "a" and attrs["href"]
    )


@pytest.mark.parametrize("name", [name for name in dir(words) if name.startswith("write_")])
def test_a_mail_loads_nothing_and_says_in_html_what_the_text_says(name: str) -> None:
    write = getattr(words, name)
    arguments = ["ada@example.org", "https://health.example.org", "l" * 64, "ada@elsewhere.example", "1 May"]
    mail = write(*arguments[: write.__code__.co_argcount])
    page = read(mail)
    assert {tag for tag, _ in page.tags}.isdisjoint({"img", "script", "link", "iframe", "form", "object"})
    assert not re.search(r"url\(|@import|src=", render_mail(mail))
    for word in mail.text.split():
        assert word.removeprefix("- ") in page.text
