"""Where a client's people are sent back to, and where its notifications go."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from borvo.portal.addresses import (
    LOOPBACK_HOSTS,
    REDIRECT_URIS_MAXIMUM,
    REQUEST_URIS_MAXIMUM,
    check_backchannel_uri,
    check_client_uri,
    check_frontchannel_uri,
    check_post_logout_uris,
    check_redirect_uris,
    check_request_uris,
    find_live_fault,
    is_local,
    normalize_client_uri,
)
from borvo.portal.model import GrantType

CODE = {GrantType.AUTHORIZATION_CODE}

GOOD = [
    "https://localhost:5001/signin-oidc",
    "https://app.example.org",
    "https://app.example.org/callback?tenant=a%20b",
    "https://xn--bcher-kva.example/cb",
    "http://localhost:3000/cb",
    "http://127.0.0.1:3000/cb",
    "http://[::1]:3000/cb",
    "https://[2001:db8::1]/cb",
    "org.example.app:/callback",
    "org.example.app://callback",
]
BAD = [
    "javascript:alert(1)",
    "JavaScript:alert(1)//https://a.example",
    "data:text/html,x",
    "vbscript:x",
    "file:///etc/passwd",
    "blob:https://a.example/x",
    "myapp:/callback",
    "ftp://a.example/",
    "/callback",
    "//a.example/callback",
    "a.example/callback",
    "https:a.example",
    "https:///callback",
    "https://",
    "https://a.example/cb#part",
    "https://a.example/cb#",
    "https://*.example.org/cb",
    "https://a.example/*",
    "https://ada@a.example/cb",
    "https://ada:secret@a.example/cb",
    "https://a.example\\@evil.example/cb",
    "https://a.example:0/cb",
    "https://a.example:65536/cb",
    "https://a.example:x/cb",
    "https://a..example/cb",
    "https://-a.example/cb",
    "https://[::g]/cb",
    "https://[::1/cb",
    "https://a.example/c b",
    "https://a.example/cb%2",
    "https://bücher.example/cb",
    "https://a.example/<script>",
    'https://a.example/"onload=',
    "http://a.example/cb",
    "http://localhost.example.org/cb",
    "http://127.0.0.1.example.org/cb",
    "http://192.168.0.1/cb",
    "org.example.app://ada@callback",
    "org.example.app:callback",
    "",
    "https://a.example/" + "x" * 2000,
]


@pytest.mark.parametrize("uri", GOOD)
def test_a_callback_is_https_or_loopback_or_a_scheme_of_the_apps_own(uri: str) -> None:
    assert check_redirect_uris([uri], CODE, is_public=True) == []


@pytest.mark.spec("RFC6749", "3.1.2")
@pytest.mark.parametrize("uri", BAD)
def test_no_other_callback_is_accepted(uri: str) -> None:
    assert check_redirect_uris([uri], CODE, is_public=True)


@given(st.text(max_size=60))
def test_no_text_crashes_the_rules(text: str) -> None:
    for uri in (text, f"https://{text}", f"https://a.example/{text}", f"org.example:{text}"):
        check_redirect_uris([uri], CODE, is_public=True)
        check_client_uri(uri)


URL_TEXT = st.text(alphabet="aZ0.-_~:/?#[]@!$&'()*+,;=%\\ \té<", max_size=40)


@given(st.sampled_from(["https://", "http://", "https:", "HTTP://"]), URL_TEXT)
def test_what_is_accepted_is_read_the_same_way_by_another_parser(scheme: str, rest: str) -> None:
    uri = scheme + rest
    if not check_redirect_uris([uri], CODE, is_public=True):
        parts = urlsplit(uri)
        assert parts.hostname
        assert parts.username is None
        assert not parts.fragment
        assert parts.scheme == "https" or parts.hostname in {host.strip("[]") for host in LOOPBACK_HOSTS}


def test_every_faulty_address_is_named() -> None:
    faults = check_redirect_uris(
        ["javascript:x", "https://a.example", "http://b.example"], CODE, is_public=True
    )
    assert [fault.split(": ")[0] for fault in faults] == ["javascript:x", "http://b.example"]


def test_there_are_at_most_fifty_callbacks() -> None:
    uris = [f"https://a.example/{number}" for number in range(REDIRECT_URIS_MAXIMUM + 1)]
    assert check_redirect_uris(uris[:-1], CODE, is_public=True) == []
    assert len(check_redirect_uris(uris, CODE, is_public=True)) == 1


@pytest.mark.parametrize("grant_type", GrantType)
def test_a_grant_that_ends_in_the_browser_needs_a_callback(grant_type: GrantType) -> None:
    is_needed = grant_type not in {GrantType.CLIENT_CREDENTIALS, GrantType.DEVICE_CODE}
    assert bool(check_redirect_uris([], {grant_type}, is_public=True)) is is_needed


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", ""),
        ("https://localhost:5001", "https://localhost:5001"),
        ("https://App.Example.org/", "https://app.example.org"),
        ("https://app.example.org/base/", "https://app.example.org/base"),
        ("http://localhost:5001", "http://localhost:5001"),
    ],
)
def test_a_client_uri_is_a_base_without_a_slash_at_its_end(typed: str, kept: str) -> None:
    assert check_client_uri(typed) is None
    assert normalize_client_uri(typed) == kept


@pytest.mark.parametrize(
    "uri",
    [
        "app.example.org",
        "http://app.example.org",
        "https://app.example.org?x=1",
        "https://app.example.org/a?x",
        "https://app.example.org#x",
        "https://ada@app.example.org",
        "https://app.example.org/../x",
        "https://app.example.org/a/./b",
        "https://app.example.org//x",
        "https://app.example.org/a%2fb",
        "https://app.example.org/a;b",
        "org.example.app:/x",
        "javascript:alert(1)",
    ],
)
def test_no_other_client_uri_is_accepted(uri: str) -> None:
    assert check_client_uri(uri)


@given(URL_TEXT)
def test_normalizing_an_accepted_client_uri_twice_changes_nothing(rest: str) -> None:
    uri = f"https://a.example{rest}"
    if check_client_uri(uri) is None:
        once = normalize_client_uri(uri)
        assert check_client_uri(once) is None
        assert normalize_client_uri(once) == once


@pytest.mark.parametrize(
    ("uri", "is_fit"),
    [
        ("", True),
        ("https://app.example.org/signout-oidc", True),
        ("https://app.example.org/out?from=borvo", True),
        ("https://app.example.org:8443/out", False),
        ("https://other.example.org/out", False),
        ("http://app.example.org/out", False),
        ("https://app.example.org/out#part", False),
        ("javascript:alert(1)", False),
    ],
)
@pytest.mark.spec("OpenID Connect Front-Channel Logout", "2")
def test_a_frontchannel_address_lies_on_the_origin_of_a_callback(uri: str, is_fit: bool) -> None:
    assert (check_frontchannel_uri(uri, ["https://app.example.org/signin-oidc"]) is None) is is_fit


@pytest.mark.parametrize(
    ("uri", "is_fit"),
    [
        ("", True),
        ("https://app.example.org/logout", True),
        ("http://localhost:5001/logout", True),
        ("http://app.example.org/logout", False),
        ("https://user@app.example.org/logout", False),
        ("/logout", False),
    ],
)
@pytest.mark.spec("OpenID Connect Back-Channel Logout", "2.2")
def test_a_backchannel_address_is_https_or_on_this_machine(uri: str, is_fit: bool) -> None:
    assert (check_backchannel_uri(uri) is None) is is_fit


def test_post_logout_addresses_follow_the_rules_of_callbacks_and_none_is_needed() -> None:
    assert check_post_logout_uris([], is_public=True) == []
    assert check_post_logout_uris(["https://app.example.org/bye"], is_public=True) == []
    assert (
        len(check_post_logout_uris(["http://app.example.org/bye", "https://*.example.org/"], is_public=True))
        == 2
    )


SCHEMES = st.sampled_from(
    ["https://", "http://", "org.example.app:/", "org.example.app://", "myapp:/", "", "//"]
)
HOSTS = st.sampled_from(
    ["a.example", "localhost", "127.0.0.1", "[::1]", "*.a.example", "u@a.example", "bücher.example"]
)
RESTS = st.sampled_from(["", "/", "/cb", "/cb#x", "/c b", "/cb?x=%20", "/*", ":5001/cb", ":0/cb"])


@given(SCHEMES, HOSTS, RESTS, st.booleans())
def test_what_a_live_client_may_register_leads_over_the_network_by_https_only(
    scheme: str, host: str, rest: str, is_public: bool
) -> None:
    uri = scheme + host + rest
    if check_redirect_uris([uri], CODE, is_public=is_public) or find_live_fault(uri, is_public=is_public):
        return
    parts = urlsplit(uri)
    is_private_use = is_public and parts.scheme == "org.example.app"
    is_loopback = is_public and parts.scheme == "http" and parts.hostname in {"127.0.0.1", "::1"}
    assert is_private_use or is_loopback or (parts.scheme == "https" and not is_local(uri))


@given(SCHEMES, HOSTS, RESTS, st.booleans())
def test_each_refusal_names_the_address_and_says_what_to_write(
    scheme: str, host: str, rest: str, is_public: bool
) -> None:
    uri = scheme + host + rest
    for fault in check_redirect_uris([uri], CODE, is_public=is_public):
        assert fault.startswith(f"{uri}: ")
        assert "write" in fault or "percent-encoded" in fault


@pytest.mark.spec("RFC 8252", "8.4")
def test_an_app_that_keeps_a_secret_has_no_scheme_of_its_own() -> None:
    uri = "org.example.app:/callback"
    assert check_redirect_uris([uri], CODE, is_public=True) == []
    assert check_redirect_uris([uri], CODE, is_public=False)


@pytest.mark.parametrize(
    ("uri", "better"),
    [
        ("http://a.example/cb", "https://a.example/cb"),
        ("https://a.example/cb#x", "https://a.example/cb"),
        ("https://ada:x@a.example/cb", "https://a.example/cb"),
        ("https://bücher.example/cb", "https://xn--bcher-kva.example/cb"),
    ],
)
def test_what_a_refusal_says_to_write_is_accepted(uri: str, better: str) -> None:
    (fault,) = check_redirect_uris([uri], CODE, is_public=False)
    assert f"write {better}." in fault
    assert check_redirect_uris([better], CODE, is_public=False) == []


@pytest.mark.spec("OpenID Connect Core", "6.2")
@pytest.mark.parametrize(
    ("uri", "is_fit"),
    [
        ("https://a.example/request.jwt", True),
        ("https://a.example/request.jwt#GkurKxf5T0Y-mnPFCHqWOMiZi4VS138cQO_V7PZHAdM", True),
        ("http://localhost:5001/request.jwt", True),
        ("http://a.example/request.jwt", False),
        ("https://ada:x@a.example/request.jwt", False),
        ("https://a.example/#é", False),
        ("urn:ietf:params:oauth:request_uri:x", False),
        ("https://a.example/" + "x" * 500, False),
    ],
)
def test_an_address_of_requests_is_https_and_short_and_may_have_a_fragment(uri: str, is_fit: bool) -> None:
    assert (check_request_uris([uri]) == []) is is_fit


def test_a_client_has_few_addresses_of_requests() -> None:
    assert check_request_uris(["https://a.example/"] * (REQUEST_URIS_MAXIMUM + 1))
