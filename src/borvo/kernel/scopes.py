"""The grammar of the `scope` parameter (RFC 6749 3.3) and set arithmetic over it, in the order given."""

import re
from collections.abc import Collection, Iterable

# RFC 6749 3.3: scope-token = 1*( %x21 / %x23-5B / %x5D-7E )
_SCOPE_TOKEN = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")

Scopes = tuple[str, ...]


def is_scope_token(text: str) -> bool:
    """Whether the text may stand as one scope."""
    return _SCOPE_TOKEN.fullmatch(text) is not None


def parse_scopes(text: str | None) -> Scopes:
    """The distinct scopes in the order of their first appearance; several spaces count as one. No other
    white space separates, so that it ends as part of a scope that nobody holds."""
    scopes = dict.fromkeys((text or "").split(" "))
    scopes.pop("", None)
    return tuple(scopes)


def render_scopes(scopes: Iterable[str]) -> str:
    """Space-delimited, as RFC 6749 3.3 writes it."""
    return " ".join(scopes)


def keep_allowed(requested: Iterable[str], allowed: Collection[str]) -> Scopes:
    """The requested scopes that are allowed, in the order requested."""
    return tuple(scope for scope in requested if scope in allowed)


def find_missing(requested: Iterable[str], held: Collection[str]) -> Scopes:
    """The requested scopes that are not held, in the order requested."""
    return tuple(scope for scope in requested if scope not in held)
