"""What a request may ask of the sign-in: OpenID Connect Core 3.1.2.1."""

from tests.conformance.provider import EMAIL
from tests.conformance.registry import Run, module
from tests.conformance.tokens import finish, sign_in
from tests.conformance.trial import Answer, Trial


def _build(**wishes: str) -> Run:
    """A wish that may change how pages look, and nothing else."""

    async def run(trial: Trial) -> None:
        await trial.use_client()
        await sign_in(trial, **wishes)

    return run


for _name, _wishes in {
    "display-page": {"display": "page"},
    "display-popup": {"display": "popup"},
    "ui-locales": {"ui_locales": "se it-IT"},
    "login-hint": {"login_hint": EMAIL},
}.items():
    module(f"oidcc-{_name}", is_fresh=True)(_build(**_wishes))
for _name, _wishes in {
    "ensure-request-with-unknown-parameter-succeeds": {"extra": "foobar", "x-client-sku": "a b"},
    "claims-locales": {"claims_locales": "se"},
}.items():
    module(f"oidcc-{_name}")(_build(**_wishes))


@module("oidcc-ensure-request-with-acr-values-succeeds")
async def run_acr_values(trial: Trial) -> None:
    """A wish, and not a demand: it never fails a request. Nothing is promised that was not done."""
    await trial.use_client()
    _, tokens = await sign_in(trial, acr_values="urn:example:level:1 urn:example:level:2")
    trial.note("acr told" if "acr" in tokens.claims else "no acr")


@module("oidcc-prompt-login", is_fresh=True)
async def run_prompt_login(trial: Trial) -> None:
    """She signs in again although she has just done so, and the time of it is told truly."""
    await trial.use_client()
    _, first = await sign_in(trial, max_age="3600")
    await trial.provider.advance(2)
    answer, second = await sign_in(trial, prompt="login", max_age="3600")
    assert "sign-in" in answer.asked
    assert second.claims["sub"] == first.claims["sub"]
    assert second.claims["auth_time"] > first.claims["auth_time"]


@module("oidcc-prompt-none-not-logged-in", is_fresh=True)
async def run_prompt_none_alone(trial: Trial) -> None:
    """No page is shown: the client is told."""
    await trial.use_client()
    answer = await trial.refuse("login_required", "interaction_required", prompt="none")
    assert set(answer.asked) <= {"continue"}


@module("oidcc-prompt-none-logged-in", is_fresh=True)
async def run_prompt_none_signed_in(trial: Trial) -> None:
    """Who has signed in and agreed is not asked again, and is the same."""
    await trial.use_client()
    _, first = await sign_in(trial, max_age="3600")
    await trial.provider.advance(2)
    answer, second = await sign_in(trial, prompt="none", max_age="3600")
    _check_silence(answer)
    assert second.claims["sub"] == first.claims["sub"]
    assert second.claims["auth_time"] == first.claims["auth_time"]


def _check_silence(answer: Answer) -> None:
    assert set(answer.asked) <= {"continue"}


@module("oidcc-max-age-1", is_fresh=True)
async def run_short_age(trial: Trial) -> None:
    """Who signed in longer ago than that does so again."""
    await trial.use_client()
    _, first = await sign_in(trial, max_age="10000")
    await trial.provider.advance(3)
    answer, second = await sign_in(trial, max_age="1")
    assert "sign-in" in answer.asked
    assert second.claims["auth_time"] > first.claims["auth_time"]
    assert second.claims["sub"] == first.claims["sub"]


@module("oidcc-max-age-10000", is_fresh=True)
async def run_long_age(trial: Trial) -> None:
    """Who signed in lately does not, and the time of it is told."""
    await trial.use_client()
    _, first = await sign_in(trial, max_age="10000")
    await trial.provider.advance(3)
    answer, second = await sign_in(trial, max_age="10000")
    assert "sign-in" not in answer.asked
    assert second.claims["auth_time"] == first.claims["auth_time"]


@module("oidcc-id-token-hint", is_fresh=True)
async def run_id_token_hint(trial: Trial) -> None:
    """The person whom the hint names is there: no page is shown."""
    await trial.use_client()
    _, first = await sign_in(trial)
    answer = await trial.authorize(prompt="none", id_token_hint=first.id_token)
    _check_silence(answer)
    second = await finish(trial, answer)
    assert second.claims["sub"] == first.claims["sub"]
