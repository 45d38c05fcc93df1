"""One connection to Borvo that stays open, with as little of its own between as can be: a blocking socket."""

import re
import socket

from benchmarks.instance import HOST, Instance
from benchmarks.load import Call

_LENGTH = re.compile(rb"\r\n[Cc]ontent-[Ll]ength: (\d+)\r\n")


def authorize(instance: Instance) -> tuple[tuple[str, str], ...]:
    return (("Authorization", f"Bearer {instance.token}"), ("Content-Type", "application/json"))


class Wire:
    """Raises `RuntimeError` for an answer of another status than the call expects."""

    def __init__(self, instance: Instance) -> None:
        self._host = f"{HOST}:{instance.port}"
        self._socket = socket.create_connection((HOST, instance.port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, call: Call) -> bytes:
        """The body of the answer."""
        return self.exchange(call)[1]

    def exchange(self, call: Call) -> tuple[bytes, bytes]:
        """The head and the body."""
        self._socket.sendall(call.render(self._host))
        data = self._socket.recv(1 << 20)
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += self._socket.recv(1 << 20)
        length = int(_LENGTH.search(data, 0, end + 2)[1])  # type: ignore[index]
        parts, missing = [data[end + 4 :]], length - (len(data) - end - 4)
        while missing > 0:
            parts.append(self._socket.recv(1 << 20))
            missing -= len(parts[-1])
        body = b"".join(parts)
        if int(data[9:12]) != call.status:
            raise RuntimeError(f"expected {call.status}, got {data[9:12]!r}: {body[:300]!r}")
        return data[:end], body

    def close(self) -> None:
        self._socket.close()
