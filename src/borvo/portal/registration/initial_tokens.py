"""Use cases of initial access tokens: those who may register clients make and end them, and so does support."""

from uuid import UUID

import structlog

from borvo.accounts.public import Person
from borvo.kernel.entropy import create_uuid
from borvo.kernel.errors import InvalidInputError, NotFoundError
from borvo.kernel.ids import PersonId, TenancyId
from borvo.kernel.secret import Secret
from borvo.kernel.text import say
from borvo.portal.audit import Action, Change, Value, record_change
from borvo.portal.expiry import find_end
from borvo.portal.registration import store
from borvo.portal.registration.model import InitialTerms, InitialToken
from borvo.portal.registration.policy import check_token_room, find_faults
from borvo.portal.secret_format import ENDING, create_initial_token
from borvo.portal.service import Portal
from borvo.portal.team import store as team_store
from borvo.portal.team.entry import enter, find_named, hold, hold_team
from borvo.portal.team.policy import Deed
from borvo.portal.tokens.bearer import describe_way
from borvo.storage.database import Connection

log = structlog.get_logger(__name__)


async def list_initial_tokens(portal: Portal, person: Person, name: str) -> tuple[InitialToken, ...]:
    """Of the tenancy with this prefix or id, whoever made them. Raises `NotFoundError` unless she is a member."""
    async with portal.database.connection() as connection:
        membership = await enter(connection, person, await find_named(connection, name), Deed.READ)
        return await store.list_tokens(connection, membership.tenancy.id)


async def find_initial_token(
    portal: Portal, person: Person, name: str, token_id: UUID | None
) -> InitialToken:
    """One that she may revoke. Raises `ForbiddenError` for who may not, `NotFoundError` for one that is gone."""
    async with portal.database.connection() as connection:
        membership = await enter(connection, person, await find_named(connection, name), Deed.CHANGE_CLIENTS)
        return _pick(await store.list_tokens(connection, membership.tenancy.id), token_id)


def _pick(tokens: tuple[InitialToken, ...], token_id: UUID | None) -> InitialToken:
    for token in tokens:
        if token.id == token_id:
            return token
    raise NotFoundError(say("There is no such token; it may have been revoked already."))


async def make_initial_token(portal: Portal, person: Person, name: str, terms: InitialTerms) -> Secret[str]:
    """The only time that it can be had; what is kept is a keyed digest. Raises as `find_initial_token`, and
    `InvalidInputError` beside the fields `label`, `days` and `most`."""
    async with portal.database.transaction() as connection:
        named = await find_named(connection, name)
        # Two who make one at once take turns.
        tenancy = (await hold_team(connection, person, named, Deed.CHANGE_CLIENTS)).tenancy
        return await _add(portal, connection, tenancy.id, person, terms)


async def make_initial_token_by_support(portal: Portal, name: str, terms: InitialTerms) -> Secret[str]:
    """As `make_initial_token`, for the operator: no member answers for it, and it ends with none."""
    async with portal.database.transaction() as connection:
        return await _add(portal, connection, await _lock(connection, name), None, terms)


async def _lock(connection: Connection, name: str) -> TenancyId:
    tenancy_id = await find_named(connection, name)
    if tenancy_id is None or not await team_store.lock_tenancy(connection, tenancy_id):
        raise NotFoundError(say("No tenancy has the prefix or the id %(name)s.", name=name))
    return tenancy_id


async def _add(
    portal: Portal,
    connection: Connection,
    tenancy_id: TenancyId,
    person: Person | None,
    terms: InitialTerms,
) -> Secret[str]:
    if faults := find_faults(terms):
        raise InvalidInputError(say("The token cannot be made like this."), faults)
    now = portal.clock()
    present = await store.list_tokens(connection, tenancy_id)
    if fault := check_token_room(sum(token.is_live(now) for token in present)):
        raise InvalidInputError(fault, {"form": [fault]})
    secret, end = create_initial_token(portal.entropy), find_end(now, terms.days) or now
    maker_id = person.id if person else None
    token = InitialToken(
        create_uuid(now, portal.entropy),
        tenancy_id,
        terms.label,
        secret[-ENDING:],
        maker_id,
        now,
        end,
        terms.most or 0,
    )
    await store.insert_token(connection, token, portal.verifier.digest(secret))
    await _note(portal, connection, token, Action.TOKEN_CREATED, person, after=describe_token(token))
    log.info("initial token created", token=str(token.id), person=str(maker_id))
    return Secret(secret)


def describe_token(token: InitialToken) -> dict[str, Value]:
    return {"label": token.label, "expires_at": token.expires_at.isoformat(), "clients": token.most}


async def _note(
    portal: Portal,
    connection: Connection,
    token: InitialToken,
    action: Action,
    person: Person | None,
    before: dict[str, Value] | None = None,
    after: dict[str, Value] | None = None,
) -> None:
    actor: PersonId | None = person.id if person else None
    way = describe_way(person) if person else ""
    now = portal.clock()
    await record_change(
        connection,
        Change(token.tenancy_id, actor, action, token.name, now, before or {}, after or {}, way),
    )


async def revoke_initial_token(portal: Portal, person: Person, name: str, token_id: UUID | None) -> None:
    """It registers nothing from the next request on; what it has registered stays. Raises as
    `find_initial_token`."""
    async with portal.database.transaction() as connection:
        named = await find_named(connection, name)
        tenancy = (await hold(connection, person, named, Deed.CHANGE_CLIENTS)).tenancy
        await _revoke(portal, connection, tenancy.id, token_id, person)


async def revoke_initial_token_by_support(portal: Portal, name: str, token_id: UUID | None) -> None:
    """As `revoke_initial_token`, for the operator."""
    async with portal.database.transaction() as connection:
        await _revoke(portal, connection, await _lock(connection, name), token_id, None)


async def _revoke(
    portal: Portal,
    connection: Connection,
    tenancy_id: TenancyId,
    token_id: UUID | None,
    person: Person | None,
) -> None:
    token = _pick(await store.list_tokens(connection, tenancy_id), token_id)
    if not await store.delete_token(connection, tenancy_id, token.id):
        _pick((), token_id)
    await _note(portal, connection, token, Action.TOKEN_REVOKED, person, before=describe_token(token))
    log.info("initial token revoked", token=str(token.id), person=str(person.id) if person else "")


async def list_initial_tokens_for_support(portal: Portal, name: str) -> tuple[InitialToken, ...]:
    """As `list_initial_tokens`, for the operator."""
    async with portal.database.transaction() as connection:
        return await store.list_tokens(connection, await _lock(connection, name))
