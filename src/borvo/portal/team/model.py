"""Members, roles and invitations as values."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from borvo.kernel.ids import PersonId, TenancyId
from borvo.kernel.text import Text, say
from borvo.portal.model import Tenancy

INVITATION_LIFETIME = timedelta(days=7)


class TeamRole(StrEnum):
    """What a member is in one tenancy. Not to be mixed up with the roles of a person on the platform."""

    OWNER = "owner"
    DEVELOPER = "developer"
    VIEWER = "viewer"

    @property
    def label(self) -> Text:
        """As people read it."""
        return _LABELS[self]


_LABELS = {
    TeamRole.OWNER: say("owner"),
    TeamRole.DEVELOPER: say("developer"),
    TeamRole.VIEWER: say("viewer"),
}


@dataclass(frozen=True, slots=True)
class Membership:
    """A tenancy as one of its members sees it."""

    tenancy: Tenancy
    role: TeamRole


@dataclass(frozen=True, slots=True)
class Member:
    """One of a tenancy's team, with what the others may know of her."""

    person_id: PersonId
    email: str
    display_name: str
    role: TeamRole
    joined_at: datetime
    is_suspended: bool = False


@dataclass(frozen=True, slots=True)
class Invitation:
    """One that was neither accepted nor revoked. Its token is not among it: only a digest is kept."""

    id: UUID
    tenancy_id: TenancyId
    email: str
    role: TeamRole
    sent_at: datetime
    expires_at: datetime

    def is_expired(self, now: datetime) -> bool:
        return self.expires_at <= now
