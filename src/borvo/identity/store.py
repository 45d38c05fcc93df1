"""The SQL of the OpenID provider. Every function takes a connection and none commits."""

import json
from collections.abc import Callable, Iterable
from datetime import datetime

from borvo.accounts.public import PERSON_COLUMNS, read_person
from borvo.identity.model import AccessToken, Caller, Consent, Parameters, StoredCode
from borvo.kernel.ids import ClientKey, LoginSessionId, PersonId
from borvo.storage.database import Connection, Row

_KEYS_LOCK = 7_201_902


async def load_keys(connection: Connection) -> list[Row]:
    rows: list[Row] = await connection.fetch(
        """select kid, algorithm, public_jwk, sealed_private_jwk, retired_at
           from signing_key order by created_at, kid"""
    )
    return rows


async def lock_keys(connection: Connection) -> None:
    await connection.execute("select pg_advisory_xact_lock($1)", _KEYS_LOCK)


async def insert_key(
    connection: Connection, kid: str, algorithm: str, public_jwk: str, sealed: bytes, now: datetime
) -> None:
    await connection.execute(
        """insert into signing_key (kid, algorithm, public_jwk, sealed_private_jwk, created_at)
           values ($1, $2, $3, $4, $5)""",
        kid,
        algorithm,
        public_jwk,
        sealed,
        now,
    )


async def insert_request(
    connection: Connection, digest: bytes, parameters: Parameters, now: datetime, expires_at: datetime
) -> None:
    await connection.execute(
        """insert into authorization_request (id_digest, parameters, created_at, expires_at)
           values ($1, $2, $3, $4)""",
        digest,
        json.dumps(parameters.pairs),
        now,
        expires_at,
    )


async def load_request(
    connection: Connection, digest: bytes, now: datetime
) -> tuple[Parameters, datetime] | None:
    """The parameters and when they came; None when unknown, answered or expired."""
    row = await connection.fetchrow(
        "select parameters, created_at from authorization_request where id_digest = $1 and expires_at > $2",
        digest,
        now,
    )
    if row is None:
        return None
    return Parameters(tuple((name, value) for name, value in json.loads(row["parameters"]))), row[
        "created_at"
    ]


async def consume_request(connection: Connection, digest: bytes) -> bool:
    """Whether this call was the one that answered it."""
    consumed = await connection.fetchval(
        "delete from authorization_request where id_digest = $1 returning true", digest
    )
    return bool(consumed)


async def load_consent(connection: Connection, person_id: PersonId, client_key: ClientKey) -> Consent | None:
    row = await connection.fetchrow(
        "select scopes, version, withdrawn_at from consent where person_id = $1 and client_key = $2",
        person_id,
        client_key,
    )
    if row is None:
        return None
    return Consent(frozenset(row["scopes"]), row["version"], row["withdrawn_at"] is not None)


async def grant_consent(
    connection: Connection, person_id: PersonId, client_key: ClientKey, scopes: Iterable[str], now: datetime
) -> Consent:
    """Adds the scopes to what the person allows already; after a withdrawal it starts anew."""
    row = await connection.fetchrow(
        """insert into consent (person_id, client_key, scopes, version, granted_at) values ($1, $2, $3, 1, $4)
           on conflict (person_id, client_key) do update set
             scopes = case when consent.withdrawn_at is null then
               array(select distinct unnest(consent.scopes || excluded.scopes) order by 1)
               else excluded.scopes end,
             granted_at = excluded.granted_at,
             withdrawn_at = null
           returning scopes, version""",
        person_id,
        client_key,
        sorted(scopes),
        now,
    )
    if row is None:
        raise RuntimeError("an upsert without a condition always returns its row")
    return Consent(frozenset(row["scopes"]), row["version"], is_withdrawn=False)


