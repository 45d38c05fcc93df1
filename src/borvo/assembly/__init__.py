"""The composition root: settings in, one ASGI application out. Only here is every feature known."""

from borvo.assembly.application import build_app, build_litestar, enclose, list_dependencies
from borvo.assembly.entry import build_handlers, create_app, create_demo_app
from borvo.assembly.secret_change import SEALED_COLUMNS, Rewrapping, rewrap
from borvo.assembly.wiring import Platform, build_platform

__all__ = [
    "SEALED_COLUMNS",
    "Platform",
    "Rewrapping",
    "build_app",
    "build_handlers",
    "build_litestar",
    "build_platform",
    "create_app",
    "create_demo_app",
    "enclose",
    "list_dependencies",
    "rewrap",
]
