"""The SQL of refresh token families. Every function takes a connection and none commits."""

from datetime import datetime
from typing import Any
from uuid import UUID

from borvo.accounts.public import PERSON_COLUMNS, read_person
from borvo.identity.refresh import TokenFamily
from borvo.identity.store import REDEEM, CodeIssue, read_claims, render_claims
from borvo.kernel.ids import ClientKey, LoginSessionId, PersonId
from borvo.storage.database import Connection, Row

_COLUMNS = """(person_id, id, created_at, client_key, scopes, login_session_id, auth_time, consent_version,
                current_digest, expires_at, idle_expires_at, claims)"""


def _list_values(family: TokenFamily) -> tuple[Any, ...]:
    """Of the columns after the first three."""
    return (
        family.client_key,
        list(family.scopes),
        family.session_id,
        family.auth_time,
        family.consent_version,
        family.current_digest,
        family.expires_at,
        family.idle_expires_at,
        render_claims(family.requested_claims),
    )


async def insert_family(connection: Connection, family: TokenFamily, now: datetime) -> None:
    await connection.execute(
        f"""insert into token_family {_COLUMNS}
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)""",
        family.person.id,
        family.id,
        now,
        *_list_values(family),
    )


async def redeem_for_family(
    connection: Connection, digest: bytes, issue: CodeIssue, family: TokenFamily, now: datetime
) -> bool:
    """As `redeem_code`, and with the same statement begins the family, so that it needs no transaction."""
    begun = await connection.fetchval(
        f"""with redeemed as ({REDEEM})
           insert into token_family {_COLUMNS}
           select $1, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15 from redeemed
           returning true""",
        family.person.id,
        digest,
        issue.token_id,
        issue.token_expires_at,
        family.id,
        now,
        *_list_values(family),
    )
    return bool(begun)


async def load_family(connection: Connection, person_id: PersonId, family_id: UUID) -> TokenFamily | None:
    """With its person, revoked or not, expired or not; None for an unknown one, a closed account, or when the consent
    under which it was issued has ended."""
    row = await connection.fetchrow(
        f"""select f.*, {PERSON_COLUMNS}
           from token_family f join person p on p.id = f.person_id
             join consent s on s.person_id = f.person_id and s.client_key = f.client_key
               and s.version = f.consent_version and s.withdrawn_at is null
           where f.person_id = $1 and f.id = $2 and p.closed_at is null""",
        person_id,
        family_id,
    )
    return _read_family(row, family_id) if row else None


def _read_family(row: Row, family_id: UUID) -> TokenFamily:
    return TokenFamily(
        person=read_person(row),
        id=family_id,
        client_key=ClientKey(row["client_key"]),
        scopes=tuple(row["scopes"]),
        session_id=LoginSessionId(row["login_session_id"]),
        auth_time=row["auth_time"],
        consent_version=row["consent_version"],
        current_digest=row["current_digest"],
        previous_digest=row["previous_digest"],
        rotated_at=row["rotated_at"],
        expires_at=row["expires_at"],
        idle_expires_at=row["idle_expires_at"],
        revoked_at=row["revoked_at"],
        requested_claims=read_claims(row["claims"]),
    )


async def rotate_family(
    connection: Connection,
    family: TokenFamily,
    presented: bytes,
    new: bytes,
    idle_expires_at: datetime,
    now: datetime,
) -> bool:
    """Whether this call was the one that replaced the current token: the row changes once, whoever else tries.

    `presented` becomes the previous token also when it was that already, after a retry.
    """
    rotated = await connection.fetchval(
        """update token_family
           set current_digest = $5, previous_digest = $4, rotated_at = $7, idle_expires_at = $6
           where person_id = $1 and id = $2 and current_digest = $3 and revoked_at is null
           returning true""",
        family.person.id,
        family.id,
        family.current_digest,
        presented,
        new,
        idle_expires_at,
        now,
    )
    return bool(rotated)


async def revoke_family(connection: Connection, person_id: PersonId, family_id: UUID, now: datetime) -> bool:
    """Ends all tokens of the family, access tokens included; False when it had ended already."""
    revoked = await connection.fetchval(
        """update token_family set revoked_at = $3 where person_id = $1 and id = $2 and revoked_at is null
           returning true""",
        person_id,
        family_id,
        now,
    )
    return bool(revoked)


async def revoke_families_of(connection: Connection, client_key: ClientKey, now: datetime) -> None:
    """Ends all tokens of all the client's families, whose ever they are. Codes that were not redeemed go along: they
    would become families."""
    await connection.execute(
        "update token_family set revoked_at = $2 where client_key = $1 and revoked_at is null",
        client_key,
        now,
    )
    await connection.execute(
        "delete from authorization_code where client_key = $1 and redeemed_at is null", client_key
    )
