"""Where an instance's own requests may go."""

from borvo.settings import Settings
from borvo.web.outgoing import Outgoing


def build_gateway_outgoing() -> Outgoing:
    """For the address that the operator has set, wherever it lies."""
    return Outgoing(is_open=True)


def build_outgoing(settings: Settings) -> Outgoing:
    """For addresses that developers enter."""
    return Outgoing(is_open=settings.outgoing_networks == "any" or not settings.is_secure)
