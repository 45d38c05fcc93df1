"""RP-initiated logout: OpenID Connect RP-Initiated Logout 1.0, with the tolerance of contract 1.8."""

from dataclasses import dataclass

from borvo.accounts.public import Login
from borvo.identity.model import Parameters
from borvo.identity.responses import add_parameters
from borvo.identity.service.collaborators import Identity
from borvo.identity.tokens import read_id_token_hint
from borvo.portal.public import RegisteredClient, load_client
from borvo.web.addresses import parse_origin

_CALLBACK_PATH = "/signout-callback-oidc"


@dataclass(frozen=True, slots=True)
class LogoutRequest:
    """A checked request. `redirect_uri` is empty unless it may be followed, and carries `state` already;
    `is_confirmed` when the id token hint names the session that is to end."""

    client: RegisteredClient | None
    redirect_uri: str
    is_confirmed: bool


def may_redirect(client: RegisteredClient, uri: str) -> bool:
    """RP-Initiated Logout 3: registered exactly so; or, by contract 1.8, the samples' fixed path on the origin of a
    registered redirect URI."""
    if uri in client.post_logout_redirect_uris:
        return True
    origin = parse_origin(uri)
    return (
        origin is not None
        and uri == origin + _CALLBACK_PATH
        and origin in {parse_origin(registered) for registered in client.redirect_uris}
    )


async def read_logout(identity: Identity, parameters: Parameters, login: Login | None) -> LogoutRequest:
    """Never fails: what does not check out leads to a page of ours instead of a redirect."""
    keys = await identity.cabinet.current()
    hint = read_id_token_hint(parameters.get("id_token_hint") or "", keys, identity.issuer)
    named = parameters.get("client_id")
    if hint is not None and named not in {None, hint.client_id}:
        return LogoutRequest(None, "", is_confirmed=False)
    # RP-Initiated Logout 2: without a hint the client may name itself, and the person is asked.
    client = await _find_client(identity, hint.client_id if hint else named)
    uri = parameters.get("post_logout_redirect_uri") or ""
    redirect_uri = ""
    if client is not None and may_redirect(client, uri):
        state = parameters.get("state")
        redirect_uri = add_parameters(uri, [("state", state)]) if state else uri
    if hint is None:
        return LogoutRequest(client, redirect_uri, is_confirmed=False)
    is_same_session = login is None or (
        client is not None and hint.session_id == identity.aliases.name_session(client, login.session_id)
    )
    return LogoutRequest(client, redirect_uri, is_confirmed=is_same_session)


async def _find_client(identity: Identity, client_id: str | None) -> RegisteredClient | None:
    if client_id is None:
        return None
    async with identity.database.connection() as connection:
        client = await load_client(connection, client_id)
    return None if client is None or client.is_disabled else client
