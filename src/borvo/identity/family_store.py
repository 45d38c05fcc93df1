"""The SQL of refresh token families. Every function takes a connection and none commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from borvo.accounts.public import PERSON_COLUMNS, read_person
from borvo.identity.refresh import TokenFamily
from borvo.identity.store import compose_rows, describe_claims, read_claims, render_rows
from borvo.identity.token_store import OPAQUE_COLUMNS
from borvo.identity.tokens import OpaqueIssue
from borvo.kernel.digests import digest_token
from borvo.kernel.ids import ClientKey, LoginSessionId, PersonId
from borvo.storage.database import Connection, Row


@dataclass(frozen=True, slots=True, eq=False)
class Redemption:
    """A code about to be redeemed, and what for, so that a replay can revoke that. `opaque` is the access token when it
    says nothing itself."""

    person_id: PersonId
    digest: bytes
    token_id: str
    token_expires_at: datetime
    family: TokenFamily | None
    opaque: OpaqueIssue | None
    now: datetime


# Columns of what travels as JSON, and what is written of them.
_FAMILY = """
    family_id uuid, client_key uuid, scopes text[], login_session_id uuid, auth_time timestamptz,
    consent_version integer, current_digest text, expires_at timestamptz, idle_expires_at timestamptz,
    claims jsonb, resources text[], dpop_jkt text, methods text[]"""
_BEGIN = """
    insert into token_family
      (person_id, id, created_at, client_key, scopes, login_session_id, auth_time, consent_version,
       current_digest, expires_at, idle_expires_at, claims, resources, dpop_jkt, methods)
    select k.person_id, k.family_id, k.now, k.client_key, k.scopes, k.login_session_id, k.auth_time,
           k.consent_version, decode(k.current_digest, 'base64'), k.expires_at, k.idle_expires_at, k.claims,
           k.resources, k.dpop_jkt, k.methods"""
_OPAQUE = "subject_id uuid, opaque_digest text, opaque_claims jsonb, opaque_end timestamptz"
_KEEP = f"""
    insert into access_token {OPAQUE_COLUMNS}
    select k.subject_id, decode(k.opaque_digest, 'base64'), k.opaque_claims, k.opaque_end"""
_INSERT = f"{_BEGIN} from {compose_rows(f'person_id uuid, now timestamptz, {_FAMILY}')}"
_REDEMPTION = f"""
    person_id uuid, digest text, token_id text, token_end timestamptz, now timestamptz, {_FAMILY}, {_OPAQUE}"""
_ROTATION = f"""
    person_id uuid, family_id uuid, current text, presented text, new text, idle_expires_at timestamptz,
    now timestamptz, dpop_jkt text, {_OPAQUE}"""
# In the order of their keys, so that of two workers with the same rows one waits for the other.
_REDEEM = f"""
    with asked as materialized (
      select number, k.* from {compose_rows(_REDEMPTION)}
      order by person_id, digest),
    redeemed as (
      update authorization_code c
      set redeemed_at = k.now, token_id = k.token_id, token_expires_at = k.token_end, family_id = k.family_id
      from asked k
      where c.person_id = k.person_id and c.code_digest = decode(k.digest, 'base64')
        and c.redeemed_at is null and c.expires_at > k.now
        and exists (select 1 from login_session l
          where l.person_id = c.person_id and l.id = c.login_session_id and l.ended_at is null)
      returning k.number),
    begun as ({_BEGIN} from redeemed join asked k using (number) where k.family_id is not null),
    kept as ({_KEEP} from redeemed join asked k using (number) where k.subject_id is not null)
    select number from redeemed"""
# A token that comes again, since its answer got lost, was replaced when it was for the first time.
_ROTATE = f"""
    with asked as materialized (
      select number, k.* from {compose_rows(_ROTATION)}
      order by person_id, family_id),
    rotated as (
      update token_family f
      set current_digest = decode(k.new, 'base64'), previous_digest = decode(k.presented, 'base64'),
        rotated_at = case when f.previous_digest = decode(k.presented, 'base64') then f.rotated_at else k.now end,
        idle_expires_at = k.idle_expires_at, dpop_jkt = coalesce(f.dpop_jkt, k.dpop_jkt)
      from asked k
      where f.person_id = k.person_id and f.id = k.family_id and f.current_digest = decode(k.current, 'base64')
        and f.revoked_at is null
      returning k.number),
    kept as ({_KEEP} from rotated join asked k using (number) where k.subject_id is not null)
    select number from rotated"""


async def redeem_codes(connection: Connection, redemptions: Sequence[Redemption]) -> dict[Redemption, bool]:
    """Those that redeemed their code: its row changes once, whoever else tries, among these or elsewhere. The same
    statement keeps what was issued for it, and so needs no transaction."""
    rows = await connection.fetch(_REDEEM, render_rows(map(_describe_redemption, redemptions)))
    return {redemptions[row["number"] - 1]: True for row in rows}


def _describe_redemption(redemption: Redemption) -> dict[str, Any]:
    return {
        "person_id": redemption.person_id,
        "digest": redemption.digest,
        "token_id": redemption.token_id,
        "token_end": redemption.token_expires_at,
        "now": redemption.now,
        **(_describe_family(redemption.family) if redemption.family else {}),
        **_describe_opaque(redemption.opaque),
    }


def _describe_family(family: TokenFamily) -> dict[str, Any]:
    return {
        "family_id": family.id,
        "client_key": family.client_key,
        "scopes": family.scopes,
        "login_session_id": family.session_id,
        "auth_time": family.auth_time,
        "consent_version": family.consent_version,
        "current_digest": family.current_digest,
        "expires_at": family.expires_at,
        "idle_expires_at": family.idle_expires_at,
        "claims": describe_claims(family.requested_claims),
        "resources": family.resources,
        "dpop_jkt": family.dpop_jkt,
        "methods": family.methods,
    }


def _describe_opaque(issue: OpaqueIssue | None) -> dict[str, Any]:
    if issue is None:
        return {}
    return {
        "subject_id": issue.subject_id,
        "opaque_digest": digest_token(issue.text),
        "opaque_claims": issue.claims,
        "opaque_end": issue.expires_at,
    }


async def insert_family(connection: Connection, family: TokenFamily, now: datetime) -> None:
    row = {"person_id": family.person.id, "now": now, **_describe_family(family)}
    await connection.execute(_INSERT, render_rows([row]))


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


@dataclass(frozen=True, slots=True, eq=False)
class Rotation:
    """`presented` becomes the previous token also when it was that already, after a retry. `opaque` is the access token
    that was issued along, when it says nothing itself. `dpop_jkt` binds a family that was not bound before."""

    family: TokenFamily
    presented: bytes
    new: bytes
    idle_expires_at: datetime
    opaque: OpaqueIssue | None
    dpop_jkt: str | None
    now: datetime

    @property
    def keeps_token(self) -> bool:
        """Whether the token stays as it is, so that each of its uses is a good one."""
        return self.new == self.family.current_digest


async def rotate_families(connection: Connection, rotations: Sequence[Rotation]) -> dict[Rotation, bool]:
    """Those that replaced the current token of their family: its row changes once, whoever else tries, among these or
    elsewhere."""
    rows = await connection.fetch(_ROTATE, render_rows(map(_describe_rotation, rotations)))
    return {rotations[row["number"] - 1]: True for row in rows}


def _describe_rotation(rotation: Rotation) -> dict[str, Any]:
    return {
        "person_id": rotation.family.person.id,
        "family_id": rotation.family.id,
        "current": rotation.family.current_digest,
        "presented": rotation.presented,
        "new": rotation.new,
        "idle_expires_at": rotation.idle_expires_at,
        "now": rotation.now,
        "dpop_jkt": rotation.dpop_jkt,
        **_describe_opaque(rotation.opaque),
    }


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
