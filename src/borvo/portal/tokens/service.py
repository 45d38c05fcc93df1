"""Use cases of personal access tokens. Each person sees and ends her own; owners those of their team, too."""

from uuid import UUID

import structlog

from borvo.accounts.public import Person
from borvo.kernel.entropy import create_uuid
from borvo.kernel.errors import InvalidInputError, NotFoundError
from borvo.kernel.ids import PersonId
from borvo.kernel.secret import Secret
from borvo.kernel.text import say
from borvo.portal.audit import Action, Change, Value, record_change
from borvo.portal.expiry import find_end
from borvo.portal.secret_format import ENDING, create_personal_token
from borvo.portal.service import Portal
from borvo.portal.team.entry import enter, find_named, hold
from borvo.portal.team.model import Membership
from borvo.portal.team.policy import Deed, is_allowed
from borvo.portal.tokens import store
from borvo.portal.tokens.model import OwnedToken, TokenRecord, TokenTerms
from borvo.portal.tokens.policy import (
    check_token_days,
    check_token_label,
    check_token_room,
    complete_scopes,
)
from borvo.storage.database import Connection
from borvo.storage.security_events.model import TENANCY_OWNER, SecurityEvent, SecurityEventKind

log = structlog.get_logger(__name__)


async def list_tokens(portal: Portal, person: Person, name: str) -> tuple[TokenRecord, ...]:
    """Her own in the tenancy with this prefix or id. Raises `NotFoundError` unless she is a member."""
    async with portal.database.connection() as connection:
        membership = await enter(connection, person, await find_named(connection, name), Deed.READ)
        return await store.list_tokens(connection, person.id, membership.tenancy.id)


async def list_tokens_of_others(portal: Portal, person: Person, name: str) -> tuple[OwnedToken, ...]:
    """Those of the rest of the team, for who answers for it; none for others. Raises as `list_tokens`."""
    async with portal.database.connection() as connection:
        membership = await enter(connection, person, await find_named(connection, name), Deed.READ)
        if not is_allowed(membership.role, Deed.CHANGE_TEAM):
            return ()
        found = await store.list_all_tokens(connection, membership.tenancy.id)
    return tuple(each for each in found if each.person_id != person.id)


async def find_token(portal: Portal, person: Person, name: str, token_id: UUID | None) -> OwnedToken:
    """One that she may revoke. Raises as `list_tokens`, and `NotFoundError` for any other and one that is gone."""
    own = await list_tokens(portal, person, name)
    others = await list_tokens_of_others(portal, person, name)
    for token in (*(OwnedToken(each, person.id, person.email) for each in own), *others):
        if token.record.id == token_id:
            return token
    raise _refuse_token()


def _refuse_token() -> NotFoundError:
    return NotFoundError(say("You have no such token; it may have been revoked already."))


def _check_terms(terms: TokenTerms) -> None:
    faults = {"label": check_token_label(terms.label), "days": check_token_days(terms.days)}
    if errors := {field: [fault] for field, fault in faults.items() if fault}:
        raise InvalidInputError(say("The token cannot be made like this."), errors)


async def create_token(portal: Portal, person: Person, name: str, terms: TokenTerms) -> Secret[str]:
    """The only time that it can be had; what is kept is a keyed digest. Raises as `list_tokens`, `ForbiddenError` in a
    suspended tenancy, and `InvalidInputError` beside the fields `label` and `days`."""
    async with portal.database.connection() as connection:
        await enter(connection, person, await find_named(connection, name), Deed.CREATE_TOKENS)
    _check_terms(terms)
    secret = create_personal_token(portal.entropy)
    async with portal.database.transaction() as connection:
        tenancy_id = await find_named(connection, name)
        membership = await hold(connection, person, tenancy_id, Deed.CREATE_TOKENS)
        token = await _add(portal, connection, person, membership, secret, terms)
    log.info("personal token created", token=str(token.id), person=str(person.id))
    return Secret(secret)


async def _add(
    portal: Portal,
    connection: Connection,
    person: Person,
    membership: Membership,
    secret: str,
    terms: TokenTerms,
) -> TokenRecord:
    now, tenancy_id = portal.clock(), membership.tenancy.id
    await store.lock_membership(connection, person.id, tenancy_id)
    present = await store.list_tokens(connection, person.id, tenancy_id)
    if fault := check_token_room(sum(token.is_live(now) for token in present)):
        raise InvalidInputError(fault, {"form": [fault]})
    end, scopes = find_end(now, terms.days) or now, complete_scopes(terms.scopes)
    token_id = create_uuid(now, portal.entropy)
    token = TokenRecord(token_id, terms.label, scopes, secret[-ENDING:], now, end)
    digest = portal.verifier.digest(secret)
    await store.insert_token(connection, person.id, tenancy_id, token, digest)
    after = describe_token(token)
    change = Change(tenancy_id, person.id, Action.TOKEN_CREATED, token.name, now, after=after)
    await record_change(connection, change)
    kind = SecurityEventKind.PERSONAL_TOKEN_CREATED
    await portal.events.record(connection, _describe_event(kind, membership, person.id, token))
    return token


def _describe_event(
    kind: SecurityEventKind, membership: Membership, owner: PersonId, token: TokenRecord, actor: str = ""
) -> SecurityEvent:
    """For the log of the token's owner: which token it is, and never what it says."""
    detail = {"tenancy": membership.tenancy.prefix, "ending": token.ending}
    return SecurityEvent(kind, owner, actor=actor, detail=detail)


def describe_token(token: TokenRecord) -> dict[str, Value]:
    return {
        "label": token.label,
        "scopes": [scope.value for scope in token.scopes],
        "expires_at": token.expires_at.isoformat(),
    }


async def revoke_token(portal: Portal, person: Person, name: str, token_id: UUID | None) -> None:
    """It opens nothing from the next request on. Raises as `find_token`, and `ForbiddenError` for who may not revoke
    the tokens of others any more."""
    token = await find_token(portal, person, name, token_id)
    deed = Deed.END_TOKENS if token.person_id == person.id else Deed.CHANGE_TEAM
    async with portal.database.transaction() as connection:
        membership = await hold(connection, person, await find_named(connection, name), deed)
        gone = await store.delete_token(connection, token.person_id, membership.tenancy.id, token.record.id)
        if not gone:
            raise _refuse_token()
        await _note_revocation(portal, connection, person, membership, token)
    log.info("personal token revoked", token=str(token.record.id), person=str(person.id))


async def _note_revocation(
    portal: Portal, connection: Connection, person: Person, membership: Membership, token: OwnedToken
) -> None:
    record, is_own = token.record, token.person_id == person.id
    before = {**describe_token(record), **({} if is_own else {"owner": token.email})}
    change = Change(
        membership.tenancy.id, person.id, Action.TOKEN_REVOKED, record.name, portal.clock(), before
    )
    await record_change(connection, change)
    kind = SecurityEventKind.PERSONAL_TOKEN_REVOKED if is_own else SecurityEventKind.PERSONAL_TOKEN_ENDED
    actor = "" if is_own else TENANCY_OWNER
    event = _describe_event(kind, membership, token.person_id, record, actor)
    await portal.events.record(connection, event)
