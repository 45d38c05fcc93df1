"""Names of pushed requests: RFC 9126 2.2."""

from datetime import timedelta

from borvo.identity.model import Parameters

PUSHED_LIFETIME = timedelta(seconds=90)
"""How long a browser may take to bring the name. RFC 9126 2.2 wants it short, and phones are slow."""

_PREFIX = "urn:ietf:params:oauth:request_uri:"
# RFC 9126 2.1: what proves who the client is says nothing about the request, and is not kept.
_CREDENTIALS = frozenset({"client_secret", "client_assertion", "client_assertion_type"})


def name_pushed(request_id: str) -> str:
    """The `request_uri` under which a browser brings the request."""
    return _PREFIX + request_id


def read_pushed_name(request_uri: str | None) -> str | None:
    """The id in the name of a pushed request, well-formed or not; None for any other `request_uri`."""
    if request_uri is None or not request_uri.startswith(_PREFIX):
        return None
    return request_uri.removeprefix(_PREFIX)


def strip_credentials(parameters: Parameters, client_id: str) -> Parameters:
    """The authorization request in what a client pushed, which may have said by other means who it is."""
    kept = [pair for pair in parameters.pairs if pair[0] not in _CREDENTIALS]
    if parameters.get("client_id") is None:
        kept = [("client_id", client_id), *(pair for pair in kept if pair[0] != "client_id")]
    return Parameters(tuple(kept))
