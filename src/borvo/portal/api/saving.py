"""Registers and changes clients for programs: what they ask for is weighed first, so that it can be shown unsaved."""

from dataclasses import dataclass

from borvo.kernel.errors import InvalidInputError, NotFoundError
from borvo.portal import service
from borvo.portal.api.bodies import ClientBody, read_client
from borvo.portal.api.preconditions import Precondition, PreconditionFailedError
from borvo.portal.audit import Value, compare, describe_details
from borvo.portal.model import ClientDetails, ClientSheet
from borvo.portal.pages import look_around
from borvo.portal.policy import check_suffix
from borvo.portal.readiness import find_change_faults
from borvo.portal.service import Portal
from borvo.portal.team.policy import Deed
from borvo.portal.tokens.bearer import Bearer


class OvertakenError(PreconditionFailedError):
    """Somebody else has changed the client: `sheet` is what is there now, `wish` what the program wanted."""

    def __init__(self, sheet: ClientSheet, wish: ClientDetails) -> None:
        super().__init__("Somebody else has changed this client meanwhile. Nothing was saved.")
        self.sheet = sheet
        self.wish = wish


@dataclass(frozen=True, slots=True)
class Wish:
    """What saving would do: make the client, where there is none yet, or change it."""

    suffix: str
    existing: ClientSheet | None
    details: ClientDetails

    @property
    def sides(self) -> tuple[dict[str, Value], dict[str, Value]]:
        """What differs, before and after. Of a new client all that says something."""
        after = describe_details(self.details)
        if self.existing is None:
            return {}, {name: value for name, value in after.items() if value}
        return compare(describe_details(self.existing.details), after)


async def _find_existing(portal: Portal, bearer: Bearer, client_id: str) -> ClientSheet | None:
    try:
        return await service.find_sheet(portal, bearer, client_id)
    except NotFoundError:
        return None


async def _find_suffix(portal: Portal, bearer: Bearer, client_id: str) -> str:
    """The last part of a client id of the token's tenancy; any other is as unknown as one that is not there. Raises
    `ForbiddenError` for who may not register."""
    tenancy = await service.find_tenancy(portal, bearer, bearer.token.tenancy_id, Deed.CHANGE_CLIENTS)
    prefix, _, suffix = client_id.partition(".")
    if prefix != tenancy.prefix:
        raise service.refuse_client()
    if fault := check_suffix(suffix):
        raise InvalidInputError("This cannot be a client id.", {"client_id": [fault]})
    return suffix


async def weigh(
    portal: Portal, bearer: Bearer, client_id: str, body: ClientBody, known: Precondition
) -> Wish:
    """Changes nothing. Raises what saving would: `NotFoundError`, `ForbiddenError`, `InvalidInputError`,
    `PreconditionFailedError`."""
    suffix = await _find_suffix(portal, bearer, client_id)
    existing = await _find_existing(portal, bearer, client_id)
    if existing is None and not known.must_be_new:
        raise service.refuse_client()
    if existing is not None and known.must_be_new:
        raise PreconditionFailedError(
            f"There is a client {client_id} already; its state is {existing.state}."
        )
    details = read_client(body, look_around(portal, existing))
    if existing is None:
        return Wish(suffix, None, details)
    # RFC 9110 13.1.1: what somebody wants to overtake by the same is done already, perhaps by herself.
    if known.version not in {None, existing.version} and details != existing.details:
        raise OvertakenError(existing, details)
    if faults := find_change_faults(existing, details, portal.clock()):
        raise InvalidInputError("The client cannot be changed like this.", faults)
    return Wish(suffix, existing, details)


async def save(portal: Portal, bearer: Bearer, client_id: str, wish: Wish) -> ClientSheet:
    """What is there afterwards. What differs in nothing is not saved anew. Raises as `weigh`: what was weighed is
    judged again under the lock."""
    if wish.existing is None:
        await _register(portal, bearer, wish)
    elif any(wish.sides):
        try:
            await service.change_client(portal, bearer, client_id, wish.details, wish.existing.version)
        except service.StaleDetailsError as stale:
            raise OvertakenError(stale.sheet, wish.details) from None
    return await service.find_sheet(portal, bearer, client_id)


async def _register(portal: Portal, bearer: Bearer, wish: Wish) -> None:
    try:
        await service.register_client(portal, bearer, bearer.token.tenancy_id, wish.suffix, wish.details)
    except InvalidInputError as error:
        if "suffix" not in error.errors:
            raise
        # It was free when it was weighed; somebody else was faster.
        raise PreconditionFailedError(error.public) from None
