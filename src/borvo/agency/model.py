"""Values of agencies: who asks, what was asked, and what a person decided."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from borvo.kernel.ids import ClientId, ClientKey, OrganisationId, PersonId
from borvo.kernel.scopes import Scopes
from borvo.kernel.text import Text, say

QUERY_TOKEN_LIFETIME = timedelta(seconds=30)

Subject = UUID
"""The name under which one agency knows one person; another agency knows her under another."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who calls the Agency API: an agent by a client, or a client by itself. `organisations` are those in whose name
    it may act now: the agent's memberships, or what support allowed the client."""

    client_id: ClientId
    client_key: ClientKey
    agent_id: PersonId | None
    is_agent: bool
    organisations: frozenset[OrganisationId]

    @property
    def agencies(self) -> frozenset[UUID]:
        """All that consents may name: the agent herself, and the organisations."""
        in_person = {self.agent_id} if self.agent_id is not None and self.is_agent else set()
        return frozenset({*in_person, *self.organisations})


@dataclass(frozen=True, slots=True)
class Ask:
    """What an invite asks for, checked. Texts are empty and numbers None where nothing was given. `unregistered` are
    those of the scopes that the client is not registered for."""

    email: str
    phone_number: str
    scopes: Scopes
    unregistered: Scopes
    organisation_id: OrganisationId | None
    notify_path: str = ""
    notify_state: str = ""
    redirect_path: str = ""
    redirect_state: str = ""
    purpose: str = ""
    duration_days: int | None = None


class InviteState(StrEnum):
    """What became of an invite."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"

    @property
    def label(self) -> Text:
        """As people read it."""
        return _STATES[self]


_STATES = {
    InviteState.PENDING: say("pending"),
    InviteState.ACCEPTED: say("accepted"),
    InviteState.DECLINED: say("declined"),
    InviteState.WITHDRAWN: say("withdrawn"),
    InviteState.EXPIRED: say("expired"),
}


@dataclass(frozen=True, slots=True)
class Invite:
    """An ask that was sent. Without `agent_id` a client sent it by itself. Its token is not among it: only a digest
    is kept."""

    id: UUID
    client_key: ClientKey
    agent_id: PersonId | None
    ask: Ask
    created_at: datetime
    sent_at: datetime
    expires_at: datetime
    answered_at: datetime | None = None
    answer: str = ""
    reason: str = ""

    @property
    def agency_id(self) -> UUID:
        """With whom the person would share: the organisation, or the agent in person."""
        agency = self.ask.organisation_id or self.agent_id
        if agency is None:
            raise ValueError("an invite is an agent's or an organisation's")
        return agency

    def decide_state(self, now: datetime) -> InviteState:
        if self.answer:
            return InviteState(self.answer)
        return InviteState.EXPIRED if self.expires_at <= now else InviteState.PENDING


class Standing(StrEnum):
    """Whether a consent counts."""

    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person shares: the scopes, data from an instant on (None: all of it), and until when (None: until she
    ends it)."""

    scopes: Scopes
    data_from: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Relationship:
    """The latest consent between a person, an agency and a client. `version` counts up by one with each change, and
    query tokens name it; `subject` stays."""

    person_id: PersonId
    client_key: ClientKey
    agency_id: UUID
    is_organisation: bool
    subject: Subject
    version: int
    choice: Choice
    standing: Standing
    granted_at: datetime
    changed_at: datetime

    def is_active(self, now: datetime) -> bool:
        return self.standing is Standing.ACTIVE and (self.choice.until is None or self.choice.until > now)


@dataclass(frozen=True, slots=True)
class ReadGrant:
    """What may be read of one person right now, under which name, from when on, and in the name of which
    organisation (empty for an agent in person)."""

    person_id: PersonId
    subject: Subject
    scopes: frozenset[str]
    since: datetime | None
    version: int
    organisation: str


@dataclass(frozen=True, slots=True)
class Names:
    """How people read who asks: `agent` is empty for a client by itself, `organisation` for an agent in person."""

    agent: str
    organisation: str
    client: str

    @property
    def agency(self) -> str:
        return self.organisation or self.agent

    @property
    def full(self) -> str:
        if self.agent and self.organisation:
            return say("%(agent)s for %(organisation)s", agent=self.agent, organisation=self.organisation)
        return self.agency


@dataclass(frozen=True, slots=True)
class ReadNote:
    """One line of a person's access log: what was read of her at once."""

    types: tuple[str, ...]
    period_from: datetime | None
    period_until: datetime | None
    samples: int
