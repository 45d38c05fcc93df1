"""Argon2id, always in a thread: one hash takes tens of milliseconds, which the event loop does not have."""

import asyncio
from functools import partial

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError


class Passwords:
    """Hashes and verifies passwords and other secrets that people choose."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        # OWASP's second recommended set: 19 MiB, two passes.
        self._hasher = hasher or PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
        self._decoy = self._hasher.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        return await asyncio.get_running_loop().run_in_executor(None, self._hasher.hash, password)

    async def verify(self, digest: str | None, password: str) -> bool:
        """Takes the same time whether there is a digest or not, so that time does not tell who exists."""
        check = partial(self._verify, digest or self._decoy, password)
        is_right = await asyncio.get_running_loop().run_in_executor(None, check)
        return is_right and digest is not None

    def _verify(self, digest: str, password: str) -> bool:
        try:
            return self._hasher.verify(digest, password)
        except (VerificationError, InvalidHashError):
            return False
