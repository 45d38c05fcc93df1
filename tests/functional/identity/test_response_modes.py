"""Every way in which an answer travels to the client, with and without success."""

from urllib.parse import urlsplit

import pytest

from tests.factories.clients import REDIRECT_URI
from tests.functional.browser import Browser
from tests.functional.conftest import ISSUER
from tests.functional.identity.aspnet import Handler, read_form_post, read_redirect
from tests.functional.identity.flows import reach_answer

STATE = "a b+c%20d&e=f#g'\"<é>/?\\"
SUCCESS: dict[str, str | None] = {}
FAILURE: dict[str, str | None] = {"prompt": "none"}


@pytest.mark.spec("OAuth 2.0 Multiple Response Types", "2.1")
@pytest.mark.spec("RFC 9207", "2")
@pytest.mark.parametrize("changes", [SUCCESS, FAILURE])
@pytest.mark.parametrize(
    ("response_type", "mode", "part"),
    [
        ("code", None, "query"),
        ("code", "query", "query"),
        ("code", "fragment", "fragment"),
        ("code", "form_post", "form_post"),
        ("code id_token", None, "fragment"),
        ("code id_token", "fragment", "fragment"),
        ("code id_token", "form_post", "form_post"),
    ],
)
async def test_the_answer_travels_as_asked_with_state_and_issuer(
    handler: Handler,
    ada: Browser,
    response_type: str,
    mode: str | None,
    part: str,
    changes: dict[str, str | None],
) -> None:
    answer = await reach_answer(
        handler, ada, response_type=response_type, response_mode=mode, state=STATE, **changes
    )
    if part == "form_post":
        target, told = read_form_post(answer)
    else:
        location = urlsplit(answer.headers["location"])
        target = f"{location.scheme}://{location.netloc}{location.path}"
        assert bool(location.query) == (part == "query")
        assert bool(location.fragment) == (part == "fragment")
        told = read_redirect(answer)
    assert target == REDIRECT_URI
    assert (told["state"], told["iss"]) == (STATE, ISSUER)
    assert ("error" in told) == (changes is FAILURE)
    assert ("code" in told) == (changes is SUCCESS)
    assert ("id_token" in told) == (changes is SUCCESS and "id_token" in response_type)
    assert not {"access_token", "expires_in", "refresh_token"} & set(told)


@pytest.mark.spec("OAuth 2.0 Multiple Response Types", "3")
async def test_a_token_is_never_put_into_the_query(handler: Handler, ada: Browser) -> None:
    answer = await reach_answer(handler, ada, response_mode="query")
    assert urlsplit(answer.headers["location"]).query == ""
    assert read_redirect(answer)["error"] == "invalid_request"


@pytest.mark.spec("OAuth 2.0 Multiple Response Types", "5")
@pytest.mark.parametrize(
    ("response_type", "error"),
    [
        ("id_token", "unauthorized_client"),
        ("id_token token", "unauthorized_client"),
        ("token", "unsupported_response_type"),
    ],
)
async def test_a_fault_of_a_front_channel_type_travels_in_the_fragment(
    handler: Handler, response_type: str, error: str
) -> None:
    url = await handler.build_authorization_url(response_type=response_type, response_mode=None)
    location = urlsplit((await handler.http.get(url)).headers["location"])
    assert location.query == ""
    assert f"error={error}" in location.fragment


@pytest.mark.spec("OAuth 2.0 Form Post Response Mode", "2")
async def test_the_form_post_page_runs_only_our_script_and_has_a_button(
    handler: Handler, ada: Browser
) -> None:
    page = await reach_answer(handler, ada)
    policy = page.headers["content-security-policy"]
    assert "unsafe-inline" not in policy
    assert "script-src 'self'" in policy
    assert "form-action 'self' https://localhost:5001;" in policy
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "onload" not in page.text
    assert "<button" in page.text
    script = page.text.split('<script src="')[1].split('"')[0]
    served = await ada.client.get(script)
    assert served.status_code == 200
    assert "submit()" in served.text
    assert "javascript" in served.headers["content-type"]


@pytest.mark.spec("RFC 9700", "4.12")
async def test_redirects_are_303_and_are_not_kept(handler: Handler, ada: Browser) -> None:
    answer = await reach_answer(handler, ada, response_type="code", response_mode=None)
    assert answer.status_code == 303
    assert answer.headers["cache-control"] == "no-store"
