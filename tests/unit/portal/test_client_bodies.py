"""What programs send: judged by the rules of the pages, named by its members, and never a surprise."""

import argparse
import json
from dataclasses import fields
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from borvo.cli.clients.members import add_member_options, read_members
from borvo.cli.main import build_parser
from borvo.kernel.errors import InvalidInputError
from borvo.portal.api.bodies import ClientBody, parse_body, read_client
from borvo.portal.api.preconditions import (
    Precondition,
    PreconditionNeededError,
    read_precondition,
)
from borvo.portal.forms import FIELD_LABELS, Surroundings
from borvo.portal.model import AccessTokenFormat, ClientDetails, GrantType, LifetimeBounds, SigningAlgorithm

AROUND = Surroundings(LifetimeBounds(60, 90, 30))
MEMBERS = st.sampled_from([*ClientBody.__struct_fields__, "nonsense"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
DETAILS = st.builds(
    ClientDetails,
    display_name=st.sampled_from(["My App", "Ünïcode"]),
    client_uri=st.sampled_from(["", "https://app.example.org"]),
    redirect_uris=st.sampled_from(
        [("https://app.example.org/cb",), ("https://app.example.org/b", "https://app.example.org/a")]
    ),
    grant_types=st.frozensets(st.sampled_from([GrantType.AUTHORIZATION_CODE, GrantType.HYBRID]), min_size=1),
    scopes=st.sampled_from([("openid",), ("openid", "profile")]),
    require_pkce=st.booleans(),
    access_token_format=st.sampled_from(AccessTokenFormat),
    signing_algorithm=st.sampled_from(SigningAlgorithm),
    access_token_minutes=st.none() | st.integers(5, 60),
    description=st.sampled_from(["", "One\nTwo"]),
    policy_uri=st.sampled_from(["", "https://app.example.org/privacy"]),
)


def test_programs_say_all_that_people_say_and_commands_too() -> None:
    details = {each.name for each in fields(ClientDetails)}
    assert set(ClientBody.__struct_fields__) == {*details, "confirmed_hosts"}
    options = build_parser().parse_args(["client", "update", "app", "--access-token-minutes", ""])
    assert read_members(options) == {"access_token_minutes": None}
    command = argparse.ArgumentParser()
    add_member_options(command)
    assert {each.dest for each in vars(command)["_actions"]} == {*ClientBody.__struct_fields__, "help"}


@given(DETAILS)
def test_what_was_read_and_is_sent_back_is_the_same(details: ClientDetails) -> None:
    """So applying what is there already changes nothing."""
    body = parse_body(msgspec.json.encode(details), ClientBody)
    assert read_client(body, AROUND) == details


@given(st.dictionaries(MEMBERS, JSON, max_size=4))
def test_whatever_is_sent_is_read_or_refused_by_the_names_of_members(value: dict[str, Any]) -> None:
    named: set[str] = set()
    try:
        details = read_client(parse_body(json.dumps(value).encode(), ClientBody), AROUND)
        assert details.display_name == value["display_name"].strip()
    except InvalidInputError as refused:
        named = set(refused.errors)
    assert named <= {*FIELD_LABELS, "confirmed_hosts", *value}


USUAL: dict[str, Any] = {
    "display_name": "My App",
    "redirect_uris": ["https://app.example.org/cb"],
    "grant_types": ["authorization_code"],
    "scopes": ["openid", "profile"],
}
CALLBACK = "https://app.example.org/cb"


@pytest.mark.parametrize(
    ("changes", "members"),
    [
        ({"display_name": ""}, ["display_name"]),
        ({"display_name": 5}, ["display_name"]),
        ({"display_name": "a\x00b"}, []),
        ({"redirect_uris": []}, ["redirect_uris"]),
        ({"redirect_uris": ["http://example.com/cb", "https://a.example/#x"]}, ["redirect_uris"]),
        ({"redirect_uris": [CALLBACK, 5]}, ["redirect_uris"]),
        ({"redirect_uris": CALLBACK}, ["redirect_uris"]),
        ({"grant_types": ["password"]}, ["grant_types"]),
        ({"grant_types": []}, ["grant_types"]),
        ({"scopes": ["nonsense"]}, ["scopes"]),
        ({"is_public": True, "grant_types": ["client_credentials"]}, ["is_public"]),
        ({"is_public": "yes"}, ["is_public"]),
        ({"access_token_minutes": 1}, ["access_token_minutes"]),
        ({"access_token_minutes": -5}, ["access_token_minutes"]),
        ({"refresh_token_days": 10**30}, ["refresh_token_days"]),
        ({"signing_algorithm": "none"}, ["signing_algorithm"]),
        ({"nonsense": 1}, ["nonsense"]),
        ({"policy_uri": "javascript:alert(1)"}, ["policy_uri"]),
        ({"display_name": "", "scopes": []}, ["display_name", "scopes"]),
    ],
)
def test_what_a_page_would_refuse_is_refused_by_the_name_of_its_member(
    changes: dict[str, Any], members: list[str]
) -> None:
    content = json.dumps({**USUAL, **changes}).encode()
    with pytest.raises(InvalidInputError) as refused:
        read_client(parse_body(content, ClientBody), AROUND)
    assert sorted(refused.value.errors) == members
    read_client(parse_body(json.dumps(USUAL).encode(), ClientBody), AROUND)


@pytest.mark.parametrize(
    ("member", "value", "words"),
    [
        ("access_token_format", "xml", "use jwt or opaque."),
        (
            "grant_types",
            ["code"],
            "use authorization_code, implicit, hybrid, client_credentials or device_code.",
        ),
    ],
)
def test_a_word_that_is_no_choice_is_answered_with_the_choices(
    member: str, value: object, words: str
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        parse_body(json.dumps({**USUAL, member: value}).encode(), ClientBody)
    assert refused.value.errors[member][0].endswith(words)


@given(st.binary(max_size=30))
def test_what_is_no_json_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidInputError):
        read_client(parse_body(content, ClientBody), AROUND)


@pytest.mark.parametrize(
    ("grant_types", "expected"), [({GrantType.AUTHORIZATION_CODE}, True), ({GrantType.HYBRID}, False)]
)
def test_without_a_word_on_pkce_the_grant_types_decide(grant_types: set[GrantType], expected: bool) -> None:
    body = ClientBody(
        display_name="A", redirect_uris=["https://a.example/"], grant_types=[*grant_types], scopes=["openid"]
    )
    assert read_client(body, AROUND).require_pkce is expected
    assert (
        read_client(msgspec.structs.replace(body, require_pkce=not expected), AROUND).require_pkce
        is not expected
    )


def test_too_many_addresses_are_refused_in_one_go() -> None:
    uris = [f"https://host{number}.example/" for number in range(5000)]
    with pytest.raises(InvalidInputError) as refused:
        read_client(ClientBody(display_name="A", redirect_uris=uris), AROUND)
    assert "at most 50" in refused.value.errors["redirect_uris"][0]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"if-none-match": "*"}, Precondition(must_be_new=True)),
        ({"if-match": '"12"'}, Precondition(version=12)),
        ({"if-match": "*"}, Precondition()),
    ],
)
def test_a_condition_is_read(headers: dict[str, str], expected: Precondition) -> None:
    assert read_precondition(headers) == expected


@given(st.dictionaries(st.sampled_from(["if-match", "if-none-match"]), st.text(max_size=12)))
def test_no_other_condition_is_taken_for_one(headers: dict[str, str]) -> None:
    try:
        found = read_precondition(headers)
    except (InvalidInputError, PreconditionNeededError):
        return
    assert len(headers) == 1
    (value,) = headers.values()
    assert value in {"*", f'"{found.version}"'} or value.strip('"').isdecimal()
