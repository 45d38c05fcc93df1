"""What ends after the database went back to an earlier day. The SQL takes a connection and does not commit."""

from datetime import datetime

from borvo.storage.database import Connection


async def end_all_grants(connection: Connection, now: datetime) -> None:
    """Codes and refresh tokens that were used, replaced or revoked since are good again, and nobody knows which."""
    await connection.execute("update token_family set revoked_at = $1 where revoked_at is null", now)
    for table in ("authorization_request", "authorization_code", "device_authorization", "access_token"):
        await connection.execute(f"delete from {table}")
