"""The rules of organisations."""

from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from borvo.kernel.ids import PersonId
from borvo.organisations.model import OrganisationMember, OrganisationRole, fold_name, normalize_name
from borvo.organisations.policy import check_manager_remains, check_name, check_room

AGENT, MANAGER = OrganisationRole.AGENT, OrganisationRole.MEMBERSHIP_MANAGER
SINCE = datetime(2026, 1, 1, tzinfo=UTC)


def create_member(number: int, roles: Iterable[OrganisationRole]) -> OrganisationMember:
    return OrganisationMember(PersonId(UUID(int=number)), f"{number}@x.test", "X", frozenset(roles), SINCE)


@pytest.mark.parametrize("name", ["", "x" * 101, "Clinic\u202e", "a\nb"])
def test_a_name_that_would_mislead_readers_is_refused(name: str) -> None:
    assert check_name(name) is not None


def test_names_that_read_the_same_are_the_same() -> None:
    assert check_name(normalize_name("  North   Clinic ")) is None
    assert fold_name(" NORTH  clinic") == fold_name("North Clinic")


def test_an_organisation_has_room_until_it_is_full() -> None:
    assert check_room(4999) is None
    assert check_room(5000) is not None


@given(
    st.lists(st.frozensets(st.sampled_from(list(OrganisationRole)), min_size=1), min_size=1, max_size=6),
    st.data(),
)
def test_whoever_goes_a_manager_remains_where_there_was_one(
    teams: list[frozenset[OrganisationRole]], data: st.DataObject
) -> None:
    team = [create_member(number, roles) for number, roles in enumerate(teams)]
    going = data.draw(st.sampled_from(team))
    lost = data.draw(st.frozensets(st.sampled_from(list(OrganisationRole))))
    had_manager = any(member.is_manager for member in team)
    left = [roles - lost if member is going else roles for member, roles in zip(team, teams, strict=True)]
    is_allowed = check_manager_remains(team, going.person_id, lost) is None
    assert is_allowed == (not had_manager or any(MANAGER in roles for roles in left))


def test_who_is_no_member_takes_no_manager_away() -> None:
    assert check_manager_remains([create_member(1, {AGENT})], PersonId(UUID(int=2)), {MANAGER}) is None
