"""Our own files: style sheet, scripts, pictures. Their URLs carry a digest, so caches may keep them."""

import hashlib
from functools import cache
from pathlib import Path

from litestar import Router
from litestar.static_files import create_static_files_router

from borvo.web.csrf import WITHOUT_CSRF

STATIC = Path(__file__).with_name("static")


@cache
def static_url(name: str) -> str:
    """The address of a file below `static/`, changing with its content."""
    path = STATIC / name
    version = hashlib.sha256(path.read_bytes()).hexdigest()[:12] if path.is_file() else "missing"
    return f"/static/{name}?v={version}"


def build_static_router() -> Router:
    return create_static_files_router(
        path="/static",
        directories=[STATIC],
        opt=WITHOUT_CSRF,
        cache_control=None,
        include_in_schema=False,
    )
