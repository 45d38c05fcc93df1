"""Verifying in a thread's own memory: the same verdicts as the library's own functions, and nothing left behind."""

import mmap
from threading import Thread, local

import pytest
from argon2 import PasswordHasher, Type
from argon2.exceptions import VerificationError, VerifyMismatchError
from hypothesis import given
from hypothesis import strategies as st

from borvo.accounts import hash_memory, hash_process
from borvo.accounts.hash_memory import Digest, HashMemory, find_memory, is_any_of, read_digest
from borvo.accounts.passwords import Passwords

_CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
# RFC 9106 2.1, NIST SP 800-63B 3.1.1.2: any text, zero bytes and none among them.
_TEXTS = st.text(max_size=40)


@pytest.fixture(scope="module")
def memory() -> HashMemory:
    return HashMemory()


def _read(text: str) -> Digest:
    digest = read_digest(text)
    assert digest is not None
    return digest


def _agree(digest: str, password: str) -> bool:
    try:
        return _CHEAP.verify(digest, password)
    except VerifyMismatchError:
        return False


@given(chosen=_TEXTS, typed=_TEXTS)
def test_a_password_is_right_exactly_where_the_library_says_so(
    memory: HashMemory, chosen: str, typed: str
) -> None:
    text = _CHEAP.hash(chosen)
    digest = _read(text)

    assert memory.verify(digest, chosen)
    assert memory.verify(digest, typed) == _agree(text, typed)


@pytest.mark.parametrize(
    ("passes", "kibibytes", "length", "salt"), [(2, 19_456, 32, 16), (3, 64, 16, 8), (1, 8, 64, 32)]
)
def test_all_costs_that_fit_are_verified(
    memory: HashMemory, passes: int, kibibytes: int, length: int, salt: int
) -> None:
    hasher = PasswordHasher(passes, kibibytes, 1, length, salt)
    digest = _read(hasher.hash("a password of mine"))

    assert memory.verify(digest, "a password of mine")
    assert not memory.verify(digest, "another")


@pytest.mark.parametrize(
    "hasher",
    [
        PasswordHasher(time_cost=1, memory_cost=16, parallelism=2),
        PasswordHasher(time_cost=1, memory_cost=21_000, parallelism=1),
        PasswordHasher(time_cost=1, memory_cost=8, parallelism=1, type=Type.I),
    ],
    ids=["two lanes", "more memory", "another variant"],
)
def test_what_others_made_is_left_to_the_library(hasher: PasswordHasher) -> None:
    assert read_digest(hasher.hash("a password of mine")) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not a digest",
        "$argon2id$v=16$m=8,t=1,p=1$AAECAwQFBgcICQoLDA0ODw$BpXw5LzKFXRdcUC48jUmTA",
        "$argon2id$v=19$m=8,t=1,p=1$AAECAwQFBgcICQoLDA0ODw$BpXw5LzKFXRdcUC48jUmTA\n",
        "$argon2id$v=19$m=8,t=1,p=1$AAECAwQFBgcICQoLDA0ODw$",
        "$argon2id$v=19$m=8,t=1,p=1$AAECAwQFBgcICQoLDA0ODw$BpXw5",
    ],
)
def test_what_is_no_digest_of_this_kind_is_not_read(text: str) -> None:
    assert read_digest(text) is None


@pytest.mark.parametrize(
    "digest",
    [
        Digest(4, 1, b"a salt of some", b"\0" * 32),
        Digest(64 * 1024, 1, b"a salt of some", b"\0" * 32),
        Digest(8, 0, b"a salt of some", b"\0" * 32),
        Digest(8, 1, b"short", b"\0" * 32),
        Digest(8, 1, b"a salt of some", b"\0"),
    ],
    ids=["too little memory", "more than there is room for", "no pass", "a short salt", "a short result"],
)
def test_costs_that_argon2_refuses_are_an_error_and_no_verdict(memory: HashMemory, digest: Digest) -> None:
    with pytest.raises(VerificationError):
        memory.verify(digest, "a password of mine")


def test_nothing_of_a_password_stays_in_the_memory(memory: HashMemory) -> None:
    digest = _read(PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash("a password of mine"))

    assert memory.verify(digest, "a password of mine")

    assert not memory._mapped[:].strip(b"\0")


def test_a_thread_goes_on_with_its_memory_and_shares_it_with_none() -> None:
    found: list[HashMemory | None] = []

    def find() -> None:
        found.extend((find_memory(), find_memory()))

    threads = [Thread(target=find) for _ in range(2)]
    for thread in threads:
        thread.start()
        thread.join()

    assert None not in found
    assert found[0] is found[1]
    assert found[2] is found[3]
    assert found[0] is not found[2]


@pytest.mark.parametrize("error", [OSError("no such advice"), MemoryError("no callback may be made")])
async def test_where_the_machine_gives_no_such_memory_passwords_are_verified_all_the_same(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    asked: list[None] = []

    def refuse() -> HashMemory:
        asked.append(None)
        raise error

    monkeypatch.setattr(hash_memory, "HashMemory", refuse)
    monkeypatch.setattr(hash_memory, "_of_thread", local())
    passwords = Passwords(_CHEAP)
    digest = await passwords.hash("a password of mine")

    assert await passwords.verify(digest, "a password of mine")
    assert not await passwords.verify(digest, "another")
    assert len(asked) == 1


def test_a_system_without_huge_pages_has_no_such_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(mmap, "MADV_HUGEPAGE", raising=False)
    monkeypatch.setattr(hash_memory, "_of_thread", local())

    assert find_memory() is None


def test_a_password_is_not_wrong_because_there_is_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    memory, text = HashMemory(), _CHEAP.hash("a password of mine")
    read = _read(text)
    monkeypatch.setattr(hash_memory, "read_digest", lambda _: read)
    monkeypatch.setattr(hash_memory, "_ROOM", 1024)
    monkeypatch.setattr(hash_memory, "find_memory", lambda: memory)
    answers: list[bytes] = []

    with pytest.raises(MemoryError):
        is_any_of(text, ["a password of mine"])
    line = hash_process.describe(text, ["a password of mine"]).encode()
    hash_process._verify(lambda _number, verdict: answers.append(verdict), b"7", line)
    assert answers == [hash_process.UNKNOWN]
