"""The SQL of authorization requests that wait. Every function takes a connection and none commits.

A request that a client pushed carries that client's id, and waits for nobody until a browser has brought its name."""

from datetime import datetime
from typing import NamedTuple

import msgspec

from borvo.accounts.public import COUNT_ATTEMPT, Counter
from borvo.identity.consent_store import JOIN_PARTY, Party, read_party
from borvo.identity.model import Parameters
from borvo.kernel.ids import PersonId
from borvo.storage.commits import ASYNCHRONOUS_COMMIT
from borvo.storage.database import Connection

_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(tuple[tuple[str, str], ...])
_KEEP_COUNTED = f"""
    with counted as ({COUNT_ATTEMPT.format(subject="$5", window="$6", most="$7")}),
    kept as (
      insert into authorization_request (id_digest, parameters, created_at, expires_at)
      select $1::bytea, $2::jsonb, $3::timestamptz, $4::timestamptz from counted)
    select attempts, {ASYNCHRONOUS_COMMIT} from counted"""


async def insert_request(
    connection: Connection,
    digest: bytes,
    parameters: Parameters,
    now: datetime,
    expires_at: datetime,
    counter: Counter,
    most: int,
) -> int | None:
    """How many are counted there now with this one; None, with nothing written, when there are `most` already. By a
    statement that is alone in its transaction."""
    counted: int | None = await connection.fetchval(
        _KEEP_COUNTED,
        digest,
        _write_parameters(parameters),
        now,
        expires_at,
        counter.subject,
        counter.window,
        most,
    )
    return counted


async def insert_pushed(
    connection: Connection,
    digest: bytes,
    client_id: str,
    parameters: Parameters,
    now: datetime,
    expires_at: datetime,
) -> None:
    """A request that a browser may bring until then."""
    await connection.execute(
        """insert into authorization_request
             (id_digest, parameters, created_at, expires_at, client_id, pushed_until)
           values ($1, $2, $3, $4, $5, $4)""",
        digest,
        _write_parameters(parameters),
        now,
        expires_at,
        client_id,
    )


async def open_pushed(
    connection: Connection, digest: bytes, client_id: str, now: datetime, expires_at: datetime
) -> tuple[Parameters, datetime] | None:
    """The parameters that the client pushed, and when a browser brought their name first; from then on the request
    waits until `expires_at`. None when unknown, another client's, answered or too late."""
    row = await connection.fetchrow(
        """update authorization_request
           set opened_at = coalesce(opened_at, $3),
               expires_at = case when opened_at is null then $4 else expires_at end
           where id_digest = $1 and client_id = $2 and pushed_until > $3
           returning parameters, opened_at""",
        digest,
        client_id,
        now,
        expires_at,
    )
    return (_read_parameters(row["parameters"]), row["opened_at"]) if row else None


class WaitingRequest(NamedTuple):
    """A request since a browser brought it, and its party, if the client is registered, disabled or not."""

    parameters: Parameters
    asked_at: datetime
    party: Party | None


# As `Parameters.get`: the first that is not empty. Strict, since arrays would be opened before the filter otherwise.
_CLIENT_ID = """jsonb_path_query_first(
    r.parameters, 'strict $[*] ? (@[0] == "client_id" && @[1] != "")') ->> 1"""
_WAITING = f"""
    select r.parameters, coalesce(r.opened_at, r.created_at) as asked_at, client.*, s.*
    from authorization_request r
    {JOIN_PARTY.format(client_id=_CLIENT_ID, person_id="$3::uuid")}
    where r.id_digest = $1 and r.expires_at > $2 and (r.client_id is null or r.opened_at is not null)"""


async def load_waiting(
    connection: Connection, digest: bytes, now: datetime, person_id: PersonId | None
) -> WaitingRequest | None:
    """With the consent of this person, if anybody is signed in. None when unknown, answered or expired, or when it was
    pushed and no browser has brought it yet."""
    row = await connection.fetchrow(_WAITING, digest, now, person_id)
    return (
        WaitingRequest(_read_parameters(row["parameters"]), row["asked_at"], read_party(row)) if row else None
    )


def _write_parameters(parameters: Parameters) -> str:
    return _ENCODER.encode(parameters.pairs).decode()


def _read_parameters(text: str) -> Parameters:
    return Parameters(_DECODER.decode(text))


async def consume_request(connection: Connection, digest: bytes) -> bool:
    """Whether this call was the one that answered it."""
    consumed = await connection.fetchval(
        "delete from authorization_request where id_digest = $1 returning true", digest
    )
    return bool(consumed)
