"""One address, one spelling: RFC 3986 6.2.2 and 6.2.3, for RFC 9449 4.3."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from borvo.identity.targets import normalize_target

ORIGIN = "https://health.example.org"
segments = st.text("abcXYZ019-._~!$&'()*+,;=:@", min_size=1, max_size=6).filter(
    lambda each: set(each) != {"."}
)
paths = st.lists(segments, max_size=4).map(lambda parts: "/" + "/".join(parts))


@given(paths)
def test_what_is_normal_stays(path: str) -> None:
    normal = normalize_target(ORIGIN + path)
    assert normal == ORIGIN + path
    assert normalize_target(normal) == normal


@given(paths, st.text("ab?/=&%41", max_size=10), st.text("ab?/=&%41", max_size=10))
def test_query_and_fragment_do_not_count(path: str, query: str, fragment: str) -> None:
    assert normalize_target(f"{ORIGIN}{path}?{query}#{fragment}") == ORIGIN + path


@given(paths, st.booleans())
def test_case_and_the_usual_port_of_a_host_do_not_count(path: str, has_port: bool) -> None:
    host = "HTTPS://Health.Example.ORG" + (":443" if has_port else "")
    assert normalize_target(host + path) == ORIGIN + path


@given(st.lists(segments, min_size=1, max_size=4), st.booleans())
def test_escapes_that_say_nothing_do_not_count(parts: list[str], is_small: bool) -> None:
    escaped = "/".join(
        "".join(f"%{ord(each):02{'x' if is_small else 'X'}}" for each in part if each) for part in parts
    )
    usual = "/".join(quote(part, safe="") for part in parts)
    assert normalize_target(f"{ORIGIN}/{escaped}") == normalize_target(f"{ORIGIN}/{usual}")


@given(paths, paths)
def test_other_paths_are_other_addresses(one: str, other: str) -> None:
    assert (normalize_target(ORIGIN + one) == normalize_target(ORIGIN + other)) is (one == other)


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        (ORIGIN, ORIGIN + "/"),
        (ORIGIN + "/a/./b/../c", ORIGIN + "/a/c"),
        (ORIGIN + "/a/..", ORIGIN + "/"),
        (ORIGIN + "/../../a/.", ORIGIN + "/a/"),
        (ORIGIN + "/a/%2E%2e/b", ORIGIN + "/b"),
        (ORIGIN + "/a%2fb", ORIGIN + "/a%2Fb"),
        (ORIGIN + "//a//", ORIGIN + "//a//"),
        (ORIGIN + ":8443/a", ORIGIN + ":8443/a"),
        ("http://localhost:80/a", "http://localhost/a"),
        ("http://[::1]:8000/a", "http://[::1]:8000/a"),
    ],
)
def test_spellings(url: str, normal: str) -> None:
    assert normalize_target(url) == normal


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/connect/token",
        "health.example.org/a",
        "ftp://health.example.org/a",
        "https:///a",
        "https://user@health.example.org/a",
        "https://@health.example.org/a",
        "https://health.example.org:port/a",
        "https://health.example.org\\@evil.example/a",
        "https://health.example.org/a b",
        "https://health.example.org/%",
        "https://health.example.org/%2",
        "https://health.example.org/%zz",
        "https://health.example.org/é",
        "https://health.example.org/\n",
        "https://[::1/a",
        ORIGIN + "/" + "a" * 4000,
    ],
)
def test_what_is_no_address_equals_none(url: str) -> None:
    assert normalize_target(url) is None
