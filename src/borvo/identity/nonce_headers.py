"""The header by which nonces are handed out: RFC 9449 8.2 and 9."""

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from borvo.identity.cross_origin import add_headers
from borvo.identity.service.collaborators import Identity
from borvo.identity.service.proving import demands_nonce


class NonceHeaders:
    """A layer around the application of an instance that demands nonces: every answer to a request with a proof brings
    the current one, so that whoever keeps asking always has one that is good."""

    def __init__(self, app: ASGIApp, identity: Identity) -> None:
        self._app = app
        self._identity = identity

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP and any(name == b"dpop" for name, _ in scope["headers"]):
            nonce = self._identity.nonces.find_current(self._identity.clock())
            send = add_headers(send, [(b"dpop-nonce", nonce.encode())])
        await self._app(scope, receive, send)


def hand_out_nonces(app: ASGIApp, identity: Identity) -> ASGIApp:
    """The application within the layer, where nonces are demanded."""
    return NonceHeaders(app, identity) if demands_nonce(identity) else app
