"""The SQL of the OpenID provider. Every function takes a connection and none commits."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from borvo.accounts.public import PERSON_COLUMNS, read_person
from borvo.identity.model import (
    NO_CLAIMS,
    RequestedClaims,
    StoredCode,
)
from borvo.kernel.ids import ClientKey, LoginSessionId, PersonId
from borvo.storage.commits import ASYNCHRONOUS_COMMIT
from borvo.storage.database import Connection, Row


async def delete_grants_of(connection: Connection, person_id: PersonId) -> None:
    """All that a person allowed, and every code and token of hers."""
    for table in ("consent", "authorization_code", "token_family", "session_client", "device_authorization"):
        await connection.execute(f"delete from {table} where person_id = $1", person_id)
    await connection.execute("delete from access_token where subject_id = $1", person_id)


@dataclass(frozen=True, slots=True, eq=False)
class NewCode:
    """A code about to be issued; `request_digest` names the request that waited and is answered by it, if one did."""

    digest: bytes
    code: StoredCode
    issued_at: datetime
    request_digest: bytes | None = None


def compose_rows(columns: str) -> str:
    """The rows of `render_rows` as `k`, each with its `number`, from one. They travel as JSON, in which columns may be
    arrays; bytes are in base64. Of an array the planner expects few rows, and so looks for each by its key."""
    return f"""unnest($1::text[]) with ordinality as sent (written, number)
      cross join lateral json_to_record(written::json) as k ({columns})"""


def render_rows(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    return [msgspec.json.encode(row).decode() for row in rows]


_CODE = """
    person_id uuid, digest text, client_key uuid, redirect_uri text, scopes text[], nonce text, code_challenge text,
    login_session_id uuid, auth_time timestamptz, consent_version integer, issued_at timestamptz,
    expires_at timestamptz, claims jsonb, resources text[], dpop_jkt text, methods text[], request text"""
_INSERT = """
    insert into authorization_code
      (person_id, code_digest, client_key, redirect_uri, scopes, nonce, code_challenge, login_session_id, auth_time,
       consent_version, issued_at, expires_at, claims, resources, dpop_jkt, methods, request_digest)
    select person_id, decode(digest, 'base64'), client_key, redirect_uri, scopes, nonce, code_challenge,
           login_session_id, auth_time, consent_version, issued_at, expires_at, claims, resources, dpop_jkt, methods,
           decode(request, 'base64')"""
_INSERT_CODES = f"with kept as ({_INSERT} from {compose_rows(_CODE)} returning true as is_kept)"
# In the order of the requests, so that of two workers with the same ones one waits for the other.
_ANSWER = f"""
    with asked as materialized (
      select number, k.* from {compose_rows(_CODE)}
      order by request),
    answered as (
      delete from authorization_request r using asked k where r.id_digest = decode(k.request, 'base64')
      returning k.number),
    good as (
      select k.* from asked k left join answered a using (number) where k.request is null or a.number is not null),
    kept as ({_INSERT} from good)
    select number"""


async def insert_codes(
    connection: Connection, codes: Sequence[NewCode], *, alone: bool = False
) -> dict[NewCode, bool]:
    """Those that were kept: all but codes for a request that is answered already. A request's row goes once, whoever
    else answers it, among these or elsewhere. Where nothing else is in the transaction, and so the statement is
    `alone`, nobody waits for the disk."""
    rows, how = render_rows(map(_describe_code, codes)), f", {ASYNCHRONOUS_COMMIT}" if alone else ""
    if all(code.request_digest is None for code in codes):
        await connection.execute(f"{_INSERT_CODES} select is_kept{how} from kept", rows)
        return dict.fromkeys(codes, True)
    found = await connection.fetch(f"{_ANSWER}{how} from good", rows)
    return {codes[row["number"] - 1]: True for row in found}


def _describe_code(new: NewCode) -> dict[str, Any]:
    code = new.code
    return {
        "request": new.request_digest,
        "person_id": code.person.id,
        "digest": new.digest,
        "client_key": code.client_key,
        "redirect_uri": code.redirect_uri,
        "scopes": code.scopes,
        "nonce": code.nonce,
        "code_challenge": code.code_challenge,
        "login_session_id": code.session_id,
        "auth_time": code.auth_time,
        "consent_version": code.consent_version,
        "issued_at": new.issued_at,
        "expires_at": code.expires_at,
        "claims": describe_claims(code.requested_claims),
        "resources": code.resources,
        "dpop_jkt": code.dpop_jkt,
        "methods": code.methods,
    }


class CodeName(NamedTuple):
    """Where a code lies."""

    person_id: PersonId
    digest: bytes


_CODES = f"""
    select k.number, c.*, {PERSON_COLUMNS}
    from unnest($1::uuid[], $2::bytea[]) with ordinality as k (person_id, digest, number)
      join authorization_code c on c.person_id = k.person_id and c.code_digest = k.digest
      join person p on p.id = c.person_id
      join consent s on s.person_id = c.person_id and s.client_key = c.client_key
        and s.version = c.consent_version and s.withdrawn_at is null
    where p.closed_at is null
      and (c.redeemed_at is not null or exists (
        select 1 from login_session l
        where l.person_id = c.person_id and l.id = c.login_session_id and l.ended_at is null))"""


async def load_codes(connection: Connection, names: Sequence[CodeName]) -> dict[CodeName, StoredCode]:
    """With their people, redeemed or not, expired or not; without an unknown code, one of a closed account, or when the
    consent under which it was issued has ended, or before its redemption the session: a client that was told of the
    session's end already would never learn of it again."""
    rows = await connection.fetch(_CODES, [each.person_id for each in names], [each.digest for each in names])
    return {names[row["number"] - 1]: _read_code(row) for row in rows}


