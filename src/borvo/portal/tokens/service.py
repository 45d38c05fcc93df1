"""Use cases of personal access tokens. Each person sees and ends her own only."""

from uuid import UUID

import structlog

from borvo.accounts.public import Person
from borvo.kernel.entropy import create_uuid
from borvo.kernel.errors import InvalidInputError, NotFoundError
from borvo.kernel.secret import Secret
from borvo.portal.audit import Action, Change, Value, record_change
from borvo.portal.expiry import find_end
from borvo.portal.secret_format import ENDING, create_personal_token
from borvo.portal.service import Portal
from borvo.portal.team.entry import enter, find_named, hold
from borvo.portal.team.model import Membership
from borvo.portal.team.policy import Deed
from borvo.portal.tokens import store
from borvo.portal.tokens.model import TokenRecord, TokenTerms
from borvo.portal.tokens.policy import (
    check_token_days,
    check_token_label,
    check_token_room,
    complete_scopes,
)
from borvo.storage.database import Connection
from borvo.storage.security_events.model import SecurityEvent, SecurityEventKind

log = structlog.get_logger(__name__)


async def list_tokens(portal: Portal, person: Person, name: str) -> tuple[TokenRecord, ...]:
    """Her own in the tenancy with this prefix or id. Raises `NotFoundError` unless she is a member."""
    async with portal.database.connection() as connection:
        membership = await enter(connection, person, await find_named(connection, name), Deed.READ)
        return await store.list_tokens(connection, person.id, membership.tenancy.id)


async def find_token(portal: Portal, person: Person, name: str, token_id: UUID | None) -> TokenRecord:
    """Raises as `list_tokens`, and `NotFoundError` for one that is gone or another's."""
    for token in await list_tokens(portal, person, name):
        if token.id == token_id:
            return token
    raise _refuse_token()


def _refuse_token() -> NotFoundError:
    return NotFoundError("You have no such token; it may have been revoked already.")


def _check_terms(terms: TokenTerms) -> None:
    faults = {"label": check_token_label(terms.label), "days": check_token_days(terms.days)}
    if errors := {field: [fault] for field, fault in faults.items() if fault}:
        raise InvalidInputError("The token cannot be made like this.", errors)


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
    kind = SecurityEventKind.PERSONAL_TOKEN_CREATED
    await _note(portal, connection, Action.TOKEN_CREATED, kind, person, membership, token)
    return token


async def _note(
    portal: Portal,
    connection: Connection,
    action: Action,
    kind: SecurityEventKind,
    person: Person,
    membership: Membership,
    token: TokenRecord,
) -> None:
    """In the audit trail of the tenancy and in the owner's own log; which token it is, and never what it says."""
    tenancy, described = membership.tenancy, describe_token(token)
    is_new = action is Action.TOKEN_CREATED
    before, after = ({}, described) if is_new else (described, {})
    change = Change(tenancy.id, person.id, action, token.name, portal.clock(), before, after)
    await record_change(connection, change)
    event = SecurityEvent(kind, person.id, detail={"tenancy": tenancy.prefix, "ending": token.ending})
    await portal.events.record(connection, event)


def describe_token(token: TokenRecord) -> dict[str, Value]:
    return {
        "label": token.label,
        "scopes": [scope.value for scope in token.scopes],
        "expires_at": token.expires_at.isoformat(),
    }


async def revoke_token(portal: Portal, person: Person, name: str, token_id: UUID | None) -> None:
    """It opens nothing from the next request on. Raises as `find_token`."""
    token = await find_token(portal, person, name, token_id)
    async with portal.database.transaction() as connection:
        membership = await hold(connection, person, await find_named(connection, name), Deed.END_TOKENS)
        if not await store.delete_token(connection, person.id, membership.tenancy.id, token.id):
            raise _refuse_token()
        kind = SecurityEventKind.PERSONAL_TOKEN_REVOKED
        await _note(portal, connection, Action.TOKEN_REVOKED, kind, person, membership, token)
    log.info("personal token revoked", token=str(token.id), person=str(person.id))
