"""The file that says which clients there are to be, and what the commands print."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from borvo.cli.clients.files import FILE_MAXIMUM, parse_clients, read_clients
from borvo.cli.clients.printing import list_differences, make_plain
from borvo.cli.failure import CommandError

FILE = """
format: borvo-clients
version: 1
clients:
  - suffix: one
    details:
      display_name: One
      redirect_uris: [https://one.example.org/cb]
      grant_types: [authorization_code]
      scopes: [profile, openid]
  - suffix: two
    details:
      display_name: Two
      grant_types: [client_credentials]
      scopes: [agency_api]
"""


def test_a_file_is_read_as_it_is_documented() -> None:
    one, two = parse_clients(FILE, "clients.yaml")
    assert (one.suffix, one.details.display_name, one.details.scopes) == ("one", "One", ["profile", "openid"])
    assert (two.details.redirect_uris, two.details.require_pkce, two.logo) == ([], None, b"")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [", "is no YAML"),
        ("clients: []", "format"),
        (FILE.replace("version: 1", "version: 2"), "version"),
        (FILE.replace("display_name: One", "display-name: One"), "display-name"),
        (FILE.replace("display_name: One", "display_name: 1"), "Expected `str`"),
        (
            FILE.replace("display_name: One", "signing_algorithm: none"),
            "use RS256, PS256, ES256 or EdDSA - at",
        ),
        (FILE.replace("suffix: two", "suffix: one"), "names a client twice"),
        (
            FILE.replace(
                "    details:\n      display_name: Two",
                "    details: {}\n    details:\n      display_name: Two",
            ),
            "twice",
        ),
        (FILE + "  - !!python/object/apply:os.system [echo]\n", "is no YAML"),
        ("- " * 5000 + "x", "is no YAML"),
        ("&a [*a]", "cannot be used"),
        ("", "cannot be used"),
    ],
)
def test_a_file_that_cannot_be_used_is_said_to_be(text: str, words: str) -> None:
    with pytest.raises(CommandError, match=r"^clients.yaml ") as refused:
        parse_clients(text, "clients.yaml")
    assert words in str(refused.value)
    assert refused.value.code == 2


@given(st.text(max_size=60))
def test_whatever_stands_in_a_file_it_is_read_or_refused(text: str) -> None:
    with pytest.raises(CommandError):
        parse_clients(text, "clients.yaml")


@pytest.mark.parametrize("content", [b"", b"x" * (FILE_MAXIMUM + 1), b"\xff"])
def test_what_is_empty_too_large_or_no_text_is_not_read(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("files") / "clients.yaml"
    path.write_bytes(content)
    with pytest.raises(CommandError):
        read_clients(str(path))


@given(st.text())
def test_no_name_steers_the_terminal(text: str) -> None:
    assert make_plain(text).isprintable()
    assert len(make_plain(text)) == len(text)


def test_differences_are_told_item_by_item_and_an_order_as_a_whole() -> None:
    plan = {
        "client_id": "a.b",
        "outcome": "change",
        "before": {"scopes": ["a", "b"], "is_public": False, "redirect_uris": ["x", "y"], "tos_uri": "old"},
        "after": {"scopes": ["b", "c"], "is_public": True, "redirect_uris": ["y", "x"], "tos_uri": ""},
    }
    assert list_differences(plan) == [
        "a.b: change",
        "  scopes",
        "    - a",
        "    + c",
        "  is_public",
        "    - no",
        "    + yes",
        "  redirect_uris",
        "    - x, y",
        "    + y, x",
        "  tos_uri",
        "    - old",
    ]
