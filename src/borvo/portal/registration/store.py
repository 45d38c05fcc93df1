"""The SQL of initial access tokens and registrations. Every function takes a connection and none commits."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from borvo.kernel.ids import ClientKey, PersonId, TenancyId
from borvo.portal.model import Tenancy
from borvo.portal.registration.model import About, Admitted, InitialToken, Registration, SecretMethod
from borvo.storage.database import Connection, Row

_COLUMNS = """i.id, i.tenancy_id, i.label, i.ending, i.maker_id, i.created_at, i.expires_at, i.most, i.made,
            coalesce(p.email, '') as maker"""
# Whoever made it may do by herself what it does: she is still a developer, and a member who may change clients.
_STANDS = """t.suspended_at is null and (i.maker_id is null or (p.id is not null and exists (
               select from tenancy_member m where m.person_id = i.maker_id and m.tenancy_id = i.tenancy_id
                 and m.role in ('developer', 'owner'))
               and exists (select from person_role r where r.person_id = i.maker_id and r.role = 'developer')))"""


def _read_token(row: Row) -> InitialToken:
    return InitialToken(
        row["id"],
        TenancyId(row["tenancy_id"]),
        row["label"],
        row["ending"],
        PersonId(row["maker_id"]) if row["maker_id"] else None,
        row["created_at"],
        row["expires_at"],
        row["most"],
        row["made"],
        row["maker"],
    )


async def insert_token(connection: Connection, token: InitialToken, digest: bytes) -> None:
    await connection.execute(
        """insert into initial_token (tenancy_id, id, digest, label, ending, maker_id, created_at, expires_at, most)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
        token.tenancy_id,
        token.id,
        digest,
        token.label,
        token.ending,
        token.maker_id,
        token.created_at,
        token.expires_at,
        token.most,
    )


async def list_tokens(connection: Connection, tenancy_id: TenancyId) -> tuple[InitialToken, ...]:
    """Newest first, those that open nothing any more among them."""
    rows = await connection.fetch(
        f"""select {_COLUMNS} from initial_token i left join person p on p.id = i.maker_id
            where i.tenancy_id = $1 order by i.created_at desc, i.id desc""",
        tenancy_id,
    )
    return tuple(_read_token(row) for row in rows)


async def delete_token(connection: Connection, tenancy_id: TenancyId, token_id: UUID) -> bool:
    """Whether it was there: to one caller only."""
    deleted = await connection.fetchval(
        "delete from initial_token where tenancy_id = $1 and id = $2 returning true", tenancy_id, token_id
    )
    return bool(deleted)


async def load_token(connection: Connection, digest: bytes) -> Admitted | None:
    """With its tenancy, used up and expired ones too. None unless what it rests on still stands."""
    row = await connection.fetchrow(
        f"""select {_COLUMNS}, t.prefix
            from initial_token i join tenancy t on t.id = i.tenancy_id
              left join person p on p.id = i.maker_id and p.closed_at is null
            where i.digest = $1 and {_STANDS}""",
        digest,
    )
    return Admitted(_read_token(row), Tenancy(TenancyId(row["tenancy_id"]), row["prefix"])) if row else None


async def spend_token(connection: Connection, token: InitialToken, now: datetime) -> bool:
    """Counts one more client; False when there may be none more. The row is held until the transaction ends, and is
    looked at as it is then, so that of two at once for the last place one gets it."""
    spent = await connection.fetchval(
        """update initial_token set made = made + 1
           where tenancy_id = $1 and id = $2 and made < most and expires_at > $3 returning true""",
        token.tenancy_id,
        token.id,
        now,
    )
    return bool(spent)


async def delete_expired_tokens(connection: Connection, before: datetime) -> None:
    await connection.execute("delete from initial_token where expires_at < $1", before)


async def insert_registration(
    connection: Connection,
    client_key: ClientKey,
    registration: Registration,
    initial_label: str,
    now: datetime,
) -> None:
    await connection.execute(
        """insert into client_registration
             (client_key, digest, secret_method, contacts, software_id, software_version, initiate_login_uri,
              initial_label, registered_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
        client_key,
        registration.digest,
        registration.secret_method.value,
        *_list_about(registration.about),
        initial_label,
        now,
    )


def _list_about(about: About) -> tuple[object, ...]:
    return about.contacts, about.software_id, about.software_version, about.initiate_login_uri


async def load_registration(connection: Connection, client_key: ClientKey) -> Registration | None:
    """None for one whose token has ended, too."""
    row = await connection.fetchrow(
        """select digest, secret_method, contacts, software_id, software_version, initiate_login_uri
           from client_registration where client_key = $1 and digest is not null""",
        client_key,
    )
    if row is None:
        return None
    about = About(
        tuple(row["contacts"]), row["software_id"], row["software_version"], row["initiate_login_uri"]
    )
    return Registration(row["digest"], SecretMethod(row["secret_method"]), about)


async def replace_registration(
    connection: Connection, client_key: ClientKey, presented: bytes, registration: Registration
) -> bool:
    """Whether the token that was presented was the current one until now."""
    replaced = await connection.fetchval(
        """update client_registration
           set (digest, secret_method, contacts, software_id, software_version, initiate_login_uri)
             = ($3, $4, $5, $6, $7, $8)
           where client_key = $1 and digest = $2 returning true""",
        client_key,
        presented,
        registration.digest,
        registration.secret_method.value,
        *_list_about(registration.about),
    )
    return bool(replaced)


async def close_registration(connection: Connection, client_key: ClientKey) -> bool:
    """Whether a token opened it until now. None does from then on; that a program registered the client stays."""
    closed = await connection.fetchval(
        """update client_registration set digest = null where client_key = $1 and digest is not null
           returning true""",
        client_key,
    )
    return bool(closed)


@dataclass(frozen=True, slots=True)
class PublishedRegistration:
    """A token of one of both kinds that was found in public: `subject` is what the audit trail calls it."""

    tenancy_id: TenancyId
    subject: str


async def delete_published(connection: Connection, digests: Collection[bytes]) -> list[PublishedRegistration]:
    """Ends the tokens of these digests, whosever they are; of two at once one gets each. A client whose registration
    access token goes is managed in the portal from then on."""
    rows = await connection.fetch(
        """with initial as (
             delete from initial_token where digest = any($1::bytea[]) returning tenancy_id, ending),
             opened as (
               update client_registration r set digest = null from client c
               where r.digest = any($1::bytea[]) and c.client_key = r.client_key returning c.tenancy_id, c.client_id)
           select tenancy_id, 'initial token ending ' || ending as subject from initial
           union all select tenancy_id, 'registration token of ' || client_id from opened""",
        list(digests),
    )
    return [PublishedRegistration(TenancyId(row["tenancy_id"]), row["subject"]) for row in rows]
