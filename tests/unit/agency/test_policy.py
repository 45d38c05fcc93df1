"""What a consent opens, whatever happened before: the latest version decides, and nothing else."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from borvo.agency.model import Asker, Choice, Relationship, Standing
from borvo.agency.policy import (
    check_asker,
    check_change,
    check_choice,
    check_organisation,
    check_path,
    check_scopes,
    check_state,
    check_text,
    decide_change,
    list_readable,
    narrow_choice,
)
from borvo.kernel.ids import ClientId, ClientKey, OrganisationId, PersonId

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SCOPES = ("read.height", "read.body_mass", "read.step_count")
PERSON = PersonId(UUID(int=1))
AGENTS = (PersonId(UUID(int=11)), PersonId(UUID(int=12)))
CLINICS = (OrganisationId(UUID(int=21)), OrganisationId(UUID(int=22)))
CLIENTS = (ClientKey(UUID(int=31)), ClientKey(UUID(int=32)))
AGENCIES: tuple[UUID, ...] = (*AGENTS, *CLINICS)

Key = tuple[ClientKey, UUID]
choices = st.builds(
    Choice,
    st.lists(st.sampled_from(SCOPES), unique=True, min_size=1).map(tuple),
    until=st.none() | st.integers(1, 20).map(lambda days: NOW + timedelta(days=days)),
)
keys = st.tuples(st.sampled_from(CLIENTS), st.sampled_from(AGENCIES))


@dataclass
class Latest:
    """What the person has said last, kept without the code under test."""

    scopes: frozenset[str]
    until: datetime | None
    is_on: bool


class Sharing(RuleBasedStateMachine):
    """A person, two agents, two organisations and two clients, in any order of events."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.relationships: dict[Key, Relationship] = {}
        self.latest: dict[Key, Latest] = {}
        self.members: set[tuple[PersonId, OrganisationId]] = set()
        self.allowed: set[tuple[ClientKey, OrganisationId]] = set()
        self.agents: set[PersonId] = set(AGENTS)

    @rule(key=keys, choice=choices)
    def accept(self, key: Key, choice: Choice) -> None:
        """An invite, whatever was before."""
        if choice.until is not None and choice.until <= self.now:
            assert check_choice(choice, SCOPES, self.now, None)
            return
        present = self.relationships.get(key)
        if present is None:
            client, agency = key
            self.relationships[key] = Relationship(
                PERSON, client, agency, agency in CLINICS, UUID(int=99), 1, choice, Standing.ACTIVE, NOW, NOW
            )
        else:
            self.relationships[key] = decide_change(present, choice, Standing.ACTIVE, self.now)
        self.latest[key] = Latest(frozenset(choice.scopes), choice.until, is_on=True)

    @rule(key=keys, standing=st.sampled_from(Standing))
    def change_standing(self, key: Key, standing: Standing) -> None:
        """Pause, go on, end: of what has ended nothing comes back by that."""
        present = self.relationships.get(key)
        if present is None or check_change(present, standing):
            return
        self.relationships[key] = decide_change(present, present.choice, standing, self.now)
        self.latest[key].is_on = standing is Standing.ACTIVE
        assert present.standing is not Standing.ENDED

    @rule(key=keys, ticked=st.frozensets(st.sampled_from(SCOPES)))
    def narrow(self, key: Key, ticked: frozenset[str]) -> None:
        present = self.relationships.get(key)
        if present is None or check_change(present, present.standing):
            return
        choice = narrow_choice(present.choice, ticked)
        if check_choice(choice, present.choice.scopes, self.now, None):
            return
        self.relationships[key] = decide_change(present, choice, present.standing, self.now)
        self.latest[key].scopes &= ticked

    @rule(agent=st.sampled_from(AGENTS), clinic=st.sampled_from(CLINICS))
    def join_or_leave(self, agent: PersonId, clinic: OrganisationId) -> None:
        self.members ^= {(agent, clinic)}

    @rule(client=st.sampled_from(CLIENTS), clinic=st.sampled_from(CLINICS))
    def allow_or_disallow(self, client: ClientKey, clinic: OrganisationId) -> None:
        self.allowed ^= {(client, clinic)}

    @rule(agent=st.sampled_from(AGENTS))
    def give_or_take_the_role(self, agent: PersonId) -> None:
        self.agents ^= {agent}

    @rule(days=st.integers(1, 10))
    def wait(self, days: int) -> None:
        self.now += timedelta(days=days)

    def _list_expected(self, key: Key) -> frozenset[str]:
        latest = self.latest.get(key)
        if latest is None or not latest.is_on or (latest.until is not None and latest.until <= self.now):
            return frozenset()
        return latest.scopes

    @invariant()
    def nobody_reads_more_or_less_than_the_latest_consent_says(self) -> None:
        for client in CLIENTS:
            for agent in (*AGENTS, None):
                asker = self._build_asker(client, agent)
                for key in ((other, agency) for other in CLIENTS for agency in AGENCIES):
                    may_act = key[0] == client and key[1] in asker.agencies
                    expected = self._list_expected(key) if may_act else frozenset()
                    assert list_readable(asker, self.relationships.get(key), self.now) == expected

    def _build_asker(self, client: ClientKey, agent: PersonId | None) -> Asker:
        if agent is None:
            clinics = {clinic for each, clinic in self.allowed if each == client}
        else:
            clinics = {clinic for each, clinic in self.members if each == agent and agent in self.agents}
        return Asker(ClientId("a.b"), client, agent, agent in self.agents, frozenset(clinics))


