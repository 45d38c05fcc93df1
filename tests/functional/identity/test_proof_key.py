"""Proof Key for Code Exchange: RFC 7636."""

import httpx
import pytest

from borvo.assembly import Platform
from tests.factories.clients import MYBP_SCOPES, register_client
from tests.functional.browser import Browser
from tests.functional.identity.aspnet import Handler, read_form_post, read_redirect
from tests.functional.identity.flows import CHALLENGE, CODE_FLOW, VERIFIER, obtain_code, reach_answer

PROOF: dict[str, str | None] = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}


@pytest.fixture
async def strict(platform: Platform, http: httpx.AsyncClient) -> Handler:
    """A client whose registration demands the proof."""
    client_id = await register_client(platform, "demo.strict", require_pkce=True)
    return Handler(http, client_id, " ".join(MYBP_SCOPES))


@pytest.mark.spec("RFC 7636", "4.6")
async def test_the_right_verifier_redeems_the_code(strict: Handler, ada: Browser) -> None:
    code = await obtain_code(strict, ada, **PROOF)
    assert (await strict.redeem(code, code_verifier=VERIFIER)).status_code == 200


@pytest.mark.spec("RFC 7636", "4.6")
@pytest.mark.parametrize(
    ("verifier", "error"),
    [
        (VERIFIER + "x", "invalid_grant"),
        (VERIFIER[::-1], "invalid_grant"),
        (CHALLENGE, "invalid_grant"),
        ("", "invalid_request"),
        ("short", "invalid_request"),
        ("x" * 129, "invalid_request"),
        ("é" * 50, "invalid_request"),
        (VERIFIER + "\n", "invalid_grant"),
    ],
)
async def test_any_other_verifier_is_refused_and_the_code_stays_good(
    handler: Handler, ada: Browser, verifier: str, error: str
) -> None:
    code = await obtain_code(handler, ada, **PROOF)
    answer = await handler.redeem(code, code_verifier=verifier)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert (await handler.redeem(code, code_verifier=VERIFIER)).status_code == 200


@pytest.mark.spec("RFC 9700", "4.8.2")
async def test_a_verifier_for_a_code_without_challenge_is_refused(handler: Handler, ada: Browser) -> None:
    code = await obtain_code(handler, ada)
    answer = await handler.redeem(code, code_verifier=VERIFIER)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.spec("RFC 9700", "2.1.1")
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"code_challenge": CHALLENGE},
        {"code_challenge": CHALLENGE, "code_challenge_method": "plain"},
        {"code_challenge": CHALLENGE, "code_challenge_method": "s256"},
        {"code_challenge_method": "S256"},
        {"code_challenge": "short", "code_challenge_method": "S256"},
        {"code_challenge": CHALLENGE + "\n", "code_challenge_method": "S256"},
    ],
)
async def test_a_missing_plain_or_malformed_challenge_is_refused_in_every_flow(
    strict: Handler, changes: dict[str, str | None]
) -> None:
    url = await strict.build_authorization_url(**{**CODE_FLOW, **changes})
    assert read_redirect(await strict.http.get(url))["error"] == "invalid_request"
    hybrid = await strict.http.get(await strict.build_authorization_url(**changes))
    assert read_form_post(hybrid)[1]["error"] == "invalid_request"


async def test_the_hybrid_flow_binds_its_code_to_the_challenge_too(strict: Handler, ada: Browser) -> None:
    code = read_form_post(await reach_answer(strict, ada, **PROOF))[1]["code"]
    assert (await strict.redeem(code)).status_code == 400
    assert (await strict.redeem(code, code_verifier=VERIFIER)).status_code == 200
