"""Sign-in from its beginning to its end, and what has to be there for it."""

import base64
import hashlib
from typing import Any

from tests.conformance.plans import CODE_TOKEN
from tests.conformance.registry import module
from tests.conformance.tokens import check_token_error, decode, finish, sign_in, verify
from tests.conformance.trial import Refused, Trial

_PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "k"}


@module("oidcc-server", is_fresh=True)
async def run_server(trial: Trial) -> None:
    """Somebody who has never been there signs in, and the client gets all that its response type names."""
    await trial.use_client()
    answer, tokens = await sign_in(trial)
    assert "sign-in" in answer.asked
    if tokens.access_token:
        assert (await trial.fetch_userinfo(tokens.access_token))["sub"] == tokens.claims["sub"]
    # Once more: another answer for the same person.
    again, later = await sign_in(trial)
    assert "sign-in" not in again.asked
    assert later.claims["sub"] == tokens.claims["sub"]
    for name in ("code", "id_token", "access_token"):
        if name in answer.parameters:
            assert again.parameters[name] != answer.parameters[name]
    trial.note("iss" if "iss" in answer.parameters else "no iss")


@module("oidcc-response-type-missing")
async def run_response_type_missing(trial: Trial) -> None:
    """RFC 6749 3.1.1: it is required, and its lack is told."""
    await trial.use_client()
    answer = await trial.ask(response_type=None)
    if isinstance(answer, Refused):
        trial.note("on a page")
        assert 400 <= answer.page.response.status_code < 500
        return
    assert answer.error in {"invalid_request", "unsupported_response_type"}
    assert answer.parameters.get("state") == answer.request["state"]
    assert not answer.parameters.keys() & {"code", "id_token", "access_token"}


@module("oidcc-idtoken-signature", "oidcc-idtoken-rs256")
async def run_id_token_signature(trial: Trial) -> None:
    """OpenID Connect Core 3.1.3.7, 10.1: signed by RS256, by the one published key that the header names."""
    await trial.use_client(**_choose_algorithm(trial))
    answer, tokens = await sign_in(trial)
    keys = await trial.fetch_keys()
    names = [key.get("kid") for key in keys]
    assert len(set(names)) == len(names)
    assert not any(_PRIVATE & key.keys() for key in keys)
    for token in {tokens.id_token, answer.parameters.get("id_token", tokens.id_token)}:
        header, _ = await verify(trial, token)
        assert header["kid"] in names
        assert header["alg"] in trial.discovery["id_token_signing_alg_values_supported"]


def _choose_algorithm(trial: Trial) -> dict[str, str]:
    return {"id_token_signed_response_alg": "RS256"} if trial.case.plan.is_dynamic else {}


@module("oidcc-idtoken-unsigned", registers=True)
async def run_id_token_unsigned(trial: Trial) -> None:
    """OpenID Connect Core 3.1.3.7 number 6, Registration 2: `none` only for who registers it, only from the token
    endpoint, and only where it is served."""
    listed = trial.discovery["id_token_signing_alg_values_supported"]
    assert "RS256" in listed
    if "registration_endpoint" in trial.discovery and trial.case.plan.is_dynamic:
        asked = trial.describe_client(id_token_signed_response_alg="none")
        refused = await trial.try_register(asked)
        if "none" not in listed or "id_token" in trial.case.words:
            assert refused.status_code == 400
            assert refused.json()["error"] == "invalid_client_metadata"
            trial.note("refused")
            return
    assert "none" not in listed
    await trial.use_client()
    _, tokens = await sign_in(trial)
    assert decode(tokens.id_token)[0]["alg"] == "RS256"
    trial.note("always signed")


async def _check_userinfo(trial: Trial, method: str, access_token: str, **sent: Any) -> dict[str, Any]:
    endpoint = trial.discovery["userinfo_endpoint"]
    # RFC 6750 3: without a token the way to get in is told.
    bare = await trial.http.request(method, endpoint)
    assert bare.status_code in {400, 401}
    # A character in the middle: the last one may hold bits that do not count.
    middle = len(access_token) // 2
    broken = (
        access_token[:middle] + ("A" if access_token[middle] != "A" else "B") + access_token[middle + 1 :]
    )
    forged = await trial.http.request(method, endpoint, headers={"Authorization": f"Bearer {broken}"})
    assert forged.status_code == 401
    assert forged.headers["www-authenticate"].lower().startswith(("bearer", "dpop"))
    response = await trial.http.request(method, endpoint, **sent)
    assert response.status_code == 200, response.text
    # OpenID Connect Core 5.3.2
    assert response.headers["content-type"].split(";")[0].strip() == "application/json"
    claims: dict[str, Any] = response.json()
    return claims


async def _obtain_access_token(trial: Trial) -> tuple[str, str]:
    """It, and whom it is about."""
    await trial.use_client()
    answer, tokens = await sign_in(trial, scope="openid profile email")
    front = answer.parameters.get("access_token")
    if front is not None and tokens.access_token != front:
        # The one that came through the browser is as good.
        claims = await trial.fetch_userinfo(front)
        assert claims["sub"] == tokens.claims["sub"]
    return tokens.access_token, tokens.claims["sub"]


