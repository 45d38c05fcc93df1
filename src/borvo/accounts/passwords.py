"""Argon2id, always in a thread: one hash takes tens of milliseconds, which the event loop does not have."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from borvo.accounts.hash_memory import find_memory, read_digest
from borvo.accounts.password_rules import normalize_password

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
    """Hashes and verifies passwords and other secrets that people choose, as many at once as there are `threads`."""

    def __init__(self, hasher: PasswordHasher | None = None, *, threads: int = 1) -> None:
        self._threads = threads
        # OWASP's second recommended set: 19 MiB, two passes.
        self._hasher = hasher or PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
        self._decoy = self._hasher.hash("nobody has this password")

    @classmethod
    def of_worker(cls, workers: int, cores: int) -> "Passwords":
        """For one of as many workers that share the cores."""
        return cls(threads=count_threads(workers, cores))

    async def hash(self, password: str) -> str:
        return await self._run(partial(self._hasher.hash, normalize_password(password)))

    async def verify(self, digest: str | None, password: str) -> bool:
        """Takes the same time whether there is a digest or not, so that time does not tell who exists."""
        check = partial(self._verify, digest or self._decoy, password)
        is_right = await self._run(check)
        return is_right and digest is not None

    async def _run(self, work: Callable[[], T]) -> T:
        threads = _start_threads(os.getpid(), self._threads)
        return await asyncio.get_running_loop().run_in_executor(threads, work)

    def _verify(self, digest: str, password: str) -> bool:
        # Hashed as it was typed, before passwords had one spelling.
        spellings = dict.fromkeys((normalize_password(password), password))
        return any(self._is_of(digest, spelling) for spelling in spellings)

    def _is_of(self, digest: str, password: str) -> bool:
        read, memory = read_digest(digest), find_memory()
        try:
            if read is not None and memory is not None:
                return memory.verify(read, password)
            return self._hasher.verify(digest, password)
        except (VerificationError, InvalidHashError):
            return False
