"""Client metadata as the portal's fields and back."""

import itertools
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from borvo.kernel.entropy import read_system_entropy
from borvo.kernel.ids import ClientId, ClientKey, TenancyId
from borvo.portal.forms import Surroundings
from borvo.portal.model import (
    ClientDetails,
    ClientPresentation,
    ClientSheet,
    LifetimeBounds,
    RegisteredClient,
)
from borvo.portal.policy import check_suffix
from borvo.portal.registration.flows import list_grants, list_responses, read_flows
from borvo.portal.registration.judgement import judge, spell
from borvo.portal.registration.metadata import Wish, describe_metadata, read_wish
from borvo.portal.registration.model import InitialTerms, Registration, RegistrationError
from borvo.portal.registration.policy import find_faults
from borvo.portal.registration.suffixes import create_suffix

ISSUER = "https://id.example.org"
AROUND = Surroundings(LifetimeBounds(60, 90, 30), "id.example.org")
NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
RESPONSES = ("code", "code id_token", "code id_token token", "code token", "id_token", "id_token token")
GRANTS = (
    "authorization_code",
    "implicit",
    "refresh_token",
    "client_credentials",
    "urn:ietf:params:oauth:grant-type:device_code",
)


def build_sheet(details: ClientDetails) -> ClientSheet:
    shared = {name: getattr(details, name) for name in RegisteredClient.__slots__ if hasattr(details, name)}
    client = RegisteredClient(
        client_id=ClientId("demo.app"),
        client_key=ClientKey(uuid4()),
        tenancy_id=TenancyId(uuid4()),
        suffix="app",
        is_disabled=False,
        secrets=(),
        **shared,
    )
    shown = ClientPresentation(details.description, details.tos_uri, details.policy_uri)
    return ClientSheet(client, shown, 1, NOW, NOW)


def keep(wish: Wish) -> Registration:
    return Registration(b"", wish.secret_method, wish.about)


responses = st.lists(st.sampled_from(RESPONSES), unique=True, min_size=1)
metadata = st.fixed_dictionaries(
    {
        "redirect_uris": st.lists(
            st.sampled_from([f"https://app.example/{n}" for n in range(5)]), unique=True, min_size=1
        ),
        "response_types": responses,
        "client_name": st.sampled_from(["An App", "b", "\u00c9t\u00e9"]),
    },
    optional={
        "scope": st.sampled_from(["openid", "openid email read.body_mass", "openid offline_access"]),
        "token_endpoint_auth_method": st.sampled_from(["none", "client_secret_basic", "client_secret_post"]),
        "id_token_signed_response_alg": st.sampled_from(["RS256", "ES256", "PS256", "EdDSA"]),
        "userinfo_signed_response_alg": st.sampled_from(["RS256", "EdDSA"]),
        "subject_type": st.sampled_from(["public", "pairwise"]),
        "policy_uri": st.just("https://app.example/privacy"),
        "client_uri": st.just("https://app.example/"),
        "post_logout_redirect_uris": st.just(["https://app.example/out"]),
        "backchannel_logout_uri": st.just("https://app.example/back"),
        "require_pushed_authorization_requests": st.booleans(),
        "default_max_age": st.integers(0, 999_999),
        "contacts": st.lists(st.sampled_from(["ops@example.org", "Ada"]), unique=True, min_size=1),
        "software_id": st.just("till"),
        "software_version": st.just("2.1"),
        "initiate_login_uri": st.just("https://app.example/begin"),
        "unknown_member": st.just({"a": [1]}),
    },
)


@pytest.mark.spec("RFC 7592", "2.2")
@given(metadata)
def test_an_answer_that_is_sent_back_changes_nothing(sent: dict[str, Any]) -> None:
    wish = read_wish(json.dumps(sent).encode(), is_strict=False)
    # Lasting access goes with a code.
    assume("code" in " ".join(sent["response_types"]) or "offline_access" not in sent.get("scope", ""))
    details = judge(wish.details, AROUND)
    told = describe_metadata(build_sheet(details), keep(wish), ISSUER)
    again = read_wish(json.dumps(told).encode(), details, is_strict=False)
    assert judge(again.details, AROUND) == details
    assert again.secret_method == wish.secret_method
    for name in sent.keys() & told.keys() - {"response_types", "client_uri", "scope"}:
        assert told[name] == sent[name], name
    assert "unknown_member" not in told
    assert set(sent["response_types"]) <= set(told["response_types"])


