"""What ends after the database went back to an earlier day. The SQL takes a connection and does not commit."""

from datetime import datetime

from borvo.accounts.factors.totp import STEP_SECONDS, WINDOW
from borvo.storage.database import Connection


async def end_all_sessions(connection: Connection, now: datetime) -> None:
    """Sessions that were ended since are live again, and links in mails that were used; nobody knows which."""
    await connection.execute("update account_link set used_at = $1 where used_at is null", now)
    await connection.execute("update half_login set ended_at = $1 where ended_at is null", now)
    await connection.execute("update login_session set ended_at = $1 where ended_at is null", now)
    # One that was stopped since would be carried out, and the link that stops it has ended.
    await connection.execute("delete from factor_removal")
    # Who has come back since must not be erased before she can come back again.
    await connection.execute(
        """update person set erase_at = greatest(erase_at, $1::timestamptz + (erase_at - closed_at))
           where erase_at is not null""",
        now,
    )
    # Codes of authenticator apps that were used are good again until their time is over.
    step = int(now.timestamp()) // STEP_SECONDS + WINDOW
    await connection.execute("update person_totp set last_step = greatest(last_step, $1)", step)
