"""The SQL of who has shown that she reads her mail. Every function takes a connection and none commits."""

from datetime import datetime

from borvo.accounts.factors.mailbox_model import CODE_ATTEMPTS, MailboxProof
from borvo.kernel.ids import LoginSessionId, PersonId
from borvo.storage.database import Connection


async def keep_code(
    connection: Connection, proof: MailboxProof, code_digest: bytes, expires_at: datetime
) -> None:
    """It takes the place of an earlier one of the session."""
    await connection.execute(
        """insert into mailbox_proof (person_id, session_id, email, code_digest, expires_at)
           values ($1, $2, $3, $4, $5)
           on conflict (person_id, session_id) do update
             set email = $3, code_digest = $4, expires_at = $5, attempts = 0, proved_at = null""",
        proof.person_id,
        proof.session_id,
        proof.email,
        code_digest,
        expires_at,
    )


async def keep_proof(connection: Connection, proof: MailboxProof, now: datetime, until: datetime) -> None:
    """Of who came by a link in a mail."""
    await connection.execute(
        """insert into mailbox_proof (person_id, session_id, email, proved_at, expires_at)
           values ($1, $2, $3, $4, $5) on conflict do nothing""",
        proof.person_id,
        proof.session_id,
        proof.email,
        now,
        until,
    )


async def load_proof(
    connection: Connection, person_id: PersonId, session_id: LoginSessionId, now: datetime
) -> MailboxProof | None:
    """What there is of the session: a code that still counts, or a proof. None when it has come to an end."""
    row = await connection.fetchrow(
        """select email, proved_at is not null as is_proved from mailbox_proof
           where person_id = $1 and session_id = $2 and expires_at > $3
             and (proved_at is not null or attempts < $4)""",
        person_id,
        session_id,
        now,
        CODE_ATTEMPTS,
    )
    return MailboxProof(person_id, session_id, row["email"], is_proved=row["is_proved"]) if row else None


async def count_attempt(connection: Connection, proof: MailboxProof, now: datetime) -> bytes | None:
    """The digest of the code, counted before it is compared, so that parallel ones cannot slip past; None when there
    were too many, and when it is used or too old."""
    digest: bytes | None = await connection.fetchval(
        """update mailbox_proof set attempts = attempts + 1
           where person_id = $1 and session_id = $2 and expires_at > $3 and proved_at is null and attempts < $4
           returning code_digest""",
        proof.person_id,
        proof.session_id,
        now,
        CODE_ATTEMPTS,
    )
    return digest


async def spend_code(
    connection: Connection, proof: MailboxProof, code_digest: bytes, now: datetime, until: datetime
) -> bool:
    """Whether this call used the code: it proves the mailbox once."""
    spent = await connection.fetchval(
        """update mailbox_proof set proved_at = $4, expires_at = $5, code_digest = null
           where person_id = $1 and session_id = $2 and code_digest = $3 and expires_at > $4
           returning true""",
        proof.person_id,
        proof.session_id,
        code_digest,
        now,
        until,
    )
    return bool(spent)
