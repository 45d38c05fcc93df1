"""The SQL of query tokens. Every function takes a connection and none commits."""

from collections.abc import Sequence
from datetime import datetime

from borvo.agency.model import Asker, Relationship, Subject
from borvo.storage.database import Connection


async def insert_token(
    connection: Connection,
    token_digest: bytes,
    asker: Asker,
    opened: Sequence[Relationship],
    expires_at: datetime,
) -> None:
    await connection.execute(
        """insert into agency_query_token (token_digest, client_key, agent_id, subjects, versions, expires_at)
           values ($1, $2, $3, $4, $5, $6)""",
        token_digest,
        asker.client_key,
        asker.agent_id,
        [each.subject for each in opened],
        [each.version for each in opened],
        expires_at,
    )


async def use_token(
    connection: Connection, token_digest: bytes, asker: Asker, now: datetime
) -> dict[Subject, int] | None:
    """Whom the token opens, with the versions of their consents: once, and to the asker only to whom it was given. Of
    any number of uses at once one gets it; the others wait until that is committed or rolled back."""
    row = await connection.fetchrow(
        """update agency_query_token set used_at = $4
           where token_digest = $1 and client_key = $2 and agent_id is not distinct from $3
             and used_at is null and expires_at > $4
           returning subjects, versions""",
        token_digest,
        asker.client_key,
        asker.agent_id,
        now,
    )
    return dict(zip(row["subjects"], row["versions"], strict=True)) if row else None


async def delete_expired_tokens(connection: Connection, before: datetime) -> None:
    await connection.execute("delete from agency_query_token where expires_at < $1", before)
