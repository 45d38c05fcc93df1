"""What other features may use of the DataServer."""

from borvo.dataserver.endpoints import build_router
from borvo.dataserver.service import DataServer

__all__ = ["DataServer", "build_router"]
