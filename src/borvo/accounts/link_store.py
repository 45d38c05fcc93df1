"""The SQL of links in mails. Every function takes a connection and none commits."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from borvo.accounts.links import AccountLink, LinkPurpose, LinkText
from borvo.kernel.ids import PersonId
from borvo.storage.database import Connection, Row

_COLUMNS = "purpose, person_id, email, created_at, expires_at, return_to, browser_digest"


def _read_link(row: Row) -> AccountLink:
    return AccountLink(
        LinkPurpose(row["purpose"]),
        PersonId(row["person_id"]),
        row["email"],
        row["created_at"],
        row["expires_at"],
        row["return_to"],
        row["browser_digest"],
    )


async def insert_link(connection: Connection, link: AccountLink, digest: bytes) -> None:
    await connection.execute(
        """insert into account_link
             (person_id, token_digest, purpose, email, created_at, expires_at, return_to, browser_digest)
           values ($1, $2, $3, $4, $5, $6, $7, $8)""",
        link.person_id,
        digest,
        link.purpose.value,
        link.email,
        link.created_at,
        link.expires_at,
        link.return_to,
        link.browser_digest,
    )


async def load_link(
    connection: Connection, text: LinkText, purpose: LinkPurpose, now: datetime
) -> AccountLink | None:
    """Without using it; None when it is unknown, for something else, used, ended or too old."""
    row = await connection.fetchrow(
        f"""select {_COLUMNS} from account_link
            where person_id = $1 and token_digest = $2 and purpose = $3
              and used_at is null and expires_at > $4""",
        UUID(bytes=text.person_id),
        text.digest,
        purpose.value,
        now,
    )
    return _read_link(row) if row else None


async def consume_link(
    connection: Connection, text: LinkText, purpose: LinkPurpose, now: datetime
) -> AccountLink | None:
    """The link, to one caller only; None as `load_link`."""
    row = await connection.fetchrow(
        f"""update account_link set used_at = $4
            where person_id = $1 and token_digest = $2 and purpose = $3
              and used_at is null and expires_at > $4
            returning {_COLUMNS}""",
        UUID(bytes=text.person_id),
        text.digest,
        purpose.value,
        now,
    )
    return _read_link(row) if row else None


async def end_links(
    connection: Connection,
    person_id: PersonId,
    purposes: Collection[LinkPurpose],
    now: datetime,
    *,
    since: datetime | None = None,
) -> None:
    """Whoever opens one of them from now on comes too late: all, or those made `since` then."""
    await connection.execute(
        """update account_link set used_at = $3
           where person_id = $1 and purpose = any($2) and used_at is null
             and ($4::timestamptz is null or created_at >= $4)""",
        person_id,
        [purpose.value for purpose in purposes],
        now,
        since,
    )


async def delete_old_links(connection: Connection, before: datetime) -> None:
    await connection.execute("delete from account_link where expires_at <= $1", before)
