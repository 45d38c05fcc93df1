"""The management API's addresses that change nothing."""

from litestar import Response, get

from borvo.kernel.errors import InvalidInputError
from borvo.kernel.ids import parse_uuid
from borvo.portal import secret_service, service
from borvo.portal.api.access import Acting, AnyRequest, render
from borvo.portal.api.answers import (
    ClientAnswer,
    ClientListAnswer,
    SecretListAnswer,
    TenancyAnswer,
    TrailAnswer,
    describe_client,
    describe_list,
    describe_secrets,
    describe_tenancy,
)
from borvo.portal.api.description import ListOperation, TrailOperation, list_answers
from borvo.portal.audit_pages import PAGE_SIZE, read_filter, read_query
from borvo.portal.listing import ENDING, ClientSearch, read_search
from borvo.portal.model import ClientState
from borvo.portal.pages import Developing, InPath
from borvo.portal.team.policy import Deed
from borvo.portal.team.service import find_membership
from borvo.portal.trail import list_entries
from borvo.portal.trail_export import describe_entry


@get("/tenancy", responses=list_answers(TenancyAnswer, "The token's tenancy."))
async def show_tenancy(bearer: Acting, portal: Developing) -> Response[bytes]:
    """The tenancy that the token opens, and what may be done there."""
    membership = await find_membership(portal, bearer, str(bearer.token.tenancy_id))
    return render(describe_tenancy(membership, bearer))


def _read_search(request: AnyRequest) -> ClientSearch:
    """What a page would pass over is a fault of a program."""
    names = ("q", "state", "page", "secrets")
    text, state, page, secrets = (request.query_params.get(name, "") for name in names)
    search = read_search(text, state, page, secrets)
    if secrets and (state or not search.is_ending):
        raise InvalidInputError("There is no such filter.", {"secrets": [f"Use {ENDING}, without a state."]})
    if state and search.state is None:
        raise InvalidInputError(
            "There is no such state.", {"state": [f"Use one of {', '.join(ClientState)}."]}
        )
    if page and str(search.page) != page:
        raise InvalidInputError("There is no such page.", {"page": ["Use a number from 1 on."]})
    return search


@get(
    "/clients", operation_class=ListOperation, responses=list_answers(ClientListAnswer, "A page of clients.")
)
async def list_clients(request: AnyRequest, bearer: Acting, portal: Developing) -> Response[bytes]:
    """The clients of the token's tenancy, by name. Deleted ones are found when asked for by their state."""
    found = await service.search_clients(portal, bearer, bearer.token.tenancy_id, _read_search(request))
    return render(describe_list(found))


@get(
    "/clients/{client_id:str}",
    responses=list_answers(ClientAnswer, "The client, with its version in the ETag."),
)
async def fetch_client(client_id: InPath, bearer: Acting, portal: Developing) -> Response[bytes]:
    """A client with all its details, also a disabled or a deleted one."""
    sheet = await service.find_sheet(portal, bearer, client_id)
    return render(describe_client(sheet), version=sheet.version)


@get("/clients/{client_id:str}/secrets", responses=list_answers(SecretListAnswer, "The client's secrets."))
async def list_client_secrets(client_id: InPath, bearer: Acting, portal: Developing) -> Response[bytes]:
    """Which secrets a client has; what they say, nobody can be told."""
    client = await service.find_client(portal, bearer, client_id)
    records = await secret_service.list_secrets(portal, client)
    return render(describe_secrets(records, portal.clock()))


@get(
    "/audit",
    operation_class=TrailOperation,
    responses=list_answers(TrailAnswer, "A page of the audit trail."),
)
async def list_changes(request: AnyRequest, bearer: Acting, portal: Developing) -> Response[bytes]:
    """The audit trail of the token's tenancy, newest first."""
    membership = await find_membership(portal, bearer, str(bearer.token.tenancy_id), Deed.READ_TRAIL)
    form = read_query(request)
    asked, before = read_filter(form), request.query_params.get("before", "")
    if not form.is_valid:
        raise InvalidInputError("The filter cannot be read.", form.errors)
    async with portal.database.connection() as connection:
        entries = await list_entries(
            connection, membership.tenancy.id, asked, before=parse_uuid(before), most=PAGE_SIZE + 1
        )
    older = entries[PAGE_SIZE - 1].id if len(entries) > PAGE_SIZE else None
    return render(TrailAnswer([describe_entry(entry) for entry in entries[:PAGE_SIZE]], older))


HANDLERS = [show_tenancy, list_clients, fetch_client, list_client_secrets, list_changes]
