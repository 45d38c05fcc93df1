"""The SQL by which a login session begins. Every function takes a connection and none commits."""

from datetime import datetime

from borvo.accounts.model import Login
from borvo.storage.database import Connection
from borvo.storage.security_events.log import compose_recording

_COLUMNS = """
    person_id, id, token_digest, user_agent, client_address, authenticated_at, last_seen_at, expires_at, methods"""
_VALUES = (
    "$1::uuid, $2::uuid, $3::bytea, $4::text, $5::text, $6::timestamptz, $6, $7::timestamptz, $8::text[]"
)
_INSERT = f"insert into login_session ({_COLUMNS}) select {_VALUES}"
# As `epochs.hold_epoch`: whoever ends all sessions of hers waits, or has ended this one before it begins.
_BEGIN = f"""
    with held as (select id from person where id = $1 and sign_in_epoch = $9 for share),
    begun as ({_INSERT} from held returning id)
    {compose_recording(10, "begun")} returning true"""


async def begin_session(
    connection: Connection,
    login: Login,
    token_digest: bytes,
    user_agent: str,
    client_address: str,
    expires_at: datetime,
    event: tuple[object, ...],
) -> bool:
    """A session of a person who was loaded before, with the event as `SecurityLog.describe` gives it, by one statement;
    False, with neither of them written, when all her sessions have ended since she was loaded."""
    begun = await connection.fetchval(
        _BEGIN,
        *_list_values(login, token_digest, user_agent, client_address, expires_at),
        login.person.epoch,
        *event,
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
