"""The management API's addresses that change clients."""

from collections.abc import Awaitable, Callable

from litestar import Response, delete, post, put

from borvo.accounts.public import Person
from borvo.kernel.errors import InvalidInputError, NotFoundError
from borvo.portal import lifecycle, logos, service
from borvo.portal.api.access import Acting, AnyRequest, render
from borvo.portal.api.answers import ClientAnswer, describe_client, describe_plan
from borvo.portal.api.bodies import BODY_LIMIT, ClientBody, parse_body
from borvo.portal.api.description import (
    SAVE_ANSWERS,
    DeleteOperation,
    LogoOperation,
    SaveOperation,
    list_answers,
)
from borvo.portal.api.faults import reword
from borvo.portal.api.preconditions import read_precondition
from borvo.portal.api.saving import save, weigh
from borvo.portal.pages import Developing, InPath
from borvo.portal.pictures import BYTES_MAXIMUM
from borvo.portal.registration.ending import end_registration
from borvo.portal.service import Portal
from borvo.portal.team.policy import Deed
from borvo.portal.tokens.bearer import Bearer

_CLIENT = "/clients/{client_id:str}"
_CLIENT_ANSWERS = list_answers(ClientAnswer, "The client as it is now.")
_ACTIONS: dict[str, Callable[[Portal, Person, str], Awaitable[None]]] = {
    "live": lifecycle.mark_live,
    "draft": lifecycle.mark_draft,
    "disable": lifecycle.disable_client,
    "enable": lifecycle.enable_client,
    "restore": lifecycle.restore_client,
}


async def _answer(portal: Portal, bearer: Bearer, client_id: str) -> Response[bytes]:
    sheet = await service.find_sheet(portal, bearer, client_id)
    return render(describe_client(sheet), version=sheet.version)


def read_flag(request: AnyRequest, name: str) -> bool:
    """Raises `InvalidInputError` for what is neither: a misspelt yes must not be taken for a no."""
    value = request.query_params.get(name, "false")
    if value not in {"true", "false"}:
        raise InvalidInputError("A parameter cannot be read.", {name: ["Send true or false."]})
    return value == "true"


@put(_CLIENT, operation_class=SaveOperation, responses=SAVE_ANSWERS, request_max_body_size=BODY_LIMIT)
async def save_client(
    client_id: InPath, request: AnyRequest, bearer: Acting, portal: Developing
) -> Response[bytes]:
    """Registers a client with `If-None-Match: *`, or replaces the details of one with `If-Match`. Sent again it
    changes nothing more. With `dry_run=true` nothing is saved, and the answer is what would be."""
    known, is_dry = read_precondition(request.headers), read_flag(request, "dry_run")
    body = parse_body(await request.body(), ClientBody)
    wish = await weigh(portal, bearer, client_id, body, known)
    if is_dry:
        return render(describe_plan(client_id, wish))
    sheet = await save(portal, bearer, client_id, wish)
    is_new = wish.existing is None
    location = request.url.path if is_new else ""
    return render(describe_client(sheet), 201 if is_new else 200, version=sheet.version, location=location)


@post(f"{_CLIENT}/state/{{action:str}}", status_code=200, responses=_CLIENT_ANSWERS)
async def change_state(
    client_id: InPath, action: InPath, bearer: Acting, portal: Developing
) -> Response[bytes]:
    """Takes one of `live`, `draft`, `disable`, `enable` and `restore`. `live` is refused with all that is missing;
    `disable` ends the client's tokens at once; `restore` brings a deleted client back, disabled and as a draft."""
    if action not in _ACTIONS:
        raise NotFoundError("There is nothing at this address.")
    await _ACTIONS[action](portal, bearer, client_id)
    return await _answer(portal, bearer, client_id)


@delete(_CLIENT, status_code=200, operation_class=DeleteOperation, responses=_CLIENT_ANSWERS)
async def delete_client(
    client_id: InPath, request: AnyRequest, bearer: Acting, portal: Developing
) -> Response[bytes]:
    """Disables a client and deletes it for good in thirty days. The parameter `confirm` repeats the client id."""
    sheet = await service.find_sheet(portal, bearer, client_id, Deed.DELETE_CLIENTS)
    if sheet.deleted_at is None:
        with reword("typed", f"Send confirm={client_id} to delete it."):
            await lifecycle.delete_client(portal, bearer, client_id, request.query_params.get("confirm", ""))
    return await _answer(portal, bearer, client_id)


@put(
    f"{_CLIENT}/logo",
    operation_class=LogoOperation,
    responses=_CLIENT_ANSWERS,
    request_max_body_size=BYTES_MAXIMUM + 1,
)
async def save_logo(
    client_id: InPath, request: AnyRequest, bearer: Acting, portal: Developing
) -> Response[bytes]:
    """Replaces the logo of a client. The body is the picture: PNG, JPEG or WebP, told by its content."""
    await logos.change_logo(portal, bearer, client_id, await request.body())
    return await _answer(portal, bearer, client_id)


@delete(f"{_CLIENT}/logo", status_code=200, responses=_CLIENT_ANSWERS)
async def remove_logo(client_id: InPath, bearer: Acting, portal: Developing) -> Response[bytes]:
    """Removes the logo of a client; refused while it is live."""
    await logos.remove_logo(portal, bearer, client_id)
    return await _answer(portal, bearer, client_id)


@delete(f"{_CLIENT}/registration", status_code=200, responses=_CLIENT_ANSWERS)
async def close_registration(client_id: InPath, bearer: Acting, portal: Developing) -> Response[bytes]:
    """Ends the registration access token, by which the program that registered a client changes it."""
    await end_registration(portal, bearer, client_id)
    return await _answer(portal, bearer, client_id)


HANDLERS = [save_client, change_state, delete_client, save_logo, remove_logo, close_registration]
