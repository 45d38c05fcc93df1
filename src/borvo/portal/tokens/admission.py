"""Whom a personal access token stands for, asked anew with each request (RFC 6750)."""

from datetime import timedelta

from borvo.accounts.public import Limit
from borvo.kernel.errors import UnauthenticatedError
from borvo.kernel.origin import current_origin
from borvo.portal.secret_format import is_personal_token
from borvo.portal.service import Portal
from borvo.portal.tokens import store
from borvo.portal.tokens.bearer import REALM, Bearer
from borvo.web.addresses import find_network
from borvo.web.bearer import read_bearer

FAILURES = Limit("personal-token", 60)
"""By network. One that works is never counted: others behind the same address cannot shut it out."""

USE_GRANULARITY = timedelta(minutes=1)


async def admit(portal: Portal, authorization: str | None) -> Bearer:
    """The token's owner, acting through it. Raises `UnauthenticatedError`, the same for a token that never was, that is
    expired or revoked, and that lost what it rests on; `TooManyRequestsError` for a network that fails too often."""
    text = read_bearer(authorization)
    if text is None:
        # RFC 6750 3.1: no error code for who sent no token.
        fault = "Send a personal access token: Authorization: Bearer borvo_pat_..."
        raise UnauthenticatedError(fault, challenge=REALM)
    bearer = await _find(portal, text) if is_personal_token(text) else None
    if bearer is None:
        network = find_network(current_origin().find_address())
        await portal.accounts.limiter.spend(FAILURES, network, portal.clock())
        fault = "This token opens nothing. Make a new one in the portal, under Tokens."
        raise UnauthenticatedError(fault, challenge=f'{REALM}, error="invalid_token"')
    return bearer


async def _find(portal: Portal, text: str) -> Bearer | None:
    now = portal.clock()
    async with portal.database.connection() as connection:
        bearer = await store.load_bearer(connection, portal.verifier.digest(text), now)
        if bearer is not None:
            await store.note_use(connection, bearer, now, USE_GRANULARITY)
    return bearer
