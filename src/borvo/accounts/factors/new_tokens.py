"""A session that goes on under a new token, after what makes it worth more to a thief."""

from borvo.accounts.factors import half_store
from borvo.accounts.methods import Methods
from borvo.accounts.model import Login, SessionCookie
from borvo.accounts.service import Accounts
from borvo.kernel.digests import digest_token
from borvo.kernel.entropy import TOKEN_BYTES, encode_bytes
from borvo.storage.database import Connection


async def strengthen(
    connection: Connection, accounts: Accounts, login: Login, methods: Methods
) -> SessionCookie | None:
    """The same login, worth more and under a new token: one that was stolen before gains nothing. None when it has
    ended. When she came by the first factor stays as it was: she has not proved that anew."""
    token = accounts.entropy(TOKEN_BYTES)
    is_live = await half_store.strengthen_session(
        connection, login.person.id, login.session_id, methods, digest_token(encode_bytes(token))
    )
    return SessionCookie(login.person.id.bytes, login.session_id.bytes, token) if is_live else None
