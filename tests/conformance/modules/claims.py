"""Claims by scopes and one by one: OpenID Connect Core 5.4 and 5.5."""

import json
from collections.abc import Callable
from typing import Any

from tests.conformance.provider import CLAIMS, SCOPE_CLAIMS
from tests.conformance.registry import Run, module
from tests.conformance.tokens import sign_in
from tests.conformance.trial import Trial

_ALL = frozenset().union(*SCOPE_CLAIMS.values())
_TYPES: dict[str, type | tuple[type, ...]] = {
    "email_verified": bool,
    "phone_number_verified": bool,
    "updated_at": (int, float),
    "address": dict,
}


async def _tell(trial: Trial, **changes: str | None) -> dict[str, Any]:
    """What the client learns of the person; by the id token where there is no access token (Core 5.4)."""
    _, tokens = await sign_in(trial, **changes)
    if not tokens.access_token:
        return dict(tokens.claims)
    told = await trial.fetch_userinfo(tokens.access_token)
    assert told["sub"] == tokens.claims["sub"]
    return told


def check_claims(told: dict[str, Any], wanted: frozenset[str]) -> None:
    """All that is known of what was asked for, each of its type (Core 5.1), and nothing else about the person."""
    assert told.keys() & _ALL == wanted & (CLAIMS.keys() | {"address", "updated_at"})
    for name in told.keys() & _ALL:
        assert isinstance(told[name], _TYPES.get(name, str)), name
        if name in CLAIMS:
            assert told[name] == CLAIMS[name], name
    if "address" in wanted:
        assert all(isinstance(part, str) and part for part in told["address"].values())
        assert told["address"]["formatted"]


def _build(scopes: tuple[str, ...]) -> Run:
    async def run(trial: Trial) -> None:
        await trial.use_client()
        told = await _tell(trial, scope=" ".join(("openid", *scopes)))
        check_claims(told, frozenset().union(*(SCOPE_CLAIMS[scope] for scope in scopes)))

    return run


def _register_scopes(register: Callable[..., Callable[[Run], Run]]) -> None:
    for scope in SCOPE_CLAIMS:
        register(f"oidcc-scope-{scope}")(_build((scope,)))
    register("oidcc-scope-all")(_build(tuple(SCOPE_CLAIMS)))


_register_scopes(module)


@module("oidcc-claims-essential")
async def run_essential_claim(trial: Trial) -> None:
    """OpenID Connect Core 5.5.1: one claim by its name, without the scope that would bring more."""
    await trial.use_client()
    place = "userinfo" if trial.case.response_type != "id_token" else "id_token"
    told = await _tell(trial, claims=json.dumps({place: {"name": {"essential": True}}}))
    check_claims(told, frozenset({"name"}))
