"""What has to be kept when an authorization request is answered with what a person allowed."""

from collections.abc import Awaitable, Callable
from functools import partial

from borvo.accounts.public import Login
from borvo.identity import session_store, store, token_store
from borvo.identity.engine import Facts
from borvo.identity.service.collaborators import Identity
from borvo.identity.service.waiting import Waiting, consume_waiting
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
    written along with those of others."""
    effects, code = _list_effects(facts, registered, login, waiting), _find_code(facts)
    if connection is None and code is not None and len(effects) == 1:
        await identity.new_codes.find(code)
        return
    async with identity.database.borrow(connection) as borrowed, identity.database.begin(borrowed):
        for effect in effects:
            await effect(borrowed)


def _find_code(facts: Facts) -> store.NewCode | None:
    """As it is to be kept."""
    if facts.issued_code is None:
        return None
    code, stored = facts.issued_code
    return store.NewCode(digest_token(code), stored, facts.now)


def _list_effects(facts: Facts, registered: RegisteredClient, login: Login, waiting: Waiting) -> list[Effect]:
    """What has to be kept, each with one statement."""
    effects: list[Effect] = []
    if waiting.id:
        effects.append(partial(consume_waiting, waiting=waiting))
    if (code := _find_code(facts)) is not None:
        effects.append(partial(store.insert_codes, codes=[code]))
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
