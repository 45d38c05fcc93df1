"""Authorization codes and refresh tokens: RFC 6749 4.1.2 and 6, OpenID Connect Core 12."""

from tests.conformance.provider import Client
from tests.conformance.registry import module
from tests.conformance.tokens import check_token_answer, check_token_error, finish, sign_in, verify
from tests.conformance.trial import Trial, needs_code


@module("oidcc-codereuse")
async def run_reuse(trial: Trial) -> None:
    """A code works once."""
    await trial.use_client()
    answer = await trial.authorize()
    await finish(trial, answer)
    check_token_error(await trial.redeem(answer), "invalid_grant")


@module("oidcc-codereuse-30seconds")
async def run_late_reuse(trial: Trial) -> None:
    """A code works once, however late; what came of it ends when it is tried again (a SHOULD of 4.1.2)."""
    await trial.use_client()
    answer, tokens = await sign_in(trial)
    assert (await trial.call_userinfo(tokens.access_token)).status_code == 200
    await trial.provider.advance(30)
    check_token_error(await trial.redeem(answer), "invalid_grant")
    ended = (await trial.call_userinfo(tokens.access_token)).status_code
    assert ended == 401


@module("oidcc-refresh-token", is_fresh=True)
async def run_refresh(trial: Trial) -> None:
    """OpenID Connect Core 11, 12: tokens while the person is away, of the same person, for the same client alone."""
    needs_code(trial.case)
    await trial.use_client()
    _, tokens = await sign_in(trial, scope="openid email offline_access", prompt="consent")
    if not tokens.refresh_token:
        trial.note("no refresh token")
        return
    stolen = await trial.request_token(
        await _register_other(trial), grant_type="refresh_token", refresh_token=tokens.refresh_token
    )
    check_token_error(stolen, "invalid_grant")
    told = check_token_answer(
        await trial.request_token(grant_type="refresh_token", refresh_token=tokens.refresh_token)
    )
    assert told["access_token"] != tokens.access_token
    assert (await trial.fetch_userinfo(told["access_token"]))["sub"] == tokens.claims["sub"]
    if "id_token" in told:
        _, claims = await verify(trial, told["id_token"])
        for name in ("iss", "sub", "aud"):
            assert claims[name] == tokens.claims[name]
        assert claims["iat"] >= tokens.claims["iat"]
        assert claims.get("auth_time") == tokens.claims.get("auth_time")
        assert claims.get("nonce", tokens.claims["nonce"]) == tokens.claims["nonce"]
    trial.note("replaced" if "refresh_token" in told else "kept")


async def _register_other(trial: Trial) -> Client:
    client = trial.client
    other = await trial.use_client(redirect_uris=(f"{trial.party.origin}/of-another-app",))
    trial.client = client
    return other