@module("oidcc-userinfo-get")
async def run_userinfo_get(trial: Trial) -> None:
    """OpenID Connect Core 5.3.1, RFC 6750 2.1."""
    token, subject = await _obtain_access_token(trial)
    claims = await _check_userinfo(trial, "GET", token, headers={"Authorization": f"Bearer {token}"})
    assert claims["sub"] == subject


@module("oidcc-userinfo-post-header")
async def run_userinfo_post_header(trial: Trial) -> None:
    """OpenID Connect Core 5.3.1, RFC 6750 2.1."""
    token, subject = await _obtain_access_token(trial)
    claims = await _check_userinfo(trial, "POST", token, headers={"Authorization": f"Bearer {token}"})
    assert claims["sub"] == subject


@module("oidcc-userinfo-post-body")
async def run_userinfo_post_body(trial: Trial) -> None:
    """OpenID Connect Core 5.3.1, RFC 6750 2.2."""
    token, subject = await _obtain_access_token(trial)
    claims = await _check_userinfo(trial, "POST", token, data={"access_token": token})
    assert claims["sub"] == subject


@module("oidcc-ensure-request-without-nonce-succeeds-for-code-flow")
async def run_without_nonce(trial: Trial) -> None:
    """OpenID Connect Core 3.1.2.1, 3.3.2.11: needed only where an id token passes through the browser."""
    assert trial.case.words == {"code"} or trial.case.response_type == CODE_TOKEN
    await trial.use_client()
    _, tokens = await sign_in(trial, nonce=None)
    assert "nonce" not in tokens.claims


@module("oidcc-ensure-request-without-nonce-fails")
async def run_without_needed_nonce(trial: Trial) -> None:
    """OpenID Connect Core 3.2.2.1, 3.3.2.11."""
    await trial.use_client()
    await trial.refuse("invalid_request", nonce=None)


@module("oidcc-alternate-happy-flow")
async def run_other_order(trial: Trial) -> None:
    """RFC 6749 3.3: the order of scopes has no meaning."""
    await trial.use_client()
    _, tokens = await sign_in(trial, scope="email openid")
    if tokens.access_token:
        assert "email" in await trial.fetch_userinfo(tokens.access_token)
    else:
        assert "email" in tokens.claims


@module("oidcc-ensure-registered-redirect-uri")
async def run_unregistered_redirect(trial: Trial) -> None:
    """OpenID Connect Core 3.1.2.1: nothing goes to an address that is not registered exactly so."""
    await trial.use_client()
    uri = trial.client.redirect_uris[0]
    for other in (f"{trial.party.origin}/somebody-elses", f"{uri}/more", f"{uri}/"):
        await expect_page(trial, redirect_uri=other)


async def expect_page(trial: Trial, **changes: str | None) -> Refused:
    """The request is refused by the provider itself, and nothing comes to any client."""
    before = len(trial.party.visits)
    answer = await trial.ask(**changes)
    assert isinstance(answer, Refused), f"something was sent: {answer}"
    assert 400 <= answer.page.response.status_code < 500
    assert len(trial.party.visits) == before
    return answer


@module("oidcc-ensure-post-request-succeeds")
async def run_post_request(trial: Trial) -> None:
    """OpenID Connect Core 3.1.2.1: the authorization endpoint takes forms, too."""
    await trial.use_client()
    answer = trial.expect_answer(await trial.ask_by_form())
    await finish(trial, answer)


@module("oidcc-server-client-secret-post")
async def run_secret_post(trial: Trial) -> None:
    """OpenID Connect Core 9: the client's secret in the form; a wrong one opens nothing."""
    await trial.use_client(token_endpoint_auth_method="client_secret_post")
    assert trial.client.auth_method == "client_secret_post"
    answer = await trial.authorize()
    wrong = await trial.http.post(
        trial.discovery["token_endpoint"],
        data={
            "grant_type": "authorization_code",
            "code": answer.parameters["code"],
            "redirect_uri": answer.request["redirect_uri"],
            "client_id": trial.client.id,
            "client_secret": "not-the-secret-of-this-client",
        },
    )
    check_token_error(wrong, "invalid_client")
    await finish(trial, answer)


@module("oidcc-ensure-request-with-valid-pkce-succeeds")
async def run_proof_key(trial: Trial) -> None:
    """RFC 7636 4: the verifier is needed once a challenge was sent, and only the right one does."""
    await trial.use_client()
    verifier = "a-verifier-of-more-than-forty-three-characters-0123456789"
    wishes = {"code_challenge": _challenge(verifier), "code_challenge_method": "S256"}
    await finish(trial, await trial.authorize(**wishes), code_verifier=verifier)
    wrong = await trial.redeem(await trial.authorize(**wishes), code_verifier=verifier[::-1])
    check_token_error(wrong, "invalid_grant")
    none = await trial.redeem(await trial.authorize(**wishes))
    check_token_error(none, "invalid_grant", "invalid_request")


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
