"""The use case of a test drive: who may, with whom, and that nothing is left of it."""

import asyncio
from dataclasses import dataclass

import structlog

from borvo.accounts.public import (
    Limit,
    Person,
    Sandbox,
    close_sandbox,
    list_left_sandboxes,
    open_sandbox,
)
from borvo.kernel.errors import InvalidInputError
from borvo.kernel.ids import PersonId
from borvo.kernel.text import say
from borvo.portal.audit import Action
from borvo.portal.model import RegisteredClient
from borvo.portal.service import Portal, find_client, lock_client, note_change
from borvo.portal.team.policy import Deed
from borvo.portal.test_drive.device import DeviceDrive
from borvo.portal.test_drive.drive import Drive
from borvo.portal.test_drive.model import Flow, Report
from borvo.portal.test_drive.plans import Plan, check_client, check_plan, create_handles
from borvo.storage.database import Connection

DRIVES = Limit("test-drive", 30)
"""By tenancy: each is a dozen requests."""

_SECONDS = 20.0
_SLOW = say("Borvo took too long to answer itself, and the drive was ended. Please try again.")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Begun:
    """`sandbox` is None where no person is needed."""

    client: RegisteredClient
    sandbox: Sandbox | None


async def run_drive(portal: Portal, person: Person, client_id: str, plan: Plan, language: str = "") -> Report:
    """What happened, with pages in the language of that tag; when it is returned, no code and no token of it works any
    more. Raises as `find_client`, `InvalidInputError` for what cannot be tried, and `TooManyRequestsError`."""
    client = await find_client(portal, person, client_id, Deed.CHANGE_CLIENTS)
    _check(client, plan, is_strict=portal.is_strict)
    await portal.accounts.limiter.spend(DRIVES, str(client.tenancy_id), portal.clock())
    begun = await _begin(portal, person, client_id, plan)
    # Its own network for every limit: whoever provokes refusals shuts out nobody, not even herself.
    async with portal.loopback.open(f"test-drive {client.tenancy_id}") as http:
        http.headers["Accept-Language"] = language
        if begun.sandbox is not None:
            http.cookies.set(begun.sandbox.cookie_name, begun.sandbox.cookie)
        kind = DeviceDrive if plan.flow is Flow.DEVICE else Drive
        drive = kind(begun.client, plan, create_handles(portal.entropy), portal.clock, http)
        try:
            async with asyncio.timeout(_SECONDS):
                await _run(portal, begun.client, drive)
        except TimeoutError:
            raise InvalidInputError(_SLOW, {"form": [_SLOW]}) from None
        finally:
            if begun.sandbox is not None:
                await _end(portal, begun.sandbox.person.id)
        await drive.look_back()
    return Report(plan.flow, plan.mistake, tuple(drive.steps))


def _check(client: RegisteredClient, plan: Plan, *, is_strict: bool) -> None:
    if fault := check_client(client, is_strict=is_strict):
        raise InvalidInputError(fault, {"form": [fault]})
    if faults := check_plan(client, plan):
        errors = {name: [fault] for name, fault in faults.items()}
        raise InvalidInputError(say("This cannot be tried."), errors)


async def _begin(portal: Portal, person: Person, client_id: str, plan: Plan) -> _Begun:
    """Written down before anything happens, so that no end of the process leaves it out."""
    async with portal.database.transaction() as connection:
        client = await lock_client(connection, person, client_id)
        _check(client, plan, is_strict=portal.is_strict)
        is_needed = plan.flow.needs_person
        sandbox = await open_sandbox(connection, portal.accounts, client.tenancy_id) if is_needed else None
        tried = {"flow": plan.flow.value, "mistake": plan.mistake.value}
        await note_change(portal, connection, Action.CLIENT_DRIVEN, person, client, after=tried)
    log.info("client driven", client_id=client_id, person=str(person.id), **tried)
    return _Begun(client, sandbox)


async def _run(portal: Portal, client: RegisteredClient, drive: Drive) -> None:
    if client.is_public:
        await drive.run("")
        return
    with portal.verifier.lend(client) as secret:
        await drive.run(secret)
        await drive.end_own_token()


async def _end(portal: Portal, person_id: PersonId) -> None:
    async with portal.database.transaction() as connection:
        await _forget(portal, connection, person_id)


async def _forget(portal: Portal, connection: Connection, person_id: PersonId) -> None:
    # First the account, which is deleted only if it is a sandbox person's.
    if await close_sandbox(connection, person_id):
        await portal.on_person_gone(connection, person_id)


async def clean_up(portal: Portal) -> None:
    """Ends what a process left behind that ended itself."""
    async with portal.database.transaction() as connection:
        for person_id in await list_left_sandboxes(connection, portal.clock()):
            await _forget(portal, connection, person_id)
