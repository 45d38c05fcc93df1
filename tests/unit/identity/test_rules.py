"""The pure rules of the OpenID provider."""

import base64
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote_plus, urlsplit
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from borvo.accounts.public import ClaimsSubject, Login, Person, PostalAddress, Profile, Role
from borvo.identity.credentials import CredentialsError, parse_basic, read_credentials
from borvo.identity.model import (
    SCOPE_CLAIMS,
    Consent,
    Parameters,
    describe_person,
    find_response_mode,
    is_profile_needed,
    is_sign_in_needed,
    list_claims,
    map_claims,
)
from borvo.identity.responses import add_parameters, find_form_target
from borvo.kernel.ids import LoginSessionId, PersonId

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
PERSON = Person(PersonId(UUID(int=1)), "a@b.co", False, "Ada", "Byron", frozenset({Role.PATIENT}))
ADDRESS = PostalAddress("1 High Street\nFlat 2", "Townham", "Shire", "AB1 2CD", "United Kingdom")
ADDRESS_TEXTS = [field.name for field in fields(PostalAddress)]
PROFILE_TEXTS = [field.name for field in fields(Profile) if field.name != "address"]
FULL = Profile(**dict.fromkeys(PROFILE_TEXTS, "told"), address=ADDRESS)
texts = st.text(st.characters(codec="utf-8"))


def _describe(**values: str) -> Parameters:
    return Parameters(tuple({"redirect_uri": "https://a.example/cb", **values}.items()))


@pytest.mark.spec("RFC 6749", "2.3.1")
@given(texts, texts)
def test_basic_credentials_are_read_as_they_were_form_encoded(client_id: str, secret: str) -> None:
    pair = f"{quote_plus(client_id)}:{quote_plus(secret)}".encode()
    read = parse_basic("bAsIc " + base64.b64encode(pair).decode())
    assert read is not None
    assert (read.client_id, read.secret.reveal()) == (client_id, secret)


@given(st.text())
def test_any_header_is_read_or_refused(header: str) -> None:
    for text in (header, "Basic " + header):
        try:
            read = parse_basic(text)
        except CredentialsError:
            continue
        assert read is None or read.method == "client_secret_basic"


def test_without_any_credentials_nothing_was_presented() -> None:
    assert read_credentials(None, Parameters(())).method == ""


@pytest.mark.spec("OAuth 2.0 Multiple Response Types", "2.1")
@pytest.mark.parametrize(
    ("response_type", "asked", "mode"),
    [
        ("code", "", "query"),
        ("code", "fragment", "fragment"),
        ("code", "form_post", "form_post"),
        ("code", "nonsense", "query"),
        ("id_token", "", "fragment"),
        ("token", "query", "fragment"),
        ("code id_token", "query", "fragment"),
        ("id_token code", "form_post", "form_post"),
        ("", "", "query"),
    ],
)
def test_the_response_mode_is_the_one_asked_for_where_that_is_safe(
    response_type: str, asked: str, mode: str
) -> None:
    assert find_response_mode(_describe(response_type=response_type, response_mode=asked)) == mode


@pytest.mark.parametrize("uri", ["javascript:alert(1)", "com.example.app:/cb", "data:text/html,x"])
def test_a_form_is_posted_to_web_addresses_only(uri: str) -> None:
    parameters = _describe(response_type="code", response_mode="form_post", redirect_uri=uri)
    assert find_response_mode(parameters) == "query"


@given(st.lists(st.tuples(st.sampled_from("abc"), texts)))
def test_the_first_value_counts_and_a_repetition_is_found(pairs: list[tuple[str, str]]) -> None:
    parameters = Parameters(tuple(pairs))
    names = [name for name, _ in pairs]
    assert (parameters.find_repeated() is None) == (len(set(names)) == len(names))
    for name in "abc":
        given_values = [value for key, value in pairs if key == name and value]
        assert parameters.get(name) == (given_values[0] if given_values else None)
        assert parameters.to_dict().get(name) == parameters.get(name)


@given(st.lists(st.tuples(st.sampled_from(["code", "state", "iss"]), texts), min_size=1))
def test_parameters_behind_a_redirect_uri_are_read_back_byte_for_byte(pairs: list[tuple[str, str]]) -> None:
    for uri in ("https://a.example/cb", "https://a.example/cb?x=%2f&y=+"):
        query = urlsplit(add_parameters(uri, pairs)).query
        assert add_parameters(uri, pairs).startswith(uri)
        assert parse_qsl(query, keep_blank_values=True)[-len(pairs) :] == pairs
        fragment = urlsplit(add_parameters(uri, pairs, "#")).fragment
        assert parse_qsl(fragment, keep_blank_values=True) == pairs


@pytest.mark.parametrize(
    ("uri", "target"),
    [
        ("https://a.example:8443/cb", "https://a.example:8443"),
        ("com.example.app:/cb", "com.example.app:"),
        ("https://a.example;script-src *", "https:"),
    ],
)
def test_a_form_target_is_one_source_expression(uri: str, target: str) -> None:
    assert find_form_target(uri) == target


