"""The modules notice what is wrong: a provider that passes them fails them once its answers are spoiled."""

import pytest

from tests.conformance.outcomes import FAILED, PASSED, is_everything_wanted, judge
from tests.conformance.plans import (
    CODE,
    CODE_ID_TOKEN,
    CODE_ID_TOKEN_TOKEN,
    ID_TOKEN,
    ID_TOKEN_TOKEN,
    PLANS,
    Case,
)
from tests.conformance.spoiling import (
    Spoil,
    change_answer,
    change_json,
    change_token,
    leave_alone,
    move_to_query,
    publish_key,
    repeat_first,
    sign_by_none,
    sign_by_stranger,
    spoil,
    spoil_forms,
)
from tests.conformance.trial import Shared

SERVER = "oidcc-server"
SIGNATURE = "oidcc-idtoken-signature"
DISCOVERY = ""
OTHER = "another-value-than-the-right-one"

SPOILED: list[tuple[str, str, str, Spoil]] = [
    ("state lost", SERVER, CODE, change_answer(state=None)),
    ("another state", "oidcc-prompt-none-not-logged-in", CODE, change_answer(state=OTHER)),
    ("another issuer in the answer", SERVER, CODE, change_answer(iss="https://evil.example.org")),
    ("an answer in the query", SERVER, ID_TOKEN, move_to_query),
    ("a refresh token in the answer", SERVER, CODE_ID_TOKEN, change_answer(refresh_token=OTHER)),
    ("no access token in the answer", SERVER, ID_TOKEN_TOKEN, change_answer(access_token=None)),
    ("no id token in the answer", SERVER, CODE_ID_TOKEN_TOKEN, change_answer(id_token=None)),
    (
        "an error that nobody knows",
        "oidcc-ensure-request-without-nonce-fails",
        ID_TOKEN,
        change_answer(error=OTHER),
    ),
    ("nonce lost", SERVER, CODE, change_token(nonce=None)),
    ("another nonce", SERVER, CODE_ID_TOKEN, change_token(nonce=OTHER)),
    (
        "a nonce that nobody sent",
        "oidcc-ensure-request-without-nonce-succeeds-for-code-flow",
        CODE,
        change_token(nonce=OTHER),
    ),
    ("another at_hash", SERVER, ID_TOKEN_TOKEN, change_token(at_hash=OTHER)),
    ("at_hash lost", SERVER, ID_TOKEN_TOKEN, change_token(at_hash=None)),
    ("another c_hash", SERVER, CODE_ID_TOKEN, change_token(c_hash=OTHER)),
    ("c_hash lost", SERVER, CODE_ID_TOKEN_TOKEN, change_token(c_hash=None)),
    ("another issuer in the id token", SERVER, ID_TOKEN, change_token(iss="https://evil.example.org")),
    ("another client's id token", SERVER, CODE, change_token(aud="another.client")),
    ("a further audience", SERVER, CODE, change_token(aud=["another.client", OTHER])),
    ("an id token that has expired", SERVER, CODE, change_token(exp=1)),
    ("an id token from the future", SERVER, CODE, change_token(iat=2**33, exp=2**34)),
    ("auth_time lost", "oidcc-max-age-10000", CODE, change_token(auth_time=None)),
    ("an auth_time that stands still", "oidcc-max-age-1", CODE, change_token(auth_time=1_000_000)),
    ("an unsigned id token", SIGNATURE, CODE, sign_by_none()),
    ("an unsigned id token in the answer", SIGNATURE, ID_TOKEN, sign_by_none()),
    ("a stranger's id token", SIGNATURE, CODE, sign_by_stranger()),
    (
        "somebody else in the userinfo",
        "oidcc-userinfo-get",
        CODE,
        change_json("userinfo_endpoint", sub=OTHER),
    ),
    ("nobody in the userinfo", "oidcc-userinfo-post-body", CODE, change_json("userinfo_endpoint", sub=None)),
    ("more than was asked for", "oidcc-scope-email", CODE, change_json("userinfo_endpoint", gender="female")),
    (
        "less than was asked for",
        "oidcc-scope-profile",
        CODE,
        change_json("userinfo_endpoint", birthdate=None),
    ),
    (
        "a claim of another type",
        "oidcc-scope-phone",
        CODE,
        change_json("userinfo_endpoint", phone_number_verified="false"),
    ),
    ("a claim that lacks what was asked for", "oidcc-claims-essential", ID_TOKEN, change_token(name=None)),
    ("another token type", SERVER, CODE, change_json("token_endpoint", token_type="mac")),
    ("a code that works twice", "oidcc-codereuse", CODE, repeat_first("token_endpoint")),
    (
        "another issuer in the discovery",
        "oidcc-discovery-endpoint-verification",
        CODE,
        change_json(DISCOVERY, issuer=OTHER),
    ),
    (
        "an endpoint without https",
        "oidcc-discovery-endpoint-verification",
        CODE,
        change_json(DISCOVERY, token_endpoint="ftp://x/y"),
    ),
    (
        "no RS256",
        "oidcc-discovery-endpoint-verification",
        CODE,
        change_json(DISCOVERY, id_token_signing_alg_values_supported=["ES256"]),
    ),
]


def _find_case(module: str, response_type: str) -> Case:
    return next(
        Case(plan, response_type, module)
        for plan in PLANS
        if module in plan.modules.get(response_type, ()) and not plan.response_mode and not plan.is_dynamic
    )


_CASES = sorted({(module, response_type) for _, module, response_type, _ in SPOILED})
_WAYS = [pytest.param(*each[1:], id=each[0]) for each in SPOILED]
unspoiled = pytest.mark.parametrize(("module", "response_type"), _CASES)
spoiled = pytest.mark.parametrize(("module", "response_type", "way"), _WAYS)


@unspoiled
async def test_what_is_not_spoiled_passes(borvo: Shared, module: str, response_type: str) -> None:
    """So that the failures below have one cause each."""
    assert await _judge(borvo, module, response_type, leave_alone) == PASSED


@spoiled
async def test_a_module_notices(borvo: Shared, module: str, response_type: str, way: Spoil) -> None:
    assert await _judge(borvo, module, response_type, way) == FAILED


@pytest.mark.parametrize("each", SPOILED if is_everything_wanted() else (), ids=lambda each: str(each[0]))
async def test_a_module_notices_at_the_reference(
    reference: Shared, each: tuple[str, str, str, Spoil]
) -> None:
    _, module, response_type, way = each
    assert await _judge(reference, module, response_type, way) == FAILED


LOGOUT_TOKENS: list[dict[str, object]] = [
    {"nonce": OTHER},
    {"events": {}},
    {"sid": OTHER},
    {"sub": OTHER},
    {"aud": "another.client"},
    {"iss": "https://evil.example.org"},
    {"jti": None},
]


@pytest.mark.parametrize("changes", [{}, *LOGOUT_TOKENS], ids=lambda changes: "-".join(changes) or "nothing")
async def test_what_a_logout_token_says_is_looked_at(borvo: Shared, changes: dict[str, object]) -> None:
    with spoil_forms(borvo.party, **changes):
        verdict = await _judge(borvo, "oidcc-backchannel-rp-initiated-logout", CODE, publish_key)
    assert verdict == (FAILED if changes else PASSED)


async def _judge(shared: Shared, module: str, response_type: str, way: Spoil) -> str:
    spoiled = spoil(shared, way)
    async with spoiled.http:
        outcome, _ = await judge(spoiled, _find_case(module, response_type))
    return outcome.verdict
