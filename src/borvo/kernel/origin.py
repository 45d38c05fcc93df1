"""Where the work at hand comes from: set around each request, read by whoever writes down what happened."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


def _find_nothing() -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Origin:
    """The request's id, and its caller's address, which is looked up when somebody asks. Both are empty for work
    that no request began, such as a command."""

    correlation_id: str = ""
    find_address: Callable[[], str] = _find_nothing


_NOWHERE = Origin()
_origin: ContextVar[Origin] = ContextVar("origin", default=_NOWHERE)


def current_origin() -> Origin:
    """That of the request which this task answers."""
    return _origin.get()


@contextmanager
def within_origin(origin: Origin) -> Iterator[None]:
    """Everything that is awaited inside has the origin."""
    token = _origin.set(origin)
    try:
        yield
    finally:
        _origin.reset(token)
