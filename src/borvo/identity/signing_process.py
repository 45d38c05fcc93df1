"""The process that signs for a worker: lines in, lines out.

Its first line says that it is ready. `key KID DER` makes a private key known, in PKCS #8 and base64url; nothing is
answered. `sign KID ALGORITHM TEXT` is answered with the signature (RFC 7515 5.1) in base64url. It holds keys in memory
only, from the worker that started it, and ends when that one closes the socket or dies.

It takes little memory, so it imports nothing of ours and of others what it needs.
"""

import base64
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key

READY = b"ready"

_CHUNK = 65_536
_ANSWERED_AT_ONCE = 4
"""So that the worker goes on with some while others are signed."""
_HASH = hashes.SHA256()
# RFC 7518 3.3 and 3.5: the salt is as long as the hash.
_PADDINGS: dict[bytes, padding.AsymmetricPadding] = {
    b"RS256": padding.PKCS1v15(),
    b"PS256": padding.PSS(padding.MGF1(_HASH), _HASH.digest_size),
}
ALGORITHMS = frozenset(name.decode() for name in _PADDINGS)
"""Those that take long. The others take a fifth of it, less than handing them over is worth."""


class Signer:
    """Who has the keys."""

    def __init__(self) -> None:
        self._keys: dict[bytes, RSAPrivateKey] = {}

    def answer(self, line: bytes) -> bytes:
        """What answers this line, with its end; nothing for a key. Raises for a line that no worker sends."""
        kind, kid, *rest = line.split(b" ")
        if kind == b"key":
            key = load_der_private_key(base64.urlsafe_b64decode(rest[0]), password=None)
            if not isinstance(key, RSAPrivateKey):
                raise TypeError("no RSA key")
            self._keys[kid] = key
            return b""
        algorithm, text = rest
        signature = self._keys[kid].sign(text, _PADDINGS[algorithm], _HASH)
        return base64.urlsafe_b64encode(signature).rstrip(b"=") + b"\n"


def _read_lines(connection: socket.socket) -> Iterator[list[bytes]]:
    """Those that came together, again and again, until the other end is closed."""
    rest = b""
    while data := connection.recv(_CHUNK):
        *lines, rest = (rest + data).split(b"\n")
        yield lines


def serve(connection: socket.socket) -> None:
    """Until the other end is closed."""
    signer = Signer()
    connection.sendall(READY + b"\n")
    for lines in _read_lines(connection):
        for start in range(0, len(lines), _ANSWERED_AT_ONCE):
            connection.sendall(b"".join(map(signer.answer, lines[start : start + _ANSWERED_AT_ONCE])))


def main() -> None:
    """The socket is the file descriptor that the command names."""
    # They are for the worker, which may have answers to give yet, and whose end is noticed in any case.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    # A worker that ends in the middle takes no answer any more.
    with suppress(ConnectionError), socket.socket(fileno=int(sys.argv[1])) as connection:
        serve(connection)


if __name__ == "__main__":
    main()
