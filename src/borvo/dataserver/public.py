"""What other features may use of the DataServer."""

from borvo.dataserver.ageing.service import age_past
from borvo.dataserver.erasure import erase_person
from borvo.dataserver.export.pages import build_page_router
from borvo.dataserver.export.worker import run_exports
from borvo.dataserver.lane import PageLane
from borvo.dataserver.preparation import Submission
from borvo.dataserver.retention import Retention
from borvo.dataserver.routes import build_router
from borvo.dataserver.service import DataServer, Writer
from borvo.dataserver.upkeep import clean_up
from borvo.dataserver.writing import write_samples

__all__ = [
    "DataServer",
    "PageLane",
    "Retention",
    "Submission",
    "Writer",
    "age_past",
    "build_page_router",
    "build_router",
    "clean_up",
    "erase_person",
    "run_exports",
    "write_samples",
]
