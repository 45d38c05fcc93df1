"""What other features may use of agencies."""

from borvo.agency.claims import record_reads, redeem_token
from borvo.agency.endpoints import build_api_router
from borvo.agency.maintenance import clean_up
from borvo.agency.model import Asker, ReadGrant, ReadNote
from borvo.agency.notifying import NOTIFY, ClientNotifier
from borvo.agency.routes import build_page_router
from borvo.agency.service import Agency

__all__ = [
    "NOTIFY",
    "Agency",
    "Asker",
    "ClientNotifier",
    "ReadGrant",
    "ReadNote",
    "build_api_router",
    "build_page_router",
    "clean_up",
    "record_reads",
    "redeem_token",
]
