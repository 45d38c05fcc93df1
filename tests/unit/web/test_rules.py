"""Addresses, forms, tokens of forms and policies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Request
from litestar.types import HTTPScope

from borvo.kernel.entropy import read_system_entropy
from borvo.web.addresses import find_client_address, find_network, is_local_path, parse_origin
from borvo.web.csrf import create_csrf_token, is_own_token
from borvo.web.forms import Form, parse_fields
from borvo.web.pages import build_csp


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://a.example/x?y#z", "https://a.example"),
        ("HTTPS://A.Example:443/", "https://a.example"),
        ("http://localhost:80", "http://localhost"),
        ("http://localhost:5001/", "http://localhost:5001"),
        ("http://[::1]:8000/x", "http://[::1]:8000"),
        ("https://user:pw@a.example/", "https://a.example"),
    ],
)
def test_an_origin_is_written_as_browsers_write_it(url: str, origin: str) -> None:
    assert parse_origin(url) == origin


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/x",
        "//a.example",
        "javascript:alert(1)",
        "https://",
        "https://[",
        "https://a:99999/",
        "https://*/",
        "https://*.example/",
        "https://a.example; script-src */",
        "https://a b/",
        "https://a,b/",
        "https://b\u00fccher.example/",
        "https://a\\b/",
        "https://a.example\\@b.example/",
    ],
)
def test_what_could_change_a_policy_is_no_origin(url: str) -> None:
    assert parse_origin(url) is None


@given(st.text())
def test_an_origin_is_its_own_origin_and_one_word(text: str) -> None:
    for url in (text, "https://" + text, "http://" + text):
        origin = parse_origin(url)
        if origin is not None:
            assert parse_origin(origin) == origin
            assert origin.isascii()
            assert not set(origin) & set(" ;,*'\"\\")


@given(st.text(), st.sampled_from(["", "/", "//", "/\\", "\\", "/\t/"]))
def test_a_local_path_begins_with_one_slash_and_hides_nothing(text: str, start: str) -> None:
    path = start + text
    if is_local_path(path):
        assert path[0] == "/"
        assert path[1:2] not in {"/", "\\"}
        assert path.isprintable()


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("unknown", "unknown"),
    ],
)
def test_all_addresses_of_one_subscriber_are_one_network(address: str, network: str) -> None:
    assert find_network(address) == network


def _request(*forwarded: str) -> Request[object, object, object]:  # type: ignore[type-var]
    scope: HTTPScope = {  # type: ignore[typeddict-item]
        "type": "http",
        "headers": [(b"x-forwarded-for", value.encode()) for value in forwarded],
        "client": ("10.0.0.1", 1),
        "path": "/",
        "method": "GET",
        "query_string": b"",
    }
    return Request(scope)


@pytest.mark.parametrize(
    ("trusted", "forwarded", "address"),
    [
        (0, ["6.6.6.6"], "10.0.0.1"),
        (1, [], "10.0.0.1"),
        (1, ["192.0.2.7"], "192.0.2.7"),
        (1, ["6.6.6.6, 192.0.2.7"], "192.0.2.7"),
        (1, ["6.6.6.6", "192.0.2.7"], "192.0.2.7"),
        (2, ["6.6.6.6, 192.0.2.7, 10.0.0.2"], "192.0.2.7"),
        (2, ["192.0.2.7"], "10.0.0.1"),
    ],
)
def test_only_what_our_own_proxies_wrote_is_believed(
    trusted: int, forwarded: list[str], address: str
) -> None:
    assert find_client_address(_request(*forwarded), trusted) == address


def test_a_form_token_is_known_under_its_key_only() -> None:
    token = create_csrf_token(b"k" * 32, read_system_entropy)
    assert is_own_token(b"k" * 32, token)
    assert not is_own_token(b"x" * 32, token)
    assert token != create_csrf_token(b"k" * 32, read_system_entropy)


@given(st.text(st.characters(codec="utf-8")))
def test_no_made_up_form_token_is_known(text: str) -> None:
    assert not is_own_token(b"k" * 32, text)


@given(st.binary())
def test_any_body_is_read_or_refused(data: bytes) -> None:
    try:
        fields = parse_fields(data)
    except ValueError:
        return
    for name, value in fields:
        assert "\x00" not in name + value
        assert (name + value).encode().decode() == name + value


def test_a_form_keeps_passwords_as_typed_and_trims_the_rest() -> None:
    form = Form({"a": [" x ", "y"], "lines": ["1\r\n\r\n 2 "]})
    assert (form.text("a"), form.raw("a"), form.texts("a")) == ("x", " x ", ["x", "y"])
    assert form.lines("lines") == ["1", "2"]
    assert form.text("absent") == ""
    assert form.is_valid
    form.add_error("a", "no")
    assert not form.is_valid


def test_a_policy_names_the_origins_that_a_form_may_lead_to() -> None:
    assert "form-action 'self' https://a.example;" in build_csp(["https://a.example"])
    assert "unsafe" not in build_csp()


def test_a_policy_names_the_scheme_for_an_address_that_it_cannot_name() -> None:
    """Chromium leaves `http://[::1]:49152` out, and the answer of an app that listens there would be blocked."""
    policy = build_csp(["http://[::1]:49152", "http://127.0.0.1:49152"], ["https://[2001:db8::1]"])
    assert "form-action 'self' http: http://127.0.0.1:49152;" in policy
    assert "frame-src https:;" in policy
