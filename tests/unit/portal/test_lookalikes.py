"""Hosts that may not be what they look like."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from borvo.portal.lookalikes import find_suspicions, reduce_host, show_host


@pytest.mark.parametrize(
    ("host", "other"),
    [
        ("examp1e.org", "example.org"),
        ("exarnple.org", "example.org"),
        ("g00d.example", "good.example"),
        ("xn--xample-2of.org", "example.org"),
    ],
)
def test_a_host_that_looks_like_another_is_named(host: str, other: str) -> None:
    assert host in find_suspicions([host, other], [other])
    assert other not in find_suspicions([host, other], [other])


def test_a_host_in_punycode_is_shown_as_people_would_see_it() -> None:
    assert "bücher.example" in find_suspicions(["xn--bcher-kva.example"], [])["xn--bcher-kva.example"]


@given(st.lists(st.from_regex(r"\A[a-z]{1,8}\.example\Z"), unique_by=reduce_host))
def test_hosts_that_look_different_are_never_suspected(hosts: list[str]) -> None:
    assert find_suspicions(hosts, hosts) == {}


@given(st.text(max_size=40))
def test_no_text_crashes_the_rules(text: str) -> None:
    for host in (text, f"xn--{text}", f"a.{text}"):
        show_host(host)
        assert reduce_host(host) == reduce_host(host)
        find_suspicions([host], [host, "a.example"])
