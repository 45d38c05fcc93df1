"""How authorization requests come by a browser: as they are, in an object, or by a name that stands for what was said
before."""

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749.errors import InvalidRequestError

from borvo.identity.engine import ProtocolClient
from borvo.identity.model import Parameters
from borvo.identity.pushed import read_pushed_name
from borvo.identity.service.collaborators import Identity
from borvo.identity.service.pushing import open_pushed
from borvo.identity.service.request_objects import check_signed, has_object, open_object
from borvo.identity.service.waiting import Waiting
from borvo.identity.strict_profile import must_push


async def receive_request(identity: Identity, parameters: Parameters) -> Waiting:
    """The request that a browser has brought. No connection may be in hand. Raises `AuthorizationRefusedError` for a
    name that stands for none; any other fault is in it, for whoever finds out where it may be told."""
    # RFC 9126 4: what else comes along with the name counts for nothing.
    name = read_pushed_name(parameters.get("request_uri"))
    if name is not None:
        return await open_pushed(identity, name, parameters)
    # What is repeated is refused anyway, and says nothing certain.
    if has_object(parameters) and not parameters.find_repeated():
        return await _open(identity, parameters)
    return Waiting("", parameters, identity.clock(), is_plain=True)


async def _open(identity: Identity, parameters: Parameters) -> Waiting:
    async with identity.database.connection() as connection:
        facts = await identity.gather_facts(connection, parameters)
    if facts.client is None or facts.client.registered.require_pushed_authorization_requests:
        # Refused whatever the object says: nothing is fetched for it.
        return Waiting("", parameters, facts.now)
    try:
        merged, is_signed = await open_object(identity, facts)
    except OAuth2Error as error:
        return Waiting("", parameters, facts.now, fault=error, explanation=facts.fault)
    return Waiting("", merged, facts.now, is_signed=is_signed)


def check_manner(waiting: Waiting, client: ProtocolClient) -> None:
    """Whether the client may ask in this way; raises `OAuth2Error`. What has an id was let in before."""
    if waiting.id:
        return
    if waiting.fault is not None:
        raise waiting.fault
    if must_push(client.registered, client.profile):
        # RFC 9126 6: such a client is answered only by the name of a pushed request.
        raise InvalidRequestError("This client must push its authorization requests and send a request_uri.")
    check_signed(client, is_signed=waiting.is_signed)
