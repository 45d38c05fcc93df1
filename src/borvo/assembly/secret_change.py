"""Seals everything anew when the secret key of an instance is changed."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from borvo.accounts.public import SEALED_APPS
from borvo.assembly.wiring import Platform
from borvo.identity.public import SEALED_SIGNING_KEYS
from borvo.portal.public import SEALED_SECRETS
from borvo.storage.kept_keys import SEALED_KEYS
from borvo.storage.outbox.messages import SEALED_MESSAGES
from borvo.storage.rewrapping import PORTION, Portion, Rewrapper
from borvo.storage.security_events.model import SUPPORT, SecurityEvent, SecurityEventKind

SEALED_COLUMNS = (SEALED_KEYS, SEALED_SIGNING_KEYS, SEALED_APPS, SEALED_SECRETS, SEALED_MESSAGES)
"""Every place where sealed values lie."""

_ROUNDS = 10
_TOLD_EVERY = 20 * PORTION


@dataclass(frozen=True, slots=True)
class Rewrapping:
    """What came of it. Nothing is left under another secret when the last round renewed nothing and lost nothing."""

    renewed: int
    last: Portion

    @property
    def is_complete(self) -> bool:
        return not self.last.renewed and not self.last.lost


async def rewrap(platform: Platform, tell: Callable[[str], None]) -> Rewrapping:
    """Goes on until a round over every place finds nothing more to do, since somebody may write behind it; gives up
    after some, as when a server that has the other secret only goes on sealing. `tell` is given a line of progress for
    each place."""
    walker = Rewrapper(platform.database, platform.keyring, platform.entropy)
    renewed, last = 0, Portion(renewed=1)
    for _ in range(_ROUNDS):
        last = await _walk_all(walker, tell)
        renewed += last.renewed
        if not last.renewed:
            break
    await _record(platform, renewed, last.lost)
    return Rewrapping(renewed, last)


async def _walk_all(walker: Rewrapper, tell: Callable[[str], None]) -> Portion:
    total = Portion()
    for column in SEALED_COLUMNS:
        found = await walker.walk(column, partial(_tell_progress, tell, column.table))
        total += found
        lost = f", {found.lost:,} that no secret opens" if found.lost else ""
        tell(f"{column.table}: {found.looked_at:,} looked at, {found.renewed:,} sealed anew{lost}")
    return total


def _tell_progress(tell: Callable[[str], None], table: str, so_far: Portion) -> None:
    if so_far.looked_at and so_far.looked_at % _TOLD_EVERY == 0:
        tell(f"{table}: {so_far.looked_at:,} looked at so far")


async def _record(platform: Platform, renewed: int, lost: int) -> None:
    event = SecurityEvent(
        SecurityEventKind.KEY_ROTATED, actor=SUPPORT, detail={"sealed_anew": renewed, "unopened": lost}
    )
    async with platform.database.transaction() as connection:
        await platform.events.record(connection, event)
