"""What other features may use of the DataServer."""

from borvo.dataserver.endpoints import build_router
from borvo.dataserver.service import DataServer, Writer, write_samples

__all__ = ["DataServer", "Writer", "build_router", "write_samples"]
