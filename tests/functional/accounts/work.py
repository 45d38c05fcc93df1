"""What an answer cost: statements and hashes, by which a stranger could measure what a page does not say."""

import asyncio
from typing import Any

import asyncpg
import pytest

from borvo.accounts import hash_memory
from borvo.assembly import Platform


def find_task() -> asyncio.Task[Any] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:  # a thread
        return None


def watch_work(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Fills up while the test goes on, with what its requests do, in their task or in a thread: workers that
    send mail meanwhile do not count.
    """
    done: list[str] = []
    mine = asyncio.current_task()

    def watch(owner: Any, name: str) -> None:
        original = getattr(owner, name)

        def call(self: Any, statement: Any, *args: Any, **kwargs: Any) -> Any:
            if find_task() in {None, mine}:
                done.append(f"{name} {str(statement).split()[:4]}")
            return original(self, statement, *args, **kwargs)

        monkeypatch.setattr(owner, name, call)

    for name in ("execute", "fetchval", "fetchrow", "fetch"):
        watch(asyncpg.Connection, name)
    watch(type(platform.accounts.passwords), "_verify")
    watch(hash_memory, "_is_of")
    return done
