"""Use cases of those who ask: invites sent, sent again, withdrawn, listed."""

from collections.abc import Collection
from uuid import UUID

from borvo.accounts.public import Limit, find_person, load_person, normalize_email
from borvo.agency import invite_store
from borvo.agency.bodies import parse_invite
from borvo.agency.model import Ask, Asker, Invite, InviteState, Names
from borvo.agency.policy import check_organisation
from borvo.agency.service import Agency, admit_asker, name_invite
from borvo.agency.words import write_invite, write_invite_text
from borvo.identity.public import Api, verify_token
from borvo.kernel.digests import digest_token
from borvo.kernel.entropy import create_token, create_uuid
from borvo.kernel.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    TooManyRequestsError,
)
from borvo.kernel.text import say
from borvo.languages.language import Language
from borvo.mail.posting import post_mail
from borvo.mail.texting import post_text
from borvo.portal.public import load_client
from borvo.storage.database import Connection
from borvo.web.bearer import PresentedToken

# Mail that a stranger did not ask for: little of it, to one address even less.
BY_AGENT = Limit("agency-invite-agent", 60)
BY_AGENCY = Limit("agency-invite-agency", 300)
TO_ADDRESS = Limit("agency-invite-address", 5)
FROM_ANYBODY = Limit("agency-invite-anybody", 20)
"""Of all agencies together to one address."""


async def request_invite(agency: Agency, presented: PresentedToken, body: bytes) -> Invite:
    """What `createagencyinvite` does. Raises `UnauthenticatedError`, `ForbiddenError`, `TooManyRequestsError` and
    `InvalidInputError`; then nothing is sent."""
    admission = await verify_token(agency.identity, presented, api=Api.AGENCY)
    async with agency.accounts.database.transaction() as connection:
        asker = await admit_asker(connection, admission)
        client = await load_client(connection, asker.client_id)
        ask = parse_invite(body, frozenset(client.scopes if client else ()))
        return await send_invite(agency, connection, asker, ask)


async def send_invite(agency: Agency, connection: Connection, asker: Asker, ask: Ask) -> Invite:
    """Within the caller's transaction. Whether an address has an account makes no difference that anybody could
    see."""
    _check(agency, asker, ask)
    now = agency.accounts.clock()
    invite = Invite(
        id=create_uuid(now, agency.accounts.entropy),
        client_key=asker.client_key,
        agent_id=asker.agent_id,
        ask=ask,
        created_at=now,
        sent_at=now,
        expires_at=now + agency.invite_lifetime,
    )
    reached = await _spend(agency, connection, invite)
    token = create_token(agency.accounts.entropy)
    await invite_store.insert_invite(connection, invite, digest_token(token))
    await _post(agency, connection, invite, token, reached)
    return invite


def _check(agency: Agency, asker: Asker, ask: Ask) -> None:
    if ask.organisation_id is None and asker.agent_id is None:
        message = "A client that calls for itself names the organisation that asks."
        raise InvalidInputError(message, {"organizationId": [message]})
    if fault := check_organisation(asker, ask.organisation_id):
        raise ForbiddenError(fault)
    _check_way(agency, ask)


def _check_way(agency: Agency, ask: Ask) -> None:
    if not ask.email and not agency.can_text:
        message = say("This platform sends no text messages. Give an e-mail address.")
        raise InvalidInputError(message, {"phoneNumber": [message]})


async def _spend(agency: Agency, connection: Connection, invite: Invite) -> set[str]:
    """To which of the addresses it may go. What is refused is rolled back, and so is counted no further."""
    limiter, now, ask = agency.accounts.limiter, agency.accounts.clock(), invite.ask
    if invite.agent_id is not None:
        await limiter.spend_within(connection, BY_AGENT, str(invite.agent_id), now)
    await limiter.spend_within(connection, BY_AGENCY, str(invite.agency_id), now)
    addresses = {address for address in (ask.email, ask.phone_number) if address}
    # In one order, so that two who count the same never wait for each other.
    for address in sorted(addresses):
        await limiter.spend_within(connection, TO_ADDRESS, f"{invite.agency_id} {address}", now)
    return {each for each in sorted(addresses) if await _is_free(agency, connection, each)}


async def _is_free(agency: Agency, connection: Connection, address: str) -> bool:
    """Whether little has gone there from all agencies. Otherwise nothing goes out, and whoever asks is answered as
    ever: that others have written there is nobody's business."""
    try:
        await agency.accounts.limiter.spend_within(connection, FROM_ANYBODY, address, agency.accounts.clock())
    except TooManyRequestsError:
        return False
    return True


async def _post(
    agency: Agency, connection: Connection, invite: Invite, token: str, reached: Collection[str]
) -> None:
    names, accounts = await name_invite(connection, invite), agency.accounts
    language = await _choose_language(agency, connection, invite)
    if invite.ask.email in reached:
        mail = write_invite(invite, names, accounts.issuer, token)
        await post_mail(accounts.outbox, connection, mail, language=language)
    if invite.ask.phone_number in reached and agency.can_text:
        text = write_invite_text(invite, names, accounts.issuer, token)
        await post_text(accounts.outbox, connection, text, language=language)


async def _choose_language(agency: Agency, connection: Connection, invite: Invite) -> Language:
    """Her own where the address has an account, else that of whoever invites. It shows in the message alone, which
    goes to nobody but her."""
    asked = await find_person(connection, normalize_email(invite.ask.email)) if invite.ask.email else None
    agent = await load_person(connection, invite.agent_id) if invite.agent_id else None
    return agency.accounts.speak(asked.locale if asked else "", agent.locale if agent else "")


async def list_invites(connection: Connection, agencies: frozenset[UUID]) -> list[tuple[Invite, Names]]:
    """All that the agencies sent, the latest first."""
    found = await invite_store.list_invites(connection, agencies)
    return [(invite, await name_invite(connection, invite)) for invite in found]


async def _load_waiting(connection: Connection, agencies: frozenset[UUID], invite_id: UUID | None) -> Invite:
    invite = await invite_store.load_invite(connection, invite_id, agencies) if invite_id else None
    if invite is None:
        raise NotFoundError(say("You have sent no such invite."))
    if invite.answer:
        raise ConflictError(say("This invite is %(state)s already.", state=InviteState(invite.answer).label))
    return invite


async def send_again(
    agency: Agency, connection: Connection, agencies: frozenset[UUID], invite_id: UUID | None
) -> None:
    """With a new link and a new term; the link before works no more, nor what somebody has kept by it. Raises
    `ConflictError` for one that was answered."""
    invite = await _load_waiting(connection, agencies, invite_id)
    _check_way(agency, invite.ask)
    reached = await _spend(agency, connection, invite)
    now, token = agency.accounts.clock(), create_token(agency.accounts.entropy)
    expires_at = now + agency.invite_lifetime
    if not await invite_store.renew_invite(connection, invite.id, digest_token(token), now, expires_at):
        raise ConflictError(say("This invite was answered just now."))
    renewed = await invite_store.load_invite(connection, invite.id, agencies)
    await _post(agency, connection, renewed or invite, token, reached)


async def withdraw(
    agency: Agency, connection: Connection, agencies: frozenset[UUID], invite_id: UUID | None
) -> None:
    """The link opens nothing from now on. Raises as `send_again`."""
    invite = await _load_waiting(connection, agencies, invite_id)
    if not await invite_store.withdraw_invite(connection, invite.id, agency.accounts.clock()):
        raise ConflictError(say("This invite was answered just now."))
