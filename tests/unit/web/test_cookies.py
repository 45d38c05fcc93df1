"""Cookies, and answers that are not made by the framework: what is sent is what it would have sent."""

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Request
from litestar.datastructures import Cookie
from litestar.response import Redirect
from litestar.types import ASGIApp, HTTPScope, Message

from borvo.web.cookies import CookiePolicy
from borvo.web.languages import YEAR
from borvo.web.pages import redirect_to

PLAIN = st.text("abcXYZ019!#$%&'*+-.^_`|~:", min_size=1)
AGES = st.none() | st.integers(0, YEAR)
UNFIT = ["a;b", "a b", 'a"b', "a,b", "a\\b", "a=b", "a\r\nb: c", "a\n", "\x00", "\x7f", "é", "\u2028"]


def _build_scope(cookies: bytes) -> HTTPScope:
    return {"type": "http", "method": "GET", "path": "/", "headers": [(b"cookie", cookies)]}  # type: ignore[typeddict-item]


def test_cookies_take_their_flags_from_the_scheme() -> None:
    secure, plain = CookiePolicy(secure=True), CookiePolicy(secure=False)
    assert secure.create("x", "y").key == "__Host-borvo_x"
    assert secure.create("x", "y").secure
    assert plain.create("x", "y").key == "borvo_x"
    for cookie in (secure.create("x", "y"), plain.expire("x")):
        assert cookie.httponly
        assert cookie.samesite == "lax"
        assert cookie.path == "/"
        assert cookie.domain is None


@given(st.booleans(), st.from_regex(r"[a-z_]{1,12}", fullmatch=True), PLAIN | st.just(""), AGES)
def test_a_cookie_is_written_as_the_framework_would(
    secure: bool, name: str, value: str, max_age: int | None
) -> None:
    written = CookiePolicy(secure=secure).create(name, value, max_age=max_age)
    theirs = Cookie(**{each.name: getattr(written, each.name) for each in fields(Cookie)})
    assert written.to_header() == theirs.to_header(header="")
    assert written.to_encoded_header() == theirs.to_encoded_header()


@pytest.mark.parametrize("value", UNFIT)
def test_a_cookie_holds_nothing_that_could_end_it(value: str) -> None:
    with pytest.raises(ValueError, match="encode it"):
        CookiePolicy(secure=True).create("x", value)


@given(st.booleans(), PLAIN, PLAIN)
def test_what_a_cookie_says_is_read_again_beside_others(secure: bool, value: str, other: str) -> None:
    policy = CookiePolicy(secure=secure)
    written = [policy.create("x", value), policy.create("y", other)]
    sent = "; ".join(each.to_header().partition(";")[0] for each in written)
    scope = _build_scope(f"stranger; =; borvo_z=1; {sent}".encode())
    assert policy.find(scope, "x") == policy.read(Request(scope), "x") == value
    assert policy.find(scope, "y") == other
    assert CookiePolicy(secure=not secure).find(scope, "x") is None


@given(st.binary(max_size=60))
def test_no_cookies_are_unreadable(sent: bytes) -> None:
    assert CookiePolicy(secure=False).find(_build_scope(sent), "x") is None or b"borvo_x" in sent


async def _record(answer: ASGIApp) -> list[Message]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        pytest.fail("nothing is read")

    await answer(scope=_build_scope(b""), receive=receive, send=send)  # type: ignore[call-arg]
    return sent


@pytest.mark.parametrize(
    "location",
    [
        "/account?notice=begun",
        "https://a.example/cb?code=x&state=a%20b#c",
        "com.example:/back",
        "/é ü",
        "/a\r\nSet-Cookie: b=c",
        "",
    ],
)
async def test_a_redirect_is_sent_as_the_framework_would(location: str) -> None:
    ours = redirect_to(location)
    ours.cookies.append(CookiePolicy(secure=True).create("x", "y", max_age=5))
    theirs = Redirect(location, status_code=303, headers=ours.headers, cookies=ours.cookies)
    request: Request[object, object, object] = Request(_build_scope(b""))  # type: ignore[type-var]
    answers = [each.to_asgi_response(None, request) for each in (ours, theirs)]
    assert await _record(answers[0]) == await _record(answers[1])
