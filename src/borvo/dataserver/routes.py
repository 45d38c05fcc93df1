"""All addresses of the DataServer."""

from litestar import Router

from borvo.dataserver.aggregation.endpoints import show_statistics
from borvo.dataserver.changes.endpoints import show_changes
from borvo.dataserver.endpoints import READ_HANDLERS
from borvo.dataserver.snapshots.endpoints import HANDLERS as SNAPSHOT_HANDLERS
from borvo.dataserver.write_endpoints import WRITE_HANDLERS


def build_router() -> Router:
    """`assembly` provides `dataserver`."""
    handlers = [*READ_HANDLERS, *WRITE_HANDLERS, show_statistics, show_changes, *SNAPSHOT_HANDLERS]
    return Router(path="/", route_handlers=handlers, tags=["DataServer"])
