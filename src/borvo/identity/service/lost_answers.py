"""Answers that got lost. Of a form that is sent twice a browser shows what came of the second, and drops the redirect
to the app that was the answer to the first. The app cannot be answered again, but the person can be told where she
was going."""

from collections.abc import Awaitable

from borvo.accounts.public import Login
from borvo.identity import store
from borvo.identity.service.collaborators import Identity
from borvo.identity.service.outcomes import AnswerLost, Outcome
from borvo.identity.service.waiting import RequestGoneError
from borvo.kernel.digests import digest_token
from borvo.kernel.ids import PersonId
from borvo.portal.public import RegisteredClient, load_client_by_key
from borvo.web.addresses import parse_origin


async def explain_loss(
    identity: Identity, login: Login | None, request_id: str, asked: Awaitable[Outcome]
) -> Outcome:
    """What comes of it, or `AnswerLost` where the request is gone and the code that she was issued for it a moment ago
    can still be redeemed. Raises what it raises."""
    try:
        return await asked
    except RequestGoneError:
        lost = await _find_lost(identity, login.person.id, request_id) if login is not None else None
        if lost is None:
            raise
        return lost


async def _find_lost(identity: Identity, person_id: PersonId, request_id: str) -> AnswerLost | None:
    digest = digest_token(request_id)
    async with identity.database.connection() as connection:
        code = await store.find_unredeemed(connection, person_id, digest, identity.clock())
        client = await load_client_by_key(connection, code.client_key) if code is not None else None
    if code is None or client is None or client.is_disabled:
        return None
    return AnswerLost(client, _find_home(client, code.redirect_uri))


def _find_home(client: RegisteredClient, redirect_uri: str) -> str:
    """Where a person finds the client: as its developers say, or where it is answered. An app on a device has no such
    place."""
    if client.client_uri:
        return client.client_uri
    origin = parse_origin(redirect_uri) or ""
    return origin if origin.startswith("https:") else ""
