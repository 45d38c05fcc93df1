"""Assertions by which clients prove who they are: what is read, and what is refused."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from borvo.identity.assertions import (
    ASSERTION_TYPE,
    LEEWAY,
    AssertionFaultError,
    check_claims,
    read_assertion,
)
from borvo.identity.credentials import CredentialsError, read_credentials
from borvo.identity.model import Parameters
from borvo.kernel.entropy import encode_bytes
from borvo.portal.public import AuthMethod

ISSUER = "https://id.example.org"
TOKEN, PUSHED = f"{ISSUER}/connect/token", f"{ISSUER}/connect/par"
AUDIENCES = (ISSUER, TOKEN, PUSHED)
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
CLIENT = "healthorg.app"
CLAIMS = {"iss": CLIENT, "sub": CLIENT, "aud": ISSUER, "exp": SECONDS + 60, "iat": SECONDS, "jti": "one"}
RSA, EC, ED = RSAKey.generate_key(2048), ECKey.generate_key("P-256"), OKPKey.generate_key("Ed25519")
SECRET = OctKey.import_key("borvo_cs_" + "s" * 49)
_EVERY = JWSRegistry(algorithms=list(JWSRegistry.algorithms), strict_check_header=False)


def sign(
    key: Key = EC, algorithm: str = "ES256", header: dict[str, Any] | None = None, **changes: object
) -> str:
    """With the claims changed; None leaves one out."""
    claims = {name: value for name, value in {**CLAIMS, **changes}.items() if value is not None}
    return jwt.encode({"alg": algorithm, **(header or {})}, claims, key, registry=_EVERY)


def check(text: str, *, is_strict: bool = False) -> None:
    check_claims(read_assertion(text), AUDIENCES, NOW, is_strict=is_strict)


@pytest.mark.parametrize(
    ("key", "algorithm", "method"),
    [
        (RSA, "RS256", AuthMethod.PRIVATE_KEY_JWT),
        (RSA, "PS256", AuthMethod.PRIVATE_KEY_JWT),
        (EC, "ES256", AuthMethod.PRIVATE_KEY_JWT),
        (ED, "EdDSA", AuthMethod.PRIVATE_KEY_JWT),
        (SECRET, "HS256", AuthMethod.CLIENT_SECRET_JWT),
        (SECRET, "HS384", AuthMethod.CLIENT_SECRET_JWT),
    ],
)
def test_each_algorithm_belongs_to_one_method_and_verifies(
    key: Key, algorithm: str, method: AuthMethod
) -> None:
    assertion = read_assertion(sign(key, algorithm, {"kid": "a"}))
    assert (assertion.client_id, assertion.algorithm, assertion.kid) == (CLIENT, algorithm, "a")
    assert assertion.method is method
    assert assertion.is_signed_by(key)


@pytest.mark.parametrize("key", [RSAKey.generate_key(2048), EC, ED, SECRET])
def test_another_key_verifies_nothing(key: Key) -> None:
    assert not read_assertion(sign(RSA, "RS256")).is_signed_by(key)


@pytest.mark.spec("RFC 8725", "3.1")
def test_a_public_key_is_never_taken_for_a_secret() -> None:
    public = RSA.as_pem(private=False)
    forged = OctKey(public, public)
    assertion = read_assertion(sign(forged, "HS256"))
    assert assertion.method is AuthMethod.CLIENT_SECRET_JWT
    assert not assertion.is_signed_by(RSA)


def test_a_changed_claim_breaks_the_signature() -> None:
    head, _, signature = sign().split(".")
    other = sign(jti="two").split(".")[1]
    assert not read_assertion(f"{head}.{other}.{signature}").is_signed_by(EC)
    assert not read_assertion(f"{head}.{other}.").is_signed_by(EC)


@pytest.mark.parametrize(("key", "algorithm"), [(SECRET, "HS512"), (RSA, "RS512"), (RSA, "PS384")])
def test_an_algorithm_that_is_not_listed_is_refused(key: Key, algorithm: str) -> None:
    with pytest.raises(AssertionFaultError, match="none of the algorithms"):
        read_assertion(sign(key, algorithm))


@pytest.mark.spec("RFC 8725", "3.2")
@pytest.mark.parametrize("algorithm", ["none", "None", "", "ES256 ", ["ES256"], None, 1])
def test_an_unsigned_assertion_is_refused(algorithm: object) -> None:
    _, claims, _ = sign().split(".")
    head = encode_bytes(str({"alg": algorithm}).replace("'", '"').replace("None}", "null}").encode())
    with pytest.raises(AssertionFaultError, match="none of the algorithms"):
        read_assertion(f"{head}.{claims}.")


@pytest.mark.parametrize(
    "kind", ["JWT", "jwt", "client-authentication+jwt", "application/client-authentication+jwt"]
)
def test_an_assertion_may_say_what_it_is(kind: str) -> None:
    check(sign(header={"typ": kind}))


@pytest.mark.spec("RFC 8725", "3.11")
@pytest.mark.parametrize("kind", ["at+jwt", "dpop+jwt", "logout+jwt", "oauth-authz-req+jwt", "JOSE"])
def test_another_kind_of_token_is_no_assertion(kind: str) -> None:
    with pytest.raises(AssertionFaultError, match="typ"):
        read_assertion(sign(header={"typ": kind}))


@pytest.mark.spec("RFC 7515", "4.1.11")
def test_an_extension_that_must_be_understood_is_refused() -> None:
    _, claims, signature = sign().split(".")
    head = encode_bytes(b'{"alg":"ES256","crit":["b64"],"b64":true}')
    with pytest.raises(AssertionFaultError, match="crit"):
        read_assertion(f"{head}.{claims}.{signature}")


def test_a_header_may_hold_what_is_not_understood() -> None:
    text = sign(header={"x5t": "AA", "vendor": "y", "x5u": "https://evil.example/"})
    assert read_assertion(text).is_signed_by(EC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a.b",
        "a.b.c",
        "....",
        f"{encode_bytes(b'[]')}.{encode_bytes(b'{}')}.AA",
        f"{encode_bytes(b'7')}.{encode_bytes(b'{}')}.AA",
        f"{encode_bytes(b'`alg`'.replace(b'`', bytes([34])))}.{encode_bytes(b'{}')}.AA",
        f"{encode_bytes(b'[' * 2000)}.{encode_bytes(b'{}')}.AA",
        f"{encode_bytes(b'[`alg`]'.replace(b'`', bytes([34])))}.{encode_bytes(b'{}')}.AA",
        f"{sign().split('.')[0]}.{encode_bytes(b'[]')}.AA",
        f"{sign().split('.')[0]}.{encode_bytes(b'nonsense')}.AA",
        f"{sign().split('.')[0]}.{encode_bytes(bytes([255]))}.AA",
        sign(more="x" * 5000),
        "é" * 40,
        "x" * 100_000,
    ],
)
def test_what_is_no_json_web_token_is_called_so(text: str) -> None:
    with pytest.raises(AssertionFaultError, match="no readable JSON Web Token"):
        read_assertion(text)


@pytest.mark.spec("RFC 7523", "3")
@pytest.mark.parametrize(
    "changes",
    [
        {"iss": None},
        {"sub": None},
        {"iss": "other.app"},
        {"sub": ""},
        {"sub": 7, "iss": 7},
        {"sub": [CLIENT]},
    ],
)
def test_issuer_and_subject_are_both_the_client(changes: dict[str, Any]) -> None:
    with pytest.raises(AssertionFaultError, match="iss and the sub"):
        read_assertion(sign(**changes))


@pytest.mark.spec("RFC 7523", "3")
@pytest.mark.parametrize("audience", [ISSUER, TOKEN, PUSHED, [ISSUER], ["https://other.example", TOKEN]])
def test_an_assertion_may_be_for_the_issuer_or_the_endpoint(audience: object) -> None:
    check(sign(aud=audience))


@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.1")
@pytest.mark.parametrize("audience", [TOKEN, PUSHED, [ISSUER], [ISSUER, TOKEN]])
def test_a_strict_instance_takes_its_name_alone_and_as_a_text(audience: object) -> None:
    check(sign(), is_strict=True)
    with pytest.raises(AssertionFaultError, match=f"has to be {ISSUER}"):
        check(sign(aud=audience), is_strict=True)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"aud": "https://other.example"}, "aud"),
        ({"aud": f"{ISSUER}/"}, "aud"),
        ({"aud": ISSUER.upper()}, "aud"),
        ({"aud": []}, "aud"),
        ({"aud": [7]}, "aud"),
        ({"aud": {ISSUER: 1}}, "aud"),
        ({"aud": None}, "lacks a claim: aud"),
        ({"exp": None}, "lacks a claim: exp"),
        ({"jti": None}, "lacks a claim: jti"),
        ({"exp": SECONDS - 30}, "expired"),
        ({"exp": str(SECONDS + 60)}, "expired"),
        ({"exp": True}, "expired"),
        ({"exp": SECONDS + 3631}, "an hour ahead"),
        ({"exp": 10**400}, "an hour ahead"),
        ({"exp": 1e300}, "an hour ahead"),
        ({"nbf": SECONDS + 31}, "nbf"),
        ({"nbf": "soon"}, "nbf"),
        ({"iat": SECONDS + 31}, "iat"),
        ({"iat": [1]}, "iat"),
        ({"jti": ""}, "jti"),
        ({"jti": 7}, "jti"),
        ({"jti": "j" * 201}, "jti"),
        ({"jti": "a\0b"}, "jti"),
    ],
)
def test_a_claim_that_is_wrong_is_named(changes: dict[str, Any], fault: str) -> None:
    with pytest.raises(AssertionFaultError, match=fault):
        check(sign(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": SECONDS - 29},
        {"exp": SECONDS + 3630},
        {"exp": SECONDS + 0.5},
        {"nbf": SECONDS + 30},
        {"iat": SECONDS + 30},
        {"iat": None},
        {"iat": SECONDS - 86_400},
    ],
)
def test_clocks_may_be_off_a_little(changes: dict[str, Any]) -> None:
    check(sign(**changes))


def test_an_assertion_is_remembered_until_it_is_refused_for_its_age() -> None:
    assertion = read_assertion(sign())
    assert assertion.expires_at == NOW + timedelta(seconds=60) + LEEWAY
    check_claims(assertion, AUDIENCES, assertion.expires_at - timedelta(seconds=1), is_strict=False)
    with pytest.raises(AssertionFaultError, match="expired"):
        check_claims(assertion, AUDIENCES, assertion.expires_at, is_strict=False)


def test_assertions_of_one_name_have_one_digest() -> None:
    first, second = read_assertion(sign()), read_assertion(sign(ED, "EdDSA", exp=SECONDS + 90))
    assert first.digest == second.digest != read_assertion(sign(jti="two")).digest


@given(
    st.text(max_size=80)
    | st.binary(max_size=60).map(lambda data: f"{encode_bytes(data)}.{encode_bytes(data)}.")
)
def test_any_text_is_read_or_refused(text: str) -> None:
    with pytest.raises(AssertionFaultError):
        read_assertion(text)


def _build(**fields: str) -> Parameters:
    named = {"client_assertion": sign(), "client_assertion_type": ASSERTION_TYPE, **fields}
    return Parameters(tuple(named.items()))


def test_an_assertion_says_who_the_client_is() -> None:
    for fields in ({}, {"client_id": CLIENT}):
        found = read_credentials(None, _build(**fields))
        assert (found.client_id, found.method) == (CLIENT, "private_key_jwt")


@pytest.mark.spec("RFC 7521", "4.2")
def test_a_client_id_beside_it_names_the_same_client() -> None:
    with pytest.raises(AssertionFaultError, match="not the one"):
        read_credentials(None, _build(client_id="other.app"))


@pytest.mark.spec("RFC 6749", "2.3")
def test_an_assertion_beside_a_secret_is_refused() -> None:
    with pytest.raises(CredentialsError):
        read_credentials(None, _build(client_secret="x"))
    with pytest.raises(CredentialsError):
        read_credentials("Basic YTpi", _build())


@pytest.mark.spec("RFC 7521", "4.2")
@pytest.mark.parametrize("fields", [{"client_assertion": ""}, {"client_assertion_type": ""}])
def test_half_an_assertion_is_refused(fields: dict[str, str]) -> None:
    with pytest.raises(CredentialsError):
        read_credentials(None, _build(**fields))


def test_two_assertions_are_refused() -> None:
    twice = Parameters((*_build().pairs, ("client_assertion", sign(jti="two"))))
    with pytest.raises(CredentialsError):
        read_credentials(None, twice)


def test_another_type_of_assertion_is_refused() -> None:
    kind = "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"
    with pytest.raises(AssertionFaultError, match="client_assertion_type"):
        read_credentials(None, _build(client_assertion_type=kind))
