"""Refresh tokens: RFC 6749 6, rotated with each use as RFC 9700 4.14.2 wants.

All refresh tokens that follow from one redemption make a family, of which exactly one is current.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from borvo.accounts.public import PASSWORD, Methods, Person
from borvo.identity.model import NO_CLAIMS, RequestedClaims
from borvo.kernel.digests import digest_bytes_with_key, is_same
from borvo.kernel.entropy import TOKEN_BYTES, Entropy, decode_bytes, encode_bytes
from borvo.kernel.ids import ClientKey, LoginSessionId, PersonId
from borvo.kernel.scopes import Scopes
from borvo.storage.sealing import FindKey

_NAME_BYTES = 32
_MARK_BYTES = 32
_MASKED = b"masked"


class RefreshVerdict(StrEnum):
    """What a refresh token is that came back."""

    CURRENT = "current"
    RETRY = "retry"
    """Just replaced, and its successor was never used: the client did not receive the answer."""
    SPENT = "spent"
    """Replaced before, so it comes from whoever copied it, or from whoever was robbed of it."""
    ENDED = "ended"


def _shorten(most: timedelta, days: int | None) -> timedelta:
    return most if days is None else min(most, timedelta(days=days))


@dataclass(frozen=True, slots=True)
class RefreshPolicy:
    """How long refresh tokens live, and the key under which their marks are made.

    `lifetime` counts from the redemption, `idle` from the last use; `retry` is how long after a rotation the token
    that was replaced is taken once more.
    """

    key: FindKey
    lifetime: timedelta
    idle: timedelta
    retry: timedelta

    def render(self, person_id: PersonId, family_id: UUID, entropy: Entropy) -> str:
        """A fresh token. It names its family, which nobody else can read, and its mark proves that it was issued here:
        so a spent one is told from an invented one although only the digest of the current one is kept."""
        secret = entropy(TOKEN_BYTES)
        body = self._mask(person_id.bytes + family_id.bytes, secret) + secret
        return encode_bytes(body + self._mark(_MASKED + body))

    def parse(self, token: str) -> tuple[PersonId, UUID] | None:
        """Whose token it is and of which family; None for what was not issued here."""
        data = decode_bytes(token)
        if data is None or len(data) != _NAME_BYTES + TOKEN_BYTES + _MARK_BYTES:
            return None
        body, mark = data[:-_MARK_BYTES], data[-_MARK_BYTES:]
        names, secret = body[:_NAME_BYTES], body[_NAME_BYTES:]
        if is_same(mark, self._mark(_MASKED + body)):
            names = self._mask(names, secret)
        elif not is_same(mark, self._mark(body)):
            # Neither of this form nor of that of old, whose names lay open.
            return None
        return PersonId(UUID(bytes=names[:16])), UUID(bytes=names[16:])

    def narrow(self, lifetime_days: int | None, idle_days: int | None) -> "RefreshPolicy":
        """For a client that wants its tokens to live for a shorter time; a longer one it does not get."""
        if lifetime_days is None and idle_days is None:
            return self
        return replace(
            self, lifetime=_shorten(self.lifetime, lifetime_days), idle=_shorten(self.idle, idle_days)
        )

    def find_idle_end(self, family_end: datetime, now: datetime) -> datetime:
        """When the family ends unless it is used before."""
        return min(family_end, now + self.idle)

    def _mark(self, body: bytes) -> bytes:
        return digest_bytes_with_key(self.key(), body)

    def _mask(self, names: bytes, secret: bytes) -> bytes:
        """Hides them, and finds them again: for each secret another mask, 32 bytes as they are. No mark is made over a
        text as short as this one."""
        stream = digest_bytes_with_key(self.key(), b"mask" + secret)
        return bytes(left ^ right for left, right in zip(names, stream, strict=True))


@dataclass(frozen=True, slots=True)
class TokenFamily:
    """A family as it lies in the database, with its person. `dpop_jkt` names the key by which alone its tokens are used
    (RFC 9449 5), if there is one. The methods without a docstring are the protocol
    engine's."""

    person: Person
    id: UUID
    client_key: ClientKey
    scopes: Scopes
    session_id: LoginSessionId
    auth_time: datetime
    consent_version: int
    current_digest: bytes
    previous_digest: bytes | None
    rotated_at: datetime | None
    expires_at: datetime
    idle_expires_at: datetime
    revoked_at: datetime | None
    requested_claims: RequestedClaims = NO_CLAIMS
    resources: tuple[str, ...] = ()
    dpop_jkt: str | None = None
    methods: Methods = PASSWORD

    def get_scope(self) -> str:
        return " ".join(self.scopes)

    def check_client(self, client: object) -> bool:
        registered = getattr(client, "registered", None)
        return getattr(registered, "client_key", None) == self.client_key

    def judge(self, digest: bytes, now: datetime, retry: timedelta) -> RefreshVerdict:
        """What the token with this digest is, which was issued for this family."""
        if self.revoked_at is not None or min(self.expires_at, self.idle_expires_at) <= now:
            return RefreshVerdict.ENDED
        if is_same(digest, self.current_digest):
            return RefreshVerdict.CURRENT
        is_previous = self.previous_digest is not None and is_same(digest, self.previous_digest)
        is_recent = self.rotated_at is not None and now < self.rotated_at + retry
        return RefreshVerdict.RETRY if is_previous and is_recent else RefreshVerdict.SPENT


@dataclass(frozen=True, slots=True)
class RefreshIssue:
    """A refresh token about to be issued; `text` is what the client gets."""

    text: str
    family_id: UUID
