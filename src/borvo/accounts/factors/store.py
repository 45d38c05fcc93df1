"""The SQL of second factors. Every function takes a connection and none commits."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from borvo.accounts.factors.model import (
    RELAXED_EVERY,
    WRONG_CODES_AFTER_RESET,
    WRONG_CODES_MAXIMUM,
    Factors,
    Passkey,
)
from borvo.kernel.ids import PersonId
from borvo.storage.database import Connection, Row

_PASSKEY_COLUMNS = (
    """credential_id, name, public_key, sign_count, is_synced, transports, created_at, last_used_at"""
)


def compose_has_factor(person: str) -> str:
    """Whether a password alone no longer signs somebody in, as an expression; `person` is one of her id."""
    return f"""(exists (select from person_totp t where t.person_id = {person} and t.confirmed_at is not null)
                or exists (select from person_passkey k where k.person_id = {person}))"""


_HAS_FACTOR = compose_has_factor("$1")


async def has_second_factor(connection: Connection, person_id: PersonId) -> bool:
    """Whether a password alone no longer signs her in."""
    found = await connection.fetchval(f"select {_HAS_FACTOR}", person_id)
    return bool(found)


async def load_factors(connection: Connection, person_id: PersonId) -> Factors:
    row = await connection.fetchrow(
        """select (select confirmed_at from person_totp where person_id = $1) as totp_since,
                  (select wrong_codes from person_totp where person_id = $1) as wrong_codes,
                  (select count(*) from person_recovery_code where person_id = $1 and used_at is null) as left""",
        person_id,
    )
    passkeys = await connection.fetch(
        f"select {_PASSKEY_COLUMNS} from person_passkey where person_id = $1 order by created_at, credential_id",
        person_id,
    )
    if row is None:
        raise RuntimeError("a statement without a condition has a row")
    passkeys_read = tuple(_read_passkey(each) for each in passkeys)
    return Factors(row["totp_since"], passkeys_read, row["left"], wrong_codes=row["wrong_codes"] or 0)


def _read_passkey(row: Row) -> Passkey:
    return Passkey(**{**row, "transports": tuple(row["transports"])})


async def keep_secret(connection: Connection, person_id: PersonId, sealed: bytes, now: datetime) -> None:
    """A secret that does not count before it is confirmed. It takes the place of another such one, and never of one
    that counts."""
    await connection.execute(
        """insert into person_totp (person_id, sealed_secret, created_at) values ($1, $2, $3)
           on conflict (person_id) do update set sealed_secret = $2, created_at = $3
           where person_totp.confirmed_at is null""",
        person_id,
        sealed,
        now,
    )


async def load_secret(connection: Connection, person_id: PersonId, *, is_confirmed: bool) -> bytes | None:
    sealed: bytes | None = await connection.fetchval(
        "select sealed_secret from person_totp where person_id = $1 and (confirmed_at is not null) = $2",
        person_id,
        is_confirmed,
    )
    return sealed


async def confirm_secret(
    connection: Connection, person_id: PersonId, sealed: bytes, step: int, now: datetime
) -> bool:
    """Whether this call made the secret count. The code that confirmed it is used up."""
    confirmed = await connection.fetchval(
        """update person_totp set confirmed_at = $4, last_step = $3
           where person_id = $1 and sealed_secret = $2 and confirmed_at is null returning true""",
        person_id,
        sealed,
        step,
        now,
    )
    return bool(confirmed)


async def spend_step(connection: Connection, person_id: PersonId, step: int) -> bool:
    """Whether this call used the code of the step. Neither it nor an earlier one works after that (RFC 6238 5.2), nor
    any after too many wrong ones."""
    spent = await connection.fetchval(
        """update person_totp set last_step = $2
           where person_id = $1 and confirmed_at is not null and last_step < $2 and wrong_codes < $3
           returning true""",
        person_id,
        step,
        WRONG_CODES_MAXIMUM,
    )
    return bool(spent)


async def count_wrong_code(connection: Connection, person_id: PersonId) -> int:
    """How many there are now in a row; nought without an app."""
    counted: int | None = await connection.fetchval(
        """update person_totp set wrong_codes = wrong_codes + 1
           where person_id = $1 and confirmed_at is not null returning wrong_codes""",
        person_id,
    )
    return counted or 0


async def forget_wrong_codes(connection: Connection, person_id: PersonId) -> None:
    """She has proved who she is."""
    await connection.execute(
        "update person_totp set wrong_codes = 0 where person_id = $1 and wrong_codes > 0", person_id
    )


async def allow_more_codes(connection: Connection, person_id: PersonId, now: datetime) -> None:
    """After a new password that her mailbox let somebody choose: a few more wrong ones, once in a while."""
    await connection.execute(
        """update person_totp set wrong_codes = least(wrong_codes, $2), relaxed_at = $3
           where person_id = $1 and wrong_codes > $2 and (relaxed_at is null or relaxed_at <= $4)""",
        person_id,
        WRONG_CODES_MAXIMUM - WRONG_CODES_AFTER_RESET,
        now,
        now - RELAXED_EVERY,
    )


async def delete_secret(connection: Connection, person_id: PersonId) -> bool:
    """Whether there was one that counted."""
    deleted = await connection.fetchval(
        "delete from person_totp where person_id = $1 and confirmed_at is not null returning true", person_id
    )
    return bool(deleted)


async def replace_codes(
    connection: Connection, person_id: PersonId, digests: Iterable[bytes], now: datetime
) -> None:
    """The new set is the only one that works."""
    await delete_codes(connection, person_id)
    await connection.execute(
        """insert into person_recovery_code (person_id, digest, created_at)
           select $1, digest, $3 from unnest($2::bytea[]) as digest""",
        person_id,
        list(digests),
        now,
    )


async def delete_codes(connection: Connection, person_id: PersonId) -> None:
    await connection.execute("delete from person_recovery_code where person_id = $1", person_id)


async def spend_recovery_code(
    connection: Connection, person_id: PersonId, digests: Sequence[bytes], now: datetime
) -> bool:
    """Whether this call used the code, which is kept as one of the digests: the row changes once, whoever else
    tries."""
    spent = await connection.fetchval(
        """update person_recovery_code set used_at = $3
           where person_id = $1 and digest = any($2::bytea[]) and used_at is null returning true""",
        person_id,
        list(digests),
        now,
    )
    return bool(spent)


async def insert_passkey(connection: Connection, person_id: PersonId, passkey: Passkey, most: int) -> bool:
    """False, with nothing written, for one that she has already or one too many."""
    inserted = await connection.fetchval(
        f"""insert into person_passkey (person_id, {_PASSKEY_COLUMNS})
            select $1, $2, $3, $4, $5, $6, $7, $8, null
            where (select count(*) from person_passkey where person_id = $1) < $9
            on conflict do nothing returning true""",
        person_id,
        passkey.credential_id,
        passkey.name,
        passkey.public_key,
        passkey.sign_count,
        passkey.is_synced,
        list(passkey.transports),
        passkey.created_at,
        most,
    )
    return bool(inserted)


async def load_passkey(connection: Connection, person_id: UUID, credential_id: bytes) -> Passkey | None:
    row = await connection.fetchrow(
        f"select {_PASSKEY_COLUMNS} from person_passkey where person_id = $1 and credential_id = $2",
        person_id,
        credential_id,
    )
    return _read_passkey(row) if row else None


async def note_use(
    connection: Connection, person_id: UUID, credential_id: bytes, sign_count: int, now: datetime
) -> bool:
    """False, with nothing written, when the passkey was removed meanwhile, or used with a count that is as high."""
    noted = await connection.fetchval(
        """update person_passkey set sign_count = $3, last_used_at = $4
           where person_id = $1 and credential_id = $2 and (sign_count = 0 or sign_count < $3)
           returning true""",
        person_id,
        credential_id,
        sign_count,
        now,
    )
    return bool(noted)


async def delete_passkey(connection: Connection, person_id: PersonId, credential_id: bytes) -> str | None:
    """The name of the one that was there."""
    name: str | None = await connection.fetchval(
        "delete from person_passkey where person_id = $1 and credential_id = $2 returning name",
        person_id,
        credential_id,
    )
    return name


async def delete_since(connection: Connection, person_id: PersonId, since: datetime) -> None:
    """All that the person got from the instant on. Recovery codes that are left without a factor go, too."""
    await connection.execute(
        "delete from person_totp where person_id = $1 and coalesce(confirmed_at, created_at) >= $2",
        person_id,
        since,
    )
    await connection.execute(
        "delete from person_passkey where person_id = $1 and created_at >= $2", person_id, since
    )
    await connection.execute(
        f"""delete from person_recovery_code
            where person_id = $1 and (created_at >= $2 or not {_HAS_FACTOR})""",
        person_id,
        since,
    )


async def spend_challenge(connection: Connection, digest: bytes, expires_at: datetime) -> bool:
    """Whether this call was the first to answer the challenge."""
    spent = await connection.fetchval(
        """insert into spent_challenge (digest, expires_at) values ($1, $2)
           on conflict do nothing returning true""",
        digest,
        expires_at,
    )
    return bool(spent)
