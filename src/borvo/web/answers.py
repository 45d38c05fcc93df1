"""Answers of the busiest addresses."""

from collections.abc import Iterable

from litestar.types import ASGIApp, Receive, Scope, Send


def answer_bytes(content: bytes, headers: Iterable[tuple[bytes, bytes]], status: int = 200) -> ASGIApp:
    """What Litestar's Response comes to in the end, without the steps before."""
    sent = [*headers, (b"content-length", b"%d" % len(content))]

    async def answer(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": status, "headers": sent})
        await send({"type": "http.response.body", "body": content, "more_body": False})

    return answer
