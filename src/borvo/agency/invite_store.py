"""The SQL of invites. Every function takes a connection and none commits."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from borvo.agency.model import Ask, Invite
from borvo.kernel.ids import ClientKey, OrganisationId, PersonId
from borvo.storage.database import Connection, Row

_INVITE = """id, client_key, agent_id, agency_id, is_organisation, email, phone_number, scopes, unregistered,
             notify_path, notify_state, redirect_path, redirect_state, purpose, duration_days,
             created_at, sent_at, expires_at, answer, answered_at, reason"""
MOST = 500


def _read_invite(row: Row) -> Invite:
    ask = Ask(
        email=row["email"],
        phone_number=row["phone_number"],
        scopes=tuple(row["scopes"]),
        unregistered=tuple(row["unregistered"]),
        organisation_id=OrganisationId(row["agency_id"]) if row["is_organisation"] else None,
        notify_path=row["notify_path"],
        notify_state=row["notify_state"],
        redirect_path=row["redirect_path"],
        redirect_state=row["redirect_state"],
        purpose=row["purpose"],
        duration_days=row["duration_days"],
    )
    return Invite(
        id=row["id"],
        client_key=ClientKey(row["client_key"]),
        agent_id=PersonId(row["agent_id"]) if row["agent_id"] else None,
        ask=ask,
        created_at=row["created_at"],
        sent_at=row["sent_at"],
        expires_at=row["expires_at"],
        answered_at=row["answered_at"],
        answer=row["answer"],
        reason=row["reason"],
    )


async def insert_invite(connection: Connection, invite: Invite, token_digest: bytes) -> None:
    ask = invite.ask
    await connection.execute(
        f"""insert into agency_invite ({_INVITE}, token_digest)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, '', null, '',
                    $19)""",
        invite.id,
        invite.client_key,
        invite.agent_id,
        invite.agency_id,
        ask.organisation_id is not None,
        ask.email,
        ask.phone_number,
        list(ask.scopes),
        list(ask.unregistered),
        ask.notify_path,
        ask.notify_state,
        ask.redirect_path,
        ask.redirect_state,
        ask.purpose,
        ask.duration_days,
        invite.created_at,
        invite.sent_at,
        invite.expires_at,
        token_digest,
    )


async def find_invite(connection: Connection, token_digest: bytes) -> Invite | None:
    """In whatever state."""
    row = await connection.fetchrow(
        f"select {_INVITE} from agency_invite where token_digest = $1", token_digest
    )
    return _read_invite(row) if row else None


async def load_kept_invite(connection: Connection, person_id: PersonId, invite_id: UUID) -> Invite | None:
    """One that the person has kept, in whatever state."""
    row = await connection.fetchrow(
        f"""select {_INVITE} from agency_invite i where i.id = $2
            and exists (select from agency_kept_invite k where k.person_id = $1 and k.invite_id = i.id)""",
        person_id,
        invite_id,
    )
    return _read_invite(row) if row else None


async def list_kept_invites(connection: Connection, person_id: PersonId, now: datetime) -> list[Invite]:
    """Those that the person can still decide on, the latest first."""
    rows = await connection.fetch(
        f"""select {_INVITE} from agency_invite where answer = '' and expires_at > $2
            and id in (select invite_id from agency_kept_invite where person_id = $1) order by created_at desc""",
        person_id,
        now,
    )
    return [_read_invite(row) for row in rows]


async def keep_invite(
    connection: Connection, person_id: PersonId, invite: Invite, now: datetime, remind_at: datetime | None
) -> bool:
    """Whether it waits for her now: not when it was sent again meanwhile, or answered. Kept once more, its reminders
    come as they would have."""
    kept = await connection.fetchval(
        """with sent as materialized
             (select id from agency_invite where id = $2 and sent_at = $3 and answer = '' for share)
           insert into agency_kept_invite (person_id, invite_id, kept_at, remind_at) select $1, id, $4, $5 from sent
           on conflict (person_id, invite_id) do update set kept_at = agency_kept_invite.kept_at returning true""",
        person_id,
        invite.id,
        invite.sent_at,
        now,
        remind_at,
    )
    return bool(kept)


async def answer_invite(
    connection: Connection,
    invite: Invite,
    answer: str,
    now: datetime,
    *,
    answered_by: PersonId,
    reason: str = "",
) -> bool:
    """Whether this answer is the one that counts: of any number at once only one is, none after the end, and none to
    an invite that was sent again meanwhile."""
    answered = await connection.fetchval(
        """update agency_invite set answer = $2, answered_at = $3, answered_by = $4, reason = $5
           where id = $1 and answer = '' and expires_at > $3 and sent_at = $6 returning true""",
        invite.id,
        answer,
        now,
        answered_by,
        reason,
        invite.sent_at,
    )
    return bool(answered)


async def withdraw_invite(connection: Connection, invite_id: UUID, now: datetime) -> bool:
    """Whether it waited still, expired ones included."""
    withdrawn = await connection.fetchval(
        """update agency_invite set answer = 'withdrawn', answered_at = $2
           where id = $1 and answer = '' returning true""",
        invite_id,
        now,
    )
    return bool(withdrawn)


async def renew_invite(
    connection: Connection, invite_id: UUID, token_digest: bytes, sent_at: datetime, expires_at: datetime
) -> bool:
    """Under a new token, if it waits still, expired ones included. The link before opens nothing, and whoever kept the
    invite by it has it no more: it may have come into wrong hands."""
    renewed = await connection.fetchval(
        """update agency_invite set token_digest = $2, sent_at = $3, expires_at = $4
           where id = $1 and answer = '' returning true""",
        invite_id,
        token_digest,
        sent_at,
        expires_at,
    )
    # A statement of its own, which sees what was kept while the one before waited.
    await connection.execute("delete from agency_kept_invite where invite_id = $1", invite_id)
    return bool(renewed)


async def list_invites(connection: Connection, agencies: Collection[UUID]) -> list[Invite]:
    """Those of the agencies, whatever the client, the latest first."""
    rows = await connection.fetch(
        f"""select {_INVITE} from agency_invite where agency_id = any($1::uuid[])
            order by created_at desc, id desc limit {MOST}""",
        list(agencies),
    )
    return [_read_invite(row) for row in rows]


async def load_invite(connection: Connection, invite_id: UUID, agencies: Collection[UUID]) -> Invite | None:
    """None for one of other agencies, too."""
    row = await connection.fetchrow(
        f"select {_INVITE} from agency_invite where id = $1 and agency_id = any($2::uuid[])",
        invite_id,
        list(agencies),
    )
    return _read_invite(row) if row else None


async def delete_old_invites(connection: Connection, before: datetime) -> None:
    """Those that ended before, with what people kept of them."""
    await connection.execute(
        """with gone as (delete from agency_invite where expires_at < $1 returning id)
           delete from agency_kept_invite where invite_id in (select id from gone)""",
        before,
    )
