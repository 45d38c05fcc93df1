"""The SQL by which a login session begins. Every function takes a connection and none commits."""

from datetime import datetime
from functools import cache

from borvo.accounts.attempt_store import Uncounting, list_uncounting
from borvo.accounts.model import Login
from borvo.storage.database import Connection
from borvo.storage.security_events.log import EVENT_COLUMNS, compose_recording

_COLUMNS = """
    person_id, id, token_digest, user_agent, client_address, authenticated_at, last_seen_at, expires_at, methods"""
_VALUES = (
    "$1::uuid, $2::uuid, $3::bytea, $4::text, $5::text, $6::timestamptz, $6, $7::timestamptz, $8::text[]"
)
_INSERT = f"insert into login_session ({_COLUMNS}) select {_VALUES}"
_NOTHING = Uncounting((), ())
_EVENT = 10


@cache
def _compose_beginning(shared: tuple[bool, ...]) -> str:
    """Her row comes first, and the counters last, in their order: nobody who has one of them waits for a person, and
    those that others share are held for no longer than by a statement of their own."""
    parts = [
        # As `epochs.hold_epoch`: whoever ends all sessions of hers waits, or has ended this one before it begins.
        "held as (select id from person where id = $1 and sign_in_epoch = $9 for share)",
        f"begun as ({_INSERT} from held returning id)",
        f"recorded as ({compose_recording(_EVENT, 'begun')} returning id)",
        *list_uncounting(shared, _EVENT + len(EVENT_COLUMNS), "recorded"),
    ]
    return f"with {', '.join(parts)} select true from begun"


async def begin_session(
    connection: Connection,
    login: Login,
    token_digest: bytes,
    user_agent: str,
    client_address: str,
    expires_at: datetime,
    event: tuple[object, ...],
    uncounting: Uncounting = _NOTHING,
) -> bool:
    """A session of a person who was loaded before, with the event as `SecurityLog.describe` gives it, by one statement;
    False, with neither of them written, when all her sessions have ended since she was loaded. The attempt is taken
    back either way."""
    begun = await connection.fetchval(
        _compose_beginning(uncounting.shared),
        *_list_values(login, token_digest, user_agent, client_address, expires_at),
        login.person.epoch,
        *event,
        *uncounting.values,
    )
    return bool(begun)


async def insert_session(
    connection: Connection,
    login: Login,
    token_digest: bytes,
    user_agent: str,
    client_address: str,
    expires_at: datetime,
) -> None:
    """Of a person whom the same transaction has made."""
    await connection.execute(
        _INSERT, *_list_values(login, token_digest, user_agent, client_address, expires_at)
    )


def _list_values(
    login: Login, token_digest: bytes, user_agent: str, client_address: str, expires_at: datetime
) -> tuple[object, ...]:
    return (
        login.person.id,
        login.session_id,
        token_digest,
        user_agent,
        client_address,
        login.authenticated_at,
        expires_at,
        list(login.methods),
    )
