"""Structured logs: one JSON object a line on standard error."""

import logging
import sys
from typing import Any

import msgspec
import structlog
from structlog.typing import EventDict

from borvo.kernel.origin import current_origin

# Authlib writes whole tokens to its debug log; SQL drivers may write parameters.
_QUIET = ("authlib", "asyncpg", "sqlalchemy", "alembic", "httpx", "httpcore")
# Warns of every stranger who speaks no HTTP.
_QUIETER = ("uvicorn",)


def _serialize(value: Any, **_: Any) -> str:
    return msgspec.json.encode(value, enc_hook=str).decode()


def _name_request(_: object, __: str, event: EventDict) -> EventDict:
    if request_id := current_origin().correlation_id:
        event["request_id"] = request_id
    return event


def configure_logs(level: str = "info", *, is_final: bool = False) -> None:
    """Sets up the process's logging; the standard library's loggers go the same way. When that is final, each logger
    keeps what it finds the first time, which is quicker; a later call would not reach it."""
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            _name_request,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_serialize),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=is_final,
    )
    logging.basicConfig(
        level=number, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s", force=True
    )
    quieten_libraries()


def quieten_libraries() -> None:
    """Pins the libraries that would log secrets to warnings, whatever the level of the rest."""
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in _QUIETER:
        logging.getLogger(name).setLevel(logging.ERROR)
