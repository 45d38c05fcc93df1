"""What other features may use of agencies."""

from borvo.agency.agents import count_sharers
from borvo.agency.claims import load_grants, record_reads, redeem_token
from borvo.agency.consent_store import compose_reach
from borvo.agency.endpoints import build_api_router
from borvo.agency.farewell import end_tokens_of, forget_person
from borvo.agency.maintenance import clean_up
from borvo.agency.model import Asker, ReadGrant, ReadNote
from borvo.agency.notifying import NOTIFY, ClientNotifier
from borvo.agency.reminders import send_reminders
from borvo.agency.routes import build_page_router
from borvo.agency.service import Agency, admit_asker

__all__ = [
    "NOTIFY",
    "Agency",
    "Asker",
    "ClientNotifier",
    "ReadGrant",
    "ReadNote",
    "admit_asker",
    "build_api_router",
    "build_page_router",
    "clean_up",
    "compose_reach",
    "count_sharers",
    "end_tokens_of",
    "forget_person",
    "load_grants",
    "record_reads",
    "redeem_token",
    "send_reminders",
]
