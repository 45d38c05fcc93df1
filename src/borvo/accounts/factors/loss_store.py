"""The SQL of second factors that people say they have lost. Every function takes a connection and none commits."""

from datetime import datetime

from borvo.accounts.factors.loss_model import FactorKind, FactorRemoval
from borvo.accounts.factors.totp import STEP_SECONDS
from borvo.kernel.ids import PersonId
from borvo.storage.database import Connection, Row

_COLUMNS = "person_id, kinds, asked_at, due_at"


def _read_removal(row: Row) -> FactorRemoval:
    kinds = tuple(FactorKind(kind) for kind in row["kinds"])
    return FactorRemoval(PersonId(row["person_id"]), kinds, row["asked_at"], row["due_at"])


async def insert_removal(connection: Connection, removal: FactorRemoval) -> bool:
    """False when one is under way already: what was asked first stays as it was."""
    inserted = await connection.fetchval(
        f"""insert into factor_removal ({_COLUMNS}) values ($1, $2, $3, $4)
            on conflict do nothing returning true""",
        removal.person_id,
        [kind.value for kind in removal.kinds],
        removal.asked_at,
        removal.due_at,
    )
    return bool(inserted)


async def load_removal(connection: Connection, person_id: PersonId) -> FactorRemoval | None:
    row = await connection.fetchrow(f"select {_COLUMNS} from factor_removal where person_id = $1", person_id)
    return _read_removal(row) if row else None


async def take_removal(
    connection: Connection, person_id: PersonId, due_before: datetime | None = None
) -> FactorRemoval | None:
    """What was under way, to one caller only: whoever stops it and whoever carries it out never both do. With
    `due_before` only when its time has come."""
    row = await connection.fetchrow(
        f"""delete from factor_removal where person_id = $1 and ($2::timestamptz is null or due_at <= $2)
            returning {_COLUMNS}""",
        person_id,
        due_before,
    )
    return _read_removal(row) if row else None


async def list_due(connection: Connection, now: datetime, most: int) -> list[PersonId]:
    rows = await connection.fetch(
        "select person_id from factor_removal where due_at <= $1 order by due_at limit $2", now, most
    )
    return [PersonId(row["person_id"]) for row in rows]


async def was_used_since(connection: Connection, person_id: PersonId, moment: datetime) -> bool:
    """Whether she has proved a second factor since, or spent a recovery code. Of an app it is known by the half minute:
    those after the one in which `moment` lies."""
    used = await connection.fetchval(
        """select exists (select from person_totp where person_id = $1 and confirmed_at is not null
                            and last_step > $3)
               or exists (select from person_passkey where person_id = $1 and last_used_at >= $2)
               or exists (select from person_recovery_code where person_id = $1 and used_at >= $2)""",
        person_id,
        moment,
        int(moment.timestamp()) // STEP_SECONDS,
    )
    return bool(used)


async def delete_factors(connection: Connection, removal: FactorRemoval) -> bool:
    """Those that were there when it was asked for; whether there were any."""
    deleted = 0
    if FactorKind.APP in removal.kinds:
        deleted += await connection.fetchval(
            """with gone as (delete from person_totp where person_id = $1 and confirmed_at <= $2 returning 1)
               select count(*) from gone""",
            removal.person_id,
            removal.asked_at,
        )
    if FactorKind.PASSKEY in removal.kinds:
        deleted += await connection.fetchval(
            """with gone as (delete from person_passkey where person_id = $1 and created_at <= $2 returning 1)
               select count(*) from gone""",
            removal.person_id,
            removal.asked_at,
        )
    return deleted > 0
