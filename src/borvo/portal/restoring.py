"""What ends after the database went back to an earlier day. The SQL takes a connection and does not commit."""

from datetime import datetime

from borvo.storage.database import Connection


async def void_all_tokens(connection: Connection, now: datetime) -> None:
    """No access token of any client that was issued until now is believed any more."""
    await connection.execute(
        """update client set tokens_void_before =
             greatest(tokens_void_before, date_trunc('second', $1::timestamptz) + interval '1 second')""",
        now,
    )
