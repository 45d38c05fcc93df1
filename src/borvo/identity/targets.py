"""Addresses as proofs of possession name them: RFC 9449 4.2, compared as RFC 3986 6.2.2 and 6.2.3 say."""

import re
from functools import lru_cache
from urllib.parse import urlsplit

from borvo.web.addresses import parse_origin

TARGET_MAXIMUM = 4000
_PATH = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


@lru_cache(1024)
def normalize_target(url: str) -> str | None:
    """The one spelling of an http(s) address, without its query and fragment; None for what is no such address."""
    if len(url) > TARGET_MAXIMUM or not url.isascii() or not url.isprintable() or " " in url:
        return None
    origin = parse_origin(url)
    if origin is None:
        return None
    parts = urlsplit(url)
    if "@" in parts.netloc or _PATH.fullmatch(parts.path) is None:
        return None
    return origin + _remove_dots(_ESCAPE.sub(_normalize_escape, parts.path))


def _normalize_escape(match: re.Match[str]) -> str:
    """RFC 3986 6.2.2.1 and 6.2.2.2."""
    character = chr(int(match[1], 16))
    return character if character in _UNRESERVED else match[0].upper()


def _remove_dots(path: str) -> str:
    """RFC 3986 5.2.4, of a path that is absolute or empty."""
    kept: list[str] = []
    segments = path.split("/")[1:] or [""]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in {".", ".."}:
        kept.append("")
    return "/" + "/".join(kept)
