"""What a worker does by itself, watched."""

from collections.abc import Iterable

import pytest

from borvo.accounts import passwords
from borvo.accounts.hash_memory import is_any_of


@pytest.fixture
def verified_here(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The passwords that the worker verified by itself."""
    found: list[str] = []

    def note(digest: str, typed: Iterable[str]) -> bool:
        found.extend(typed)
        return is_any_of(digest, typed)

    monkeypatch.setattr(passwords, "is_any_of", note)
    return found
