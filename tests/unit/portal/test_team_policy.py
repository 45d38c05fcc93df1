"""Who may do what in a tenancy."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from borvo.kernel.ids import PersonId, TenancyId
from borvo.portal.model import Tenancy
from borvo.portal.team.model import Member, Membership, TeamRole
from borvo.portal.team.places import choose
from borvo.portal.team.policy import (
    INVITATIONS_MAXIMUM,
    MEMBERS_MAXIMUM,
    Deed,
    check_deed,
    check_invitation,
    check_owner_remains,
    check_room,
    is_allowed,
)

EVERYBODY = {Deed.READ, Deed.READ_TRAIL, Deed.CREATE_TOKENS, Deed.END_TOKENS, Deed.LEAVE}
MAY = {
    TeamRole.VIEWER: EVERYBODY,
    TeamRole.DEVELOPER: EVERYBODY | {Deed.CHANGE_CLIENTS, Deed.CHANGE_SECRETS},
    TeamRole.OWNER: set(Deed),
}
PEOPLE = [PersonId(UUID(int=number)) for number in range(1, 5)]
ROLES = st.sampled_from(TeamRole)


def make_member(person_id: PersonId, role: TeamRole) -> Member:
    return Member(person_id, f"{person_id.int}@example.org", "Ada", role, datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("role", TeamRole)
@pytest.mark.parametrize("deed", Deed)
def test_each_role_may_do_what_the_table_says(role: TeamRole, deed: Deed) -> None:
    assert is_allowed(role, deed) is (deed in MAY[role])


@pytest.mark.parametrize("role", TeamRole)
@pytest.mark.parametrize("deed", Deed)
def test_in_a_suspended_tenancy_people_read_end_tokens_and_leave_and_nothing_else(
    role: TeamRole, deed: Deed
) -> None:
    allowed = {Deed.READ, Deed.READ_TRAIL, Deed.END_TOKENS, Deed.LEAVE}
    assert is_allowed(role, deed, is_suspended=True) is (deed in allowed)


def test_a_refusal_says_what_helps() -> None:
    viewer = check_deed(TeamRole.VIEWER, Deed.CHANGE_CLIENTS, is_suspended=False) or ""
    assert "Ask an owner" in viewer
    developer = check_deed(TeamRole.DEVELOPER, Deed.CHANGE_TEAM, is_suspended=False) or ""
    assert "Only owners" in developer
    owner = check_deed(TeamRole.OWNER, Deed.CHANGE_CLIENTS, is_suspended=True) or ""
    assert "suspended" in owner


@given(
    st.lists(ROLES, min_size=4, max_size=4),
    st.lists(st.tuples(st.sampled_from(PEOPLE), st.none() | ROLES), max_size=20),
)
def test_whatever_is_allowed_in_whatever_order_an_owner_remains(
    roles: list[TeamRole], wishes: list[tuple[PersonId, TeamRole | None]]
) -> None:
    team = dict(zip(PEOPLE, [TeamRole.OWNER, *roles[1:]], strict=True))
    for person_id, role in wishes:
        members = [make_member(*each) for each in team.items()]
        if person_id in team and check_owner_remains(members, person_id, role) is None:
            team.pop(person_id)
            if role is not None:
                team[person_id] = role
        assert TeamRole.OWNER in team.values()


def test_the_last_owner_stays_one_and_a_second_may_go() -> None:
    ada, bob = make_member(PEOPLE[0], TeamRole.OWNER), make_member(PEOPLE[1], TeamRole.VIEWER)
    assert check_owner_remains([ada, bob], ada.person_id, None) is not None
    assert check_owner_remains([ada, bob], ada.person_id, TeamRole.DEVELOPER) is not None
    assert check_owner_remains([ada, bob], ada.person_id, TeamRole.OWNER) is None
    assert check_owner_remains([ada, bob], bob.person_id, None) is None


def test_an_address_is_invited_once_and_members_are_not() -> None:
    assert check_invitation("a@example.org", {"b@example.org"}, {"c@example.org"}) is None
    assert "member already" in (check_invitation("b@example.org", {"b@example.org"}, set()) or "")
    assert "invited already" in (check_invitation("c@example.org", set(), {"c@example.org"}) or "")
    many = {f"{number}@example.org" for number in range(INVITATIONS_MAXIMUM)}
    assert "at most" in (check_invitation("a@example.org", set(), many) or "")


def test_there_is_room_until_there_is_none() -> None:
    assert check_room(MEMBERS_MAXIMUM - 1) is None
    assert check_room(MEMBERS_MAXIMUM) == "A tenancy has at most 200 members."


MEMBERSHIPS = [
    Membership(Tenancy(TenancyId(UUID(int=1)), "first"), TeamRole.OWNER),
    Membership(Tenancy(TenancyId(UUID(int=2)), "second"), TeamRole.VIEWER),
]


@pytest.mark.parametrize(
    ("asked", "remembered", "chosen"),
    [
        ("", "", "first"),
        ("", "second", "second"),
        ("", str(UUID(int=2)), "second"),
        ("", "another's", "first"),
        ("second", "first", "second"),
        ("another's", "first", None),
    ],
)
def test_a_page_is_about_what_is_asked_for_then_remembered_then_the_first(
    asked: str, remembered: str, chosen: str | None
) -> None:
    found = choose(MEMBERSHIPS, asked, remembered)
    assert (found.tenancy.prefix if found else None) == chosen
    assert choose([], "", remembered) is None
