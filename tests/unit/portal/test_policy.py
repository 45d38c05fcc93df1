"""What a developer may enter about a client."""

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from borvo.catalogue.scopes import map_scopes
from borvo.portal.model import GrantType
from borvo.portal.policy import (
    PkceChoice,
    check_bound_tokens,
    check_chosen_secret,
    check_display_name,
    check_front_channel_tokens,
    check_grant_types,
    check_label,
    check_prefix,
    check_public,
    check_scopes,
    check_suffix,
    decide_pkce,
    needs_redirect_uri,
)

CODE, IMPLICIT, HYBRID, OWN, DEVICE = GrantType
NAMES = ("clinic.myapp", "My App")


@given(st.text(alphabet=string.ascii_lowercase + string.digits, min_size=1, max_size=64))
def test_a_suffix_or_prefix_of_small_letters_and_digits_is_accepted(text: str) -> None:
    assert check_suffix(text) is None
    assert check_prefix(text) is None


@given(st.text(max_size=80))
def test_no_other_suffix_or_prefix_is_accepted(text: str) -> None:
    is_right = re.fullmatch(r"[0-9a-z]{1,64}", text) is not None
    assert (check_suffix(text) is None) is is_right
    assert (check_prefix(text) is None) is is_right


@pytest.mark.parametrize("text", ["", "My", "my-app", "my.app", "my_app", "é", "٣", "a\n", " a", "a" * 65])
def test_a_suffix_outside_its_alphabet_is_refused(text: str) -> None:
    assert check_suffix(text)


def test_a_prefix_of_sixty_four_hex_digits_is_accepted() -> None:
    assert check_prefix("0af9" * 16) is None


@pytest.mark.parametrize("text", ["", "a" * 101, "a\u202eb", "a\nb", "a\0b", "a\u200bb"])
def test_a_display_name_is_short_and_visible(text: str) -> None:
    assert check_display_name(text)


@pytest.mark.parametrize("text", ["My App", "Blutdruck für alle", "<b>bold</b> & co", "血圧"])
def test_a_display_name_may_hold_any_script(text: str) -> None:
    assert check_display_name(text) is None


def test_a_client_has_at_least_one_grant_type() -> None:
    assert check_grant_types(())
    assert check_grant_types({OWN}) is None


def test_only_scopes_of_the_platform_are_accepted() -> None:
    assert check_scopes(tuple(map_scopes()), {CODE}) is None
    fault = check_scopes(("openid", "read.everything"), {CODE})
    assert fault is not None
    assert "read.everything" in fault


def test_a_client_has_at_least_one_scope() -> None:
    assert check_scopes((), {CODE})


@pytest.mark.parametrize("grant_type", [IMPLICIT, HYBRID])
def test_grants_that_answer_with_an_id_token_need_openid(grant_type: GrantType) -> None:
    fault = check_scopes(("profile",), {grant_type})
    assert fault is not None
    assert "openid" in fault
    assert check_scopes(("profile", "openid"), {grant_type}) is None


@pytest.mark.parametrize("grant_type", [CODE, OWN])
def test_other_grants_do_without_openid(grant_type: GrantType) -> None:
    assert check_scopes(("agency_api",), {grant_type}) is None


def test_only_the_clients_own_grant_does_without_a_callback() -> None:
    assert [needs_redirect_uri({grant_type}) for grant_type in (CODE, IMPLICIT, HYBRID, OWN)] == [
        True,
        True,
        True,
        False,
    ]


@pytest.mark.spec("RFC9700", "2.1.1")
@pytest.mark.parametrize(
    ("grant_types", "is_required"),
    [
        ({CODE}, True),
        ({CODE, OWN}, True),
        ({HYBRID}, False),
        ({CODE, HYBRID}, False),
        ({IMPLICIT}, False),
        ({OWN}, False),
    ],
)
def test_pkce_is_on_by_default_for_code_alone(grant_types: set[GrantType], is_required: bool) -> None:
    assert decide_pkce(PkceChoice.AUTOMATIC, grant_types, is_public=False) is is_required


@given(st.sets(st.sampled_from(GrantType)))
def test_the_developers_word_on_pkce_stands_above_the_default(grant_types: set[GrantType]) -> None:
    assert decide_pkce(PkceChoice.REQUIRED, grant_types, is_public=False)
    assert not decide_pkce(PkceChoice.OPTIONAL, grant_types, is_public=False)
    assert decide_pkce(PkceChoice.OPTIONAL, grant_types, is_public=True)


@pytest.mark.parametrize(
    "secret",
    [
        "short",
        "a" * 19,
        "k7Qe-9fZp_2mXv!3rTb" + "x" * 200,
        "a" * 20,
        "abcabcabcabcabcabcabc",
        "correctpony1correctpony1",
        "abcdefghijklmnopqrstuvwxyz",
        "98765432109876543210",
        "clinic.myapp-clinic.myapp",
        "my app my app my app 123",
        "My-Client-Secret-Password-1",
        "secret secret changeme 2026",
        "borvo.clinic.myapp.secret1",
        "k7Qe-9fZp_2mXv!3rTb\u00e9",
        "k7Qe-9fZp_2mXv\t3rTbaa",
        " k7Qe-9fZp_2mXv!3rTbaa",
        "k7Qe-9fZp_2mXv!3rTbaa ",
    ],
)
def test_a_poor_secret_is_refused(secret: str) -> None:
    assert check_chosen_secret(secret, NAMES)


@pytest.mark.parametrize(
    "secret", ["k7Qe-9fZp_2mXv!3rTba", "four words that do not rhyme", "3f8a1c94-7b2e-4d06-9c51-e8b7a2d3f614"]
)
def test_a_good_secret_is_accepted(secret: str) -> None:
    assert check_chosen_secret(secret, NAMES) is None


@pytest.mark.parametrize(
    ("grant_types", "is_possible"),
    [({CODE}, True), ({HYBRID, IMPLICIT}, True), ({DEVICE}, True), ({IMPLICIT}, False), ({OWN}, False)],
)
def test_lasting_access_needs_a_grant_that_can_last(grant_types: set[GrantType], is_possible: bool) -> None:
    assert (check_scopes(["openid", "offline_access"], grant_types) is None) is is_possible


def test_what_cannot_keep_a_secret_does_not_act_in_its_own_name() -> None:
    assert check_public(True, {CODE}) is None
    assert check_public(False, {OWN}) is None
    assert check_public(True, {CODE, OWN}) is not None


@given(st.sets(st.sampled_from(GrantType)))
def test_only_browser_flows_may_get_tokens_through_the_browser(grant_types: set[GrantType]) -> None:
    assert check_front_channel_tokens(False, grant_types) is None
    assert (check_front_channel_tokens(True, grant_types) is None) is bool({IMPLICIT, HYBRID} & grant_types)


@pytest.mark.spec("RFC 9449", "5.2")
@pytest.mark.parametrize(("is_bound", "is_front", "is_refused"), [(1, 1, 1), (1, 0, 0), (0, 1, 0), (0, 0, 0)])
def test_bound_tokens_do_not_come_through_the_browser(is_bound: int, is_front: int, is_refused: int) -> None:
    assert bool(check_bound_tokens(bool(is_bound), bool(is_front))) is bool(is_refused)


@pytest.mark.parametrize("label", ["", "web server", "x" * 60])
def test_a_label_is_free_text(label: str) -> None:
    assert check_label(label) is None


@pytest.mark.parametrize("label", ["x" * 61, "two\nlines", "\u202eright to left", "\ud800"])
def test_a_label_is_one_short_line(label: str) -> None:
    assert check_label(label)
