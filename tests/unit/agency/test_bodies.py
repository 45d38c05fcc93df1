"""What clients send to the Agency API, and what is wrong with it."""

from contextlib import suppress
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from borvo.agency.bodies import parse_invite, parse_subjects
from borvo.kernel.errors import InvalidInputError

HOSTILE_PATHS = [
    "//evil.example",
    "https://evil.example/",
    "/\\evil.example",
    "Agency/Complete",
    "/a\r\nSet-Cookie: b=c",
    "/a b",
    "/a#b",
    "/" + "a" * 1000,
]


def ask(**changes: Any) -> dict[str, Any]:
    return {"email": "ada@example.org", "requestedScopes": ["read.height"], **changes}


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"email": None}, {"email", "phoneNumber"}),
        ({"email": "", "phoneNumber": " "}, {"email", "phoneNumber"}),
        ({"email": "a@b.example\r\nBcc: c@d.example"}, {"email"}),
        ({"phoneNumber": "07700 900123"}, {"phoneNumber"}),
        ({"phoneNumber": "+44"}, {"phoneNumber"}),
        ({"requestedScopes": []}, {"requestedScopes"}),
        ({"requestedScopes": None}, {"requestedScopes"}),
        ({"requestedScopes": "read.height"}, {"requestedScopes"}),
        ({"requestedScopes": ["read.heigth"]}, {"requestedScopes"}),
        ({"requestedScopes": ["read_step_count"]}, {"requestedScopes"}),
        ({"requestedScopes": ["read.height\r\nread.body_mass"]}, {"requestedScopes"}),
        ({"requestedScopes": ["write.height"]}, {"requestedScopes"}),
        ({"requestedScopes": ["openid"]}, {"requestedScopes"}),
        ({"organizationId": "north"}, {"organizationId"}),
        *(({"clientNotifyPath": path}, {"clientNotifyPath"}) for path in HOSTILE_PATHS),
        *(({"browserRedirectPath": path}, {"browserRedirectPath"}) for path in HOSTILE_PATHS),
        ({"clientNotifyState": "a\nb"}, {"clientNotifyState"}),
        ({"browserRedirectState": "a" * 2001}, {"browserRedirectState"}),
    ],
)
def test_what_is_wrong_is_named_by_its_member(changes: dict[str, Any], fields: set[str]) -> None:
    body = msgspec.json.encode(ask(**changes))
    with pytest.raises(InvalidInputError) as refused:
        parse_invite(body, frozenset())
    assert set(refused.value.errors) == fields


@pytest.mark.spec("contract", "7")
def test_a_scope_that_the_client_is_not_registered_for_is_taken_and_marked() -> None:
    body = ask(requestedScopes=["read.step_count", "read.height", "read.height"])
    parsed = parse_invite(msgspec.json.encode(body), frozenset({"read.height"}))
    assert parsed.scopes == ("read.step_count", "read.height")
    assert parsed.unregistered == ("read.step_count",)


@pytest.mark.parametrize("name", ["specificallyIncludedSubs", "SpecificallyIncludedPseudoSubs"])
def test_subjects_are_read_in_any_spelling(name: str) -> None:
    subject = UUID(int=2**100)
    body = {
        "INCLUDEALL": False,
        name: [str(subject).upper(), f"{{{subject}}}"],
        "specificallyExcludedSubs": None,
    }
    asked = parse_subjects(msgspec.json.encode(body))
    assert asked.included == (subject,)
    assert not asked.is_all


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"includeAll": False},
        {"includeAll": "yes"},
        {"specificallyIncludedSubs": ["not a subject"]},
        {"specificallyIncludedSubs": [1]},
        {"includeAll": True, "specificallyExcludedSubs": ["x"]},
        {"specificallyIncludedSubs": [str(UUID(int=1))] * 10_001},
    ],
)
def test_what_names_nobody_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        parse_subjects(msgspec.json.encode(body))


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(body: bytes) -> None:
    for parse in (parse_subjects, lambda given: parse_invite(given, frozenset())):
        with suppress(InvalidInputError):
            parse(body)
