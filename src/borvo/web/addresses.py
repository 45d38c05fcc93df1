"""URLs and network addresses as they come from outside."""

from typing import Any
from urllib.parse import urlsplit

from litestar import Request


def parse_origin(url: str) -> str | None:
    """`scheme://host[:port]` of an http(s) URL, as browsers write it; None for anything else."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    is_default = port in {None, {"http": 80, "https": 443}[parts.scheme]}
    return f"{parts.scheme}://{host}" if is_default else f"{parts.scheme}://{host}:{port}"


def is_local_path(text: str) -> bool:
    """Whether a redirect to the text stays on this origin, however a browser reads it."""
    return (
        text.startswith("/")
        and not text.startswith("//")
        and "\\" not in text
        and all(character.isprintable() for character in text)
    )


def find_client_address(request: Request[Any, Any, Any], trusted_proxies: int) -> str:
    """The caller's address. Behind proxies it is the entry of X-Forwarded-For that the outermost of our
    `trusted_proxies` wrote; with none trusted the header is ignored, since anybody can send it."""
    if trusted_proxies > 0:
        hops = [hop.strip() for hop in request.headers.get("x-forwarded-for", "").split(",") if hop.strip()]
        if len(hops) >= trusted_proxies:
            return hops[-trusted_proxies]
    return request.client.host if request.client else "unknown"