@pytest.mark.spec("RFC 7591", "2.1")
def test_of_all_flows_those_are_taken_that_go_together() -> None:
    """Each pair of lists is either refused or told again as something that is taken."""
    taken = 0
    subsets = [list(chosen) for size in range(4) for chosen in itertools.combinations(GRANTS, size)]
    answers = [list(chosen) for size in range(3) for chosen in itertools.combinations(RESPONSES, size)]
    for grants, types in itertools.product(subsets, answers):
        try:
            grant_types, takes_tokens = read_flows(grants, types, is_strict=False)
        except RegistrationError:
            continue
        taken += 1
        details = ClientDetails(
            "x", "", (), grant_types, ("openid",), False, allows_front_channel_tokens=takes_tokens
        )
        assert set(types) <= set(list_responses(details))
        assert set(list_grants(details)) == set(grants) - {"refresh_token"}
        again = read_flows(list_grants(details), list_responses(details), is_strict=False)
        assert again[1] is takes_tokens
        assert again[0] == grant_types
    assert taken > 0


def test_words_of_a_response_type_have_no_order() -> None:
    assert read_flows(None, ["token id_token code"], is_strict=False) == read_flows(
        None, ["code id_token token"], is_strict=False
    )


@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists).map(
        lambda value: json.dumps(value).encode()
    )
)
def test_whatever_is_sent_is_read_or_refused(content: bytes) -> None:
    with pytest.raises(RegistrationError) as refused:
        judge(read_wish(content, is_strict=True).details, AROUND)
    assert refused.value.status == 400


@given(
    st.dictionaries(
        st.sampled_from(["redirect_uris", "scope", "jwks", "client_name", "subject_type", "logo_uri"]),
        st.recursive(
            st.none() | st.integers() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
            max_leaves=5,
        ),
    )
)
def test_no_member_of_a_wrong_kind_is_an_error(sent: dict[str, Any]) -> None:
    content = json.dumps({"redirect_uris": ["https://a.example/"], **sent}).encode("utf-8", "surrogatepass")
    told: object = None
    try:
        wish = read_wish(content, is_strict=False)
        told = describe_metadata(build_sheet(judge(wish.details, AROUND)), keep(wish), ISSUER)
    except RegistrationError as refused:
        told = spell(refused.public).encode("ascii")
    assert told


def test_what_metadata_has_no_member_for_stays() -> None:
    present = ClientDetails(
        "Old", "", (), frozenset(), (), require_pkce=True, description="Ours", access_token_minutes=5
    )
    wish = read_wish(b'{"redirect_uris": ["https://a.example/cb"]}', present, is_strict=False)
    assert (wish.details.description, wish.details.access_token_minutes) == ("Ours", 5)
    assert wish.details.require_pkce is True
    assert wish.details.display_name == "a.example"
    assert replace(wish.details, display_name="Old") != present


def test_a_drawn_suffix_is_one_that_a_developer_could_choose() -> None:
    drawn = {create_suffix(read_system_entropy) for _ in range(50)}
    assert len(drawn) == 50
    assert all(check_suffix(each) is None and len(each) == 20 for each in drawn)
    # No letter is likelier than another: bytes beyond the last whole round are drawn anew.
    stream = iter([bytes([255] * 20), bytes(range(232, 252)), bytes([0] * 20)])
    assert create_suffix(lambda _: next(stream)) == "ghijklmnopqrstuvwxyz"


@pytest.mark.parametrize(
    ("terms", "fields"),
    [
        (InitialTerms("x", 7, 1), set()),
        (InitialTerms("x", 365, 1000), set()),
        (InitialTerms("", None, None), {"label", "days", "most"}),
        (InitialTerms("x\ny", 8, 0), {"label", "days", "most"}),
        (InitialTerms("x" * 61, 7, 1001), {"label", "most"}),
    ],
)
def test_terms_of_an_initial_token(terms: InitialTerms, fields: set[str]) -> None:
    assert find_faults(terms).keys() == fields
