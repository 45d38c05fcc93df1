"""Rules about the addresses of a client: where people are sent back to, and where notifications go.

What is accepted is a small part of what is a URL: two programs that read a rare form differently are how
tokens get lost."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv6Address

from borvo.kernel.text import Number, Opening, Text, say
from borvo.portal.model import GrantType
from borvo.portal.policy import needs_redirect_uri
from borvo.web.addresses import parse_origin

URI_MAXIMUM = 2000
REDIRECT_URIS_MAXIMUM = 50
REQUEST_URI_MAXIMUM = 512
REQUEST_URIS_MAXIMUM = 10
_SHOWN = 80
_PORT_MAXIMUM = 65_535

_LOOPBACK_ADDRESSES = frozenset({"127.0.0.1", "[::1]"})
LOOPBACK_HOSTS = _LOOPBACK_ADDRESSES | {"localhost"}

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


def _find_general_fault(uri: str) -> Text | None:
    if len(uri) > URI_MAXIMUM:
        return say(
            "it is longer than %(most)s characters; send what varies in state instead",
            most=Number(URI_MAXIMUM),
        )
    if "#" in uri:
        # RFC 6749 3.1.2
        return say("an address has no fragment here; write %(better)s", better=_show(uri.partition("#")[0]))
    if "*" in uri:
        # RFC 9700 2.1
        return say(
            "wildcards are not possible, since addresses are compared character by character; write each one out"
        )
    authority = re.split(r"[/?]", uri.partition("://")[2], maxsplit=1)[0]
    if "@" in authority:
        bare = uri.replace(authority, authority.rpartition("@")[2], 1)
        return say(
            "a user name in an address ends up in histories and logs; write %(better)s", better=_show(bare)
        )
    return None


def _show(uri: str) -> str:
    return uri if len(uri) <= _SHOWN else f"{uri[:_SHOWN]}..."


def _find_web_fault(uri: str) -> Text | None:
    address = _parse_web_address(uri)
    if address is None:
        return _describe_unreadable(uri)
    if address.scheme == "http" and address.host not in LOOPBACK_HOSTS:
        safe = f"https://{uri.partition('://')[2]}"
        return say(
            "plain http can be read and changed on the way, so it is for localhost only; write %(better)s",
            better=_show(safe),
        )
    return None


def _describe_unreadable(uri: str) -> Text:
    host = re.split(r"[/?:]", uri.partition("://")[2], maxsplit=1)[0]
    if host and not host.isascii() and (spelt := _spell_host(host)):
        return say("a host is written in ASCII; write %(better)s", better=_show(uri.replace(host, spelt, 1)))
    if not uri.isascii() or " " in uri:
        return say("characters other than ASCII are written percent-encoded, a space as %%20")
    return say(
        "it is not a complete web address; write one such as %(example)s",
        example="https://app.example.org/callback",
    )


def _spell_host(host: str) -> str:
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return ""


def _find_redirect_fault(uri: str, *, is_public: bool) -> Text | None:
    if fault := _find_general_fault(uri):
        return fault
    match = _SCHEME.match(uri)
    if match is None:
        return say("it is not absolute; write the whole address, beginning with https://")
    if match["scheme"].lower() in {"http", "https"}:
        return _find_web_fault(uri)
    if _PRIVATE_USE.fullmatch(uri) is None:
        return say(
            "other apps and the browser itself answer to such a scheme; write an https address, or for a native app "
            "the reverse of a domain of yours, such as org.example.app:/callback"
        )
    if not is_public:
        # RFC 8252 8.4, 8.5: what is installed on people's devices keeps no secret.
        return say(
            "a scheme of its own is for native apps, which cannot keep a secret; write an https address, or say "
            "that this app cannot keep a secret"
        )
    return None


def check_redirect_uris(
    uris: Sequence[str], grant_types: Collection[GrantType], *, is_public: bool
) -> list[str]:
    """All faults, each naming its address, why it is refused and what to write instead, so that they can be mended in
    one go. The same for whoever registers a client, a person or a program."""
    faults: list[str] = [
        _name(uri[:_SHOWN], fault)
        for uri in uris
        if (fault := _find_redirect_fault(uri, is_public=is_public))
    ]
    if len(uris) > REDIRECT_URIS_MAXIMUM:
        many = say(
            "Enter at most %(most)s addresses; send what varies in state instead.", most=REDIRECT_URIS_MAXIMUM
        )
        faults.insert(0, many)
    if not uris and needs_redirect_uri(grant_types):
        faults.append(say("Enter at least one address to which people come back."))
    return faults


def _name(uri: str, fault: Text) -> Text:
    """A fault of one address among several."""
    return say("%(uri)s: %(fault)s.", uri=uri, fault=fault)


def _open(fault: Text) -> Text:
    """A fault of the only address."""
    return say("%(fault)s.", fault=Opening(fault))


def list_hosts(uris: Iterable[str]) -> list[str]:
    """The hosts of those that are web addresses, each once."""
    found = (_parse_web_address(uri) for uri in uris)
    return list(dict.fromkeys(address.host for address in found if address))


def is_local(uri: str) -> bool:
    """Whether the address leads to the computer of whoever opens it."""
    return any(host in LOOPBACK_HOSTS or host.endswith(".localhost") for host in list_hosts([uri]))


def find_live_fault(uri: str, *, is_public: bool) -> str:
    """Why an address that is fine for a draft is not for a live client, and what to do; empty when it is."""
    address = _parse_web_address(uri)
    if address is None:
        return ""
    if is_public and address.scheme == "http" and address.host in _LOOPBACK_ADDRESSES:
        # RFC 8252 7.3: how a native app on a computer gets its answer, live or not.
        return ""
    if is_local(uri):
        return say(
            "%(uri)s is somebody's own computer; write the address at which your app is served.",
            uri=_show(uri),
        )
    return say("%(uri)s is plain http; write https.", uri=_show(uri)) if address.scheme == "http" else ""


def check_page_uri(uri: str) -> str | None:
    """A page that people may open; empty means none."""
    fault = (_find_general_fault(uri) or _find_web_fault(uri)) if uri else None
    return _open(fault) if fault else None


def check_post_logout_uris(uris: Sequence[str], *, is_public: bool) -> list[str]:
    """RP-Initiated Logout 3.1: as callback URLs, but none is needed."""
    return check_redirect_uris(uris, (), is_public=is_public)


def check_request_uris(uris: Sequence[str]) -> list[str]:
    """Where a client publishes what it asks of people (OpenID Connect Core 6.2): https, or loopback for a draft."""
    if len(uris) > REQUEST_URIS_MAXIMUM:
        return [say("Enter at most %(most)s addresses.", most=REQUEST_URIS_MAXIMUM)]
    return [_name(_show(uri), fault) for uri in uris if (fault := _find_request_fault(uri))]


def _find_request_fault(uri: str) -> Text | None:
    # OpenID Connect Core 6.2: at most 512 ASCII characters; a fragment tells one version of the content from the next.
    if len(uri) > REQUEST_URI_MAXIMUM:
        return say("it is longer than %(most)s characters", most=REQUEST_URI_MAXIMUM)
    address, _, fragment = uri.partition("#")
    if re.fullmatch(_REST, fragment) is None:
        return say("characters other than ASCII are written percent-encoded")
    return _find_general_fault(address) or _find_web_fault(address)


def check_frontchannel_uri(uri: str, redirect_uris: Collection[str]) -> str | None:
    """Front-Channel Logout 2: on the scheme, host and port of a callback URL; empty means none."""
    if not uri:
        return None
    fault = _find_general_fault(uri) or _find_web_fault(uri)
    if fault:
        return _open(fault)
    if parse_origin(uri) not in {parse_origin(each) for each in redirect_uris}:
        return say("Use the scheme, host and port of one of the callback URLs.")
    return None


def check_backchannel_uri(uri: str) -> str | None:
    """Back-Channel Logout 2.2: https, or a loopback host while developing; empty means none."""
    return check_page_uri(uri)


def check_client_uri(uri: str) -> str | None:
    """The base to which paths are appended (contract 3.2), so it ends before any query; empty means none."""
    if not uri:
        return None
    fault = _find_general_fault(uri) or _find_web_fault(uri)
    if fault:
        return _open(fault)
    address = _parse_web_address(uri)
    if address is None or _BASE_PATH.fullmatch(address.rest) is None:
        return say(
            "Enter only the start of your app's addresses, such as %(example)s.",
            example="https://app.example.org",
        )
    return None


def normalize_client_uri(uri: str) -> str:
    """Without the slash at its end, so that a path appended to it has exactly one."""
    address = _parse_web_address(uri)
    if address is None:
        return uri
    port = f":{int(address.port)}" if address.port else ""
    return f"{address.scheme}://{address.host}{port}{address.rest}".rstrip("/")
