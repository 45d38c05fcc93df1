"""What support may do with an account as it stands, and what it sees of an event."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from borvo.storage.security_events.model import INSTANCE, RecordedEvent, SecurityEventKind, by_supporter
from borvo.support.event_words import SHOWN_DETAILS, list_details, name_actor, name_kind, redact
from borvo.support.people import DEEDS
from borvo.support.policy import REASON_MAXIMUM, REASON_MINIMUM, check_reason, list_offers

ADA, SUE = UUID(int=1), UUID(int=2)
FACTS = ("is_suspended", "is_closing", "is_verified", "has_role", "has_factor", "is_removal_asked")


def record(actor: str = f"person {ADA}", person_id: UUID = ADA, **detail: object) -> RecordedEvent:
    at = datetime(2026, 1, 15, tzinfo=UTC)
    return RecordedEvent(UUID(int=9), person_id, at, "sign_in", actor, None, None, None, detail)


@given(st.fixed_dictionaries(dict.fromkeys(FACTS, st.booleans())))
def test_what_is_offered_can_be_done(state: dict[str, bool]) -> None:
    offers = set(list_offers(**state))
    assert offers <= DEEDS.keys()
    assert not {"suspension", "lifting"} <= offers
    assert not {"factor-removal", "factor-keeping"} <= offers
    assert ("closing" in offers) != state["is_closing"]
    assert ("suspension" in offers) == (not state["is_suspended"])
    assert "verification" not in offers or not state["is_verified"]


def test_every_deed_is_offered_at_some_time() -> None:
    states = [dict(zip(FACTS, facts, strict=True)) for facts in product([False, True], repeat=len(FACTS))]
    assert {name for state in states for name in list_offers(**state)} == DEEDS.keys()


@given(st.text(max_size=2 * REASON_MINIMUM) | st.integers(0, 2 * REASON_MAXIMUM).map("a".__mul__))
def test_a_reason_is_one_line_that_says_something(text: str) -> None:
    is_fine = REASON_MINIMUM <= len(text) <= REASON_MAXIMUM and text.isprintable()
    assert (check_reason(text) is None) == is_fine


@given(st.dictionaries(st.text(), st.text()))
def test_no_detail_is_shown_that_nobody_thought_of(detail: dict[str, str]) -> None:
    shown = redact(replace(record(), detail=detail))
    assert shown.detail.keys() == detail.keys() & SHOWN_DETAILS


@pytest.mark.parametrize(
    "name", ["scopes", "agency", "samples", "format", "version", "email_digest", "secret_id"]
)
def test_what_people_share_is_never_shown(name: str) -> None:
    assert list_details(replace(record(), detail={name: ["read.body_mass"]})) == []


def test_details_and_actors_are_put_in_words() -> None:
    event = record(role="membership_manager", methods=["pwd", "mfa"])
    assert list_details(event) == [("Role", "membership manager"), ("Methods", "pwd, mfa")]
    assert name_actor(event) == "the person"
    assert name_actor(record(by_supporter(SUE))) == f"support {SUE}"
    assert name_actor(record("stranger", INSTANCE)) == "a stranger"


def test_every_kind_of_event_has_words() -> None:
    assert {kind for kind in SecurityEventKind if name_kind(kind) == kind.value} == set()
    assert name_kind("of a later release") == "of a later release"
