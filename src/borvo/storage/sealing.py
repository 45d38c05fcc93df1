"""Keys derived from the instance's one secret, and authenticated encryption of what is kept at rest."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from borvo.kernel.entropy import Entropy

_NONCE_BYTES = 12
MINIMUM_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """Where sealed values lie, and for which purpose each was sealed, by the columns of its `key`, which is the
    table's primary key, and those `beside` it."""

    table: str
    column: str
    key: tuple[str, ...]
    name_purpose: Callable[[Mapping[str, Any]], str]
    beside: tuple[str, ...] = ()


class SealError(Exception):
    """The sealed value was made under another secret, for another purpose, or was changed."""


FindKey = Callable[[], bytes]
"""A key that is known once the database is open."""


@dataclass(frozen=True, slots=True)
class KeptKey:
    """A key that outlives the secret it was derived from. From `ended_at` on the next one of its purpose is used."""

    key: bytes
    number: int = 0
    ended_at: datetime | None = None


class Keyring:
    """Derives one independent key a purpose (RFC 5869), so that no key serves two ends. What was sealed under one of
    the `others` opens, too."""

    def __init__(self, secret: bytes, others: Iterable[bytes] = ()) -> None:
        self._secrets = (secret, *others)
        if any(len(each) < MINIMUM_SECRET_BYTES for each in self._secrets):
            raise ValueError(f"the secret key needs at least {MINIMUM_SECRET_BYTES} bytes")
        self._kept: dict[str, list[KeptKey]] = {}

    def derive(self, purpose: str) -> bytes:
        """32 bytes, the same for the same secret and purpose. Another secret makes another key: for what may end with
        it."""
        return _derive(self._secrets[0], purpose)

    def find(self, purpose: str) -> bytes:
        """The key for what outlives the secret, as `storage.kept_keys` has loaded it; that of the secret as long as
        there has been no other. Ask when the key is needed, and not before the database is open."""
        return self.list_all(purpose)[-1].key

    def finder(self, purpose: str) -> FindKey:
        return partial(self.find, purpose)

    def list_all(self, purpose: str) -> Sequence[KeptKey]:
        """Those that were used before and the one of now, the oldest first."""
        return self._kept.get(purpose) or [KeptKey(self.derive(purpose))]

    def keep(self, kept: Mapping[str, list[KeptKey]]) -> None:
        self._kept = dict(kept)

    @property
    def has_others(self) -> bool:
        return len(self._secrets) > 1

    def derive_of_origin(self, purpose: str, witness: tuple[str, bytes] | None) -> bytes:
        """The key of the secret under which the witness, a purpose and what was sealed for it, lies in the database:
        so long after a change of the secret, what was derived before is found. Raises `SealError`."""
        if witness is None:
            return self.derive(purpose)
        of_witness, sealed = witness
        for secret in self._secrets:
            if _open(secret, of_witness, sealed) is not None:
                return _derive(secret, purpose)
        raise _refuse(of_witness)

    def seal(self, purpose: str, plain: bytes, entropy: Entropy) -> bytes:
        """AES-256-GCM; the nonce stands in front."""
        nonce = entropy(_NONCE_BYTES)
        return nonce + AESGCM(self.derive(purpose)).encrypt(nonce, plain, purpose.encode())

    def unseal(self, purpose: str, sealed: bytes) -> bytes:
        """Raises `SealError` rather than return anything that was not sealed here."""
        for plain in self._try(purpose, sealed):
            if plain is not None:
                return plain
        raise _refuse(purpose)

    def _try(self, purpose: str, sealed: bytes) -> Iterator[bytes | None]:
        return (_open(secret, purpose, sealed) for secret in self._secrets)

    def is_current(self, purpose: str, sealed: bytes) -> bool:
        """Whether the present secret alone opens it."""
        return next(self._try(purpose, sealed)) is not None


# Every token that comes or goes needs some of these keys.
@lru_cache(256)
def _derive(secret: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), 32, salt=b"borvo", info=purpose.encode()).derive(secret)


def _open(secret: bytes, purpose: str, sealed: bytes) -> bytes | None:
    nonce, text = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    try:
        return AESGCM(_derive(secret, purpose)).decrypt(nonce, text, purpose.encode())
    except (InvalidTag, ValueError):
        return None


def _refuse(purpose: str) -> SealError:
    return SealError(f"cannot unseal a value for {purpose!r}")
