"""Answers made without the framework's detours."""

from collections.abc import Iterable, Mapping

from litestar.datastructures import Cookie
from litestar.response.base import ASGIResponse
from litestar.types import ASGIApp, Receive, Scope, Send

Headers = list[tuple[bytes, bytes]]


def answer_bytes(content: bytes, headers: Iterable[tuple[bytes, bytes]], status: int = 200) -> ASGIApp:
    """What Litestar's Response comes to in the end, without the steps before."""
    sent = [*headers, (b"content-length", b"%d" % len(content))]

    async def answer(_scope: Scope, _receive: Receive, send: Send) -> None:
        await _send(send, status, sent, content)

    return answer


async def _send(send: Send, status: int, headers: Headers, content: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content, "more_body": False})


class Answer(ASGIResponse):
    """The same for what handlers answer by: a whole body, whose kind the headers say, and cookies."""

    __slots__ = ("_sent",)

    def __init__(
        self, content: bytes, status: int, headers: Mapping[str, str], cookies: Iterable[Cookie]
    ) -> None:
        self.body, self.status_code = content, status
        self._sent = [
            (name.lower().encode("latin-1"), text.encode("latin-1")) for name, text in headers.items()
        ]
        self._sent.append((b"content-length", b"%d" % len(content)))
        self._sent += [cookie.to_encoded_header() for cookie in cookies]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        await _send(send, self.status_code, self._sent, self.body)
