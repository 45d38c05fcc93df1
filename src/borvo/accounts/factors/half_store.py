"""The SQL of half logins, and of logins that become worth more. Every function takes a connection and none commits."""

from datetime import datetime
from uuid import UUID

from borvo.accounts.factors.model import HALF_LOGIN_ATTEMPTS, HalfLogin
from borvo.accounts.holder_store import HOLDER_COLUMNS, read_holder
from borvo.accounts.methods import Methods
from borvo.kernel.ids import LoginSessionId, PersonId
from borvo.storage.database import Connection


async def insert_half(
    connection: Connection, half: HalfLogin, token_digest: bytes, expires_at: datetime
) -> None:
    await connection.execute(
        """insert into half_login (person_id, id, token_digest, methods, return_to, login_session_id, expires_at)
           values ($1, $2, $3, $4, $5, $6, $7)""",
        half.person.id,
        half.id,
        token_digest,
        list(half.methods),
        half.return_to,
        half.login_session_id,
        expires_at,
    )


async def load_half(
    connection: Connection, person_id: UUID, half_id: UUID, now: datetime
) -> tuple[HalfLogin, bytes] | None:
    """With the digest of its token; None when it has ended, is expired or has seen too many wrong codes. The person may
    have closed her account and come back now."""
    row = await connection.fetchrow(
        f"""select {HOLDER_COLUMNS}, h.id as half_id, h.token_digest, h.methods, h.return_to,
                   h.login_session_id
            from half_login h join person p on p.id = h.person_id
            where h.person_id = $1 and h.id = $2 and h.ended_at is null and h.expires_at > $3
              and h.attempts < $4 and p.suspended_at is null and (p.closed_at is null or p.erase_at > $3)""",
        person_id,
        half_id,
        now,
        HALF_LOGIN_ATTEMPTS,
    )
    if row is None:
        return None
    session = row["login_session_id"]
    half = HalfLogin(
        read_holder(row),
        row["half_id"],
        tuple(row["methods"]),
        row["return_to"],
        LoginSessionId(session) if session else None,
    )
    return half, row["token_digest"]


async def count_attempt(connection: Connection, half: HalfLogin) -> bool:
    """Counts a code before it is looked at, so that parallel ones cannot slip past; False when there were too many."""
    counted = await connection.fetchval(
        """update half_login set attempts = attempts + 1
           where person_id = $1 and id = $2 and ended_at is null and attempts < $3 returning true""",
        half.person.id,
        half.id,
        HALF_LOGIN_ATTEMPTS,
    )
    return bool(counted)


async def end_half(connection: Connection, half: HalfLogin, now: datetime) -> bool:
    """Whether this call ended it: it becomes one login."""
    ended = await connection.fetchval(
        """update half_login set ended_at = $3
           where person_id = $1 and id = $2 and ended_at is null returning true""",
        half.person.id,
        half.id,
        now,
    )
    return bool(ended)


async def end_halves(connection: Connection, person_id: PersonId, now: datetime) -> None:
    """Of who came by what no longer counts."""
    await connection.execute(
        "update half_login set ended_at = $2 where person_id = $1 and ended_at is null", person_id, now
    )


async def strengthen_session(
    connection: Connection,
    person_id: PersonId,
    session_id: LoginSessionId,
    methods: Methods,
    token_digest: bytes,
) -> bool:
    """A login that is worth more from now on, under a new token, unless it has ended."""
    is_live = await connection.fetchval(
        """update login_session set methods = $3, token_digest = $4
           where person_id = $1 and id = $2 and ended_at is null returning true""",
        person_id,
        session_id,
        list(methods),
        token_digest,
    )
    return bool(is_live)


async def delete_expired(connection: Connection, now: datetime) -> None:
    """Half logins, proofs of a mailbox and spent challenges that no longer matter."""
    await connection.execute("delete from half_login where expires_at < $1", now)
    await connection.execute("delete from mailbox_proof where expires_at < $1", now)
    await connection.execute("delete from spent_challenge where expires_at < $1", now)
