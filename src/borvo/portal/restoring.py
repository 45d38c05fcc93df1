"""What ends after the database went back to an earlier day. The SQL takes a connection and does not commit."""

from datetime import datetime

from borvo.storage.database import Connection


async def void_all_tokens(connection: Connection, now: datetime) -> None:
    """No access token of any client that was issued until now is believed any more, and no token of a program: those
    that were revoked since are there again, and nobody can tell which."""
    for table in ("personal_token", "initial_token"):
        # They are still listed, as ended.
        await connection.execute(f"update {table} set expires_at = least(expires_at, $1)", now)
    await connection.execute("update client_registration set digest = null")
    await connection.execute(
        """update client set tokens_void_before =
             greatest(tokens_void_before, date_trunc('second', $1::timestamptz) + interval '1 second')""",
        now,
    )
