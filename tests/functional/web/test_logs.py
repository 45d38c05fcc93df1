"""What must never reach a log does not, even at the level debug."""

import io
import logging
import sys
from collections.abc import Iterator

import pytest
import structlog

from borvo.web.logs import configure_logs
from tests.factories.clients import SECRET
from tests.functional.browser import Browser
from tests.functional.identity.aspnet import Handler
from tests.functional.identity.flows import (
    ADA,
    CODE_FLOW,
    VERIFIER,
    build_basic,
    call_userinfo,
    obtain_tokens,
    reach_answer,
)

PASSWORD = "a planted password of mine"


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Everything that the process writes at the level debug."""
    stream = io.StringIO()
    root = logging.getLogger()
    kept, level, configuration = list(root.handlers), root.level, structlog.get_config()
    monkeypatch.setattr(sys, "stderr", stream)
    configure_logs("debug")
    yield stream
    root.handlers[:] = kept
    root.setLevel(level)
    structlog.configure(**configuration)


async def test_no_secret_is_logged_on_any_door(log: io.StringIO, handler: Handler, browser: Browser) -> None:
    await browser.sign_up(ADA, password=PASSWORD)
    await browser.sign_in(ADA, "a wrong " + PASSWORD)
    await browser.sign_in(ADA, PASSWORD)
    session, csrf = browser.client.cookies["borvo_session"], browser.client.cookies["borvo_csrf"]
    tokens = await obtain_tokens(handler, browser)
    code = (
        (await reach_answer(handler, browser, **CODE_FLOW))
        .headers["location"]
        .split("code=")[1]
        .split("&")[0]
    )
    await handler.redeem(code, code_verifier=VERIFIER)
    await handler.redeem(code, client_secret="a wrong " + SECRET)
    await handler.http.post("/connect/token", data={"x": code}, headers=build_basic("demo.mybp", SECRET))
    await call_userinfo(handler.http, tokens["access_token"])
    await call_userinfo(handler.http, tokens["access_token"][:-4])
    await browser.client.get("/connect/endsession", params={"id_token_hint": tokens["id_token"]})
    written = log.getvalue()
    assert '"route":"/connect/token"' in written
    for secret in (
        PASSWORD,
        SECRET,
        code,
        tokens["access_token"],
        tokens["id_token"],
        session,
        csrf,
        VERIFIER,
    ):
        assert secret not in written
        assert secret[:40] not in written


@pytest.mark.parametrize("name", ["authlib", "authlib.oauth2.rfc6749.grants.authorization_code", "asyncpg"])
async def test_libraries_that_would_log_secrets_stay_at_warnings(log: io.StringIO, name: str) -> None:
    assert log is not None
    assert logging.getLogger(name).getEffectiveLevel() == logging.WARNING


async def test_an_unexpected_error_tells_the_log_everything_and_the_caller_nothing(
    log: io.StringIO, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the reason is private")

    page = await browser.open("/account/sign-in")
    monkeypatch.setattr("borvo.accounts.service.sign_in", fail)
    answer = await browser.submit(page, "/account/sign-in", email=ADA, password=PASSWORD)
    assert answer.status_code == 500
    assert "private" not in answer.text
    # It may have come after the commit.
    assert "may or may not have been done" in answer.text
    assert answer.headers["x-request-id"] in answer.text
    assert "the reason is private" in log.getvalue()
    assert PASSWORD not in log.getvalue()
