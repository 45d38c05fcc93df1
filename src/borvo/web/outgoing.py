"""Requests that leave the instance by HTTP, most of them for addresses that developers entered.

Such an address may name anything, machines inside the operator's own network too (OWASP ASVS 5 1.3.6). So a name is
resolved here, every address it has is looked at, and the connection goes to the very address that was looked at.
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpcore

from borvo.kernel.hosts import LOOPBACK_HOSTS

_SECONDS = 5.0
_FETCH_SECONDS = 10.0
_TIMEOUT = {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), _SECONDS)}


class OutgoingError(Exception):
    """No answer came; the text names neither the address nor what was sent."""


class _Guard(httpcore.AsyncNetworkBackend):
    """Connects to public addresses only, unless every one is allowed."""

    def __init__(self, *, is_open: bool) -> None:
        self._is_open = is_open
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  (the library's signature)
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        address = await self._resolve(host, port)
        return await self._backend.connect_tcp(address, port, timeout, local_address, socket_options)

    async def _resolve(self, host: str, port: int) -> str:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as fault:
            raise httpcore.ConnectError("the host has no address") from fault
        addresses = [str(entry[4][0]) for entry in found]
        if not addresses or not (self._is_open or all(map(is_public, addresses))):
            raise httpcore.ConnectError("the host lies in a private network")
        return addresses[0]


# RFC 6890: what the standard library takes for global although no server of the internet is there. Addresses that
# carry an IPv4 address in them (6to4, NAT64, IPv4-compatible) lead to that one, wherever it lies.
_SPECIAL = tuple(map(ip_network, ("192.0.0.0/24", "192.88.99.0/24", "2002::/16", "3fff::/20")))
_GLOBAL_UNICAST = ip_network("2000::/3")


def is_public(address: str) -> bool:
    """Whether the address belongs to the internet at large."""
    parsed = ip_address(address.partition("%")[0])
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    if isinstance(parsed, IPv6Address) and parsed not in _GLOBAL_UNICAST:
        return False
    is_special = any(parsed in network for network in _SPECIAL)
    return parsed.is_global and not parsed.is_multicast and not is_special


@dataclass(frozen=True, slots=True)
class Fetched:
    """What an address answered. `media_type` is in lower case and without parameters."""

    status: int
    media_type: str
    content: bytes


class Outgoing:
    """Posts and gets. Follows no redirect, waits five seconds, and reads no more than the status, but for `fetch`."""

    def __init__(self, *, is_open: bool) -> None:
        self._is_open = is_open
        self._guard = _Guard(is_open=is_open)

    async def post_form(self, url: str, fields: Mapping[str, str]) -> int:
        """The status of the answer; raises `OutgoingError` when there is none."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return await self._send("POST", url, headers, urlencode(fields).encode())

    async def post_json(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """As `post_form`; `headers` come beside those of every request."""
        return await self._send("POST", url, {**headers, "Content-Type": "application/json"}, body)

    async def get(self, url: str) -> int:
        """As `post_form`."""
        return await self._send("GET", url, {}, None)

    async def fetch(self, url: str, *, most: int, accept: str) -> Fetched:
        """The body too, as far as it has no more than `most` bytes and comes within ten seconds. Raises `OutgoingError`
        otherwise, and when there is no answer."""
        # What is compressed could become anything.
        headers = {"Accept": accept, "Accept-Encoding": "identity"}
        try:
            async with asyncio.timeout(_FETCH_SECONDS), self._stream("GET", url, headers, None) as answer:
                return Fetched(answer.status, _read_media_type(answer), await _read_content(answer, most))
        except TimeoutError as fault:
            raise OutgoingError("the answer took too long") from fault

    def choose_context(self, url: str) -> ssl.SSLContext:
        """Where private addresses are allowed, an app on this very machine may have a certificate that nobody signed,
        as a developer's has: what is sent never leaves the machine."""
        return _create_context(is_verifying=not (self._is_open and urlsplit(url).hostname in LOOPBACK_HOSTS))

    async def _send(self, method: str, url: str, more: Mapping[str, str], body: bytes | None) -> int:
        async with self._stream(method, url, more, body) as answer:
            return answer.status

    @asynccontextmanager
    async def _stream(
        self, method: str, url: str, more: Mapping[str, str], body: bytes | None
    ) -> AsyncIterator[httpcore.Response]:
        headers = [("User-Agent", "Borvo"), *more.items()]
        try:
            context = self.choose_context(url)
            # A pool of its own each time: such requests are rare, and nothing is to stay open.
            async with (
                httpcore.AsyncConnectionPool(context, network_backend=self._guard) as pool,
                pool.stream(method, url, headers=headers, content=body, extensions=_TIMEOUT) as answer,
            ):
                yield answer
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as fault:
            raise OutgoingError(f"no answer: {type(fault).__name__}") from fault
        except (httpcore.UnsupportedProtocol, ssl.SSLError, ValueError) as fault:
            raise OutgoingError(f"not possible: {type(fault).__name__}") from fault


@cache
def _create_context(*, is_verifying: bool) -> ssl.SSLContext:
    """One for all connections: it reads every certificate that the machine trusts, which takes some 25 milliseconds of
    everybody's time. What the machine trusts from then on is seen after the next start."""
    context = ssl.create_default_context()
    if not is_verifying:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _read_media_type(answer: httpcore.Response) -> str:
    found = next((value for name, value in answer.headers if name.lower() == b"content-type"), b"")
    return found.decode("latin-1").partition(";")[0].strip().lower()


async def _read_content(answer: httpcore.Response, most: int) -> bytes:
    content = bytearray()
    async for part in answer.aiter_stream():
        content += part
        if len(content) > most:
            raise OutgoingError("the answer is too long")
    return bytes(content)
