"""Argon2id, in the process beside the worker or in a thread: one hash takes ten milliseconds and more, which the event
loop does not have."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import TypeVar

from argon2 import PasswordHasher

from borvo.accounts import hash_process
from borvo.accounts.hash_memory import give_memory_back, is_any_of
from borvo.accounts.password_rules import normalize_password
from borvo.companion.keeper import Companion

T = TypeVar("T")


def count_threads(workers: int, cores: int) -> int:
    """How many hashes one of as many workers on a machine may make at once: together as many as there are cores. More
    would only hold more memory."""
    return max(1, cores // workers)


@cache
def _start_threads(process: int, count: int) -> ThreadPoolExecutor:
    """A forked worker gets its own: its parent's threads did not come along, and work given to them never ends.

    For passwords alone: a rush of sign-ins keeps nobody else from a thread, and each thread holds on to the memory of a
    hash.
    """
    return ThreadPoolExecutor(count, thread_name_prefix=f"passwords-{process}")


class Passwords:
    """Hashes and verifies passwords and other secrets that people choose. The companion verifies where there is one,
    and else as many threads of the worker as it may have, which make all new hashes."""

    def __init__(
        self,
        hasher: PasswordHasher | None = None,
        *,
        threads: int = 1,
        companion: Companion | None = None,
    ) -> None:
        self._threads = threads
        self._companion = companion or Companion()
        # OWASP's second recommended set: 19 MiB, two passes.
        self._hasher = hasher or PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
        self._decoy = self._hasher.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        return await self._run(partial(self._hasher.hash, normalize_password(password)))

    async def verify(self, digest: str | None, password: str) -> bool:
        """Takes the same time whether there is a digest or not, so that time does not tell who exists."""
        # The second as it was typed: hashed before passwords had one spelling.
        spellings = tuple(dict.fromkeys((normalize_password(password), password)))
        is_right = await self._verify(digest or self._decoy, spellings)
        return is_right and bool(digest)

    async def _verify(self, digest: str, spellings: tuple[str, ...]) -> bool:
        if self._companion.is_ready:
            text = hash_process.describe(digest, spellings)
            verdict = await self._companion.ask(hash_process.KIND, text)
            if verdict in {hash_process.RIGHT, hash_process.WRONG}:
                return verdict == hash_process.RIGHT
        return await self._run(partial(self._verify_here, digest, spellings))

    def _verify_here(self, digest: str, spellings: tuple[str, ...]) -> bool:
        try:
            return is_any_of(digest, spellings)
        finally:
            # The companion holds as much.
            if self._companion.is_open:
                give_memory_back()

    async def _run(self, work: Callable[[], T]) -> T:
        threads = _start_threads(os.getpid(), self._threads)
        return await asyncio.get_running_loop().run_in_executor(threads, work)
