"""What is covered by the digest of a security event, and that it comes out as when it was first stored."""

import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from borvo.storage.security_events.digests import CONTENT_COLUMNS, digest_content
from borvo.storage.security_events.log import EVENT_COLUMNS

KEY = b"c" * 32
words = st.text(st.characters(codec="utf-8"), max_size=20)
details = st.dictionaries(
    words,
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
        max_leaves=6,
    ),
    max_size=4,
)
events = st.fixed_dictionaries(
    {
        "actor": words,
        "address": st.none() | words,
        "at": st.datetimes(timezones=st.just(UTC)),
        "client_id": st.none() | words,
        "correlation_id": st.none() | words,
        "detail": details.map(json.dumps),
        "id": st.uuids(),
        "kind": words,
        "person_id": st.uuids(),
    }
)
EVENT = {
    "actor": "somebody",
    "address": None,
    "at": datetime(2026, 11, 26, tzinfo=UTC),
    "client_id": None,
    "correlation_id": None,
    "detail": '{"methods": ["pwd"]}',
    "id": UUID(int=1),
    "kind": "sign_in",
    "person_id": UUID(int=2),
}
CHANGES = {
    "actor": "",
    "address": "",
    "at": datetime(2026, 11, 26, 0, 0, 0, 1, tzinfo=UTC),
    "client_id": "sign_in",
    "correlation_id": "null",
    "detail": '{"methods": ["pwd", "otp"]}',
    "id": UUID(int=2),
    "kind": "sign_out",
    "person_id": UUID(int=1),
}


def digest(event: Mapping[str, object]) -> bytes:
    return digest_content(KEY, [event[name] for name in CONTENT_COLUMNS])


@given(event=events)
def test_the_digest_is_of_all_of_the_event_as_json_in_the_order_of_names(event: dict[str, object]) -> None:
    whole = event | {"detail": json.loads(str(event["detail"]))}
    text = msgspec.json.encode(msgspec.to_builtins(whole), order="deterministic")
    assert digest(event) == hmac.digest(KEY, b"event " + text, "sha256")


def test_all_that_is_kept_of_an_event_is_covered() -> None:
    assert sorted(EVENT_COLUMNS) == list(CONTENT_COLUMNS) == list(EVENT) == list(CHANGES)


@pytest.mark.parametrize("name", CONTENT_COLUMNS)
def test_whatever_changes_changes_the_digest(name: str) -> None:
    assert digest(EVENT | {name: CHANGES[name]}) != digest(EVENT)
