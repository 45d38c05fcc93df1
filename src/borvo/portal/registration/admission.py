"""What the tokens of this feature open (RFC 6750), asked anew with each request."""

from dataclasses import dataclass

from borvo.accounts.public import Limit
from borvo.kernel.digests import is_same
from borvo.kernel.origin import current_origin
from borvo.portal import sheet_store
from borvo.portal.model import ClientSheet, ClientState
from borvo.portal.registration import store
from borvo.portal.registration.model import Admitted, Registration, RegistrationError, RegistrationFault
from borvo.portal.secret_format import INITIAL_PREFIX, REGISTRATION_PREFIX, is_token_of
from borvo.portal.service import Portal
from borvo.portal.store import load_client
from borvo.storage.database import Connection
from borvo.web.addresses import find_network
from borvo.web.bearer import read_bearer

FAILURES = Limit("registration-token", 60)
"""By network. One that works is never counted."""

_UNAUTHENTICATED = 401
_FORBIDDEN = 403
_NO_INITIAL = (
    "This initial access token registers nothing: it is unknown, has ended, or who made it may register no clients any "
    "more. Make another in the portal, under Tokens."
)
_NO_REGISTRATION = (
    "This registration access token does not open this client: it was replaced, the client is gone, or it is the token "
    "of another."
)
_CLOSED = "The client is disabled. Its developers can enable it in the portal."


def refuse_token(words: str, challenge: str = 'Bearer error="invalid_token"') -> RegistrationError:
    return RegistrationError(RegistrationFault.TOKEN, words, status=_UNAUTHENTICATED, challenge=challenge)


def _read_token(authorization: str | None) -> str:
    text = read_bearer(authorization)
    if text is None:
        # RFC 6750 3.1: no error code for who sent no token.
        raise refuse_token("Send the token: Authorization: Bearer ...", "Bearer")
    return text


async def _refuse_guess(portal: Portal, words: str) -> RegistrationError:
    network = find_network(current_origin().find_address())
    await portal.accounts.limiter.spend(FAILURES, network, portal.clock())
    return refuse_token(words)


async def admit_initial(portal: Portal, authorization: str | None) -> tuple[Admitted, bytes]:
    """The token with its digest. Raises `RegistrationError`; `TooManyRequestsError` for a network that fails too
    often."""
    text = _read_token(authorization)
    digest, found = portal.verifier.digest(text), None
    if is_token_of(INITIAL_PREFIX, text):
        async with portal.database.connection() as connection:
            found = await store.load_token(connection, digest)
    if found is None or found.token.expires_at <= portal.clock():
        raise await _refuse_guess(portal, _NO_INITIAL)
    check_room(found)
    return found, digest


def check_room(admitted: Admitted) -> None:
    """Raises `RegistrationError` for a token that has made all its clients: whoever has it is told so."""
    token = admitted.token
    if token.made >= token.most:
        raise refuse_token(f"This initial access token has registered all {token.most} clients that it may.")


@dataclass(frozen=True, slots=True)
class Opened:
    """A registration that its own token opens just now; `text` is that token."""

    sheet: ClientSheet
    registration: Registration
    text: str


async def load_opened(connection: Connection, portal: Portal, client_id: str, text: str) -> Opened | None:
    """None for a token that is not the client's current one."""
    client = await load_client(connection, client_id) if is_token_of(REGISTRATION_PREFIX, text) else None
    if client is None:
        return None
    registration = await store.load_registration(connection, client.client_key)
    sheet = await sheet_store.load_sheet(connection, client.client_key)
    if registration is None or sheet is None or sheet.state is ClientState.DELETED:
        return None
    if not is_same(registration.digest, portal.verifier.digest(text)):
        return None
    return Opened(sheet, registration, text)


async def admit_registration(portal: Portal, authorization: str | None, client_id: str) -> Opened:
    """RFC 7592 2: the same for an unknown client and a token that is not its own. Raises as `admit_initial`, and with
    403 for a client that is disabled."""
    text = _read_token(authorization)
    async with portal.database.connection() as connection:
        opened = await load_opened(connection, portal, client_id, text)
    if opened is None:
        raise await _refuse_guess(portal, _NO_REGISTRATION)
    return check_open(opened)


def check_open(opened: Opened | None) -> Opened:
    """Raises `RegistrationError` when it was closed, also in the middle of a request."""
    if opened is None:
        raise refuse_token(_NO_REGISTRATION)
    if opened.sheet.client.is_disabled:
        raise RegistrationError(RegistrationFault.SCOPE, _CLOSED, status=_FORBIDDEN)
    return opened
