"""What can be tried with a client, what pages say, and what is wrong with a token: the pure part of the test drive."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from joserfc import jws
from joserfc.jwk import KeySet, OctKey, RSAKey

from borvo.portal.model import GrantType
from borvo.portal.test_drive.documents import find_form, read_words
from borvo.portal.test_drive.model import Exchange, Flow, Mistake, Report
from borvo.portal.test_drive.plans import (
    Handles,
    Plan,
    build_authorization,
    build_redemption,
    check_client,
    check_plan,
    list_flows,
    list_mistakes,
)
from borvo.portal.test_drive.verification import (
    Expected,
    Issuer,
    check_access_token,
    check_id_token,
    hash_half,
    read_signed,
    shorten,
)
from borvo.portal.test_drive.words import FLOW_WORDS, MISTAKE_WORDS
from tests.unit.portal.test_quick_start import build_client

CALLBACK = "https://app.example/fine"
HANDLES = Handles("state", "nonce", "verifier")
NOW = datetime(2026, 1, 15, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
KEY = RSAKey.generate_key(2048, {"kid": "one"})
ISSUER = Issuer("https://borvo.example", KeySet([KEY]))
EXPECTED = Expected("demo.fine", "RS256", "nonce", NOW, code="code", access_token="token", is_front=True)
ID_CLAIMS = {
    "iss": ISSUER.name,
    "aud": "demo.fine",
    "iat": SECONDS,
    "exp": SECONDS + 60,
    "nonce": "nonce",
    "sub": "somebody",
    "c_hash": hash_half("code", "RS256"),
    "at_hash": hash_half("token", "RS256"),
}


@pytest.mark.parametrize(
    ("changes", "flows"),
    [
        ({}, [Flow.CODE]),
        ({"grant_types": {GrantType.HYBRID}}, [Flow.CODE_ID_TOKEN, Flow.CODE]),
        ({"grant_types": {GrantType.IMPLICIT}}, [Flow.ID_TOKEN]),
        (
            {"grant_types": {GrantType.IMPLICIT}, "allows_front_channel_tokens": True},
            [Flow.ID_TOKEN, Flow.ID_TOKEN_TOKEN],
        ),
        ({"grant_types": {GrantType.CLIENT_CREDENTIALS}}, [Flow.SERVICE]),
        ({"grant_types": {GrantType.DEVICE_CODE}}, [Flow.DEVICE]),
        ({"grant_types": set()}, []),
    ],
)
def test_a_client_is_driven_by_what_it_may_ask_for(changes: dict[str, object], flows: list[Flow]) -> None:
    assert list_flows(build_client(changes=changes)) == flows


def test_what_cannot_be_driven_says_why() -> None:
    assert check_client(build_client(), is_strict=False) is None
    for changes, words in (
        ({"is_disabled": True}, "disabled"),
        ({"scopes": ()}, "no scopes"),
        ({"grant_types": set()}, "no grant type"),
    ):
        assert words in (check_client(build_client(changes=changes), is_strict=False) or "")
    assert "strict" in (check_client(build_client(), is_strict=True) or "")


def test_only_mistakes_that_the_flow_gives_room_for_are_offered() -> None:
    public = build_client(changes={"is_public": True})
    assert Mistake.SECRET not in list_mistakes(public, Flow.CODE)
    hybrid = build_client(changes={"grant_types": {GrantType.HYBRID}, "require_pkce": False})
    assert not {Mistake.NO_CHALLENGE, Mistake.VERIFIER} & {*list_mistakes(hybrid, Flow.CODE_ID_TOKEN)}
    assert list_mistakes(hybrid, Flow.SERVICE) == [Mistake.NONE, Mistake.SCOPE, Mistake.SECRET]
    assert Mistake.REUSED_CODE not in list_mistakes(hybrid, Flow.ID_TOKEN)


@pytest.mark.parametrize(
    ("plan", "field"),
    [
        (Plan(Flow.CODE, Mistake.NONE, CALLBACK), None),
        (Plan(Flow.ID_TOKEN, Mistake.NONE, CALLBACK), "flow"),
        (Plan(Flow.CODE, Mistake.NONE, "https://elsewhere.example/cb"), "callback"),
        (Plan(Flow.CODE, Mistake.NONE, ""), "callback"),
    ],
)
def test_a_plan_fits_the_client_and_names_a_callback_of_its_own(plan: Plan, field: str | None) -> None:
    assert [*check_plan(build_client(), plan)] == ([field] if field else [])


@pytest.mark.parametrize("mistake", [each for each in Mistake if each is not Mistake.NONE])
def test_a_mistake_differs_from_none_in_one_request_at_most(mistake: Mistake) -> None:
    """What the developer sees is about her mistake and nothing else."""
    client = build_client()
    right, wrong = (Plan(Flow.CODE, each, CALLBACK) for each in (Mistake.NONE, mistake))
    asked = build_authorization(client, right, HANDLES) != build_authorization(client, wrong, HANDLES)
    redeemed = build_redemption(client, right, HANDLES, "c") != build_redemption(client, wrong, HANDLES, "c")
    assert asked + redeemed <= 1
    assert asked is (mistake in {Mistake.REDIRECT_URI, Mistake.SCOPE, Mistake.NO_CHALLENGE})


def build_report(mistake: Mistake, *errors: str | None) -> Report:
    steps = [
        Exchange("x", "", "GET", "/", (), 200, is_refused=error is not None, error=error or "")
        for error in errors
    ]
    return Report(Flow.CODE, mistake, tuple(steps))


def test_a_mistake_is_noticed_only_by_the_error_that_its_specification_names() -> None:
    assert build_report(Mistake.NONE, None).is_as_expected
    assert not build_report(Mistake.NONE, None, "invalid_grant").is_as_expected
    assert build_report(Mistake.SECRET, None, "invalid_client").is_as_expected
    assert not build_report(Mistake.SECRET, None).is_as_expected
    assert not build_report(Mistake.SECRET, "invalid_scope", "invalid_client").is_as_expected


def test_there_are_words_for_all_that_can_be_chosen() -> None:
    assert FLOW_WORDS.keys() == set(Flow)
    assert MISTAKE_WORDS.keys() == set(Mistake)


PAGE = """<html><body><p>Not this</p><form action="/other"><input name="no" value="no"></form>
<main><h1>Allow  it?</h1><form method="post" action="/decision"><p>You <b>may</b>.</p>
<input type="hidden" name="request" value="a&amp;b"><input type="checkbox" name="scope" value="on it" checked>
<input type="checkbox" name="scope" value="off it"><input value="no name"><button name="decision" value="allow">
</form></main><p>Nor this</p></body></html>"""


def test_a_form_is_read_as_a_browser_would_submit_it() -> None:
    form = find_form(PAGE, "/decision")
    assert form
    assert form.values == (("request", "a&b"), ("scope", "on it"))
    assert find_form(PAGE, "/decisio") is None


def test_the_words_of_a_page_are_its_headline_and_paragraphs() -> None:
    assert read_words(PAGE) == "Allow it?\nYou may."


def sign(claims: dict[str, object], key: RSAKey = KEY, **header: str) -> str:
    return jws.serialize_compact({"alg": "RS256", "kid": "one", **header}, _dump(claims), key)


def _dump(claims: dict[str, object]) -> bytes:
    return json.dumps(claims).encode()


def find_id_faults(token: str, expected: Expected = EXPECTED) -> list[str]:
    signed = read_signed(token, ISSUER.keys)
    return [check.fault for check in check_id_token(signed, ISSUER, expected) if check.fault]


def test_a_right_id_token_passes_every_check() -> None:
    assert find_id_faults(sign(ID_CLAIMS)) == []


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"iss": "https://evil.example"}, "iss"),
        ({"aud": "demo.other"}, "aud"),
        ({"aud": ["demo.fine", "demo.other"]}, "aud"),
        ({"exp": SECONDS}, "expired"),
        ({"iat": SECONDS + 60}, "issued"),
        ({"nonce": "another"}, "nonce"),
        ({"c_hash": "wrong"}, "c_hash"),
        ({"at_hash": "wrong"}, "at_hash"),
    ],
)
def test_each_wrong_claim_is_noticed(changes: dict[str, object], word: str) -> None:
    faults = find_id_faults(sign({**ID_CLAIMS, **changes}))
    assert len(faults) == 1
    assert word in faults[0]


@pytest.mark.parametrize("name", ["c_hash", "at_hash", "nonce", "exp", "iat"])
def test_a_missing_claim_is_noticed(name: str) -> None:
    claims = {key: value for key, value in ID_CLAIMS.items() if key != name}
    assert len(find_id_faults(sign(claims))) == 1


def test_another_person_than_before_is_noticed() -> None:
    assert find_id_faults(sign(ID_CLAIMS), replace(EXPECTED, subject="somebody")) == []
    assert find_id_faults(sign(ID_CLAIMS), replace(EXPECTED, subject="another"))


def test_a_signature_that_is_not_the_issuers_is_noticed() -> None:
    forged = sign(ID_CLAIMS, RSAKey.generate_key(2048, {"kid": "one"}))
    assert any("signature" in fault for fault in find_id_faults(forged))
    secret = OctKey.import_key("a-secret-that-is-long-enough-for-it")
    other = jws.serialize_compact(
        {"alg": "HS256", "kid": "one"}, _dump(ID_CLAIMS), secret, algorithms=["HS256"]
    )
    assert any("signature" in fault for fault in find_id_faults(other))


def test_an_access_token_has_to_be_one() -> None:
    claims = {**ID_CLAIMS, "aud": ISSUER.name, "client_id": "demo.fine", "scope": "openid"}

    def find_faults(token: str, scope: str | None = "openid") -> list[str]:
        signed = read_signed(token, ISSUER.keys)
        return [c.fault for c in check_access_token(signed, ISSUER, EXPECTED, scope) if c.fault]

    assert find_faults(sign(claims, typ="at+jwt")) == []
    assert len(find_faults(sign(claims))) == 1
    assert len(find_faults(sign({**claims, "client_id": "demo.other"}, typ="at+jwt"))) == 1
    assert len(find_faults(sign(claims, typ="at+jwt"), "openid email")) == 1


def test_a_shown_token_has_no_signature() -> None:
    token = sign(ID_CLAIMS)
    assert token.rpartition(".")[2] not in shorten(token)
    assert len(shorten(token)) < 30
    assert shorten("not.a.token") == "not.a.token"


def test_times_are_told_in_seconds() -> None:
    later = replace(EXPECTED, now=NOW + timedelta(seconds=10))
    checks = check_id_token(read_signed(sign(ID_CLAIMS), ISSUER.keys), ISSUER, later)
    assert any("50 seconds" in check.words for check in checks)
