"""Bookmarks, and what is told between two of them. Pure.

A *round* is the difference between two states of a person's samples, told in pages. The state at its end is chosen with
its first page, so whatever is written while a client pages comes with the next round, and nothing comes twice or never.
"""

from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from borvo.catalogue.sample_types import SampleType, list_sample_types
from borvo.dataserver.model import StoredSample
from borvo.kernel.ids import ClientId, PersonId

BEGINNING = -1
"""The position before everything: a round from here tells all samples."""

_LAST_ID = UUID(int=2**128 - 1)


class Place(Struct, frozen=True, array_like=True):
    """What was told last within a round; what comes next is greater."""

    position: int
    id: UUID


class Bookmark(Struct, frozen=True, array_like=True, kw_only=True):
    """How far a client has come. `types` are codes. `since` is the position that the client has; `since_at` and
    `until_at` are seconds of the epoch at which that and the end of the round were current. Without `until` the round
    has not begun. A silent one tells nothing: its client begins with what comes after it."""

    person_id: PersonId
    client_id: ClientId
    types: list[int]
    since: int
    since_at: int
    until: int | None = None
    until_at: int = 0
    after: Place | None = None
    is_silent: bool = False

    @property
    def basis(self) -> int | None:
        """The oldest position that it rests on. Who has nothing yet lacks nothing: of such a round only the end."""
        return self.until if self.since == BEGINNING else self.since

    @property
    def place(self) -> Place:
        return self.after or Place(self.since, _LAST_ID)

    def begin(self, until: int, now: int) -> "Bookmark":
        """The round whose end is known; one that has begun keeps its end."""
        return replace(self, until=until, until_at=now) if self.until is None else self

    def turn(self, place: Place) -> "Bookmark":
        """After one more page of the round."""
        return replace(self, after=place)

    def close(self) -> "Bookmark":
        """After the last page: the client has what was there at the round's end."""
        since = self.since if self.until is None else self.until
        return replace(
            self, since=since, since_at=self.until_at, until=None, until_at=0, after=None, is_silent=False
        )


class Deleted(Struct, frozen=True):
    """A sample that is there no more."""

    id: UUID
    type_code: int
    client_assigned_id: str | None


class Changes(Struct, frozen=True):
    """One page of a round. Each sample is in one of the three; `has_more` says that the round goes on. `erased` is the
    position at which everything was erased last."""

    added: tuple[StoredSample, ...]
    changed: tuple[StoredSample, ...]
    deleted: tuple[Deleted, ...]
    next: Bookmark
    has_more: bool
    erased: int = 0


def list_whole_types(held: frozenset[str]) -> tuple[SampleType, ...]:
    """The types that can be read whatever their samples hold: correlations with the scopes of all possible parts. So it
    does not depend on a sample's content, which may change, whether a client is told of it."""
    scopes = {each.name: each.read_scope for each in list_sample_types()}
    return tuple(
        each
        for each in list_sample_types()
        if each.read_scope in held and all(scopes[member] in held for member in each.members)
    )