@pytest.mark.spec("OpenID Connect Core", "3.1.2.1")
@pytest.mark.parametrize(
    ("values", "minutes", "needed"),
    [
        ({}, 600, False),
        ({"prompt": "login"}, 1, True),
        ({"prompt": "login"}, 0, False),
        ({"prompt": "consent select_account"}, 1, True),
        ({"max_age": "60"}, 1, False),
        ({"max_age": "59"}, 1, True),
        ({"max_age": "0"}, 0, False),
        ({"max_age": "9" * 30}, 600, False),
    ],
)
def test_when_a_person_must_sign_in_anew(values: dict[str, str], minutes: int, needed: bool) -> None:
    login = Login(PERSON, LoginSessionId(UUID(int=2)), NOW - timedelta(minutes=minutes))
    assert is_sign_in_needed(_describe(**values), login, NOW, NOW) == needed
    assert is_sign_in_needed(_describe(**values), None, NOW, NOW)


@pytest.mark.spec("OpenID Connect Registration", "2")
@pytest.mark.parametrize(
    ("asked", "default", "needed"),
    [
        ({}, None, False),
        ({}, 299, True),
        ({}, 300, False),
        ({}, 0, True),
        ({"max_age": "600"}, 60, False),
        ({"max_age": "60"}, 600, True),
    ],
)
def test_what_a_request_says_of_its_age_comes_before_what_the_client_is_set_to(
    asked: dict[str, str], default: int | None, needed: bool
) -> None:
    login = Login(PERSON, LoginSessionId(UUID(int=2)), NOW - timedelta(minutes=5))
    assert is_sign_in_needed(_describe(**asked), login, NOW, NOW, default) == needed


@given(st.sets(st.sampled_from("abcd")), st.sets(st.sampled_from("abcd")))
def test_consent_covers_what_it_holds_until_it_is_withdrawn(held: set[str], asked: set[str]) -> None:
    assert Consent(frozenset(held), 1, is_withdrawn=False).covers(asked) == (asked <= held)
    assert not Consent(frozenset(held), 2, is_withdrawn=True).covers(asked)


def test_claims_are_of_the_scopes_held_only() -> None:
    subject = ClaimsSubject(PERSON, FULL, updated_at=NOW)
    assert set(describe_person(subject, ["openid"])) == {"sub", "role"}
    assert describe_person(subject, [])["role"] == ["patient"]
    assert describe_person(subject, ["email"])["email"] == "a@b.co"
    for scope, names in SCOPE_CLAIMS.items():
        assert set(describe_person(subject, [scope])) == {"sub", "role", *names}


def test_single_claims_are_told_by_their_names_and_unknown_ones_are_not() -> None:
    subject = ClaimsSubject(PERSON, FULL)
    assert set(describe_person(subject, [], ["birthdate", "nonsense"])) == {"sub", "role", "birthdate"}


@pytest.mark.spec("OpenID Connect Core", "5.1")
def test_the_claims_of_a_full_profile() -> None:
    claims = map_claims(ClaimsSubject(PERSON, FULL, updated_at=NOW))
    assert claims["updated_at"] == int(NOW.timestamp())
    assert claims["phone_number_verified"] is claims["email_verified"] is False
    assert claims["address"] == {
        "formatted": "1 High Street\nFlat 2\nAB1 2CD Townham\nShire\nUnited Kingdom",
        "street_address": "1 High Street\nFlat 2",
        "locality": "Townham",
        "region": "Shire",
        "postal_code": "AB1 2CD",
        "country": "United Kingdom",
    }


@pytest.mark.spec("OpenID Connect Core", "5.3.2")
@given(st.sets(st.sampled_from([*PROFILE_TEXTS, *ADDRESS_TEXTS])))
def test_a_claim_without_a_value_is_left_out(told: set[str]) -> None:
    address = PostalAddress(**{name: "x" for name in ADDRESS_TEXTS if name in told})
    profile = Profile(**{name: "x" for name in PROFILE_TEXTS if name in told}, address=address)
    claims = map_claims(ClaimsSubject(PERSON, profile))
    assert {name for name in PROFILE_TEXTS if name in claims} == told - set(ADDRESS_TEXTS)
    assert ("address" in claims) == bool(told & set(ADDRESS_TEXTS))
    assert ("phone_number_verified" in claims) == ("phone_number" in told)
    assert [name for name, value in claims.items() if value in (None, "", {}, [])] == []


@pytest.mark.parametrize(
    ("scopes", "is_needed"),
    [
        (["openid", "email", "read.step_count"], False),
        (["profile"], True),
        (["phone"], True),
        (["address"], True),
    ],
)
def test_a_profile_is_read_only_for_claims_that_need_it(scopes: list[str], is_needed: bool) -> None:
    assert is_profile_needed(list_claims(scopes)) is is_needed
