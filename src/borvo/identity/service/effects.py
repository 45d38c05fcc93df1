"""What has to be kept when an authorization request is answered with what a person allowed."""

from collections.abc import Awaitable, Callable
from functools import partial

from borvo.accounts.public import Login
from borvo.identity import session_store, store, token_store
from borvo.identity.engine import Facts
from borvo.identity.service.collaborators import Identity
from borvo.identity.service.waiting import Waiting, check_answered, consume_waiting
from borvo.kernel.digests import digest_token
from borvo.portal.public import RegisteredClient
from borvo.storage.database import Connection

Effect = Callable[[Connection], Awaitable[object]]


async def keep_granted(
    identity: Identity,
    connection: "Connection | None",
    facts: Facts,
    registered: RegisteredClient,
    login: Login,
    waiting: Waiting,
) -> None:
    """In the unit of work in hand, or in one of its own; but a code alone, which is what most requests come to, is
    written along with those of others, and ends the request that it answers. Raises `AuthorizationRefusedError`."""
    code = _find_code(facts, waiting)
    effects = _list_effects(facts, registered, login, waiting, code)
    if connection is None and code is not None and len(effects) == 1:
        check_answered(await identity.new_codes.find(code))
        return
    async with identity.database.borrow(connection) as borrowed, identity.database.begin(borrowed):
        for effect in effects:
            await effect(borrowed)


def _find_code(facts: Facts, waiting: Waiting) -> store.NewCode | None:
    """As it is to be kept, with the end of the request that it answers."""
    if facts.issued_code is None:
        return None
    code, stored = facts.issued_code
    request_digest = digest_token(waiting.id) if waiting.id else None
    return store.NewCode(digest_token(code), stored, facts.now, request_digest)


async def _keep_code(connection: Connection, code: store.NewCode) -> None:
    check_answered((await store.insert_codes(connection, [code])).get(code))


def _list_effects(
    facts: Facts,
    registered: RegisteredClient,
    login: Login,
    waiting: Waiting,
    code: store.NewCode | None,
) -> list[Effect]:
    """What has to be kept, each with one statement."""
    effects: list[Effect] = []
    if code is not None:
        effects.append(partial(_keep_code, code=code))
    elif waiting.id:
        effects.append(partial(consume_waiting, waiting=waiting))
    if facts.issued_opaque is not None:
        effects.append(partial(token_store.insert_opaque, issue=facts.issued_opaque))
    if registered.frontchannel_logout_uri or registered.backchannel_logout_uri:
        effects.append(
            partial(
                session_store.note_client,
                person_id=login.person.id,
                session_id=login.session_id,
                client_key=registered.client_key,
                now=facts.now,
            )
        )
    return effects
