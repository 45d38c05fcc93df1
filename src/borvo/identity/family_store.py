"""The SQL of refresh token families. Every function takes a connection and none commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from borvo.accounts.public import PERSON_COLUMNS, read_person
from borvo.identity.refresh import TokenFamily
from borvo.identity.store import REDEEM, read_claims, render_claims
from borvo.identity.token_store import OPAQUE_COLUMNS, list_opaque_values
from borvo.identity.tokens import OpaqueIssue
from borvo.kernel.ids import ClientKey, LoginSessionId, PersonId
from borvo.storage.database import Connection, Row


@dataclass(frozen=True, slots=True)
class CodeIssue:
    """What a code is redeemed for, so that a replay can revoke it. `opaque` is the access token when it says nothing
    itself."""

    token_id: str
    token_expires_at: datetime
    family: TokenFamily | None
    opaque: OpaqueIssue | None


_COLUMNS = """(person_id, id, created_at, client_key, scopes, login_session_id, auth_time, consent_version,
                current_digest, expires_at, idle_expires_at, claims, resources, dpop_jkt, methods)"""


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
        list(family.resources),
        family.dpop_jkt,
        list(family.methods),
    )


async def insert_family(connection: Connection, family: TokenFamily, now: datetime) -> None:
    await connection.execute(
        f"""insert into token_family {_COLUMNS}
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)""",
        family.person.id,
        family.id,
        now,
        *_list_values(family),
    )


async def redeem_code(
    connection: Connection,
    person_id: PersonId,
    digest: bytes,
    issue: CodeIssue,
    now: datetime,
) -> bool:
    """Whether this call was the one that redeemed the code. The same statement keeps what was issued for it, and so
    needs no transaction."""
    family = issue.family
    begun = (family.id, *_list_values(family)) if family else (None,) * 13
    redeemed = await connection.fetchval(
        f"""with redeemed as ({REDEEM}),
             begun as (
               insert into token_family {_COLUMNS}
               select $1, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18
               from redeemed where $5::uuid is not null),
             kept as (
               insert into access_token {OPAQUE_COLUMNS}
               select $19, $20, $21, $22 from redeemed where $19::uuid is not null)
           select true from redeemed""",
        person_id,
        digest,
        issue.token_id,
        issue.token_expires_at,
        begun[0],
        now,
        *begun[1:],
        *list_opaque_values(issue.opaque),
    )
    return bool(redeemed)


class FamilyName(NamedTuple):
    """Where a family lies."""

    person_id: PersonId
    family_id: UUID


_FAMILIES = f"""
    select k.number, f.*, {PERSON_COLUMNS}
    from unnest($1::uuid[], $2::uuid[]) with ordinality as k (person_id, family_id, number)
      join token_family f on f.person_id = k.person_id and f.id = k.family_id
      join person p on p.id = f.person_id
      join consent s on s.person_id = f.person_id and s.client_key = f.client_key
        and s.version = f.consent_version and s.withdrawn_at is null
    where p.closed_at is null"""


async def load_families(connection: Connection, names: Sequence[FamilyName]) -> dict[FamilyName, TokenFamily]:
    """With their people, revoked or not, expired or not; without an unknown one, one of a closed account, or when the
    consent under which it was issued has ended."""
    rows = await connection.fetch(
        _FAMILIES, [each.person_id for each in names], [each.family_id for each in names]
    )
    return {(name := names[row["number"] - 1]): _read_family(row, name.family_id) for row in rows}


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
        resources=tuple(row["resources"]),
        dpop_jkt=row["dpop_jkt"],
        methods=tuple(row["methods"]),
    )


@dataclass(frozen=True, slots=True)
class Rotation:
    """`presented` becomes the previous token also when it was that already, after a retry. `opaque` is the access token
    that was issued along, when it says nothing itself. `dpop_jkt` binds a family that was not bound before."""

    presented: bytes
    new: bytes
    idle_expires_at: datetime
    opaque: OpaqueIssue | None
    dpop_jkt: str | None


async def rotate_family(
    connection: Connection, family: TokenFamily, rotation: Rotation, now: datetime
) -> bool:
    """Whether this call was the one that replaced the current token: the row changes once, whoever else tries."""
    rotated = await connection.fetchval(
        f"""with rotated as (
             update token_family
             set current_digest = $5, previous_digest = $4, rotated_at = $7, idle_expires_at = $6,
               dpop_jkt = coalesce(dpop_jkt, $12)
             where person_id = $1 and id = $2 and current_digest = $3 and revoked_at is null
             returning true),
             kept as (
               insert into access_token {OPAQUE_COLUMNS}
               select $8, $9, $10, $11 from rotated where $8::uuid is not null)
           select true from rotated""",
        family.person.id,
        family.id,
        family.current_digest,
        rotation.presented,
        rotation.new,
        rotation.idle_expires_at,
        now,
        *list_opaque_values(rotation.opaque),
        rotation.dpop_jkt,
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


async def revoke_families_of_person(connection: Connection, person_id: PersonId, now: datetime) -> None:
    """As `revoke_families_of`, of one person at all clients."""
    await connection.execute(
        "update token_family set revoked_at = $2 where person_id = $1 and revoked_at is null", person_id, now
    )
    await connection.execute(
        "delete from authorization_code where person_id = $1 and redeemed_at is null", person_id
    )
