"""The SQL of device authorizations. Every function takes a connection and none commits."""

from dataclasses import dataclass
from datetime import datetime

from borvo.accounts.public import PERSON_COLUMNS, Login, read_person
from borvo.identity.device import DeviceAuthorization
from borvo.kernel.ids import LoginSessionId, PersonId
from borvo.kernel.scopes import Scopes
from borvo.storage.database import Connection, Row


@dataclass(frozen=True, slots=True)
class DeviceCodes:
    """The digests under which an authorization is found: by the device, and by the person."""

    device: bytes
    user: bytes


async def insert_device(
    connection: Connection, codes: DeviceCodes, device: DeviceAuthorization, now: datetime
) -> bool:
    """False, with nothing written, when another device has the same user code just now."""
    written = await connection.fetchval(
        """insert into device_authorization (device_code_digest, user_code_digest, client_id, scopes, created_at,
                                             expires_at, interval_seconds, resources)
           values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing returning true""",
        codes.device,
        codes.user,
        device.client_id,
        list(device.scopes),
        now,
        device.expires_at,
        device.interval,
        list(device.resources),
    )
    return bool(written)


async def load_waiting_device(
    connection: Connection, user_code_digest: bytes, now: datetime
) -> DeviceAuthorization | None:
    """The one that waits for a person's decision."""
    row = await connection.fetchrow(
        """select * from device_authorization
           where user_code_digest = $1 and expires_at > $2 and decided_at is null""",
        user_code_digest,
        now,
    )
    return _read_device(row, None) if row else None


async def load_device(connection: Connection, device_code_digest: bytes) -> DeviceAuthorization | None:
    """As the device sees it: with the person when she allowed it, unless her account, consent or the like has ended
    since, which counts as declined."""
    row = await connection.fetchrow(
        f"""select d.*, s.version is not null as is_live, {PERSON_COLUMNS}
           from device_authorization d left join person p on p.id = d.person_id and p.closed_at is null
             left join client c on c.client_id = d.client_id
             left join consent s on s.person_id = p.id and s.client_key = c.client_key
               and s.version = d.consent_version and s.withdrawn_at is null
           where d.device_code_digest = $1""",
        device_code_digest,
    )
    if row is None:
        return None
    if not row["is_live"]:
        return _read_device(row, None)
    login = Login(
        read_person(row), LoginSessionId(row["login_session_id"]), row["auth_time"], tuple(row["methods"])
    )
    return _read_device(row, login)


def _read_device(row: Row, login: Login | None) -> DeviceAuthorization:
    return DeviceAuthorization(
        client_id=row["client_id"],
        scopes=tuple(row["granted_scopes"] or row["scopes"]),
        expires_at=row["expires_at"],
        interval=row["interval_seconds"],
        polled_at=row["polled_at"],
        decided_at=row["decided_at"],
        redeemed_at=row["redeemed_at"],
        login=login,
        consent_version=row["consent_version"] or 0,
        resources=tuple(row["resources"]),
    )


async def note_poll(connection: Connection, digest: bytes, seconds: int, now: datetime) -> None:
    """That the device has asked, and how long it is to wait from now on."""
    await connection.execute(
        "update device_authorization set polled_at = $2, interval_seconds = $3 where device_code_digest = $1",
        digest,
        now,
        seconds,
    )


async def allow_device(
    connection: Connection,
    user_code_digest: bytes,
    login: Login,
    granted: Scopes,
    version: int,
    now: datetime,
) -> bool:
    """Whether this call decided it: the row changes once."""
    decided = await connection.fetchval(
        """update device_authorization
           set decided_at = $2, person_id = $3, login_session_id = $4, auth_time = $5, granted_scopes = $6,
               consent_version = $7, methods = $8
           where user_code_digest = $1 and decided_at is null and expires_at > $2 returning true""",
        user_code_digest,
        now,
        login.person.id,
        login.session_id,
        login.authenticated_at,
        list(granted),
        version,
        list(login.methods),
    )
    return bool(decided)


async def decline_device(connection: Connection, user_code_digest: bytes, now: datetime) -> bool:
    """Whether this call decided it."""
    decided = await connection.fetchval(
        """update device_authorization set decided_at = $2
           where user_code_digest = $1 and decided_at is null and expires_at > $2 returning true""",
        user_code_digest,
        now,
    )
    return bool(decided)


async def redeem_device(connection: Connection, device_code_digest: bytes, now: datetime) -> bool:
    """Whether this call was the one that redeemed it: the row changes once, whoever else tries."""
    redeemed = await connection.fetchval(
        """update device_authorization set redeemed_at = $2
           where device_code_digest = $1 and redeemed_at is null and granted_scopes is not null
           returning true""",
        device_code_digest,
        now,
    )
    return bool(redeemed)


async def delete_devices_of(connection: Connection, client_id: str) -> None:
    """Those that wait and those that were allowed and have not come for their tokens."""
    await connection.execute("delete from device_authorization where client_id = $1", client_id)


async def delete_devices_of_person(connection: Connection, person_id: PersonId) -> None:
    """Those that she allowed and that have not come for their tokens."""
    await connection.execute("delete from device_authorization where person_id = $1", person_id)
