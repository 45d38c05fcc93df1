"""One grant or extension of the protocol engine a file. To add one: a class here that reads `request.facts` and
records its effects there, and a line in `_register_grants`."""

from borvo.identity.engine import Facts, ProtocolServer
from borvo.identity.grants.authorization_code import CodeGrant
from borvo.identity.grants.client_credentials import ServiceGrant
from borvo.identity.grants.device_code import DeviceGrant
from borvo.identity.grants.hybrid import HybridGrant, ImplicitFlow
from borvo.identity.grants.openid import OpenIDExtension
from borvo.identity.grants.proof_key import ProofKeyExtension
from borvo.identity.grants.refresh_token import RefreshGrant

_PROOF_KEY = ProofKeyExtension()
_OPENID = OpenIDExtension()

__all__ = ["create_server"]


def _register_grants() -> ProtocolServer:
    server = ProtocolServer()
    server.register_grant(CodeGrant, [_PROOF_KEY, _OPENID])
    server.register_grant(HybridGrant, [_PROOF_KEY])
    server.register_grant(ImplicitFlow)
    server.register_grant(RefreshGrant, [_OPENID])
    server.register_grant(DeviceGrant, [_OPENID])
    server.register_grant(ServiceGrant)
    return server


_REGISTERED = _register_grants()


def create_server(facts: Facts) -> ProtocolServer:
    """The engine with everything that this instance serves, for one exchange."""
    return _REGISTERED.bind(facts)
