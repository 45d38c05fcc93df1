"""The SQL of personal access tokens. Every function takes a connection and none commits."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from borvo.accounts.public import PERSON_COLUMNS, read_person
from borvo.kernel.ids import PersonId, TenancyId
from borvo.portal.tokens.bearer import Bearer, TokenReach, build_bearer
from borvo.portal.tokens.model import OwnedToken, TokenRecord, TokenScope
from borvo.storage.database import Connection, Row

_RECORD = "t.id, t.label, t.scopes, t.ending, t.created_at, t.expires_at, t.last_used_at"


def _read_scopes(row: Row) -> tuple[TokenScope, ...]:
    """A scope that this release does not know opens nothing."""
    return tuple(TokenScope(scope) for scope in row["scopes"] if scope in set(TokenScope))


def _read_record(row: Row) -> TokenRecord:
    return TokenRecord(
        row["id"],
        row["label"],
        _read_scopes(row),
        row["ending"],
        row["created_at"],
        row["expires_at"],
        row["last_used_at"],
    )


async def lock_membership(connection: Connection, person_id: PersonId, tenancy_id: TenancyId) -> None:
    """Makes whoever adds tokens of one person in one tenancy take turns until the transaction ends."""
    await connection.execute(
        "select from tenancy_member where person_id = $1 and tenancy_id = $2 for update",
        person_id,
        tenancy_id,
    )


async def list_tokens(
    connection: Connection, person_id: PersonId, tenancy_id: TenancyId
) -> tuple[TokenRecord, ...]:
    """Her own in the tenancy, newest first, expired ones among them."""
    rows = await connection.fetch(
        f"""select {_RECORD} from personal_token t where t.person_id = $1 and t.tenancy_id = $2
            order by t.created_at desc, t.id desc""",
        person_id,
        tenancy_id,
    )
    return tuple(_read_record(row) for row in rows)


async def list_all_tokens(connection: Connection, tenancy_id: TenancyId) -> tuple[OwnedToken, ...]:
    """Of everybody in the tenancy, newest first, expired ones among them."""
    rows = await connection.fetch(
        f"""select {_RECORD}, t.person_id, p.email from personal_token t join person p on p.id = t.person_id
            where t.tenancy_id = $1 order by t.created_at desc, t.id desc""",
        tenancy_id,
    )
    return tuple(OwnedToken(_read_record(row), PersonId(row["person_id"]), row["email"]) for row in rows)


async def insert_token(
    connection: Connection, person_id: PersonId, tenancy_id: TenancyId, token: TokenRecord, digest: bytes
) -> None:
    await connection.execute(
        """insert into personal_token (person_id, id, tenancy_id, digest, label, scopes, ending, created_at, expires_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
        person_id,
        token.id,
        tenancy_id,
        digest,
        token.label,
        [scope.value for scope in token.scopes],
        token.ending,
        token.created_at,
        token.expires_at,
    )


async def delete_token(
    connection: Connection, person_id: PersonId, tenancy_id: TenancyId, token_id: UUID
) -> bool:
    """Whether it was there: to one caller only."""
    deleted = await connection.fetchval(
        """delete from personal_token where person_id = $1 and tenancy_id = $2 and id = $3 returning true""",
        person_id,
        tenancy_id,
        token_id,
    )
    return bool(deleted)


async def load_bearer(connection: Connection, digest: bytes, now: datetime) -> Bearer | None:
    """Who the token stands for. None unless it is there and not expired, its owner's account is open, and she is still
    a developer and a member of its tenancy."""
    row = await connection.fetchrow(
        f"""select {PERSON_COLUMNS}, t.id as token_id, t.tenancy_id, t.scopes, t.ending
            from personal_token t join person p on p.id = t.person_id
              join tenancy_member m on m.person_id = t.person_id and m.tenancy_id = t.tenancy_id
            where t.digest = $1 and t.expires_at > $2 and p.closed_at is null
              and exists (select from person_role r where r.person_id = p.id and r.role = 'developer')""",
        digest,
        now,
    )
    if row is None:
        return None
    name = f"token ending {row['ending']}"
    scopes = frozenset(_read_scopes(row))
    reach = TokenReach(row["token_id"], TenancyId(row["tenancy_id"]), scopes, name)
    return build_bearer(read_person(row), reach)


async def note_use(connection: Connection, bearer: Bearer, now: datetime, granularity: timedelta) -> None:
    """Leaves alone what was written within the granularity."""
    await connection.execute(
        """update personal_token set last_used_at = $3::timestamptz
           where person_id = $1 and id = $2
             and (last_used_at is null or last_used_at <= $3::timestamptz - $4::interval)""",
        bearer.id,
        bearer.token.id,
        now,
        granularity,
    )


async def delete_expired(connection: Connection, before: datetime) -> None:
    await connection.execute("delete from personal_token where expires_at < $1", before)


@dataclass(frozen=True, slots=True)
class EndedToken:
    """A token that is gone, with whose it was."""

    id: UUID
    label: str
    ending: str
    person_id: PersonId
    email: str
    tenancy_id: TenancyId
    prefix: str


_ENDED = """
    select d.id, d.label, d.ending, d.person_id, p.email, d.tenancy_id, t.prefix
    from deleted d join person p on p.id = d.person_id join tenancy t on t.id = d.tenancy_id
    order by d.id"""


async def delete_published(
    connection: Connection, digests: Collection[bytes], now: datetime
) -> list[EndedToken]:
    """Deletes the live tokens of these digests, whosever they are; of two at once one gets each."""
    rows = await connection.fetch(
        f"""with deleted as (delete from personal_token where digest = any($1::bytea[]) and expires_at > $2
                             returning *) {_ENDED}""",
        list(digests),
        now,
    )
    return [EndedToken(*row.values()) for row in rows]


async def delete_tokens_of(connection: Connection, person_id: PersonId) -> list[EndedToken]:
    """All that she has, expired or not."""
    rows = await connection.fetch(
        f"with deleted as (delete from personal_token where person_id = $1 returning *) {_ENDED}", person_id
    )
    return [EndedToken(*row.values()) for row in rows]
