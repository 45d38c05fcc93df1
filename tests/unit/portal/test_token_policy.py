"""What personal access tokens may do."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from borvo.accounts.public import Person, Role
from borvo.kernel.errors import ForbiddenError
from borvo.kernel.ids import PersonId, TenancyId
from borvo.portal.team.policy import Deed
from borvo.portal.tokens.bearer import (
    Bearer,
    TokenReach,
    build_bearer,
    check_scope,
    describe_way,
    reaches,
)
from borvo.portal.tokens.model import LIFETIMES, TokenRecord, TokenScope
from borvo.portal.tokens.policy import (
    TOKENS_MAXIMUM,
    check_token_days,
    check_token_label,
    check_token_room,
    complete_scopes,
    describe_scope,
    find_deed,
    find_scope,
)

HERE, THERE = TenancyId(UUID(int=1)), TenancyId(UUID(int=2))
PERSON = Person(PersonId(UUID(int=9)), "ada@example.org", True, "Ada", "Byron", frozenset({Role.DEVELOPER}))
ONLY_PEOPLE = {Deed.CHANGE_TEAM, Deed.CREATE_TOKENS, Deed.END_TOKENS, Deed.LEAVE}
SCOPES = st.frozensets(st.sampled_from(TokenScope))


def make_bearer(scopes: frozenset[TokenScope]) -> Bearer:
    reach = TokenReach(UUID(int=3), HERE, frozenset(complete_scopes(scopes)), "token ending abcd")
    return build_bearer(PERSON, reach)


@given(SCOPES, st.sampled_from(Deed))
def test_a_token_does_what_its_scopes_say_and_nothing_else(scopes: frozenset[TokenScope], deed: Deed) -> None:
    bearer = make_bearer(scopes)
    if find_scope(deed) in {*scopes, TokenScope.CLIENTS_READ}:
        check_scope(bearer, deed)
        return
    with pytest.raises(ForbiddenError) as refused:
        check_scope(bearer, deed)
    assert ("insufficient_scope" in refused.value.challenge) is (deed not in ONLY_PEOPLE)


@pytest.mark.parametrize("deed", Deed)
def test_whoever_is_signed_in_needs_no_scope(deed: Deed) -> None:
    check_scope(PERSON, deed)
    assert describe_way(PERSON) == ""


@pytest.mark.parametrize("deed", Deed)
def test_what_no_scope_allows_takes_a_person(deed: Deed) -> None:
    assert (find_scope(deed) is None) is (deed in ONLY_PEOPLE)


@pytest.mark.parametrize("scope", TokenScope)
def test_each_scope_is_for_a_deed_of_its_own_and_is_described(scope: TokenScope) -> None:
    assert find_scope(find_deed(scope)) is scope
    assert describe_scope(scope)


def test_a_token_opens_its_own_tenancy_only() -> None:
    bearer = make_bearer(frozenset())
    assert reaches(bearer, HERE)
    assert not reaches(bearer, THERE)
    assert reaches(PERSON, THERE)


def test_the_trail_names_the_token_and_the_person_stays_who_she_is() -> None:
    bearer = make_bearer(frozenset())
    assert describe_way(bearer) == "token ending abcd"
    assert (bearer.id, bearer.display_name, bearer.is_developer) == (PERSON.id, "Ada Byron", True)


@given(SCOPES)
def test_reading_is_part_of_every_token(scopes: frozenset[TokenScope]) -> None:
    completed = complete_scopes(scopes)
    assert set(completed) == scopes | {TokenScope.CLIENTS_READ}
    assert completed == complete_scopes(completed)


@given(st.none() | st.integers())
def test_every_token_ends_within_a_year(days: int | None) -> None:
    assert (check_token_days(days) is None) is (days in LIFETIMES)
    assert max(LIFETIMES) <= 365


@pytest.mark.parametrize(
    ("label", "is_fine"), [("ci", True), ("", False), ("x" * 61, False), ("a\nb", False)]
)
def test_a_label_is_short_and_says_something(label: str, is_fine: bool) -> None:
    assert (check_token_label(label) is None) is is_fine


def test_there_is_room_for_so_many() -> None:
    assert check_token_room(TOKENS_MAXIMUM - 1) is None
    assert "Revoke one" in (check_token_room(TOKENS_MAXIMUM) or "")


def test_a_token_works_until_its_end() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    token = TokenRecord(UUID(int=1), "ci", (), "abcd", now, now.replace(month=2))
    assert token.is_live(now)
    assert not token.is_live(token.expires_at)
    assert token.name == "token ending abcd"