TestSharing = Sharing.TestCase
TestSharing.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)


def build_asker(*clinics: OrganisationId, agent: PersonId | None = AGENTS[0], is_agent: bool = True) -> Asker:
    return Asker(ClientId("a.b"), CLIENTS[0], agent, is_agent, frozenset(clinics))


def test_who_may_ask_nobody_is_told_what_helps() -> None:
    assert check_asker(build_asker()) is None
    assert check_asker(build_asker(CLINICS[0], agent=None, is_agent=False)) is None
    assert check_asker(build_asker(is_agent=False)) is not None
    assert check_asker(build_asker(agent=None, is_agent=False)) is not None


def test_nobody_asks_in_the_name_of_another_organisation() -> None:
    asker = build_asker(CLINICS[0])
    assert check_organisation(asker, None) is None
    assert check_organisation(asker, CLINICS[0]) is None
    assert check_organisation(asker, CLINICS[1]) is not None
    assert check_organisation(build_asker(agent=None), CLINICS[1]) is not None


@given(st.text(max_size=60))
def test_a_path_that_is_taken_stays_on_the_site_it_is_put_behind(path: str) -> None:
    if check_path(path) is None and path:
        assert path.startswith("/")
        assert not path.startswith("//")
        assert not set(path) & set('\\\r\n\t #"<>')
        assert path.isascii()


@pytest.mark.parametrize("path", ["", "/", "/Agency/Complete", "/a?b=c&d=%20", "/a//b", "/~x/(y)"])
def test_ordinary_paths_are_taken(path: str) -> None:
    assert check_path(path) is None


@pytest.mark.spec("contract", "6")
def test_agents_ask_to_read_and_for_nothing_else() -> None:
    assert check_scopes(SCOPES) is None
    for scopes in ((), ("openid",), ("write.height",), ("read_height",), ("Read.height",), ("read.",)):
        assert check_scopes(scopes) is not None


def test_texts_that_others_read_are_short_lines() -> None:
    assert check_state("x" * 2000) is None
    assert check_state("x" * 2001) is not None
    assert check_text("Follow-up", 20) is None
    assert check_text("a\u202eb", 20) is not None


def test_a_choice_is_of_what_was_offered_and_within_its_time() -> None:
    choice, later = Choice(SCOPES[:1]), NOW + timedelta(days=1)
    assert check_choice(choice, SCOPES, NOW, None) is None
    assert check_choice(choice, SCOPES[1:], NOW, None) is not None
    assert check_choice(Choice(()), SCOPES, NOW, None) is not None
    assert check_choice(choice, SCOPES, NOW, later) is not None
    assert check_choice(replace(choice, until=later), SCOPES, NOW, later) is None
    assert check_choice(replace(choice, until=NOW), SCOPES, NOW, None) is not None
    assert check_choice(replace(choice, data_from=later), SCOPES, NOW, None) is not None