async def insert_code(connection: Connection, digest: bytes, code: StoredCode, issued_at: datetime) -> None:
    await connection.execute(
        """insert into authorization_code
             (person_id, code_digest, client_key, redirect_uri, scopes, nonce, code_challenge,
              login_session_id, auth_time, consent_version, issued_at, expires_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)""",
        code.person.id,
        digest,
        code.client_key,
        code.redirect_uri,
        list(code.scopes),
        code.nonce,
        code.code_challenge,
        code.session_id,
        code.auth_time,
        code.consent_version,
        issued_at,
        code.expires_at,
    )


async def load_code(connection: Connection, person_id: PersonId, digest: bytes) -> StoredCode | None:
    """With its person, redeemed or not, expired or not; None for an unknown code, a closed account, or when the
    consent under which it was issued has ended."""
    row = await connection.fetchrow(
        f"""select c.*, {PERSON_COLUMNS}
           from authorization_code c join person p on p.id = c.person_id
             join consent s on s.person_id = c.person_id and s.client_key = c.client_key
               and s.version = c.consent_version and s.withdrawn_at is null
           where c.person_id = $1 and c.code_digest = $2 and p.closed_at is null""",
        person_id,
        digest,
    )
    return _read_code(row) if row else None


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
    )


async def redeem_code(
    connection: Connection,
    person_id: PersonId,
    digest: bytes,
    token_id: str,
    token_expires_at: datetime,
    now: datetime,
) -> bool:
    """Whether this call was the one that redeemed it: the row changes once, whoever else tries."""
    redeemed = await connection.fetchval(
        """update authorization_code set redeemed_at = $5, token_id = $3, token_expires_at = $4
           where person_id = $1 and code_digest = $2 and redeemed_at is null and expires_at > $5
           returning true""",
        person_id,
        digest,
        token_id,
        token_expires_at,
        now,
    )
    return bool(redeemed)


async def revoke_code_tokens(connection: Connection, person_id: PersonId, digest: bytes) -> None:
    """Revokes what the code was redeemed for; read anew, since the winner may have just written it."""
    await connection.execute(
        """insert into revoked_token (subject, token_id, expires_at)
           select person_id::text, token_id, token_expires_at from authorization_code
           where person_id = $1 and code_digest = $2 and token_id is not null
           on conflict do nothing""",
        person_id,
        digest,
    )


# The client's state, the revocations, and for a person her account and the consent under which the token was issued.
_LIVE = """select c.client_key from client c
           where c.client_id = {client_id} and c.disabled_at is null
             and not exists (select 1 from revoked_token r where r.subject = {subject} and r.token_id = {jti})
             and ({person_id}::uuid is null or exists (
               select 1 from consent s join person p on p.id = s.person_id
               where s.person_id = {person_id}::uuid and s.client_key = c.client_key and s.version = {version}
                 and s.withdrawn_at is null and p.closed_at is null))"""
_CALLER = _LIVE.format(client_id="$1", subject="$2", jti="$3", person_id="$4", version="$5")


def compose_liveness(token: AccessToken, bind: Callable[[object], str]) -> str:
    """A condition that holds while the token is good, for a statement that may show something only then. `bind`
    takes a value and gives its placeholder."""
    live = _LIVE.format(
        client_id=f"{bind(token.client_id)}::text",
        subject=f"{bind(token.subject)}::text",
        jti=f"{bind(token.token_id)}::text",
        person_id=bind(token.person_id),
        version=f"{bind(token.consent_version)}::integer",
    )
    return f"exists ({live})"


async def load_caller(connection: Connection, token: AccessToken) -> Caller | None:
    """Who calls, when the token is still good."""
    client_key = await connection.fetchval(
        _CALLER, token.client_id, token.subject, token.token_id, token.person_id, token.consent_version
    )
    if client_key is None:
        return None
    return Caller(token.client_id, ClientKey(client_key), token.person_id, token.scopes, token.token_id)


async def delete_expired(connection: Connection, now: datetime, codes_before: datetime) -> None:
    """Cleans up what can no longer matter. Codes are kept longer than they live, to notice replays."""
    await connection.execute("delete from authorization_request where expires_at < $1", now)
    await connection.execute("delete from authorization_code where expires_at < $1", codes_before)
    await connection.execute("delete from revoked_token where expires_at < $1", now)
