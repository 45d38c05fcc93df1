"""Use cases of a person who was asked: look, accept, reject, decide later. Only the link counts, never an address."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from borvo.accounts.public import Person
from borvo.agency import consent_store, invite_store
from borvo.agency.model import Choice, Invite, InviteState, Names, Relationship, Standing
from borvo.agency.notifying import NOTIFY, build_client_url
from borvo.agency.policy import check_choice, decide_change
from borvo.agency.service import Agency, find_agent, name_invite
from borvo.agency.words import spell_lines
from borvo.catalogue.scopes import order_scopes
from borvo.kernel.digests import digest_token
from borvo.kernel.entropy import decode_bytes
from borvo.kernel.errors import ConflictError, InvalidInputError, NotFoundError
from borvo.kernel.ids import ClientKey, OrganisationId
from borvo.kernel.scopes import Scopes
from borvo.kernel.text import say
from borvo.languages.language import Language
from borvo.organisations.public import OrganisationRole, list_members, list_organisations_for
from borvo.portal.public import ClientPresentation, RegisteredClient, load_client_by_key, load_presentation
from borvo.storage.database import Connection
from borvo.storage.security_events.model import SecurityEvent, SecurityEventKind

SHARING_PATH = "/account/sharing"


@dataclass(frozen=True, slots=True)
class Request:
    """An invite as the person who has its link is shown it. `present` is what she shares with the same agency by the
    same client already; what she decides replaces that, so both are offered."""

    invite: Invite
    names: Names
    client: RegisteredClient
    presentation: ClientPresentation
    present: Relationship | None
    roles: Mapping[OrganisationRole, int]
    """How many members of the organisation have which role; empty for an agent in person."""

    @property
    def offered(self) -> Scopes:
        shared = (
            self.present.choice.scopes if self.present and self.present.standing is not Standing.ENDED else ()
        )
        return tuple(order_scopes([*self.invite.ask.scopes, *shared]))

    @property
    def latest(self) -> datetime | None:
        """The latest end that she may choose; None when no end was asked for."""
        days = self.invite.ask.duration_days
        return self.invite.created_at + timedelta(days=days) if days else None


def refuse_link() -> NotFoundError:
    return NotFoundError(
        say(
            "This link does not work: the request was answered, withdrawn or sent again, or its time is over. Look for "
            "a later mail, or ask who sent it to send it again."
        )
    )


async def find_by_token(connection: Connection, token: str) -> Invite:
    """Raises `NotFoundError` for any token that opens nothing."""
    invite = None
    if decode_bytes(token) is not None:
        invite = await invite_store.find_invite(connection, digest_token(token))
    if invite is None:
        raise refuse_link()
    return invite


async def find_kept(connection: Connection, person: Person, invite_id: UUID | None) -> Invite:
    """One that the person kept; raises `NotFoundError`."""
    invite = await invite_store.load_kept_invite(connection, person.id, invite_id) if invite_id else None
    if invite is None:
        raise refuse_link()
    return invite


async def describe_request(
    agency: Agency, connection: Connection, invite: Invite, person: Person | None
) -> Request:
    """Raises `NotFoundError` when it can no longer be answered."""
    client = await load_client_by_key(connection, invite.client_key)
    is_open = invite.decide_state(agency.accounts.clock()) is InviteState.PENDING
    if not is_open or client is None or client.is_disabled or not await _asks_still(connection, invite):
        raise refuse_link()
    return Request(
        invite,
        await name_invite(connection, invite),
        client,
        await load_presentation(connection, client.client_key),
        await consent_store.find_relationship(connection, person.id, client.client_key, invite.agency_id)
        if person
        else None,
        await _count_roles(connection, invite.ask.organisation_id),
    )


async def _count_roles(
    connection: Connection, organisation_id: OrganisationId | None
) -> Counter[OrganisationRole]:
    members = await list_members(connection, organisation_id) if organisation_id else ()
    return Counter(role for member in members for role in member.roles)


async def _asks_still(connection: Connection, invite: Invite) -> bool:
    """Whoever asked may have lost the right to: then nobody would be there to share with. An organisation asks still
    when the agent who wrote for it has left."""
    if invite.agent_id is None:
        allowed = await list_organisations_for(connection, invite.client_key)
        return invite.ask.organisation_id in {each.id for each in allowed}
    if invite.ask.organisation_id is not None:
        return True
    is_agent, _ = await find_agent(connection, invite.agent_id)
    return is_agent


async def keep(agency: Agency, connection: Connection, person: Person, invite: Invite) -> None:
    """She decides later: the request waits on her page. Raises `ConflictError` when it was sent again just now."""
    now = agency.accounts.clock()
    remind_at = now + agency.reminder_delay if agency.reminder_delay else None
    if not await invite_store.keep_invite(connection, person.id, invite, now, remind_at):
        raise ConflictError(say("This request was answered, withdrawn or sent again just now."))


async def decline(
    agency: Agency, connection: Connection, person: Person, request: Request, reason: str
) -> None:
    """Who asked sees that, and the reason. Nobody is notified (contract 3.2). Raises `ConflictError` when somebody
    was faster."""
    await _answer(agency, connection, person, request, InviteState.DECLINED, reason)


async def _answer(
    agency: Agency,
    connection: Connection,
    person: Person,
    request: Request,
    state: InviteState,
    reason: str = "",
) -> None:
    now = agency.accounts.clock()
    # Contract 7: bound to the first who answers.
    if not await invite_store.answer_invite(
        connection, request.invite, state.value, now, answered_by=person.id, reason=reason
    ):
        raise ConflictError(
            say("This request was answered, withdrawn or sent again just now, so nothing was changed.")
        )


async def accept(
    agency: Agency,
    connection: Connection,
    person: Person,
    request: Request,
    choice: Choice,
    language: Language,
) -> str | None:
    """Shares what she chose, in the caller's transaction, and puts the client's notification into the outbox; keeps
    what she saw in the `language` of the page. Where her browser goes on to, or None for a page of ours. Raises
    `InvalidInputError` for a choice that was not offered, `ConflictError` when somebody was faster."""
    now = agency.accounts.clock()
    if fault := check_choice(choice, request.offered, now, request.latest):
        raise InvalidInputError(fault, {"form": [fault]})
    await _answer(agency, connection, person, request, InviteState.ACCEPTED)
    relationship = await _relate(agency, connection, person, request.invite, choice)
    await consent_store.save_relationship(connection, relationship, record_shown(request, language))
    await _record(agency, connection, person, request, relationship)
    await _put_notification(agency, connection, request.invite, relationship)
    return build_return(request, relationship)


async def _relate(
    agency: Agency, connection: Connection, person: Person, invite: Invite, choice: Choice
) -> Relationship:
    now = agency.accounts.clock()
    present = await consent_store.lock_relationship(
        connection, person.id, invite.client_key, invite.agency_id
    )
    if present is not None:
        return decide_change(present, choice, Standing.ACTIVE, now)
    return Relationship(
        person_id=person.id,
        client_key=ClientKey(invite.client_key),
        agency_id=invite.agency_id,
        is_organisation=invite.ask.organisation_id is not None,
        # Random, so that it says neither when it was made nor of whom.
        subject=UUID(bytes=agency.accounts.entropy(16), version=4),
        version=1,
        choice=choice,
        standing=Standing.ACTIVE,
        granted_at=now,
        changed_at=now,
    )


def record_shown(request: Request, language: Language) -> dict[str, Any]:
    """What the person saw when she decided, as it is kept: in the language in which she read it."""
    names, invite = request.names, request.invite
    return {
        "language": language.tag,
        "agent": names.agent,
        "organisation": names.organisation,
        "members": dict(request.roles),
        "client": names.client,
        "client_id": request.client.client_id,
        "purpose": invite.ask.purpose,
        "asked": list(invite.ask.scopes),
        "words": spell_lines(request.offered, language),
        "invite": str(invite.id),
    }


async def _record(
    agency: Agency, connection: Connection, person: Person, request: Request, relationship: Relationship
) -> None:
    event = SecurityEvent(
        SecurityEventKind.SHARING_GRANTED,
        person.id,
        client_id=request.client.client_id,
        detail={"agency": request.names.agency, "app": request.names.client, "version": relationship.version},
    )
    await agency.accounts.events.record(connection, event)


async def _put_notification(
    agency: Agency, connection: Connection, invite: Invite, relationship: Relationship
) -> None:
    """A failing client never undoes consent: it is told later, again and again (contract 3.2)."""
    if invite.ask.notify_path:
        payload = {
            "client_key": str(invite.client_key),
            "path": invite.ask.notify_path,
            "subject": str(relationship.subject),
            "state": invite.ask.notify_state,
        }
        await agency.accounts.outbox.put(connection, NOTIFY, payload, person_id=relationship.person_id)


def build_return(request: Request, relationship: Relationship) -> str | None:
    """Contract 3.2: both `subject` and `state`."""
    ask = request.invite.ask
    if not ask.redirect_path or not request.client.client_uri:
        return None
    return build_client_url(
        request.client.client_uri, ask.redirect_path, str(relationship.subject), ask.redirect_state
    )
