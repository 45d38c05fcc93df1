"""What other features may use of the DataServer."""

from borvo.dataserver.retention import Retention
from borvo.dataserver.routes import build_router
from borvo.dataserver.service import DataServer, Writer
from borvo.dataserver.upkeep import clean_up
from borvo.dataserver.write_store import erase_samples
from borvo.dataserver.writing import Submission, write_samples

__all__ = [
    "DataServer",
    "Retention",
    "Submission",
    "Writer",
    "build_router",
    "clean_up",
    "erase_samples",
    "write_samples",
]
