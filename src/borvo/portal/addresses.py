"""Rules about the addresses of a client: where people are sent back to, and where notifications go.

What is accepted is a small part of what is a URL: two programs that read a rare form differently are how
tokens get lost."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv6Address

from borvo.portal.model import GrantType
from borvo.portal.policy import needs_redirect_uri
from borvo.web.addresses import parse_origin

URI_MAXIMUM = 2000
REDIRECT_URIS_MAXIMUM = 20
_SHOWN = 80
_PORT_MAXIMUM = 65_535

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})

# RFC 3986 2: reserved and unreserved characters without "#", "*" and brackets, and whole percent-encodings.
_REST = r"(?:[A-Za-z0-9._~:/?@!$&'()+,;=-]|%[0-9A-Fa-f]{2})*"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_WEB = re.compile(
    rf"(?P<scheme>https?)://(?P<host>{_LABEL}(?:\.{_LABEL})*|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{{1,5}}))?"
    rf"(?P<rest>(?:[/?]{_REST})?)",
    re.IGNORECASE,
)
# RFC 8252 7.1: the reverse of a domain name that the app's maker controls, so at least one dot.
_PRIVATE_USE = re.compile(rf"[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)+:/(?!/[^/]*@){_REST}", re.IGNORECASE)
_SCHEME = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):")
_BASE_PATH = re.compile(r"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]+)*/?")


@dataclass(frozen=True, slots=True)
class _WebAddress:
    scheme: str
    host: str
    port: str
    rest: str


def _parse_web_address(text: str) -> _WebAddress | None:
    match = _WEB.fullmatch(text)
    if match is None or not _is_host(match["host"]):
        return None
    port = match["port"] or ""
    if port and not 0 < int(port) <= _PORT_MAXIMUM:
        return None
    return _WebAddress(match["scheme"].lower(), match["host"].lower(), port, match["rest"])


def _is_host(host: str) -> bool:
    if not host.startswith("["):
        return True
    try:
        IPv6Address(host[1:-1])
    except AddressValueError:
        return False
    return True


def _find_general_fault(uri: str) -> str | None:
    if len(uri) > URI_MAXIMUM:
        return f"use at most {URI_MAXIMUM:,} characters"
    if "#" in uri:
        return "leave out the fragment, the part from # on"  # RFC 6749 3.1.2
    if "*" in uri:
        return "wildcards are not possible; enter each address"  # RFC 9700 2.1: exact comparison
    if "@" in re.split(r"[/?]", uri.partition("://")[2], maxsplit=1)[0]:
        return "leave out the user name before the @"
    return None


def _find_web_fault(uri: str) -> str | None:
    address = _parse_web_address(uri)
    if address is None:
        return "this is not a complete web address; characters other than ASCII are written percent-encoded"
    if address.scheme == "http" and address.host not in LOOPBACK_HOSTS:
        return "use https; plain http is for localhost only"
    return None


def _find_redirect_fault(uri: str) -> str | None:
    if fault := _find_general_fault(uri):
        return fault
    match = _SCHEME.match(uri)
    if match is None:
        return "begin with https://"
    if match["scheme"].lower() in {"http", "https"}:
        return _find_web_fault(uri)
    if _PRIVATE_USE.fullmatch(uri) is None:
        return "use https, or for a native app a scheme of your own such as org.example.app:/callback"
    return None


def check_redirect_uris(uris: Sequence[str], grant_types: Collection[GrantType]) -> list[str]:
    """All faults, each naming its address, so that they can be mended in one go."""
    faults = [f"{uri[:_SHOWN]}: {fault}." for uri in uris if (fault := _find_redirect_fault(uri))]
    if len(uris) > REDIRECT_URIS_MAXIMUM:
        faults.insert(0, f"Enter at most {REDIRECT_URIS_MAXIMUM} addresses.")
    if not uris and needs_redirect_uri(grant_types):
        faults.append("Enter at least one address to which people come back.")
    return faults


def check_post_logout_uris(uris: Sequence[str]) -> list[str]:
    """RP-Initiated Logout 3.1: as callback URLs, but none is needed."""
    return check_redirect_uris(uris, ())


def check_frontchannel_uri(uri: str, redirect_uris: Collection[str]) -> str | None:
    """Front-Channel Logout 2: on the scheme, host and port of a callback URL; empty means none."""
    if not uri:
        return None
    fault = _find_general_fault(uri) or _find_web_fault(uri)
    if fault:
        return f"{fault[0].upper()}{fault[1:]}."
    if parse_origin(uri) not in {parse_origin(each) for each in redirect_uris}:
        return "Use the scheme, host and port of one of the callback URLs."
    return None


def check_backchannel_uri(uri: str) -> str | None:
    """Back-Channel Logout 2.2: https, or a loopback host while developing; empty means none."""
    fault = (_find_general_fault(uri) or _find_web_fault(uri)) if uri else None
    return f"{fault[0].upper()}{fault[1:]}." if fault else None


def check_client_uri(uri: str) -> str | None:
    """The base to which paths are appended (contract 3.2), so it ends before any query; empty means none."""
    if not uri:
        return None
    fault = _find_general_fault(uri) or _find_web_fault(uri)
    if fault:
        return f"{fault[0].upper()}{fault[1:]}."
    address = _parse_web_address(uri)
    if address is None or _BASE_PATH.fullmatch(address.rest) is None:
        return "Enter only the start of your app's addresses, such as https://app.example.org."
    return None


def normalize_client_uri(uri: str) -> str:
    """Without the slash at its end, so that a path appended to it has exactly one."""
    address = _parse_web_address(uri)
    if address is None:
        return uri
    port = f":{int(address.port)}" if address.port else ""
    return f"{address.scheme}://{address.host}{port}{address.rest}".rstrip("/")
