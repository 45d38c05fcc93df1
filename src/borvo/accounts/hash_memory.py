"""Memory in which a thread verifies passwords, one after the other, in huge pages.

Argon2 reads here and there in all of its memory. In pages of 4 kB nearly every block that it reads costs the processor
a look at the page tables beside, which is a tenth of a hash. argon2-cffi has its memory from malloc, which gives a
thread none in huge pages; so this goes one level below, to the context of the C library (`argon2.low_level.core`)."""

import mmap
import re
from base64 import b64decode
from collections.abc import Iterable
from dataclasses import dataclass
from hmac import compare_digest
from threading import local
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import ARGON2_VERSION, Type, core, error_to_str, ffi

_HUGE_PAGE = 2 * 1024 * 1024
_ROOM = 20 * 1024 * 1024
_HUGE = 18 * 1024 * 1024
"""Of the 19 MiB of a hash, what fills huge pages: the next one would be held for the half of it."""
_FORM = re.compile(
    rf"\$argon2id\$v={ARGON2_VERSION}\$m=(\d{{1,5}}),t=(\d{{1,2}}),p=1\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)"
)
# As argon2.h names them.
_OK = 0
_CLEAR_PASSWORD = 1
_NO_MEMORY = error_to_str(-22)
# It takes from the digest what a hash is made with.
_VERIFIER = PasswordHasher()
_of_thread = local()


@dataclass(frozen=True, slots=True)
class Digest:
    """What a stored digest says: what a password is hashed with, and what has to come of it."""

    kibibytes: int
    passes: int
    salt: bytes
    result: bytes


def read_digest(text: str) -> Digest | None:
    """Of argon2id with one lane that fits into a `HashMemory`; None for all others."""
    found = _FORM.fullmatch(text)
    if found is None or int(found[1]) * 1024 > _ROOM:
        return None
    try:
        return Digest(int(found[1]), int(found[2]), _decode(found[3]), _decode(found[4]))
    except ValueError:
        return None


def _decode(text: str) -> bytes:
    # The PHC string format leaves the padding out.
    return b64decode(text + "=" * (-len(text) % 4))


class HashMemory:
    """Belongs to one thread. Raises `OSError` or `MemoryError` where the machine does not give it."""

    def __init__(self) -> None:
        # One page more, so that it can begin where a huge page does.
        self._mapped = mmap.mmap(-1, _ROOM + _HUGE_PAGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self._buffer = ffi.from_buffer(self._mapped)
        start = int(ffi.cast("uintptr_t", self._buffer))
        unused = -start % _HUGE_PAGE
        self._mapped.madvise(mmap.MADV_HUGEPAGE, unused, _HUGE)
        self._start = ffi.cast("uint8_t *", start + unused)
        self._lend = ffi.callback("int(uint8_t **, size_t)", self._point_to_start)
        # Argon2 has filled it with zeros when it gives it back.
        self._take_back = ffi.callback("void(uint8_t *, size_t)", lambda _memory, _size: None)

    def verify(self, digest: Digest, password: str) -> bool:
        """Takes the time of a hash."""
        return compare_digest(self._hash(digest, password.encode()), digest.result)

    def give_back(self) -> None:
        """To the machine, which gives it again when the next hash asks for it."""
        self._mapped.madvise(mmap.MADV_DONTNEED)

    def _point_to_start(self, memory: Any, size: int) -> int:
        # What does not fit stays without memory, which Argon2 answers with an error.
        if size <= _ROOM:
            memory[0] = self._start
        return 0

    def _hash(self, digest: Digest, password: bytes) -> bytes:
        # Named here so that they live until the call is over: the context only points at them.
        result = ffi.new("uint8_t[]", len(digest.result))
        secret, salt = ffi.new("uint8_t[]", password), ffi.new("uint8_t[]", digest.salt)
        values = {
            "out": result,
            "outlen": len(digest.result),
            "pwd": secret,
            "pwdlen": len(password),
            "salt": salt,
            "saltlen": len(digest.salt),
            "t_cost": digest.passes,
            "m_cost": digest.kibibytes,
            "lanes": 1,
            "threads": 1,
            "version": ARGON2_VERSION,
            "allocate_cbk": self._lend,
            "free_cbk": self._take_back,
            "flags": _CLEAR_PASSWORD,
        }
        error = core(ffi.new("argon2_context *", values), Type.ID.value)
        if error != _OK:
            raise VerificationError(error_to_str(error))
        return bytes(result)


def is_any_of(digest: str, passwords: Iterable[str]) -> bool:
    """Whether one of the passwords is the one that the digest was made of. Takes the time of a hash for each. Raises
    `MemoryError` where there is none to find it out."""
    return any(_is_of(digest, password) for password in passwords)


def _is_of(digest: str, password: str) -> bool:
    read, memory = read_digest(digest), find_memory()
    try:
        if read is not None and memory is not None:
            return memory.verify(read, password)
        return _VERIFIER.verify(digest, password)
    except (VerificationError, InvalidHashError) as fault:
        if str(fault) == _NO_MEMORY:
            raise MemoryError(_NO_MEMORY) from None
        return False


def give_memory_back() -> None:
    """That in which the calling thread has verified: for a thread that seldom does."""
    memory = find_memory()
    if memory is not None:
        memory.give_back()


def find_memory() -> HashMemory | None:
    """That of the calling thread; None where the machine gives none, which is asked for once."""
    if not hasattr(_of_thread, "memory"):
        _of_thread.memory = _map_memory()
    memory: HashMemory | None = _of_thread.memory
    return memory


def _map_memory() -> HashMemory | None:
    # Only Linux has it, a kernel may be built without it, and a hardened process may not make the callbacks.
    if not hasattr(mmap, "MADV_HUGEPAGE"):
        return None
    try:
        return HashMemory()
    except (OSError, MemoryError):
        return None
