"""Addresses and headers that several handlers of samples share."""

from typing import Final

from borvo.dataserver.media import Form

PATHS: Final = ("/sample/v1", "/api/sample", "/sample")
READ_PATHS: Final = (*PATHS, "/query/v1/sample")
QUERY_TOKEN: Final = "agency-query-token"  # noqa: S105  (the name of a header)
NO_STORE: Final = {"Cache-Control": "no-store"}
PRIVATE: Final = {**NO_STORE, "Vary": f"Authorization, Accept, {QUERY_TOKEN}"}
"""No cache keeps what is so private; a program that keeps it itself may ask whether it is still right."""
PRIVATE_JSON: Final = [
    (b"content-type", Form.JSON.value.encode()),
    *((name.lower().encode(), value.encode()) for name, value in PRIVATE.items()),
]
"""The same, as they go out with a page."""
