"""The SQL of logos. Every function takes a connection and none commits."""

from datetime import datetime

from borvo.kernel.ids import ClientKey
from borvo.portal.pictures import Picture
from borvo.storage.database import Connection


async def save_logo(connection: Connection, client_key: ClientKey, picture: Picture, now: datetime) -> None:
    """In place of the one before."""
    await connection.execute(
        """insert into client_logo (client_key, digest, media_type, content, uploaded_at) values ($1, $2, $3, $4, $5)
           on conflict (client_key) do update set digest = excluded.digest, media_type = excluded.media_type,
             content = excluded.content, uploaded_at = excluded.uploaded_at""",
        client_key,
        picture.digest,
        picture.media_type,
        picture.content,
        now,
    )


async def copy_logo(connection: Connection, source: ClientKey, target: ClientKey, now: datetime) -> None:
    """Nothing when the source has none."""
    await connection.execute(
        """insert into client_logo (client_key, digest, media_type, content, uploaded_at)
           select $2, digest, media_type, content, $3 from client_logo where client_key = $1
           on conflict do nothing""",
        source,
        target,
        now,
    )


async def delete_logo(connection: Connection, client_key: ClientKey) -> None:
    await connection.execute("delete from client_logo where client_key = $1", client_key)


async def load_logo(connection: Connection, digest: str) -> Picture | None:
    """By what it is, whoever's it is: two clients may have the same."""
    row = await connection.fetchrow(
        "select digest, media_type, content from client_logo where digest = $1 limit 1", digest
    )
    return Picture(row["media_type"], row["content"], row["digest"]) if row else None
