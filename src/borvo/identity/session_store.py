"""The SQL of who is signed in where. Every function takes a connection and none commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from borvo.kernel.ids import ClientId, ClientKey, LoginSessionId, PersonId
from borvo.storage.database import Connection


@dataclass(frozen=True, slots=True)
class SessionClient:
    """A client that a login session signed in to, and where it wants to be told of the end."""

    client_id: ClientId
    session_id: LoginSessionId
    frontchannel_logout_uri: str
    backchannel_logout_uri: str


async def note_client(
    connection: Connection,
    person_id: PersonId,
    session_id: LoginSessionId,
    client_key: ClientKey,
    now: datetime,
) -> None:
    await connection.execute(
        """insert into session_client (person_id, login_session_id, client_key, signed_in_at)
           values ($1, $2, $3, $4)
           on conflict (person_id, login_session_id, client_key) do update set signed_in_at = excluded.signed_in_at""",
        person_id,
        session_id,
        client_key,
        now,
    )


async def list_session_clients(
    connection: Connection, person_id: PersonId, session_ids: Sequence[LoginSessionId]
) -> list[SessionClient]:
    """Those that want to be told and are not disabled."""
    rows = await connection.fetch(
        """select c.client_id, s.login_session_id, c.frontchannel_logout_uri, c.backchannel_logout_uri
           from session_client s join client c on c.client_key = s.client_key
           where s.person_id = $1 and s.login_session_id = any($2::uuid[]) and c.disabled_at is null
             and (c.frontchannel_logout_uri <> '' or c.backchannel_logout_uri <> '')
           order by c.client_id, s.login_session_id""",
        person_id,
        list(session_ids),
    )
    return [
        SessionClient(
            ClientId(row["client_id"]),
            LoginSessionId(row["login_session_id"]),
            row["frontchannel_logout_uri"],
            row["backchannel_logout_uri"],
        )
        for row in rows
    ]


async def delete_old_clients(connection: Connection, before: datetime) -> None:
    await connection.execute("delete from session_client where signed_in_at < $1", before)
