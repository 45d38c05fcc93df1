"""The SQL of invitations to organisations. Every function takes a connection and none commits."""

from datetime import datetime

from borvo.kernel.ids import OrganisationId, PersonId
from borvo.organisations.model import OrganisationInvitation, OrganisationRole
from borvo.storage.database import Connection, Row

_INVITATION = "id, organisation_id, email, role, sent_at, expires_at"


def _read_invitation(row: Row) -> OrganisationInvitation:
    return OrganisationInvitation(
        row["id"],
        OrganisationId(row["organisation_id"]),
        row["email"],
        OrganisationRole(row["role"]),
        row["sent_at"],
        row["expires_at"],
    )


async def list_invitations(
    connection: Connection, organisation_id: OrganisationId
) -> tuple[OrganisationInvitation, ...]:
    """The expired ones too, until the clean-up."""
    rows = await connection.fetch(
        f"select {_INVITATION} from organisation_invitation where organisation_id = $1 order by sent_at, email",
        organisation_id,
    )
    return tuple(_read_invitation(row) for row in rows)


async def insert_invitation(
    connection: Connection, invitation: OrganisationInvitation, token_digest: bytes, invited_by: PersonId
) -> None:
    await connection.execute(
        f"""insert into organisation_invitation ({_INVITATION}, token_digest, invited_by)
            values ($1, $2, $3, $4, $5, $6, $7, $8)""",
        invitation.id,
        invitation.organisation_id,
        invitation.email,
        invitation.role.value,
        invitation.sent_at,
        invitation.expires_at,
        token_digest,
        invited_by,
    )


async def renew_invitation(
    connection: Connection, invitation: OrganisationInvitation, token_digest: bytes, invited_by: PersonId
) -> None:
    """Under a new token; the one before is worth nothing any more."""
    await connection.execute(
        """update organisation_invitation set sent_at = $3, expires_at = $4, token_digest = $5, invited_by = $6
           where organisation_id = $1 and id = $2""",
        invitation.organisation_id,
        invitation.id,
        invitation.sent_at,
        invitation.expires_at,
        token_digest,
        invited_by,
    )


async def find_invitation(
    connection: Connection, token_digest: bytes, now: datetime
) -> OrganisationInvitation | None:
    """None for one that is expired, too."""
    row = await connection.fetchrow(
        f"select {_INVITATION} from organisation_invitation where token_digest = $1 and expires_at > $2",
        token_digest,
        now,
    )
    return _read_invitation(row) if row else None


async def delete_invitation(connection: Connection, invitation: OrganisationInvitation) -> bool:
    """Whether it was there: to one caller only."""
    deleted = await connection.fetchval(
        "delete from organisation_invitation where organisation_id = $1 and id = $2 returning true",
        invitation.organisation_id,
        invitation.id,
    )
    return bool(deleted)


async def delete_old_invitations(connection: Connection, before: datetime) -> None:
    await connection.execute("delete from organisation_invitation where expires_at < $1", before)
