"""All addresses of the DataServer."""

from litestar import Router

from borvo.dataserver.endpoints import READ_HANDLERS
from borvo.dataserver.write_endpoints import WRITE_HANDLERS


def build_router() -> Router:
    """`assembly` provides `dataserver`."""
    return Router(path="/", route_handlers=[*READ_HANDLERS, *WRITE_HANDLERS], tags=["DataServer"])