def _read_code(row: Row) -> StoredCode:
    return StoredCode(
        person=read_person(row),
        client_key=ClientKey(row["client_key"]),
        redirect_uri=row["redirect_uri"],
        scopes=tuple(row["scopes"]),
        nonce=row["nonce"],
        code_challenge=row["code_challenge"],
        session_id=LoginSessionId(row["login_session_id"]),
        auth_time=row["auth_time"],
        consent_version=row["consent_version"],
        expires_at=row["expires_at"],
        redeemed_at=row["redeemed_at"],
        token_id=row["token_id"],
        token_expires_at=row["token_expires_at"],
        family_id=row["family_id"],
        requested_claims=read_claims(row["claims"]),
        resources=tuple(row["resources"]),
        dpop_jkt=row["dpop_jkt"],
        methods=tuple(row["methods"]),
    )


class UnredeemedCode(NamedTuple):
    """Whom a code is for that is on its way."""

    client_key: ClientKey
    redirect_uri: str


async def find_unredeemed(
    connection: Connection, person_id: PersonId, request_digest: bytes, now: datetime
) -> UnredeemedCode | None:
    """What was issued to her for this request, if it can still be redeemed."""
    row = await connection.fetchrow(
        """select client_key, redirect_uri from authorization_code
           where person_id = $1 and request_digest = $2 and redeemed_at is null and expires_at > $3""",
        person_id,
        request_digest,
        now,
    )
    return UnredeemedCode(ClientKey(row["client_key"]), row["redirect_uri"]) if row else None


def describe_claims(claims: RequestedClaims) -> dict[str, Any] | None:
    """As a code and a family keep them; nothing, for the most usual request."""
    if claims == NO_CLAIMS:
        return None
    return {"userinfo": claims.userinfo, "id_token": claims.id_token}


def read_claims(text: str | None) -> RequestedClaims:
    """The inverse of `describe_claims`."""
    if text is None:
        return NO_CLAIMS
    kept = json.loads(text)
    return RequestedClaims(tuple(kept["userinfo"]), tuple(kept["id_token"]))


async def revoke_code_tokens(
    connection: Connection, person_id: PersonId, digest: bytes, now: datetime
) -> bool:
    """Revokes what the code was redeemed for; read anew, since the winner may have just written it. False when that was
    done before."""
    revoked = await connection.fetchval(
        """with code as (
             select person_id, token_id, token_expires_at, family_id from authorization_code
             where person_id = $1 and code_digest = $2 and token_id is not null
           ), ended as (
             update token_family f set revoked_at = $3 from code
             where f.person_id = code.person_id and f.id = code.family_id and f.revoked_at is null
           )
           insert into revoked_token (subject, token_id, expires_at)
           select person_id::text, token_id, token_expires_at from code
           on conflict do nothing returning true""",
        person_id,
        digest,
        now,
    )
    return bool(revoked)


async def is_client_origin(connection: Connection, origin: str) -> bool:
    """Whether a client that is not disabled has a redirect URI on the origin."""
    found = await connection.fetchval(
        """select exists (
             select from client c cross join lateral unnest(c.redirect_uris) as uri
             where c.disabled_at is null
               and (uri = $1::text or starts_with(uri, $1::text || '/') or starts_with(uri, $1::text || '?')))""",
        origin,
    )
    return bool(found)


async def delete_expired(connection: Connection, now: datetime, codes_before: datetime) -> None:
    """Cleans up what can no longer matter. Codes are kept longer than they live, to notice replays."""
    await connection.execute("delete from authorization_request where expires_at < $1", now)
    await connection.execute("delete from authorization_code where expires_at < $1", codes_before)
    await connection.execute("delete from revoked_token where expires_at < $1", now)
    await connection.execute("delete from used_assertion where expires_at < $1", now)
    await connection.execute("delete from access_token where expires_at < $1", now)
    await connection.execute("delete from used_proof where expires_at < $1", now)
    await connection.execute("delete from device_authorization where expires_at < $1", now)
    # A family outlives its refresh tokens until the last access token issued with them has ended.
    await connection.execute("delete from token_family where idle_expires_at < $1", codes_before)
