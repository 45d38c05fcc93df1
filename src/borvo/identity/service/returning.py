"""Where a person goes on to who signs in: for the sign-in page, which names the client and its origin."""

from borvo.accounts.public import Destination
from borvo.identity import request_store
from borvo.identity.responses import find_form_target
from borvo.identity.service.collaborators import Identity
from borvo.identity.service.validation import check_destination
from borvo.identity.service.waiting import CONTINUE_PATH, AuthorizationRefusedError, find_request_id
from borvo.kernel.digests import digest_token


async def describe_return(identity: Identity, return_to: str) -> Destination | None:
    """Which client a person goes on to who signs in with this `return_to`: for the sign-in page."""
    path, _, query = return_to.partition("?")
    request_id = find_request_id(query.removeprefix("request="))
    if path != CONTINUE_PATH or request_id is None:
        return None
    async with identity.database.connection() as connection:
        found = await request_store.load_request(connection, digest_token(request_id), identity.clock())
        if found is None:
            return None
        facts = await identity.gather_facts(connection, found[0])
    try:
        client, redirect_uri = check_destination(facts)
    except AuthorizationRefusedError:
        return None
    wished = found[0].get("ui_locales") or ""
    return Destination(client.registered.display_name, find_form_target(redirect_uri), wished)
