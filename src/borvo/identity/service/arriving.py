"""How authorization requests come by a browser: by value, or by a name that stands for what was said before."""

from authlib.oauth2.rfc6749.errors import InvalidRequestError

from borvo.identity.engine import ProtocolClient
from borvo.identity.model import Parameters
from borvo.identity.pushed import read_pushed_name
from borvo.identity.service.collaborators import Identity
from borvo.identity.service.pushing import open_pushed
from borvo.identity.service.waiting import Waiting


async def receive_request(identity: Identity, parameters: Parameters) -> Waiting:
    """The request that a browser has brought; raises `AuthorizationRefusedError` for a name that stands for none."""
    # RFC 9126 4: what else comes along with the name counts for nothing.
    name = read_pushed_name(parameters.get("request_uri"))
    if name is not None:
        return await open_pushed(identity, name, parameters)
    return Waiting("", parameters, identity.clock())


def check_manner(waiting: Waiting, client: ProtocolClient) -> None:
    """Whether the client may ask in this way; raises `OAuth2Error`. What has an id was let in before."""
    if waiting.id:
        return
    if client.registered.require_pushed_authorization_requests:
        # RFC 9126 6: such a client is answered only by the name of a pushed request.
        raise InvalidRequestError("This client must push its authorization requests and send a request_uri.")
