"""The SQL of what people allow clients. Every function takes a connection and none commits."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from borvo.identity.model import Consent, ConsentedClient
from borvo.kernel.ids import ClientId, ClientKey, PersonId
from borvo.portal.public import CLIENT_QUERY, RegisteredClient, is_possible_id, load_clients, read_client
from borvo.storage.database import Connection, Row


class AskedParty(NamedTuple):
    """A client that asks, by its id, and the person it asks, if anybody is signed in."""

    client_id: str
    person_id: PersonId | None


class Party(NamedTuple):
    """Who they are to each other."""

    client: RegisteredClient
    consent: Consent | None


# With an offset the database looks for one consent by its key; without, it may read all of them first.
JOIN_PARTY = f"""
    left join lateral ({CLIENT_QUERY} where c.client_id = {{client_id}}) client on true
    left join lateral (
      select scopes as allowed_scopes, declined_scopes, version, withdrawn_at from consent
      where person_id = {{person_id}} and client_key = client.client_key offset 0) s on true"""
_PARTY = f"""
    select client.*, s.* from (select 1) one
    {JOIN_PARTY.format(client_id="$1", person_id="$2::uuid")}"""
_CONSENTS = """
    select k.number, s.scopes, s.declined_scopes, s.version, s.withdrawn_at
    from unnest($1::uuid[], $2::uuid[]) with ordinality as k (person_id, client_key, number)
    join consent s on s.person_id = k.person_id and s.client_key = k.client_key"""


async def load_parties(connection: Connection, asked: Sequence[AskedParty]) -> dict[AskedParty, Party]:
    """Those whose client is registered, disabled or not."""
    if len(asked) == 1:
        party = await _load_party(connection, asked[0])
        return {asked[0]: party} if party else {}
    clients = await load_clients(connection, {each.client_id for each in asked})
    known = {each: clients[each.client_id] for each in asked if each.client_id in clients}
    signed_in = [each for each in known if each.person_id is not None]
    consents = await _load_consents(connection, signed_in, known) if signed_in else {}
    return {each: Party(client, consents.get(each)) for each, client in known.items()}


async def _load_party(connection: Connection, asked: AskedParty) -> Party | None:
    row = await connection.fetchrow(_PARTY, *asked) if is_possible_id(asked.client_id) else None
    return read_party(row) if row else None


async def _load_consents(
    connection: Connection, asked: Sequence[AskedParty], clients: Mapping[AskedParty, RegisteredClient]
) -> dict[AskedParty, Consent]:
    people, keys = [each.person_id for each in asked], [clients[each].client_key for each in asked]
    rows = await connection.fetch(_CONSENTS, people, keys)
    return {asked[row["number"] - 1]: read_consent(row) for row in rows}


def read_party(row: Row) -> Party | None:
    """Of a row that `JOIN_PARTY` brought, whatever else it holds; None where the client is not registered."""
    if not row["client_key"]:
        return None
    return Party(read_client(row), read_consent(row, "allowed_scopes") if row["version"] else None)


def read_consent(row: Row, scopes: str = "scopes") -> Consent:
    """Of a row with the columns of the table, whatever else it holds. `scopes` may have another name there."""
    return Consent(
        frozenset(row[scopes]),
        row["version"],
        row["withdrawn_at"] is not None,
        frozenset(row["declined_scopes"]),
    )


async def grant_consent(
    connection: Connection,
    person_id: PersonId,
    client_key: ClientKey,
    scopes: Iterable[str],
    now: datetime,
    *,
    declined: Iterable[str] = (),
) -> Consent:
    """Adds the scopes to what the person allows already, and takes off what she declined; after a withdrawal it
    starts anew. When something is taken off, the tokens that may carry it end."""
    row = await connection.fetchrow(
        """insert into consent as present (person_id, client_key, scopes, declined_scopes, version, granted_at)
           values ($1, $2, $3, $4, 1, $5)
           on conflict (person_id, client_key) do update set
             scopes = case when present.withdrawn_at is not null then excluded.scopes else
               array(select unnest(present.scopes || excluded.scopes)
                     except select unnest(excluded.declined_scopes) order by 1) end,
             declined_scopes = case when present.withdrawn_at is not null then excluded.declined_scopes else
               array(select unnest(present.declined_scopes || excluded.declined_scopes)
                     except select unnest(excluded.scopes) order by 1) end,
             version = present.version + (present.scopes && excluded.declined_scopes)::int,
             granted_at = case when present.withdrawn_at is not null then excluded.granted_at
               else present.granted_at end,
             last_used_at = case when present.withdrawn_at is null then present.last_used_at end,
             withdrawn_at = null
           returning scopes, declined_scopes, version, withdrawn_at""",
        person_id,
        client_key,
        sorted(scopes),
        sorted(declined),
        now,
    )
    if row is None:
        raise RuntimeError("an upsert without a condition always returns its row")
    return read_consent(row)


async def withdraw_consent(
    connection: Connection, person_id: PersonId, client_key: ClientKey, now: datetime
) -> bool:
    """Ends all tokens that rest on it, since they name its version; False when there was none."""
    withdrawn = await connection.fetchval(
        """update consent set withdrawn_at = $3, version = version + 1
           where person_id = $1 and client_key = $2 and withdrawn_at is null returning true""",
        person_id,
        client_key,
        now,
    )
    return bool(withdrawn)


async def narrow_consent(
    connection: Connection,
    person_id: PersonId,
    client_key: ClientKey,
    withdrawn: Iterable[str],
    now: datetime,
) -> list[str] | None:
    """Takes the scopes off what the person allows; those that were there, or None when none was. She counts as having
    declined them. All tokens that rest on the consent end, since any may carry them; what is left of it stays, and
    when nothing is, the consent ends."""
    taken = await connection.fetchrow(
        """with present as (
             select scopes from consent
             where person_id = $1 and client_key = $2 and withdrawn_at is null and scopes && $3::text[] for update
           )
           update consent s set
             scopes = array(select unnest(present.scopes) except select unnest($3::text[]) order by 1),
             declined_scopes = array(select unnest(s.declined_scopes)
               union (select unnest(present.scopes) intersect select unnest($3::text[])) order by 1),
             withdrawn_at = case when present.scopes <@ $3::text[] then $4::timestamptz end,
             version = s.version + 1
           from present where s.person_id = $1 and s.client_key = $2
           returning array(select unnest(present.scopes) intersect select unnest($3::text[]) order by 1) as taken""",
        person_id,
        client_key,
        list(withdrawn),
        now,
    )
    return list(taken["taken"]) if taken else None


UsedConsent = tuple[PersonId, ClientId, int]
"""Whose, allowed to which client, and in which version."""


async def note_uses(
    connection: Connection, seen: Mapping[UsedConsent, datetime], granularity: timedelta
) -> None:
    """When each was last used, unless that is known but for a little. In the order of the keys, so that two workers
    never wait for each other; a version that has ended is left out."""
    uses = sorted((str(person), client, version, at) for (person, client, version), at in seen.items())
    await connection.execute(
        """with seen as materialized (
             select s.person_id, s.client_key, noted.at
             from unnest($1::text[]::uuid[], $2::text[], $3::integer[], $4::timestamptz[])
               as noted (person_id, client_id, version, at)
             join client c on c.client_id = noted.client_id
             join consent s on s.person_id = noted.person_id and s.client_key = c.client_key
               and s.version = noted.version and s.withdrawn_at is null
             where s.last_used_at is null or s.last_used_at < noted.at - $5::interval
             order by s.person_id, s.client_key for update of s
           )
           update consent s set last_used_at = seen.at from seen
           where s.person_id = seen.person_id and s.client_key = seen.client_key""",
        *(list(column) for column in zip(*uses, strict=True)),
        granularity,
    )


async def delete_consents_of(connection: Connection, client_key: ClientKey) -> None:
    await connection.execute("delete from consent where client_key = $1", client_key)


async def list_consents(connection: Connection, person_id: PersonId) -> list[ConsentedClient]:
    """The clients that the person allows something, the latest first."""
    rows = await connection.fetch(
        """select c.client_key, c.client_id, c.display_name, c.client_uri, s.scopes, s.granted_at,
             s.last_used_at
           from consent s join client c on c.client_key = s.client_key
           where s.person_id = $1 and s.withdrawn_at is null
           order by s.granted_at desc, c.client_id""",
        person_id,
    )
    return [
        ConsentedClient(
            ClientKey(row["client_key"]),
            ClientId(row["client_id"]),
            row["display_name"],
            row["client_uri"],
            tuple(row["scopes"]),
            row["granted_at"],
            row["last_used_at"],
        )
        for row in rows
    ]
