"""Organisations and their members as values."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from borvo.kernel.ids import OrganisationId, PersonId
from borvo.kernel.text import Text, say

NAME_MAXIMUM = 100


class OrganisationRole(StrEnum):
    """What a member is in one organisation; she may be both (contract 3.3)."""

    AGENT = "agent"
    MEMBERSHIP_MANAGER = "membership_manager"

    @property
    def label(self) -> Text:
        """As people read it."""
        return _LABELS[self]


_LABELS = {
    OrganisationRole.AGENT: say("agent"),
    OrganisationRole.MEMBERSHIP_MANAGER: say("membership manager"),
}


@dataclass(frozen=True, slots=True)
class Organisation:
    """One organisation. Its name is support's word, and no other has the same."""

    id: OrganisationId
    name: str


@dataclass(frozen=True, slots=True)
class OrganisationCount:
    """An organisation as support's list shows it."""

    organisation: Organisation
    members: int
    clients: tuple[str, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class SharingCounts:
    """How many people share something with an organisation, and how many invites wait: all that managers learn."""

    people: int
    invites: int


@dataclass(frozen=True, slots=True)
class OrganisationMember:
    """Somebody who belongs to an organisation, with all her roles in it."""

    person_id: PersonId
    email: str
    display_name: str
    roles: frozenset[OrganisationRole]
    joined_at: datetime
    is_suspended: bool = False

    @property
    def is_manager(self) -> bool:
        return OrganisationRole.MEMBERSHIP_MANAGER in self.roles


@dataclass(frozen=True, slots=True)
class OrganisationInvitation:
    """One that was neither accepted nor withdrawn. Its token is not among it: only a digest is kept."""

    id: UUID
    organisation_id: OrganisationId
    email: str
    role: OrganisationRole
    sent_at: datetime
    expires_at: datetime


def normalize_name(name: str) -> str:
    """Without surrounding and doubled white space."""
    return " ".join(name.split())


def fold_name(name: str) -> str:
    """What must differ between two organisations, so that none passes for another."""
    return normalize_name(name).casefold()
