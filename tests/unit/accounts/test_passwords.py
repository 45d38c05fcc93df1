"""Hashing in threads, in the process that asks for it."""

import asyncio
import multiprocessing

import pytest
from argon2 import PasswordHasher

from borvo.accounts.passwords import Passwords, count_threads


@pytest.fixture
def passwords() -> Passwords:
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


async def _know(passwords: Passwords) -> bool:
    digest = await passwords.hash("a password of mine")
    return await passwords.verify(digest, "a password of mine") and not await passwords.verify(
        digest, "another"
    )


def _exit_well(passwords: Passwords) -> None:
    raise SystemExit(0 if asyncio.run(_know(passwords)) else 1)


async def test_a_password_without_a_digest_is_never_right(passwords: Passwords) -> None:
    for nothing in (None, ""):
        assert not await passwords.verify(nothing, "nobody has this password")


async def test_a_digest_that_is_none_is_a_wrong_password(passwords: Passwords) -> None:
    assert not await passwords.verify("not a digest", "a password of mine")


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
async def test_a_forked_worker_verifies_after_its_parent_did(passwords: Passwords) -> None:
    assert await _know(passwords)

    worker = multiprocessing.get_context("fork").Process(target=_exit_well, args=(passwords,))
    worker.start()
    worker.join(20)

    if worker.is_alive():
        worker.kill()
    assert worker.exitcode == 0


@pytest.mark.parametrize(
    ("workers", "cores", "threads"),
    [(1, 1, 1), (1, 2, 2), (2, 2, 1), (2, 8, 4), (3, 8, 2), (8, 8, 1), (16, 8, 1)],
)
def test_all_workers_together_hash_as_many_passwords_at_once_as_there_are_cores(
    workers: int, cores: int, threads: int
) -> None:
    assert count_threads(workers, cores) == threads
