"""URLs and network addresses as they come from outside."""

import re
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import Any
from urllib.parse import urlsplit

from litestar import Request
from litestar.types import Scope

_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_.])?|\[[0-9a-f:.]+\]")


def parse_origin(url: str) -> str | None:
    """`scheme://host[:port]` of an http(s) URL, as browsers write it; None for anything else."""
    # Browsers take a backslash for a slash, so they would go to another host than the one found here.
    if "\\" in url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    # Origins go into headers: nothing that could end a policy or stand for every host may pass as a name.
    if _HOST.fullmatch(host) is None:
        return None
    is_default = port in {None, {"http": 80, "https": 443}[parts.scheme]}
    return f"{parts.scheme}://{host}" if is_default else f"{parts.scheme}://{host}:{port}"


RETURN_MAXIMUM = 2000
"""How many characters an address of ours may have that a page leads on or back to."""


def is_local_path(text: str) -> bool:
    """Whether a redirect to the text stays on this origin, however a browser reads it."""
    return text.startswith("/") and not text.startswith("//") and "\\" not in text and text.isprintable()


def find_client_address(request: Request[Any, Any, Any], trusted_proxies: int) -> str:
    """The caller's address. Behind proxies it is the entry of X-Forwarded-For that the outermost of our
    `trusted_proxies` wrote; with none trusted the header is ignored, since anybody can send it."""
    return find_address(request.scope, trusted_proxies)


def find_address(scope: Scope, trusted_proxies: int) -> str:
    """As `find_client_address`."""
    if trusted_proxies > 0:
        # Some proxies add a header instead of lengthening the one that the caller sent.
        chain = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for")
        hops = [hop.strip() for hop in chain.decode("latin-1").split(",") if hop.strip()]
        if len(hops) >= trusted_proxies:
            return hops[-trusted_proxies]
    client = scope.get("client")
    return client[0] if client else "unknown"


@lru_cache(4096)
def find_network(address: str) -> str:
    """What one subscriber holds, for limits: an IPv4 address, or the /64 of an IPv6 one (RFC 6177), since
    whoever has one of its addresses has them all."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return f"{IPv6Address(int(parsed) >> 64 << 64)}/64"
