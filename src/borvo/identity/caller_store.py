"""Who calls with an access token, and whether it is still good: decision 0005.

Every function takes a connection and none commits.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

import msgspec

from borvo.accounts.public import CLAIMS_COLUMNS, ClaimsSubject, read_claims_subject
from borvo.identity.model import AccessToken, Caller, is_profile_needed, list_claims
from borvo.identity.tokens import CONSENT_CLAIM, FAMILY_CLAIM, TokenError, Verification, read_access_claims
from borvo.kernel.ids import ClientKey, TenancyId
from borvo.storage.database import Connection, Row

# The client's state, the revocations, and for a person her account and the consent under which the token was issued.
# With an offset the database looks for one consent by its key; without, it may gather all of hers first.
_LIVE = """select c.client_key, c.tenancy_id, c.userinfo_signed_response_alg from client c
           where c.client_id = {client_id} and c.disabled_at is null
             and (c.tokens_void_before is null or c.tokens_void_before <= {issued_at})
             and not exists (select 1 from revoked_token r where r.subject = {subject} and r.token_id = {jti})
             and ({person_id}::uuid is null or exists (
               select 1 from consent s join person p on p.id = s.person_id
               where s.person_id = {person_id}::uuid and s.client_key = c.client_key and s.version = {version}
                 and s.withdrawn_at is null and p.closed_at is null
                 and (p.tokens_void_before is null or p.tokens_void_before <= {issued_at}) offset 0))
             and ({family_id}::uuid is null or exists (
               select 1 from token_family f
               where f.person_id = {person_id}::uuid and f.id = {family_id}::uuid and f.revoked_at is null))"""
_CALLER = _LIVE.format(
    client_id="$1", subject="$2", jti="$3", person_id="$4", version="$5", family_id="$6", issued_at="$7"
)


def compose_liveness(token: AccessToken, bind: Callable[[object], str]) -> str:
    """A condition that holds while the token is good, for a statement that may show something only then. `bind`
    takes a value and gives its placeholder."""
    return _write_liveness(
        bind(token.client_id),
        bind(token.subject),
        bind(token.token_id),
        bind(token.person_id),
        bind(token.consent_version),
        bind(token.family_id),
        bind(token.issued_at),
    )


@lru_cache(maxsize=256)
def _write_liveness(
    client_id: str, subject: str, jti: str, person_id: str, version: str, family_id: str, issued_at: str
) -> str:
    """From placeholders, of which statements have the same again and again."""
    live = _LIVE.format(
        client_id=f"{client_id}::text",
        subject=f"{subject}::text",
        jti=f"{jti}::text",
        person_id=person_id,
        version=f"{version}::integer",
        family_id=family_id,
        issued_at=f"{issued_at}::timestamptz",
    )
    return f"exists ({live})"


async def load_caller(connection: Connection, token: AccessToken) -> Caller | None:
    """Who calls, when the token is still good."""
    client_key = await connection.fetchval(
        _CALLER,
        token.client_id,
        token.subject,
        token.token_id,
        token.person_id,
        token.consent_version,
        token.family_id,
        token.issued_at,
    )
    return None if client_key is None else _build_caller(token, client_key)


@dataclass(frozen=True, slots=True)
class LoadedCaller:
    """A caller with the tenancy of her client, and whom her token is about; nobody, for a client that calls for itself
    or a closed account. `userinfo_algorithm` is empty unless the client wants userinfo signed."""

    caller: Caller
    tenancy_id: TenancyId
    subject: ClaimsSubject | None
    userinfo_algorithm: str = ""


def _compose_callers(tokens: str, *, join: str = "join", told: str = "") -> str:
    """The callers of those `tokens` that are still good, and whom they are about; with `left join`, others without a
    caller. The columns of the tokens are those of `_SIGNED`, whatever else they are."""
    live = _LIVE.format(
        client_id="k.client_id",
        subject="k.subject",
        jti="k.token_id",
        person_id="k.person_id",
        version="k.version",
        family_id="k.family_id",
        issued_at="k.issued_at",
    )
    return f"""
        select k.number, {told} live.*, {CLAIMS_COLUMNS}
        from {tokens} {join} lateral ({live}) live on true
        left join person p on p.id = k.person_id and p.closed_at is null
        left join person_profile f on f.person_id = p.id"""


_SIGNED = """unnest($1::text[], $2::text[], $3::text[], $4::uuid[], $5::integer[], $6::uuid[], $7::timestamptz[])
    with ordinality as k (client_id, subject, token_id, person_id, version, family_id, issued_at, number)"""
# As `read_access_claims` reads it: a client that acts for itself is named twice; any other token is its person's.
_OPAQUE = f"""(
    select asked.number, t.claims, t.claims->>'client_id' as client_id, t.claims->>'jti' as token_id,
           coalesce(who.person_id::text, t.claims->>'sub') as subject, who.person_id,
           (t.claims->>'{CONSENT_CLAIM}')::integer as version, (t.claims->>'{FAMILY_CLAIM}')::uuid as family_id,
           to_timestamp((t.claims->>'iat')::float8) as issued_at
    from unnest($1::uuid[], $2::bytea[]) with ordinality as asked (subject_id, digest, number)
    join access_token t on t.subject_id = asked.subject_id and t.token_digest = asked.digest
    cross join lateral (
        select case when t.claims->>'sub' <> t.claims->>'client_id' then t.subject_id end as person_id) who) k"""
_CALLERS = _compose_callers(_SIGNED)
_OPAQUE_CALLERS = _compose_callers(_OPAQUE, join="left join", told="k.claims,")


async def load_callers(
    connection: Connection, tokens: Sequence[AccessToken]
) -> Mapping[AccessToken, LoadedCaller]:
    """The callers of those tokens that are still good."""
    rows = await connection.fetch(
        _CALLERS,
        [token.client_id for token in tokens],
        [token.subject for token in tokens],
        [token.token_id for token in tokens],
        [token.person_id for token in tokens],
        [token.consent_version for token in tokens],
        [token.family_id for token in tokens],
        [token.issued_at for token in tokens],
    )
    found = ((tokens[row["number"] - 1], row) for row in rows)
    return {token: _read_loaded(token, row) for token, row in found}


class OpaqueName(NamedTuple):
    """Where an opaque token lies."""

    subject_id: UUID
    digest: bytes


async def load_opaque_callers(
    connection: Connection, names: Sequence[OpaqueName]
) -> Mapping[OpaqueName, Row]:
    """What `read_opaque_caller` reads, of those tokens that are known."""
    rows = await connection.fetch(
        _OPAQUE_CALLERS, [name.subject_id for name in names], [name.digest for name in names]
    )
    return {names[row["number"] - 1]: row for row in rows}


def read_opaque_caller(
    name: OpaqueName, row: Row, by: Verification
) -> tuple[AccessToken, LoadedCaller | None]:
    """What the token says, and its caller if it is still good. Raises `TokenError`."""
    token = read_access_claims(msgspec.json.decode(row["claims"]), by)
    if token.person_id not in {None, name.subject_id}:
        raise TokenError("the opaque token is about somebody else")
    return token, None if row["client_key"] is None else _read_loaded(token, row)


def _read_loaded(token: AccessToken, row: Row) -> LoadedCaller:
    caller, tenancy_id = _build_caller(token, row["client_key"]), TenancyId(row["tenancy_id"])
    if row["id"] is None:
        return LoadedCaller(caller, tenancy_id, None)
    has_profile = is_profile_needed(list_claims(token.scopes, token.userinfo_claims))
    subject = read_claims_subject(row, has_profile=has_profile)
    return LoadedCaller(caller, tenancy_id, subject, row["userinfo_signed_response_alg"] or "")


def _build_caller(token: AccessToken, client_key: UUID) -> Caller:
    return Caller(
        token.client_id,
        ClientKey(client_key),
        token.person_id,
        token.scopes,
        token.token_id,
        token.userinfo_claims,
    )
