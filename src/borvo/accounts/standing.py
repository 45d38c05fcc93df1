"""How an account stands, for whoever helps its owner: what support may know, and nothing else."""

from dataclasses import dataclass
from datetime import datetime

from borvo.accounts.factors import loss, store
from borvo.accounts.factors.loss_model import FactorKind, FactorRemoval, list_kinds, name_kinds
from borvo.accounts.holder_store import HOLDER_COLUMNS, compose_holding, read_holder
from borvo.accounts.model import Holder
from borvo.kernel.errors import NotFoundError
from borvo.kernel.ids import PersonId
from borvo.kernel.text import say
from borvo.storage.database import Connection
from borvo.storage.security_events.model import SecurityEventKind


@dataclass(frozen=True, slots=True)
class Standing:
    """Of second factors only the kinds, and of recovery codes how many are left. `last_sign_in_at` is None when the log
    holds none."""

    person: Holder
    created_at: datetime
    erase_at: datetime | None
    suspended_at: datetime | None
    last_sign_in_at: datetime | None
    factor_kinds: tuple[FactorKind, ...]
    codes_left: int
    removal: FactorRemoval | None

    @property
    def factors(self) -> str:
        """The kinds in words; empty for none."""
        return name_kinds(self.factor_kinds)

    @property
    def state(self) -> str:
        if self.suspended_at is not None:
            return "suspended and closed" if self.erase_at else "suspended"
        return "closed" if self.erase_at else "open"


async def load_standing(connection: Connection, person_id: PersonId, now: datetime) -> Standing:
    """Raises `NotFoundError`, also for an account that is erased."""
    row = await connection.fetchrow(
        f"""select {HOLDER_COLUMNS}, p.created_at,
              (select max(e.at) from security_event e where e.person_id = p.id and e.kind = $3) as last_sign_in_at
            from person p
            where p.id = $1 and p.sandbox_tenancy_id is null and {compose_holding("$2")}""",
        person_id,
        now,
        SecurityEventKind.SIGN_IN.value,
    )
    if row is None:
        raise NotFoundError(say("There is no such person."))
    factors = await store.load_factors(connection, person_id)
    return Standing(
        read_holder(row),
        row["created_at"],
        row["erase_at"],
        row["suspended_at"],
        row["last_sign_in_at"],
        list_kinds(factors),
        factors.codes_left,
        await loss.find_removal(connection, person_id),
    )
